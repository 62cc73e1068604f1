//! What an agent that runs elsewhere says about how it made a text.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Refusal, Result};

/// The names under which a problem is told.
const PROVENANCE: &str = "provenance";

/// How long a name or a version may be, and how many sources are taken.
const NAME_LIMIT: usize = 200;
const SOURCES_LIMIT: usize = 20;

/// All of it is the agent's word; the card shows it as such.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// What wrote it, in words that follow the agent's name: `by template`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    pub name: String,
    pub version: String,
    /// Of the prompt's file, in hexadecimal.
    pub sha256: String,
}

/// What was read, and of which day the newest of it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Date>,
}

impl Provenance {
    pub fn check(&self) -> Result<(), Refusal> {
        let refuse = |sentence: String| Err(Refusal::Inputs(vec![(PROVENANCE, sentence)]));
        let prompt = self.prompt.as_ref();
        let names = [self.engine.as_ref(), self.model.as_ref()]
            .into_iter()
            .chain([prompt.map(|prompt| &prompt.name), prompt.map(|prompt| &prompt.version)])
            .flatten()
            .chain(self.sources.iter().map(|source| &source.name));
        for name in names {
            let length = name.chars().count();
            if name.trim().is_empty() || length > NAME_LIMIT || name.chars().any(char::is_control) {
                return refuse(format!(
                    "Each name in the provenance is one line of 1 to {NAME_LIMIT} characters; leave out what is not known."
                ));
            }
        }
        if self.sources.len() > SOURCES_LIMIT {
            return refuse(format!(
                "The provenance names {} sources, and at most {SOURCES_LIMIT} are taken.",
                self.sources.len()
            ));
        }
        let is_hash =
            |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if prompt.is_some_and(|prompt| !is_hash(&prompt.sha256)) {
            return refuse(
                "The prompt's sha256 must be 64 hexadecimal digits: that of the prompt's file."
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// As it is stored with a revision.
    pub(super) fn of(&self, agent: &str) -> Result<Value> {
        let mut stored = serde_json::to_value(self)?;
        stored["agent"] = agent.into();
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_card_can_show_is_taken() {
        let check = |json: Value, expected: &str| {
            let read: Provenance = serde_json::from_value(json.clone()).unwrap();
            let said = read.check().map_err(|refusal| refusal.to_string());
            assert!(said.err().unwrap_or_default().contains(expected), "{json}");
            assert_eq!(read.check().is_ok(), expected.is_empty(), "{json}");
        };
        let hash = "ab".repeat(32);
        let prompt = |hash: &str| serde_json::json!({"prompt": {"name": "brief", "version": "3", "sha256": hash}});
        check(serde_json::json!({}), "");
        check(prompt(&hash), "");
        check(prompt("abc"), "64 hexadecimal digits");
        check(serde_json::json!({"model": " "}), "one line of 1 to 200");
        check(serde_json::json!({"model": "a\nb"}), "one line of 1 to 200");
        check(
            serde_json::json!({"sources": vec![serde_json::json!({"name": "x"}); 21]}),
            "21 sources",
        );
        assert!(serde_json::from_str::<Provenance>(r#"{"secret": 1}"#).is_err());
        assert!(
            serde_json::from_str::<Provenance>(r#"{"sources": [{"name": "x", "newest": "May"}]}"#)
                .is_err()
        );
    }
}
