//! What a model says of a lead in two or three sentences: only where every number and name in them stands
//! in the record.
//!
//! It is asked once, when the lead is handed over, and is shown what the note shows: nothing that names or
//! reaches the person. What does not hold is not shown, and the trail says so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::facts::{self, Facts};
use super::{AGENT, record, store};
use crate::agents::{self, Asking, object_of};
use crate::app::App;
use crate::audit::{Actor, Value};
use crate::error::Result;
use crate::ids::HandOffId;
use crate::jobs::{self, Job};
use crate::privacy;

const PROMPT: &str = "crm.summary";

/// The longest summary, in characters.
const LONGEST: usize = 500;

/// What a model made of a record, and how.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Summary {
    pub text: String,
    pub model: String,
    pub prompt: Json,
}

#[derive(Deserialize)]
struct Answer {
    summary: String,
}

/// Has the agent's model sum a lead up, if it has one.
pub async fn word(app: &App, id: HandOffId) -> Result<()> {
    let agent = app.manifest.agent(AGENT);
    let Some((agent, model)) = agent.and_then(|agent| Some((agent, app.models.of(agent)?))) else {
        return Ok(());
    };
    let Some(hand_off) = store::find(&app.db, app.workspace.id, id).await? else { return Ok(()) };
    let facts = facts::gather(app, hand_off).await?;
    if facts.hand_off.state.is_over() || facts.hand_off.summary.is_some() {
        return Ok(());
    }
    let known = privacy::mask(&in_full(&facts)).text;
    let asking = Asking {
        agent,
        subject: &format!("hand_off:{id}"),
        prompt: app.prompts.get(PROMPT)?,
        inputs: &json!({"record": known, "company": app.manifest.team}),
        schema: &object_of(json!({"summary": {"type": "string"}})),
    };
    let answered = match agents::ask(&app.books(), model, &asking, |_| {}).await? {
        Ok(answered) => answered,
        Err(failure) => {
            tracing::warn!(hand_off.id = id.0, "a lead was not summed up: {failure}");
            return Ok(());
        }
    };
    let said: Option<Answer> = serde_json::from_value(answered.json.clone()).ok();
    let text = said.map(|it| it.summary.trim().to_owned()).unwrap_or_default();
    if text.is_empty() {
        return Ok(());
    }
    let held = agents::stands_in(&text, &known, LONGEST);

    let (workspace, now) = (app.workspace.id, app.now());
    let mut tx = app.db.begin().await?;
    let hand_off = store::lock(&mut tx, workspace, id).await?;
    let mut details = BTreeMap::from([
        ("hand_off", Value::id(id)),
        ("prompt", Value::name(&answered.prompt)),
        ("model", Value::name(&answered.model)),
        ("shown", held.is_ok().into()),
    ]);
    match held {
        Ok(()) => {
            let prompt = agents::prompt_in_record(&answered.prompt, &answered.prompt_hash);
            let summary = Summary { text, model: answered.model, prompt };
            store::set_summary(&mut tx, workspace, id, &summary).await?;
            jobs::enqueue(&mut tx, workspace, Job::ShowHandOff { hand_off: id }).await?;
        }
        Err(why) => {
            details.insert("why", why.into());
        }
    }
    let actor = Actor::Agent(AGENT.to_owned());
    record(&mut tx, workspace, actor, "lead.summed_up", hand_off.lead, details, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The record as a model reads it: what the note says, in plain lines.
fn in_full(facts: &Facts) -> String {
    let card = facts::facts_of(facts);
    card.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}
