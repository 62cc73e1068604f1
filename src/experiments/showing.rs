//! The one card of a test, kept as it stands.

use super::readout_card::{self, Around, segments_subject, subject};
use super::running::{self, Ended, EndedBy, Test, not_started};
use super::{TestDecision, picture, store};
use crate::app::App;
use crate::config::SubjectKind;
use crate::error::Result;
use crate::ids::{ExperimentId, PersonId, TestDecisionId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Review, Sent};
use crate::slack::{self, Place};

/// Makes Slack show a test as it stands, where its plan was put up.
pub async fn show(app: &App, test: ExperimentId) -> Result<()> {
    let Some(test) = running::find(&app.db, app.workspace.id, test).await? else { return Ok(()) };
    let picture = picture::of(app, &test).await?;
    let around = Around { picture, ..around(app, &test).await? };
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let card = readout_card::card(&test, &around, today).finish();
    let sent = Sent {
        subject: &subject(test.running.id),
        place: Place { channel: test.review.channel.clone(), thread: test.review.thread.clone() },
        title: &test.plan.name,
        requested_by: &test.review.requested_by,
        review: Some(test.review.id),
    };
    reviews::post(app, &sent, &card).await?;
    // What somebody has opened in the thread is kept as it stands.
    let kept = segments_subject(test.running.id);
    if !slack::places(&app.db, app.workspace.id, &kept).await?.is_empty() {
        show_in_thread(app, &test).await?;
    }
    Ok(())
}

/// Has the segments of a test shown in its thread, as somebody asked.
pub async fn ask_for_segments(app: &App, test: ExperimentId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if store::lock(&mut tx, app.workspace.id, test).await?.is_none() {
        return Err(not_started(test).into());
    }
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowSegments { test }).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes Slack show the segments of a test, in its thread.
pub async fn show_segments(app: &App, test: ExperimentId) -> Result<()> {
    match running::find(&app.db, app.workspace.id, test).await? {
        Some(test) => show_in_thread(app, &test).await,
        None => Ok(()),
    }
}

async fn show_in_thread(app: &App, test: &Test) -> Result<()> {
    let id = test.running.id;
    let shown = slack::places(&app.db, app.workspace.id, &subject(id)).await?;
    let Some(card) = shown.into_iter().next() else {
        return Err(anyhow::anyhow!("the card of test {id} is not there yet").into());
    };
    // A card that stands in a thread has no thread of its own.
    let thread = card.place.thread.unwrap_or(card.ts);
    let sent = Sent {
        subject: &segments_subject(id),
        place: Place { channel: card.place.channel, thread: Some(thread) },
        title: &test.plan.name,
        requested_by: &test.review.requested_by,
        review: Some(test.review.id),
    };
    reviews::post(app, &sent, &readout_card::segments_card(test).finish()).await?;
    Ok(())
}

/// Has the card of the test that a review is about shown again: its plan, the plan that is to take its
/// place, or a decision.
pub async fn about(app: &App, review: &Review) -> Result<()> {
    let workspace = app.workspace.id;
    let tests = match review.subject {
        SubjectKind::TestDecision => {
            let decision = TestDecisionId(review.subject_id);
            store::test_of(&app.db, workspace, decision).await?.into_iter().collect()
        }
        _ => {
            let id = ExperimentId(review.subject_id);
            let mut tests = vec![id];
            tests.extend(store::replaces(&app.db, workspace, id).await?);
            tests
        }
    };
    let mut tx = app.db.begin().await?;
    for test in tests {
        if store::lock(&mut tx, workspace, test).await?.is_some() {
            jobs::enqueue(&mut tx, workspace, Job::ShowTest { test }).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// What stands beside a test: what waits, or how it was decided.
pub(super) async fn around(app: &App, test: &Test) -> Result<Around> {
    let mut db = app.db.acquire().await?;
    let waiting = store::waiting(&mut db, app.workspace.id, test.running.id).await?;
    drop(db);
    let decided = match test.running.ended {
        Some(Ended { by: EndedBy::Decision(decision), .. }) => decided(app, decision).await?,
        _ => None,
    };
    Ok(Around { waiting, decided, picture: None })
}

async fn decided(
    app: &App,
    decision: TestDecisionId,
) -> Result<Option<(TestDecision, Vec<PersonId>)>> {
    let workspace = app.workspace.id;
    let kind = SubjectKind::TestDecision;
    let Some(review) = reviews::of_subject(&app.db, workspace, kind, decision.0).await? else {
        return Ok(None);
    };
    let Some(review) = reviews::find(&app.db, workspace, review).await? else { return Ok(None) };
    let content = reviews::content(&app.db, workspace, review.revision).await?;
    let by = review.decisions.iter().map(|it| it.person.clone()).collect();
    Ok(Some((TestDecision::from_bytes(&content.bytes)?, by)))
}
