//! The client of language models: one question, one answer in the form that was asked for.
//!
//! [`Models`] are those that the manifest declares, with their keys. [`Model::ask`] sends a
//! [`Question`] by its protocol (`anthropic`, `openai`), hears the answer as it streams
//! (`stream`), tries again where that may help (`call`, `answered`) and checks the form
//! (`schema`). What a model cannot do is a [`Failure`], with a sentence for people.
//!
//! Dropping the future that asks ends the request.
//!
//! **Invariant:** an answer that is not whole, or not in its form, is no answer.
//!
//! **Invariant:** neither keys nor texts are logged; redirects, which would carry both elsewhere, are
//! not followed.

mod answered;
mod anthropic;
mod call;
mod failure;
mod openai;
mod schema;
mod stream;
mod tally;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::{self, Key, Manifest, ModelKeys};
use crate::error::Result;

pub use call::Patience;
pub use failure::{Cause, Cut, Failure};
pub use schema::{object_of, schema_of};
pub use tally::{Tally, Usage};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The models that the team declared.
#[derive(Default, Debug)]
pub struct Models(BTreeMap<String, Model>);

/// One of them, which can be asked.
#[derive(Clone, Debug)]
pub struct Model {
    config: config::Model,
    key: Key,
    client: Client,
    patience: Patience,
}

/// What a model is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// What we say.
    pub system: &'a str,
    /// What it is said about.
    pub user: &'a str,
    /// The name of the form of the answer, and the form.
    pub form: &'a str,
    pub schema: &'a Value,
    /// The longest answer, if it is to be shorter than the model's.
    pub max_tokens: u32,
}

/// An answer, whole and in its form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub json: Value,
    pub text: String,
    /// As the provider names it.
    pub model: String,
}

impl Models {
    /// Those of the manifest, each with its key if that is there.
    pub fn new(manifest: &Manifest, keys: &ModelKeys) -> anyhow::Result<Self> {
        if manifest.models.is_empty() {
            return Ok(Self::default());
        }
        let client = client()?;
        let models = manifest.models.iter().map(|config| {
            let model = Model {
                config: config.clone(),
                key: keys.of(config),
                client: client.clone(),
                patience: Patience::default(),
            };
            (config.name.clone(), model)
        });
        Ok(Self(models.collect()))
    }

    /// The model that an agent works with; none if it works without. One whose key is missing is
    /// there all the same, and says so when it is asked.
    pub fn of(&self, agent: &config::Agent) -> Option<&Model> {
        agent.model.as_ref().and_then(|name| self.0.get(name))
    }

    pub fn get(&self, name: &str) -> Option<&Model> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.values()
    }

    /// Says in the log which keys are to be set.
    pub fn log_missing_keys(&self) {
        for model in self.iter() {
            if let Some(variable) = model.missing_key() {
                tracing::warn!(
                    model = model.name(),
                    variable,
                    "a model has no key, so agents work without it until the variable is set"
                );
            }
        }
    }
}

impl Model {
    /// One by itself, with other patience than usual.
    pub fn new(config: config::Model, key: Key, patience: Patience) -> anyhow::Result<Self> {
        Ok(Self { config, key, client: client()?, patience })
    }

    /// How agents, and cards, refer to it.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    pub fn config(&self) -> &config::Model {
        &self.config
    }

    /// The variable that is to be set before it can be asked.
    pub fn missing_key(&self) -> Option<&str> {
        match &self.key {
            Key::Missing(variable) => Some(variable),
            Key::NotNeeded | Key::There(_) => None,
        }
    }

    /// Asks, and hands the answer's text on as it comes. What was used up is in `tally`, whatever
    /// becomes of the call. Once text was handed on, nothing is tried again.
    pub async fn ask(
        &self,
        clock: &Clock,
        question: &Question<'_>,
        tally: &Tally,
        on_delta: impl FnMut(&str),
    ) -> Result<Result<Reply, Failure>> {
        if let Some(variable) = self.missing_key() {
            let (model, variable) = (self.name().to_owned(), variable.to_owned());
            return Ok(Err(Failure::NotConfigured { model, variable }));
        }
        let began = Instant::now();
        let heard = call::attempts(self, question, clock.now(), tally, on_delta).await;
        let answer = match heard {
            Err(failure) => Err(failure),
            Ok(heard) => self.read(question, heard)?,
        };
        let outcome = answer.as_ref().map_or_else(Failure::name, |_| "answered");
        let Usage { input_tokens, output_tokens } = tally.usage();
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let model = self.name();
        tracing::info!(
            model,
            duration_ms,
            input_tokens,
            output_tokens,
            outcome,
            "a model was asked"
        );
        Ok(answer)
    }

    /// The answer in its form.
    fn read(
        &self,
        question: &Question<'_>,
        heard: stream::Heard,
    ) -> Result<Result<Reply, Failure>> {
        let not_as_asked = |why: String| Failure::NotAsAsked { model: self.name().to_owned(), why };
        let Ok(json) = serde_json::from_str::<Value>(&heard.text) else {
            return Ok(Err(not_as_asked("it is no JSON".to_owned())));
        };
        if let Some(fault) = schema::fault(question.schema, &json)? {
            return Ok(Err(not_as_asked(fault)));
        }
        let model = heard.model.unwrap_or_else(|| self.config.model.clone());
        Ok(Ok(Reply { json, text: heard.text, model }))
    }
}

fn client() -> anyhow::Result<Client> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        // A proxy would come from the environment, which only config reads.
        .no_proxy()
        .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("models cannot be asked from this machine; check its root certificates")
}
