//! What agents work with: prompts, language models, and a budget for them.
//!
//! A feature puts its question into an [`Asking`] and calls [`ask`]: the prompt is rendered
//! (`prompts`), the agent's budget of the day is looked at (`budget`), the call is entered in the
//! record (`ledger`), the model is asked and its answer checked against the form (`model`), and
//! what it used and cost is recorded ([`spent`]).
//!
//! An agent whose manifest names no model has none ([`Models::of`]), and works without.
//!
//! **Invariant:** a model is called by [`ask`], or by a person on the command line, and by nothing
//! else: so every call of an agent is in the record, within its budget.
//!
//! **Invariant:** a model has no tools. What it answers is text, which whoever asked checks.

mod budget;
mod ledger;
mod model;
mod prompts;
mod spent;
mod standing;
mod store;

use jiff::tz::TimeZone;
use serde_json::Value;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::config::Agent;
use crate::error::Result;
use crate::ids::WorkspaceId;

pub use budget::Day;
pub use model::{
    Cause, Cut, Failure, Model, Models, Patience, Question, Reply, Tally, Usage, object_of,
    schema_of,
};
pub use prompts::{Prompt, Prompts, Rendered, in_record as prompt_in_record};
pub use spent::{Cost, Spent, spent};
pub use standing::stands_in;

/// Where calls are recorded, and by whose day budgets are counted.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    pub db: &'a PgPool,
    pub clock: &'a Clock,
    pub workspace: WorkspaceId,
    /// The team's.
    pub zone: &'a TimeZone,
}

/// What an agent asks.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    pub agent: &'a Agent,
    /// What it is for, such as `run:12`. All calls for one subject count as one run.
    pub subject: &'a str,
    pub prompt: &'a Prompt,
    /// An object with the inputs that the prompt declares.
    pub inputs: &'a Value,
    /// The form of the answer.
    pub schema: &'a Value,
}

/// An answer in its form, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    pub json: Value,
    pub text: String,
    /// As the provider names it.
    pub model: String,
    /// With its version: `research.answer@1`.
    pub prompt: String,
    pub prompt_hash: String,
    pub rendered_hash: String,
    pub usage: Usage,
    /// None where no price is declared, or the provider does not say what was used.
    pub cost: Option<Cost>,
}

/// Asks a model for an agent. The answer's text is handed to `on_delta` as it comes; it is not yet
/// checked then. Dropping the future ends the request, and records it as given up.
pub async fn ask(
    books: &Books<'_>,
    model: &Model,
    asking: &Asking<'_>,
    on_delta: impl FnMut(&str),
) -> Result<Result<Answered, Failure>> {
    if let Some(variable) = model.missing_key() {
        let (model, variable) = (model.name().to_owned(), variable.to_owned());
        return Ok(Err(Failure::NotConfigured { model, variable }));
    }
    let prompt = asking.prompt;
    let rendered = prompt.render(asking.inputs)?;
    let longest = model.config().max_tokens;
    let max_tokens = prompt.max_tokens.map_or(longest, |limit| limit.min(longest));
    let call = match ledger::enter(books, model, asking, &rendered, max_tokens).await? {
        Ok(call) => call,
        Err(failure) => return Ok(Err(failure)),
    };
    let question = Question {
        system: &rendered.system,
        user: &rendered.user,
        form: &prompt.output,
        schema: asking.schema,
        max_tokens,
    };
    let answer = model.ask(books.clock, &question, call.tally(), on_delta).await?;
    let usage = call.tally().usage();
    let cost = call.end(&answer).await?;
    Ok(answer.map(|reply| Answered {
        json: reply.json,
        text: reply.text,
        model: reply.model,
        prompt: prompt.label(),
        prompt_hash: prompt.hash.clone(),
        rendered_hash: rendered.hash,
        usage,
        cost,
    }))
}
