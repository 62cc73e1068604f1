//! The paragraph that a model opens a summary with: only where every number and name in it stands in the
//! sections.
//!
//! It is asked once for a summary, after the message stands. It is told counts and numbers, and what
//! campaigns, metrics and agents are called; no titles, no names of people and nothing that they wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::message::heading;
use super::sections::Part;
use super::{digest_of, showing, store};
use crate::agents::{self, Asking, object_of};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::Section;
use crate::error::Result;
use crate::ids::SummaryId;
use crate::jobs::{self, Job};
use crate::scorecards::AGENT;
use crate::slack::plain_text;
use crate::words::capitalised;

const PROMPT: &str = "reporting.opening";

/// The longest paragraph, in characters.
const LONGEST: usize = 700;

/// What a model wrote, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opening {
    pub text: String,
    pub model: String,
    pub prompt: Json,
}

#[derive(Deserialize)]
struct Answer {
    paragraph: String,
}

/// Whether summaries are opened by a model.
pub(super) fn is_wanted(app: &App) -> bool {
    app.manifest.agent(AGENT).is_some_and(|agent| app.models.of(agent).is_some())
}

/// Has the agent's model open a summary, if it has one.
pub async fn open(app: &App, id: SummaryId) -> Result<()> {
    let agent = app.manifest.agent(AGENT);
    let Some((agent, model)) = agent.and_then(|agent| Some((agent, app.models.of(agent)?))) else {
        return Ok(());
    };
    let (db, workspace) = (&app.db, app.workspace.id);
    let Some(summary) = store::find(db, workspace, id).await? else { return Ok(()) };
    if summary.opening.is_some() {
        return Ok(());
    }
    let channel =
        app.slack.channel_to_post_in(&summary.channel).await.map_err(anyhow::Error::new)?;
    let digest = digest_of(app, &summary.channel);
    let parts = showing::gather(app, &summary, &digest, &channel.id).await?;
    let known = told(&parts);
    if known.is_empty() {
        return Ok(());
    }
    let asking = Asking {
        agent,
        subject: &format!("summary:{id}"),
        prompt: app.prompts.get(PROMPT)?,
        inputs: &json!({
            "sections": known,
            "heading": heading(summary.edition, summary.day),
            "company": app.manifest.team,
        }),
        schema: &object_of(json!({"paragraph": {"type": "string"}})),
    };
    let answered = match agents::ask(&app.books(), model, &asking, |_| {}).await? {
        Ok(answered) => answered,
        Err(failure) => {
            tracing::warn!(summary.id = id.0, "a summary opens without a model: {failure}");
            return Ok(());
        }
    };
    let said: Option<Answer> = serde_json::from_value(answered.json.clone()).ok();
    let text = said.map(|it| it.paragraph.trim().to_owned()).unwrap_or_default();
    if text.is_empty() {
        return Ok(());
    }
    let held = agents::stands_in(&text, &known, LONGEST);
    let mut details = BTreeMap::from([
        ("prompt", Value::name(&answered.prompt)),
        ("model", Value::name(&answered.model)),
        ("shown", held.is_ok().into()),
    ]);
    let mut tx = db.begin().await?;
    match held {
        Ok(()) => {
            let prompt = agents::prompt_in_record(&answered.prompt, &answered.prompt_hash);
            let opening = Opening { text, model: answered.model, prompt };
            if !store::set_opening(&mut tx, workspace, id, &opening).await? {
                return Ok(());
            }
            jobs::enqueue(&mut tx, workspace, Job::ShowSummary { summary: id }).await?;
        }
        Err(why) => {
            details.insert("why", why.into());
        }
    }
    let event = Event {
        workspace,
        at: app.now(),
        actor: Actor::Agent(AGENT.to_owned()),
        act: "summary.opened",
        subject: Subject::new("summary", id),
        details,
    };
    audit::append(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// What a model is told: a line for what each section comes to, and the lines of those that have nothing
/// in them that a person wrote.
fn told(parts: &[Part]) -> String {
    let mut told = Vec::new();
    for part in parts {
        told.extend(part.headline.as_ref().map(|it| format!("{}.", capitalised(it))));
        if matches!(part.section, Section::Moved | Section::Leads | Section::Agents) {
            told.extend(part.lines.iter().map(|line| format!("{}.", plain_text(line))));
        }
    }
    told.join("\n")
}
