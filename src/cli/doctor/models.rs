//! Which models agents work with, and, when asked to, whether they answer.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use super::{Findings, Health};
use crate::agents::{Failure, Model, Models, Prompts, Question, Tally, Usage, schema_of};
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::error::Error;

const PROMPT: &str = "doctor.probe";

/// What a model is asked to say.
const WORD: &str = "thread";

/// The form of its answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Probe {
    #[schemars(length(min = 1, max = 200))]
    word: String,
}

/// What came of asking a model.
#[derive(Serialize)]
pub(super) struct Asked {
    model: String,
    outcome: &'static str,
    says: Option<String>,
    /// How often text came while the answer streamed.
    deltas: usize,
    duration_ms: u128,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost: Option<String>,
}

/// Says of every model whether it can be asked; with `ask`, asks it for one word.
pub(super) async fn check(
    config: &Config,
    clock: &Clock,
    manifest: &Manifest,
    ask: bool,
    findings: &mut Findings,
) {
    let prompts = match Prompts::load(config.prompts.as_deref()) {
        Ok(prompts) => prompts,
        Err(error) => {
            let remedy = "Change that file, or take it out of COUNTERSIGN_PROMPTS.";
            return findings.bad("prompts", format!("{error:#}"), remedy);
        }
    };
    let models = match Models::new(manifest, &config.model_keys) {
        Ok(models) => models,
        Err(error) => {
            let remedy = "Check this machine's root certificates.";
            return findings.bad("model", format!("{error:#}"), remedy);
        }
    };
    if models.iter().next().is_none() {
        return findings.note(
            "model",
            "none is declared, so agents quote what they find, and say so; add one under [[model]] in the manifest",
        );
    }
    for model in models.iter() {
        match (model.missing_key(), ask) {
            (Some(variable), _) => findings.bad(
                "model",
                format!("{} has no key, so agents work without it", described(model)),
                format!("Set {variable}, or take the model out of the manifest."),
            ),
            (None, true) => probe(clock, &prompts, model, findings).await,
            (None, false) => findings.good(
                "model",
                format!(
                    "{} has what it needs; `countersign doctor --models` asks it",
                    described(model)
                ),
            ),
        }
    }
    for agent in &manifest.agents {
        if let Some(model) = models.of(agent) {
            findings.good("model", format!("{} works with {}", agent.name, model.name()));
        }
    }
}

/// Asks a model for one word in a form, streaming, as agents do.
async fn probe(clock: &Clock, prompts: &Prompts, model: &Model, findings: &mut Findings) {
    let began = Instant::now();
    let tally = Tally::default();
    let mut deltas = 0;
    let answer = ask(clock, prompts, model, &tally, |_| deltas += 1).await;
    let took = began.elapsed();
    let usage = tally.usage();
    let price = model.config().price.as_ref();
    let cost = usage.cost(price).zip(price);
    let mut asked = Asked {
        model: model.name().to_owned(),
        outcome: "answered",
        says: None,
        deltas,
        duration_ms: took.as_millis(),
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cost: cost.map(|(amount, price)| format!("{} {}", amount.normalize(), price.currency)),
    };
    match answer {
        Ok(Ok(Probe { word })) => {
            let says = format!(
                "{} says {word:?} after {}{}",
                described(model),
                seconds(took),
                spent(usage, asked.cost.as_deref())
            );
            asked.says = Some(word);
            findings.add("model", Health::Good, says, None, Some(asked));
        }
        Ok(Err(failure)) => {
            asked.outcome = failure.name();
            let detail = failure.detail().map(|said| format!(" It says: {said}"));
            let says = format!("{failure}{}", detail.unwrap_or_default());
            findings.add("model", Health::Bad, says, Some(remedy(&failure)), Some(asked));
        }
        Err(fault) => findings.bad("model", fault.to_string(), "Read the log, and report it."),
    }
}

async fn ask(
    clock: &Clock,
    prompts: &Prompts,
    model: &Model,
    tally: &Tally,
    on_delta: impl FnMut(&str),
) -> Result<Result<Probe, Failure>, Error> {
    let prompt = prompts.get(PROMPT)?;
    let rendered = prompt.render(&json!({ "word": WORD }))?;
    let longest = model.config().max_tokens;
    let question = Question {
        system: &rendered.system,
        user: &rendered.user,
        form: &prompt.output,
        schema: &schema_of::<Probe>(),
        max_tokens: prompt.max_tokens.map_or(longest, |limit| limit.min(longest)),
    };
    match model.ask(clock, &question, tally, on_delta).await? {
        Ok(reply) => Ok(Ok(serde_json::from_value(reply.json)?)),
        Err(failure) => Ok(Err(failure)),
    }
}

fn described(model: &Model) -> String {
    let config = model.config();
    let host = config.url.host_str().unwrap_or_default();
    format!("{} ({} at {host})", config.name, config.model)
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn spent(usage: Usage, cost: Option<&str>) -> String {
    let tokens = match (usage.input_tokens, usage.output_tokens) {
        (Some(input), Some(output)) => format!(", {input} tokens in and {output} out"),
        _ => String::new(),
    };
    match cost {
        Some(cost) => format!("{tokens}, for {cost}"),
        None => tokens,
    }
}

fn remedy(failure: &Failure) -> String {
    match failure {
        Failure::Down { .. } | Failure::TimedOut { .. } | Failure::CutOff { .. } => {
            "Check its url in the manifest and the network, and ask again."
        }
        Failure::RateLimited { .. } => "Wait, and ask again.",
        Failure::SpendLimit { .. } => "Raise the limit at the provider.",
        Failure::NotConfigured { .. } | Failure::KeyRefused { .. } => "Correct the key.",
        Failure::NotAsAsked { .. } => {
            "Name a model that supports structured output, or a server that speaks the protocol."
        }
        Failure::Declined { .. } | Failure::BudgetUsedUp { .. } => "Ask again.",
        Failure::Unacceptable { .. } => "Correct the model's id and url in the manifest.",
    }
    .to_owned()
}
