//! Research: a question becomes a finding whose every quote stands word for word in a document.
//!
//! [`request`] records the question and enqueues a run; [`answer`] lets the research agent search
//! the evidence it may read and quote it; what it found goes to review. A run that finds nothing
//! says what it searched, and claims nothing.
//!
//! - [`extract`] chooses quotes: a pure function of the question and what the search brought.
//! - [`Finding`] is what people decide on, with the canonical bytes they are bound to.
//!
//! **Invariant:** a run makes at most one finding, however often its job runs.
//!
//! **Invariant:** a quote is a part of its passage, character by character.

pub mod extract;
mod finding;
mod message;
mod store;

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::{Agent, SubjectKind};
use crate::error::{Error, Result};
use crate::evidence::{self, Rights};
use crate::ids::{ChannelId, FindingId, MessageTs, PersonId, ReviewId, RunId};
use crate::jobs::{self, Job};
use crate::reviews::{self, Opening, Review};
use crate::slack::{self, Place, Post, SlackError};

pub use finding::Finding;

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
    let subject = format!("run:{}", run.id);
    let card = message::without_finding(&run, remark).finish();
    post(app, &subject, &run.question, None, &card).await
}

/// Makes Slack show a review's finding as it stands now.
pub async fn show_review(app: &App, review: ReviewId) -> Result<()> {
    let Some(review) = reviews::find(&app.db, app.workspace.id, review).await? else {
        return Ok(());
    };
    let SubjectKind::Finding = review.subject;
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let finding = Finding::from_bytes(&content.bytes)?;
    let subject = format!("finding:{}", review.subject_id);
    let card = message::card(&finding, &review.requested_by);
    let card = reviews::under(card, &review, &content).finish();
    post(app, &subject, &asked_in(&review), Some(review.id), &card).await
}

fn asked_in(review: &Review) -> Question {
    Question {
        text: review.title.clone(),
        person: review.requested_by.clone(),
        channel: review.channel.clone(),
        thread: review.thread.clone(),
    }
}

/// Shows a card where the question was asked. A public channel is entered for that; when a channel
/// cannot be reached, the person who asked is told what to do about it.
async fn post(
    app: &App,
    subject: &str,
    asked: &Question,
    review: Option<ReviewId>,
    card: &(Post, Vec<Post>),
) -> Result<()> {
    let workspace = app.workspace.id;
    let place = Place { channel: asked.channel.clone(), thread: asked.thread.clone() };
    let show =
        || slack::show_card(&app.db, &app.slack, &app.clock, workspace, subject, &place, card);
    let shown = match show().await {
        Err(Error::Fault(fault))
            if is_unreachable(&fault) && app.slack.join(&place.channel).await.is_ok() =>
        {
            show().await
        }
        shown => shown,
    };
    let told = format!("{subject}:unreachable");
    let tell = async |place: &Place, post: Post| {
        slack::show(&app.db, &app.slack, &app.clock, workspace, &told, place, &post).await
    };
    match shown {
        Err(Error::Fault(fault)) if is_unreachable(&fault) => {
            let direct = Place::channel(app.slack.direct(&asked.person).await?);
            tell(&direct, message::unreachable(asked, review)).await?;
        }
        Err(error) => return Err(error),
        Ok(_) => {
            for earlier in slack::places(&app.db, workspace, &told).await? {
                tell(&earlier.place, message::reached(asked)).await?;
            }
        }
    }
    Ok(())
}

fn is_unreachable(fault: &anyhow::Error) -> bool {
    fault.downcast_ref::<SlackError>().is_some_and(|error| {
        error.is("not_in_channel") || error.is("channel_not_found") || error.is("is_archived")
    })
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
    let provenance = json!({
        "agent": AGENT,
        "engine": finding.engine_in_words(),
        "run": run.id,
        "sources": finding.sources,
    });
    reviews::open(
        app,
        tx,
        Opening {
            subject: SubjectKind::Finding,
            subject_id: id.0,
            title: &run.question.text,
            content: &serde_json::to_value(finding)?,
            provenance: &provenance,
            requested_by: &run.question.person,
            agent: AGENT,
            channel: &run.question.channel,
            thread: run.question.thread.as_ref(),
        },
    )
    .await?;
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
