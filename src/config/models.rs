//! Language models: where they are, what they cost, and the keys that open them.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::Deserialize;
use url::Url;

use super::{Secret, read};

/// One `[[model]]` of the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Model {
    /// How agents refer to it.
    pub name: String,
    pub protocol: Protocol,
    /// What the provider calls it.
    pub model: String,
    /// The address that the protocol's paths are added to; without a slash at its end.
    pub url: Url,
    /// The variable that holds the key; none for servers that ask for none.
    pub key: Option<String>,
    /// The longest answer that is asked for.
    pub max_tokens: u32,
    /// Under which name an OpenAI-compatible server is told of it.
    pub max_tokens_field: MaxTokensField,
    /// For a whole call, with everything that is tried again.
    pub timeout: Duration,
    pub price: Option<Price>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Anthropic's Messages.
    Anthropic,
    /// OpenAI's Chat Completions, which many other servers speak.
    OpenAi,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

/// For a million tokens each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Price {
    pub input: Decimal,
    pub output: Decimal,
    /// ISO 4217, such as `USD`.
    pub currency: String,
}

/// What an agent may use up in a day of the team's zone.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How many runs may ask a model.
    pub runs: Option<u32>,
    /// How many tokens may go into models and come out of them.
    pub tokens: Option<u64>,
}

/// Where the keys are that the manifest names.
#[derive(Clone, Default, Debug)]
pub enum ModelKeys {
    #[default]
    Environment,
    /// By the name of the variable.
    Given(BTreeMap<String, Secret>),
}

/// Whether a model can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    NotNeeded,
    There(Secret),
    /// This variable is to be set.
    Missing(String),
}

impl ModelKeys {
    /// The key of a model. Only a variable that the manifest names is ever read.
    pub fn of(&self, model: &Model) -> Key {
        let Some(name) = &model.key else { return Key::NotNeeded };
        let key = match self {
            Self::Environment => read(name).map(Secret::new),
            Self::Given(keys) => keys.get(name).cloned(),
        };
        key.map_or_else(|| Key::Missing(name.clone()), Key::There)
    }
}

impl Protocol {
    /// Where the provider itself is.
    pub const fn url(self) -> &'static str {
        match self {
            Self::Anthropic => "https://api.anthropic.com",
            Self::OpenAi => "https://api.openai.com/v1",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
        }
    }
}

impl MaxTokensField {
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}
