//! One execution of the research agent, from the question to how it ended.

use std::collections::{BTreeMap, BTreeSet};

use super::{AGENT, Question, event, message, progress, request, store, streaming};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::error::{Refusal, Result};
use crate::ids::{PersonId, RunId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Sent};
use crate::slack::{self, Place};

#[derive(Clone, Debug)]
pub struct Run {
    pub id: RunId,
    pub question: Question,
    /// The question was erased, and cannot be asked any more.
    pub is_erased: bool,
    pub state: State,
    /// What it was last said to be doing.
    pub step: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    Queued,
    Running,
    Done,
    /// Nothing in the evidence answers; the sentence says what was searched.
    Empty(String),
    /// The sentence says what happened and what to do.
    Failed(String),
    Stopped(PersonId),
}

impl Run {
    /// What its message in Slack is about.
    pub fn subject(&self) -> String {
        format!("run:{}", self.id)
    }

    pub fn place(&self) -> Place {
        Place { channel: self.question.channel.clone(), thread: self.question.thread.clone() }
    }
}

/// Ends a run that somebody asked for and does not need any more.
pub async fn stop(app: &App, delivery: Option<&str>, run: RunId, person: &PersonId) -> Result<()> {
    let (workspace, now) = (app.workspace.id, app.now());
    let found = store::find(&app.db, workspace, run).await?.ok_or(Refusal::UnknownAction)?;
    let asker = &found.question.person;
    if asker != person {
        return Err(Refusal::NotTheAsker { asker: asker.clone(), command: "/research" }.into());
    }
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, workspace, delivery, now).await? {
        return Ok(());
    }
    let stopped = State::Stopped(person.clone());
    if !store::end(&mut tx, workspace, run, &stopped, now).await? {
        return Err(Refusal::RunIsOver.into());
    }
    let actor = Actor::Person(person.clone());
    let details = BTreeMap::from([("agent", Value::name(AGENT))]);
    audit::append(&mut tx, event(app, actor, "run.stopped", "run", run.0, details)).await?;
    jobs::enqueue(&mut tx, workspace, Job::ShowRun { run }).await?;
    tx.commit().await?;
    tracing::info!(run.id = run.0, "a run was stopped");
    Ok(())
}

/// Asks the question of a run anew, for whoever wants to know. None if the delivery is a repeat.
pub async fn again(
    app: &App,
    delivery: Option<&str>,
    run: RunId,
    person: &PersonId,
) -> Result<Option<(RunId, Question)>> {
    let found = store::find(&app.db, app.workspace.id, run).await?.ok_or(Refusal::UnknownAction)?;
    if matches!(found.state, State::Queued | State::Running) {
        return Err(Refusal::StillRunning.into());
    }
    if found.is_erased {
        return Err(Refusal::QuestionErased.into());
    }
    let question = Question { person: person.clone(), ..found.question };
    let asked = request(app, delivery, &question).await?;
    Ok(asked.map(|run| (run, question)))
}

/// The run's job has failed for good: the person who asked is told.
pub async fn give_up(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::find(&app.db, app.workspace.id, run).await? else {
        return Ok(());
    };
    if !matches!(run.state, State::Queued | State::Running) {
        return Ok(());
    }
    let remark = "This question could not be answered: something broke on our side each time it was tried. Try again in a while; whoever runs Countersign finds the cause in its log.";
    end_without_finding(app, &run, State::Failed(remark.to_owned()), "run.failed", &BTreeSet::new())
        .await
}

/// Records how a run ended, and which sources were read for it.
pub(super) async fn end_without_finding(
    app: &App,
    run: &Run,
    state: State,
    act: &'static str,
    read: &BTreeSet<String>,
) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::end(&mut tx, app.workspace.id, run.id, &state, now).await? {
        return Ok(());
    }
    let agent = Actor::Agent(AGENT.to_owned());
    if !read.is_empty() {
        let sources = Value::list(read.iter().map(Value::name));
        let read = BTreeMap::from([("sources", sources)]);
        let event = event(app, agent.clone(), "evidence.read", "run", run.id.0, read);
        audit::append(&mut tx, event).await?;
    }
    audit::append(&mut tx, event(app, agent, act, "run", run.id.0, BTreeMap::new())).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowRun { run: run.id }).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes Slack show a run that did not end in a finding.
pub async fn show_run(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::find(&app.db, app.workspace.id, run).await? else {
        return Ok(());
    };
    let workspace = app.workspace.id;
    if !matches!(run.state, State::Queued | State::Running) {
        streaming::end_all(app, &run).await?;
    }
    let card = match &run.state {
        State::Empty(remark) | State::Failed(remark) => message::without_finding(&run, remark),
        State::Stopped(_) => {
            progress::clear_status(app, &run).await;
            // Where nothing was shown yet, there is nothing to take back.
            if slack::places(&app.db, workspace, &run.subject()).await?.is_empty() {
                return Ok(());
            }
            message::stopped(&run)
        }
        State::Done => {
            // The finding took its message over, or is nothing for this place.
            slack::remove(&app.db, &app.slack, workspace, &run.subject(), &run.place()).await?;
            return Ok(());
        }
        State::Queued | State::Running => return Ok(()),
    };
    let sent = Sent {
        subject: &run.subject(),
        place: run.place(),
        title: &run.question.text,
        requested_by: &run.question.person,
        review: None,
    };
    reviews::post(app, &sent, &card.finish()).await?;
    Ok(())
}
