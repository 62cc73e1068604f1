//! Research: a question becomes a finding whose every quote stands word for word in a document.
//!
//! [`request`] records the question and enqueues a run; [`answer`] lets the research agent search
//! the evidence it may read and quote it; what it found goes to review. A run that finds nothing
//! says what it searched, and claims nothing.
//!
//! - [`extract`] chooses quotes: a pure function of the question and what the search brought.
//! - [`written`] asks a model for an answer and keeps of it what its passages bear out.
//! - [`Finding`] is what people decide on, with the canonical bytes they are bound to.
//! - [`rework`] changes a finding as reviewers asked, [`edited`] as one of them did by hand.
//!
//! **Invariant:** a run makes at most one finding, however often its job runs.
//!
//! **Invariant:** a quote is a part of its passage, character by character.

pub mod extract;
mod finding;
mod message;
mod prepared;
mod rework;
mod store;
pub mod written;

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::{Agent, SubjectKind};
use crate::error::{Error, Result};
use crate::evidence::{self, Rights};
use crate::ids::{ChannelId, FindingId, MessageTs, PersonId, RunId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Author, Opening, Sent};
use crate::slack::{self, Place};

pub use finding::Finding;
pub use message::{KEPT, NOTE, card, edit_form};
pub use rework::{edited, rework};

use prepared::Prepared;

/// The agent of the manifest that answers.
const AGENT: &str = "research";

/// What somebody asks, and where the answer belongs.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    pub person: PersonId,
    pub channel: ChannelId,
    pub thread: Option<MessageTs>,
}

/// One execution of the research agent.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: RunId,
    pub question: Question,
    pub state: State,
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
}

/// Records a question and sets the research agent to work. A repeat of a delivery does nothing.
pub async fn request(app: &App, delivery: Option<&str>, question: &Question) -> Result<()> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    let run = store::insert_run(&mut tx, app.workspace.id, AGENT, question, now).await?;
    let person = Some(&question.person);
    let asked = audit::keep_text(&mut tx, app.workspace.id, person, &question.text).await?;
    let details =
        BTreeMap::from([("channel", Value::id(&question.channel)), ("question", asked.into())]);
    let actor = Actor::Person(question.person.clone());
    audit::append(&mut tx, event(app, actor, "run.requested", "run", run.0, details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::Research { run }).await?;
    tx.commit().await?;

    tracing::info!(run.id = run.0, "a question was taken");
    Ok(())
}

/// Lets the research agent answer a run's question.
pub async fn answer(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::start(&app.db, app.workspace.id, run, app.now()).await? else {
        return Ok(());
    };
    let agent = app
        .manifest
        .agent(AGENT)
        .ok_or_else(|| anyhow::anyhow!("the manifest declares no agent named {AGENT:?}"))?;

    let question = &run.question.text;
    let asked = extract::Asked::of(question);
    let rights = rights_of(agent);
    let (searched, extract) = extract::answer(&app.db, app.workspace.id, &rights, &asked).await?;
    let sources = evidence::sources(&app.db, app.workspace.id).await?;
    match Finding::new(question, &searched, &sources, &extract) {
        Some(finding) => conclude(app, &run, &finding).await,
        None => {
            let read = finding::searched_sources(&searched, &sources);
            let remark = message::nothing_found(searched.documents as u64, &read);
            let read: Vec<&str> = read.iter().map(|source| source.name.as_str()).collect();
            end_without_finding(app, &run, State::Empty(remark), "run.found_nothing", &read).await
        }
    }
}

/// The run's job has failed for good: the person who asked is told.
pub async fn give_up(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::find(&app.db, app.workspace.id, run).await? else {
        return Ok(());
    };
    if !matches!(run.state, State::Queued | State::Running) {
        return Ok(());
    }
    let remark = "This question could not be answered: something broke on our side each time it was tried. Ask again in a while; whoever runs Countersign finds the cause in its log.";
    end_without_finding(app, &run, State::Failed(remark.to_owned()), "run.failed", &[]).await
}

/// Makes Slack show a run that ended without a finding.
pub async fn show_run(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::find(&app.db, app.workspace.id, run).await? else {
        return Ok(());
    };
    let (State::Empty(remark) | State::Failed(remark)) = &run.state else {
        return Ok(());
    };
    let asked = &run.question;
    let sent = Sent {
        subject: &format!("run:{}", run.id),
        place: Place { channel: asked.channel.clone(), thread: asked.thread.clone() },
        title: &asked.text,
        requested_by: &asked.person,
        review: None,
    };
    reviews::post(app, &sent, &message::without_finding(&run, remark).finish()).await?;
    Ok(())
}

/// What the agent may read for an answer that everyone sees.
fn rights_of(agent: &Agent) -> Rights {
    let rights = Rights::of_everyone();
    if agent.sources.iter().any(|source| source == "*") {
        return rights;
    }
    rights.within(agent.sources.clone())
}

/// Records the finding, what was read for it, and the review it asks for: all or nothing.
async fn conclude(app: &App, run: &Run, finding: &Finding) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::end(&mut tx, app.workspace.id, run.id, &State::Done, now).await? {
        return Ok(());
    }
    let id = store::insert_finding(&mut tx, app.workspace.id, run.id).await?;
    let agent = Actor::Agent(AGENT.to_owned());
    let read = BTreeMap::from([
        ("sources", Value::list(finding.sources.iter().map(|source| Value::name(&source.name)))),
        ("passages", Value::list(finding.passages().map(Value::id))),
    ]);
    audit::append(&mut tx, event(app, agent.clone(), "evidence.read", "run", run.id.0, read))
        .await?;
    let made =
        BTreeMap::from([("run", Value::id(run.id)), ("engine", Value::name(&finding.engine))]);
    audit::append(&mut tx, event(app, agent, "finding.made", "finding", id.0, made)).await?;
    open_review(app, &mut tx, run, finding, id).await?;
    tx.commit().await?;

    tracing::info!(run.id = run.id.0, finding.id = id.0, "a finding was made");
    Ok(())
}

async fn open_review(
    app: &App,
    tx: &mut sqlx::PgConnection,
    run: &Run,
    finding: &Finding,
    id: FindingId,
) -> Result<()> {
    let prepared = Prepared::new(app, finding, &json!(run.id)).await?;
    let opening = Opening {
        subject: SubjectKind::Finding,
        subject_id: id.0,
        title: &run.question.text,
        agent: Some(AGENT),
        requested_by: &run.question.person,
        channel: &run.question.channel,
        thread: run.question.thread.as_ref(),
    };
    reviews::open(app, tx, &opening, &prepared.written(Author::Agent(AGENT))).await?;
    Ok(())
}

/// Records how a run ended, and which sources were read for it.
async fn end_without_finding(
    app: &App,
    run: &Run,
    state: State,
    act: &'static str,
    read: &[&str],
) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !store::end(&mut tx, app.workspace.id, run.id, &state, now).await? {
        return Ok(());
    }
    let agent = Actor::Agent(AGENT.to_owned());
    if !read.is_empty() {
        let sources = Value::list(read.iter().copied().map(Value::name));
        let read = BTreeMap::from([("sources", sources)]);
        let event = event(app, agent.clone(), "evidence.read", "run", run.id.0, read);
        audit::append(&mut tx, event).await?;
    }
    audit::append(&mut tx, event(app, agent, act, "run", run.id.0, BTreeMap::new())).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowRun { run: run.id }).await?;
    tx.commit().await.map_err(Error::from)
}

fn event(
    app: &App,
    actor: Actor,
    act: &'static str,
    subject: &'static str,
    id: i64,
    details: BTreeMap<&'static str, Value>,
) -> Event {
    Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor,
        act,
        subject: Subject::new(subject, id),
        details,
    }
}
