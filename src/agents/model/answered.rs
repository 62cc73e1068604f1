//! What it means when a provider answers something else than an answer, and whether to try again.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Response;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

use super::Model;
use super::failure::{Cause, Failure};
use crate::config::Key;

/// How much of an error is read, and how much of it is shown.
const BODY: usize = 64 * 1024;
const SHOWN: usize = 300;

/// By which a provider says that the money is used up rather than the pace too high. Waiting for
/// seconds would not help.
const SPEND_KINDS: [&str; 5] = [
    "billing_error",
    "billing_hard_limit_reached",
    "billing_not_active",
    "insufficient_quota",
    "spend_limit_exceeded",
];
const SPEND_WORDS: [&str; 5] =
    ["usage limit", "credit balance", "spend limit", "spending limit", "current quota"];

/// A failure of one attempt.
#[derive(Debug)]
pub struct Setback {
    pub failure: Failure,
    pub again: Again,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    Never,
    /// After a while that grows.
    Later,
    /// After as long as the provider asks for.
    After(Duration),
}

/// What providers put under `error`, as far as both do.
#[derive(Clone, Default, Debug, Deserialize)]
pub struct ErrorBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<serde_json::Value>,
    message: Option<String>,
}

impl Setback {
    pub const fn last(failure: Failure) -> Self {
        Self { failure, again: Again::Never }
    }

    pub const fn passing(failure: Failure) -> Self {
        Self { failure, again: Again::Later }
    }
}

/// Of an answer with a status that is no success.
pub async fn instead(model: &Model, response: Response, now: Timestamp) -> Setback {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers(), now);
    let error = read(response).await;
    judge(model, status, wait, &error)
}

/// Of an `error` in the middle of a stream.
pub fn in_stream(model: &Model, error: &ErrorBody) -> Setback {
    let status = match error.kind.as_deref() {
        Some("overloaded_error") => 529,
        Some("rate_limit_error" | "rate_limit_exceeded") => 429,
        Some("invalid_request_error") => 400,
        _ => 500,
    };
    judge(model, status, None, error)
}

fn judge(model: &Model, status: u16, wait: Option<Duration>, error: &ErrorBody) -> Setback {
    let name = model.name().to_owned();
    let again = wait.map_or(Again::Later, Again::After);
    let spent = error.is_of_spending() && (wait.is_none() || error.has_kind(&SPEND_KINDS));
    match status {
        400 | 402 | 403 | 429 if spent || status == 402 => {
            Setback::last(Failure::SpendLimit { model: name })
        }
        401 | 403 => {
            Setback::last(Failure::KeyRefused { model: name, variable: model.config.key.clone() })
        }
        429 => Setback { failure: Failure::RateLimited { model: name, retry_after: wait }, again },
        408 | 500.. => {
            Setback { failure: Failure::Down { model: name, cause: Cause::Status(status) }, again }
        }
        _ => {
            let said = if (300..400).contains(&status) {
                "it redirects to another address, which is not followed; correct its url".to_owned()
            } else {
                error.shown(&model.key)
            };
            Setback::last(Failure::Unacceptable { model: name, status, said })
        }
    }
}

impl ErrorBody {
    fn has_kind(&self, kinds: &[&str]) -> bool {
        let code = self.code.as_ref().and_then(serde_json::Value::as_str);
        [self.kind.as_deref(), code].into_iter().flatten().any(|kind| kinds.contains(&kind))
    }

    fn is_of_spending(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default().to_lowercase();
        self.has_kind(&SPEND_KINDS) || SPEND_WORDS.iter().any(|words| message.contains(words))
    }

    /// What it says, in a line, for whoever runs Countersign; never with the key.
    fn shown(&self, key: &Key) -> String {
        let message = self.message.as_deref().unwrap_or_default();
        let message = match key {
            Key::There(key) => message.replace(key.reveal(), "(key)"),
            Key::NotNeeded | Key::Missing(_) => message.to_owned(),
        };
        let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        line.chars().take(SHOWN).collect()
    }
}

async fn read(mut response: Response) -> ErrorBody {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > BODY {
            break;
        }
    }
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return ErrorBody::default();
    };
    match &json["error"] {
        serde_json::Value::String(message) => {
            ErrorBody { message: Some(message.clone()), ..ErrorBody::default() }
        }
        error => serde_json::from_value(error.clone()).unwrap_or_default(),
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_until_a_date() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let check = |asked: &str, expected: Option<f64>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().unwrap());
            let wait = retry_after(&headers, now).map(|wait| wait.as_secs_f64());
            assert_eq!(wait, expected, "{asked}");
        };
        check("20", Some(20.0));
        check("0.5", Some(0.5));
        check("Sun, 22 Nov 2026 09:00:30 GMT", Some(30.0));
        check("Sun, 22 Nov 2026 08:00:00 GMT", Some(0.0));
        check("-1", None);
        check("NaN", None);
        check("soon", None);
    }

    #[test]
    fn spending_is_told_from_pace() {
        let check = |kind: &str, message: &str, expected: bool| {
            let body = serde_json::json!({ "type": kind, "message": message });
            let error: ErrorBody = serde_json::from_value(body).unwrap();
            assert_eq!(error.is_of_spending(), expected, "{kind} {message}");
        };
        check("insufficient_quota", "", true);
        check("invalid_request_error", "You have reached your specified API usage limits.", true);
        check("invalid_request_error", "Your credit balance is too low.", true);
        check("rate_limit_error", "This request would exceed your rate limit.", false);
        check("overloaded_error", "Overloaded", false);
    }
}
