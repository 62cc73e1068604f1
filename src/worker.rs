//! What each job means.

use std::time::Instant;

use tracing::Instrument;

use crate::app::App;
use crate::error::{Error, Result};
use crate::jobs::{Attempt, Handler, Job};
use crate::{
    alerts, commands, drafts, experiments, home, leads, releases, research, reviews, subjects,
    summaries, witness,
};

/// Does jobs with `app`, and tells people about those that are given up.
pub fn handler(app: App) -> Handler {
    let giving_up = app.clone();
    Handler::new(
        move |job, attempt| run(app.clone(), job, attempt),
        move |job| give_up(giving_up.clone(), job),
    )
}

async fn run(app: App, job: Job, attempt: Attempt) -> Result<()> {
    let kind = job.kind();
    let span = tracing::info_span!(
        "job",
        job.kind = kind,
        job.attempt = attempt.number,
        job.max_attempts = attempt.max
    );
    try_once(&app, job, attempt).instrument(span).await
}

async fn try_once(app: &App, job: Job, attempt: Attempt) -> Result<()> {
    let kind = job.kind();
    let started = Instant::now();
    let outcome = perform(app, job, attempt).await;
    let took = started.elapsed();
    match outcome {
        Ok(()) => {
            app.metrics.job_ran(kind, "done", took);
            tracing::info!(duration_ms = took.as_millis(), "a job ran");
            Ok(())
        }
        Err(Error::Refused(refusal)) => {
            app.metrics.job_ran(kind, "refused", took);
            tracing::info!("a job came to nothing: {refusal}");
            Ok(())
        }
        Err(Error::Fault(fault)) => {
            app.metrics.job_ran(kind, "failed", took);
            tracing::warn!("a job failed: {fault:#}");
            Err(Error::Fault(fault))
        }
    }
}

async fn perform(app: &App, job: Job, attempt: Attempt) -> Result<()> {
    match job {
        Job::Research { run } => research::answer(app, run).await,
        Job::WriteDrafts { campaign } => drafts::write(app, campaign).await,
        Job::WriteAnew { review } => subjects::write_anew(app, review).await,
        Job::ShowCampaign { campaign } => drafts::show_campaign(app, campaign).await,
        Job::ShowRun { run } => research::show_run(app, run).await,
        Job::ShowAnswer { finding } => research::show_answer(app, finding).await,
        Job::ShowReview { review } => subjects::show(app, review).await,
        Job::Rework { review } => subjects::rework(app, review).await,
        Job::Attend { review } => reviews::attend(app, review).await,
        Job::Release { review } => subjects::release(app, review).await,
        Job::Dispatch { dispatch, .. } => releases::deliver(app, dispatch, attempt).await,
        Job::ShowDispatch { dispatch } => releases::show(app, dispatch).await,
        Job::ShowReleaseRefused { review } => releases::show_refused(app, review).await,
        Job::ShowHome { person } => home::show(app, &person).await,
        Job::ShowHelp { channel, thread } => commands::show_help(app, channel, thread).await,
        Job::Inspect => alerts::inspect(app).await,
        Job::ShowAlert { alert } => alerts::show(app, alert).await,
        Job::AttendAlert { alert } => alerts::attend(app, alert).await,
        Job::Investigate { alert, event, person } => {
            alerts::investigate(app, alert, event, &person).await
        }
        Job::ScoreLeads => leads::rating::score(app).await,
        Job::RefreshLeads => leads::rating::refresh(app).await,
        Job::ShowHandOff { hand_off } => leads::handoffs::show(app, hand_off).await,
        Job::SumUpLead { hand_off } => leads::handoffs::word(app, hand_off).await,
        Job::AttendHandOff { hand_off } => leads::handoffs::attend(app, hand_off).await,
        Job::PostLeadsDigest { day } => leads::digest::post(app, day).await,
        Job::ShowTest { test } => experiments::show(app, test).await,
        Job::ShowSegments { test } => experiments::show_segments(app, test).await,
        Job::CountByReadings => experiments::count_by_readings(app).await,
        Job::LearnFromTest { test } => experiments::learn(app, test).await,
        Job::ShowSummary { summary } => summaries::show(app, summary).await,
        Job::OpenSummary { summary } => summaries::open(app, summary).await,
        Job::ShowSummaryDetails { summary, section } => {
            summaries::show_details(app, summary, section).await
        }
        Job::PostCheckpoint { day } => witness::publish(app, day).await,
    }
}

/// The last attempt failed: whoever waits is told.
async fn give_up(app: App, job: Job) -> Result<()> {
    app.metrics.job_ran(job.kind(), "given_up", std::time::Duration::ZERO);
    tracing::error!(job.kind = job.kind(), "a job was given up after its last attempt: {job:?}");
    match job {
        Job::Research { run } => research::give_up(&app, run).await,
        Job::Rework { review } | Job::WriteAnew { review } => {
            subjects::give_up_rework(&app, review).await
        }
        Job::WriteDrafts { campaign } => drafts::give_up(&app, campaign).await,
        Job::Dispatch { dispatch, .. } => releases::give_up(&app, dispatch).await,
        // What only shows a state is shown anew by the next change; homes list what waits all the same.
        Job::ShowRun { .. }
        | Job::ShowCampaign { .. }
        | Job::ShowAnswer { .. }
        | Job::ShowReview { .. }
        | Job::Attend { .. }
        // A review that is approved and not released comes due again.
        | Job::Release { .. }
        | Job::ShowDispatch { .. }
        | Job::ShowReleaseRefused { .. }
        | Job::ShowHome { .. }
        | Job::ShowHelp { .. }
        // The next import, or hour, looks at the same numbers; what is due comes due again.
        | Job::Inspect
        | Job::CountByReadings
        | Job::ShowAlert { .. }
        | Job::AttendAlert { .. }
        // Nothing came into the thread, and the button stays.
        | Job::Investigate { .. }
        // What is stale stays so until the next import, or morning.
        | Job::ScoreLeads
        | Job::RefreshLeads
        | Job::ShowHandOff { .. }
        | Job::AttendHandOff { .. }
        | Job::SumUpLead { .. }
        // The week after tells what changed since.
        | Job::PostLeadsDigest { .. }
        | Job::ShowTest { .. }
        | Job::ShowSegments { .. }
        // The numbers stand in the trail and on the card; only research misses them.
        | Job::LearnFromTest { .. }
        // The next one tells what still stands; `/summary now` makes another.
        | Job::ShowSummary { .. }
        // It stands as it is worded without a model.
        | Job::OpenSummary { .. }
        | Job::ShowSummaryDetails { .. }
        // The next day's checkpoint covers what this one would have.
        | Job::PostCheckpoint { .. } => Ok(()),
    }
}
