//! Research: a question becomes a finding whose every quote stands word for word in a document.
//!
//! [`request`] records the question and enqueues a run; [`answer`] lets the research agent search
//! the evidence it may read and quote it; what it found goes to review. A run that finds nothing
//! says what it searched, and claims nothing.
//!
//! - [`extract`] chooses quotes: a pure function of the question and what the search brought.
//! - [`written`] asks a model for an answer and keeps of it what its passages bear out.
//! - [`Finding`] is what people decide on, with the canonical bytes they are bound to.
//! - `audience` tells which sources an answer may rest on, by who will read it; what the asker alone
//!   may see comes to them alone, and [`share`] brings what the channel may see of it there.
//! - `progress` shows what a run is doing, and ends it when somebody [stops](stop) it.
//! - [`rework`] changes a finding as reviewers asked, [`edited`] as one of them did by hand.
//!
//! **Invariant:** a run makes at most one finding, however often its job runs.
//!
//! **Invariant:** a quote is a part of its passage, character by character, but for personal data,
//! which is masked wherever people or models read a passage.
//!
//! **Invariant:** nobody reads in a channel what not everybody there may see.

mod answering;
mod audience;
pub mod extract;
mod finding;
mod masking;
mod message;
mod prepared;
mod progress;
mod rework;
mod run;
mod sharing;
mod sources;
mod store;
mod streaming;
mod writing;
pub mod written;

use std::collections::BTreeMap;

use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::Agent;
use crate::error::Result;
use crate::ids::{ChannelId, FindingId, MessageTs, PersonId, RunId};
use crate::jobs::{self, Job};
use crate::slack;

pub use answering::answer;
pub use finding::Finding;
pub use message::{KEPT, NOTE, card, edit_form, on_it};
pub use rework::{edited, rework};
pub use run::{Run, State, again, give_up, show_run, stop};
pub use sharing::{CHANNEL, SHARE, share, share_form, show_answer};
pub use sources::sources;

/// The agent of the manifest that answers.
pub const AGENT: &str = "research";

/// What somebody asks, and where the answer belongs.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    pub person: PersonId,
    pub channel: ChannelId,
    pub thread: Option<MessageTs>,
    /// The run whose subject it goes on from.
    pub follows: Option<RunId>,
}

/// Records a question and sets the research agent to work. None if the delivery is a repeat.
pub async fn request(
    app: &App,
    delivery: Option<&str>,
    question: &Question,
) -> Result<Option<RunId>> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    let run = store::insert_run(&mut tx, app.workspace.id, AGENT, question, now).await?;
    let person = Some(&question.person);
    let asked = audit::keep_text(&mut tx, app.workspace.id, person, &question.text).await?;
    let mut details =
        BTreeMap::from([("channel", Value::id(&question.channel)), ("question", asked.into())]);
    details.extend(question.follows.map(|run| ("follows", Value::id(run))));
    let actor = Actor::Person(question.person.clone());
    audit::append(&mut tx, event(app, actor, "run.requested", "run", run.0, details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::Research { run }).await?;
    tx.commit().await?;

    tracing::info!(run.id = run.0, "a question was taken");
    Ok(Some(run))
}

/// The run that a thread is about: the last one asked in it, or the one whose card it hangs on.
pub async fn run_in(app: &App, channel: &ChannelId, thread: &MessageTs) -> Result<Option<RunId>> {
    let workspace = app.workspace.id;
    if let Some(run) = store::last_run_in(&app.db, workspace, channel, thread).await? {
        return Ok(Some(run));
    }
    let subject = slack::subject_of(&app.db, workspace, channel, thread).await?;
    let Some((kind, id)) = subject.as_deref().and_then(|subject| subject.split_once(':')) else {
        return Ok(None);
    };
    let Ok(id) = id.parse() else { return Ok(None) };
    match kind {
        "run" => Ok(Some(RunId(id))),
        "finding" | "answer" => store::run_of(&app.db, workspace, FindingId(id)).await,
        _ => Ok(None),
    }
}

/// The agent as the team declared it.
fn agent(app: &App) -> Result<&Agent> {
    let agent = app.manifest.agent(AGENT);
    Ok(agent.ok_or_else(|| anyhow::anyhow!("the manifest declares no agent named {AGENT:?}"))?)
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
