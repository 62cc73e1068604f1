//! The tables `[[model]]`, and what agents say of models.

use std::str::FromStr;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;
use url::{Host, Url};

use super::Agent;
use super::raw::{Checked, problem, seconds};
use crate::config::models::{MaxTokensField, Model, Price, Protocol};

/// Enough for a long answer.
const MAX_TOKENS: u32 = 4_000;

const TIMEOUT: Duration = Duration::from_secs(120);

/// Variables of our own, which are not for models.
const OURS: [&str; 4] = ["COUNTERSIGN_", "SLACK_", "DATABASE_URL", "PG"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    name: Spanned<String>,
    protocol: Protocol,
    model: Spanned<String>,
    url: Option<Spanned<String>>,
    key: Option<Spanned<String>>,
    max_tokens: Option<Spanned<u32>>,
    max_tokens_field: Option<Spanned<MaxTokensField>>,
    timeout: Option<Spanned<String>>,
    price: Option<RawPrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrice {
    input: Spanned<String>,
    output: Spanned<String>,
    currency: Spanned<String>,
}

impl Raw {
    pub fn check(&self, before: &[Self]) -> Checked {
        let name = self.name.get_ref();
        if name.trim().is_empty() || name == "extract" {
            let sentence = format!(
                "a model cannot be named {name:?}; choose a name that people read on cards, such as \"sonnet\""
            );
            return problem(&self.name, sentence);
        }
        if before.iter().any(|other| other.name.get_ref() == name) {
            return problem(
                &self.name,
                format!("the model {name:?} is declared twice; rename one of them"),
            );
        }
        if self.model.get_ref().trim().is_empty() {
            return problem(
                &self.model,
                format!(
                    "the model {name:?} has no id; write under model what its provider calls it"
                ),
            );
        }
        self.check_address()?;
        self.check_key()?;
        self.check_limits()?;
        self.price.as_ref().map_or(Ok(()), |price| price.check(name))
    }

    fn check_address(&self) -> Checked {
        let Some(url) = &self.url else { return Ok(()) };
        match address(url.get_ref()) {
            Ok(_) => Ok(()),
            Err(wrong) => {
                problem(url, format!("the url of the model {:?} {wrong}", self.name.get_ref()))
            }
        }
    }

    /// Without repeating it: somebody may have written the key itself.
    fn check_key(&self) -> Checked {
        let Some(key) = &self.key else { return Ok(()) };
        let (name, key_name) = (self.name.get_ref(), key.get_ref());
        let is_name = key_name.starts_with(|c: char| c.is_ascii_uppercase())
            && key_name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !is_name {
            let sentence = format!(
                "the key of the model {name:?} is not the name of an environment variable; write a name such as \"ANTHROPIC_API_KEY\" here, and put the key into that variable"
            );
            return problem(key, sentence);
        }
        if OURS.iter().any(|ours| key_name.starts_with(ours)) {
            let sentence = format!(
                "the key of the model {name:?} is {key_name}, which holds something else; name a variable of its own"
            );
            return problem(key, sentence);
        }
        Ok(())
    }

    fn check_limits(&self) -> Checked {
        let name = self.name.get_ref();
        if let Some(zero) = self.max_tokens.as_ref().filter(|limit| *limit.get_ref() == 0) {
            return problem(
                zero,
                format!("the model {name:?} may answer nothing; give max_tokens of 1 or more"),
            );
        }
        if let Some(field) = &self.max_tokens_field
            && self.protocol == Protocol::Anthropic
        {
            let sentence = format!(
                "the model {name:?} speaks anthropic, which knows only max_tokens; take max_tokens_field out"
            );
            return problem(field, sentence);
        }
        match &self.timeout {
            Some(time) if seconds(time.get_ref()).is_none() => problem(
                time,
                format!(
                    "the model {name:?} has the duration {:?}; write one such as \"90s\" or \"2m\"",
                    time.get_ref()
                ),
            ),
            _ => Ok(()),
        }
    }

    /// The model, once it was checked.
    pub fn into_model(self) -> Model {
        let default = self.protocol.url();
        let url = self.url.as_ref().and_then(|url| address(url.get_ref()).ok());
        let timeout = self.timeout.and_then(|time| seconds(time.get_ref()));
        Model {
            name: self.name.into_inner(),
            protocol: self.protocol,
            model: self.model.into_inner(),
            url: url.unwrap_or_else(|| {
                Url::parse(default).expect("the addresses of the protocols are addresses")
            }),
            key: self.key.map(Spanned::into_inner),
            max_tokens: self.max_tokens.map_or(MAX_TOKENS, Spanned::into_inner),
            max_tokens_field: self.max_tokens_field.map(Spanned::into_inner).unwrap_or_default(),
            timeout: timeout
                .and_then(|s| u64::try_from(s).ok())
                .map_or(TIMEOUT, Duration::from_secs),
            price: self.price.and_then(RawPrice::into_price),
        }
    }
}

impl RawPrice {
    fn check(&self, model: &str) -> Checked {
        for amount in [&self.input, &self.output] {
            if price(amount.get_ref()).is_none() {
                let sentence = format!(
                    "the model {model:?} has the price {:?}; write what a million tokens cost, such as \"3.00\"",
                    amount.get_ref()
                );
                return problem(amount, sentence);
            }
        }
        let currency = self.currency.get_ref();
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            let sentence = format!(
                "the model {model:?} has a price in {currency:?}; write the currency as \"USD\" or \"EUR\""
            );
            return problem(&self.currency, sentence);
        }
        Ok(())
    }

    fn into_price(self) -> Option<Price> {
        Some(Price {
            input: price(self.input.get_ref())?,
            output: price(self.output.get_ref())?,
            currency: self.currency.into_inner(),
        })
    }
}

/// What an agent says of its model and its budget.
pub(super) fn check_agent(agent: &Spanned<Agent>, models: &[Raw]) -> Checked {
    let Agent { name, model, budget, .. } = agent.get_ref();
    if let Some(wanted) = model
        && !models.iter().any(|model| model.name.get_ref() == wanted)
    {
        let sentence = format!(
            "the agent {name:?} works with the model {wanted:?}, which this file does not declare; add it under [[model]]"
        );
        return problem(agent, sentence);
    }
    match budget {
        Some(_) if model.is_none() => problem(
            agent,
            format!(
                "the agent {name:?} has a budget and no model to spend it on; add model, or take the budget out"
            ),
        ),
        Some(budget) if budget.runs == Some(0) || budget.tokens == Some(0) => problem(
            agent,
            format!(
                "the agent {name:?} has a budget of nothing; take its model out if it is to work without one"
            ),
        ),
        _ => Ok(()),
    }
}

fn price(text: &str) -> Option<Decimal> {
    Decimal::from_str(text).ok().filter(|price| !price.is_sign_negative())
}

/// An address without a slash at its end; else what is wrong with it, to be read after "the url".
fn address(text: &str) -> Result<Url, String> {
    let mut url: Url = text.parse().map_err(|_| {
        format!("is {text:?}, which is no address; write one such as {:?}", Protocol::OpenAi.url())
    })?;
    match url.scheme() {
        "https" => {}
        "http" if is_near(&url) => {}
        "http" => {
            return Err("is plain http to another network, so anyone on the way could read what is asked; use https".to_owned());
        }
        other => return Err(format!("begins with {other}:, which no model answers; use https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user name or a password; put the key into a variable and name that under key"
                .to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has something after its path; leave ? and # out".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// This machine, or one of the same private network.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            !name.contains('.') || name.ends_with(".localhost") || name.ends_with(".internal")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_private(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Manifest, Protocol};

    const START: &str = "[team]\nname = \"Larch\"\nzone = \"Europe/Berlin\"\n\
        [[group]]\nname = \"brand\"\npeople = [\"U1\", \"U2\"]\n\
        [[policy]]\nname = \"findings\"\non = \"finding\"\nneeds = [{ group = \"brand\", count = 1 }]\n\
        [[model]]\n";
    const GOOD: &str = "name = \"sonnet\"\nprotocol = \"anthropic\"\nmodel = \"claude-x\"\n";

    fn said(lines: &str) -> String {
        let said = Manifest::parse(&format!("{START}{lines}\n"), "team.toml");
        said.map(|_| ()).map_err(|error| error.to_string()).err().unwrap_or_default()
    }

    #[test]
    fn a_model_that_cannot_work_is_refused_with_its_line_and_remedy() {
        let check = |lines: &str, expected: &str| assert_eq!(said(lines), expected, "{lines}");
        let with = |line: &str, expected: &str| check(&format!("{GOOD}{line}"), expected);
        check(GOOD, "");
        check(
            "name = \"extract\"\nprotocol = \"openai\"\nmodel = \"m\"",
            "team.toml, line 12: a model cannot be named \"extract\"; choose a name that people read on cards, such as \"sonnet\"",
        );
        check(
            "name = \"m\"\nprotocol = \"carrier pigeon\"\nmodel = \"m\"",
            "team.toml, line 13: unknown variant `carrier pigeon`, expected `anthropic` or `openai`",
        );
        check(
            "name = \"m\"\nprotocol = \"openai\"\nmodel = \" \"",
            "team.toml, line 14: the model \"m\" has no id; write under model what its provider calls it",
        );
        with(
            "[[model]]\nname = \"sonnet\"\nprotocol = \"openai\"\nmodel = \"m\"",
            "team.toml, line 16: the model \"sonnet\" is declared twice; rename one of them",
        );
        with(
            "max_tokens = 0",
            "team.toml, line 15: the model \"sonnet\" may answer nothing; give max_tokens of 1 or more",
        );
        with(
            "max_tokens_field = \"max_completion_tokens\"",
            "team.toml, line 15: the model \"sonnet\" speaks anthropic, which knows only max_tokens; take max_tokens_field out",
        );
        with(
            "timeout = \"soon\"",
            "team.toml, line 15: the model \"sonnet\" has the duration \"soon\"; write one such as \"90s\" or \"2m\"",
        );
        with(
            "price = { input = \"three\", output = \"15\", currency = \"USD\" }",
            "team.toml, line 15: the model \"sonnet\" has the price \"three\"; write what a million tokens cost, such as \"3.00\"",
        );
        with(
            "price = { input = \"3\", output = \"-15\", currency = \"USD\" }",
            "team.toml, line 15: the model \"sonnet\" has the price \"-15\"; write what a million tokens cost, such as \"3.00\"",
        );
        with(
            "price = { input = \"3\", output = \"15\", currency = \"dollars\" }",
            "team.toml, line 15: the model \"sonnet\" has a price in \"dollars\"; write the currency as \"USD\" or \"EUR\"",
        );
    }

    #[test]
    fn an_address_is_one_that_texts_and_keys_may_be_sent_to() {
        let check = |url: &str, expected: &str| {
            let said = said(&format!("{GOOD}url = {url:?}"));
            assert_eq!(said.is_empty(), expected.is_empty(), "{url}: {said}");
            assert!(said.contains(expected), "{url}: {said}");
        };
        check("https://gateway.example/v1/", "");
        check("http://localhost:11434/v1", "");
        check("http://[::1]:11434/v1", "");
        check("http://ollama:11434/v1", "");
        check("http://192.168.1.20/v1", "");
        check("http://models.example/v1", "plain http to another network");
        check("ftp://models.example", "begins with ftp:");
        check("models.example", "which is no address");
        check("https://me:hidden@models.example", "a user name or a password");
        check("https://models.example/?key=hidden", "leave ? and # out");
    }

    #[test]
    fn a_key_is_named_and_never_repeated() {
        let check = |key: &str, expected: &str| {
            let said = said(&format!("{GOOD}key = {key:?}"));
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("hidden"), "{said}");
        };
        assert_eq!(said(&format!("{GOOD}key = \"ANTHROPIC_API_KEY\"")), "");
        check("sk-hidden", "is not the name of an environment variable");
        check("DATABASE_URL", "which holds something else");
        check("SLACK_BOT_TOKEN", "which holds something else");
    }

    #[test]
    fn agents_work_with_models_that_are_declared() {
        let agent =
            "[[agent]]\nname = \"research\"\njob = \"j\"\nowner = \"brand\"\ngoal = \"g\"\n";
        let check = |lines: &str, expected: &str| {
            assert_eq!(said(&format!("{GOOD}{agent}{lines}")), expected, "{lines}");
        };
        check("model = \"sonnet\"\nbudget = { runs = 200, tokens = 1_000_000 }", "");
        check("", "");
        check(
            "model = \"opus\"",
            "team.toml, line 15: the agent \"research\" works with the model \"opus\", which this file does not declare; add it under [[model]]",
        );
        check(
            "budget = { runs = 5 }",
            "team.toml, line 15: the agent \"research\" has a budget and no model to spend it on; add model, or take the budget out",
        );
        check(
            "model = \"sonnet\"\nbudget = { runs = 0 }",
            "team.toml, line 15: the agent \"research\" has a budget of nothing; take its model out if it is to work without one",
        );
    }

    #[test]
    fn what_is_left_out_is_what_the_protocol_has() {
        let text = format!("{START}{GOOD}");
        let manifest = Manifest::parse(&text, "team.toml").unwrap();
        let model = manifest.model("sonnet").unwrap();
        assert_eq!(model.url.as_str(), "https://api.anthropic.com/");
        assert_eq!(model.protocol, Protocol::Anthropic);
        assert_eq!((model.max_tokens, model.timeout.as_secs()), (4_000, 120));
        assert!(model.key.is_none() && model.price.is_none());
    }
}
