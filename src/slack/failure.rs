//! Why one attempt came to nothing, and above all: whether it can have had an effect.

use std::time::Duration;

use serde_json::Value;
use slack_morphism::errors::SlackClientError;

/// Why one attempt came to nothing.
pub(super) enum Failure {
    Refused {
        code: String,
        detail: Option<String>,
    },
    RateLimited(Option<Duration>),
    /// No connection came about, so nothing can have happened.
    NotSent(String),
    /// The request went out, and its outcome is unknown.
    Broke(String),
}

impl Failure {
    pub fn of(error: SlackClientError) -> Self {
        match error {
            SlackClientError::ApiError(error) => match error.code.as_str() {
                "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                    Self::Broke(error.code)
                }
                "ratelimited" | "rate_limited" => Self::RateLimited(None),
                _ => {
                    let detail = error.http_response_body.as_deref().and_then(detail);
                    Self::Refused { code: error.code, detail }
                }
            },
            SlackClientError::RateLimitError(error) => Self::RateLimited(error.retry_after),
            SlackClientError::HttpError(error) if error.status_code.is_client_error() => {
                let code = error.http_response_body.as_deref().and_then(code);
                let status = || format!("http_{}", error.status_code.as_u16());
                Self::Refused { code: code.unwrap_or_else(status), detail: None }
            }
            SlackClientError::HttpError(error) => {
                Self::Broke(format!("HTTP status {}", error.status_code.as_u16()))
            }
            SlackClientError::HttpProtocolError(error) => {
                let cause = error.cause.as_deref();
                let http = cause
                    .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
                match http {
                    Some(error) if error.is_connect() => {
                        Self::NotSent(format!("no connection: {}", root(error)))
                    }
                    Some(error) => Self::Broke(format!("the connection broke: {}", root(error))),
                    None => Self::Broke("the request could not be made".to_owned()),
                }
            }
            // Its text would hold the answer's body, which is nobody's business.
            SlackClientError::ProtocolError(_) => {
                Self::Broke("the answer is not one of Slack's".to_owned())
            }
            _ => Self::Broke("the answer broke off".to_owned()),
        }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::RateLimited(_) => "rate_limited",
            Self::NotSent(_) | Self::Broke(_) => "failed",
        }
    }

    /// What those who run the bot should know of, though the call may yet succeed.
    pub fn trouble(&self) -> Option<&str> {
        match self {
            Self::Refused { .. } => None,
            Self::RateLimited(_) => Some("asked to wait"),
            Self::NotSent(cause) | Self::Broke(cause) => Some(cause),
        }
    }
}

fn root(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

/// What a refusal says beyond its code: the missing permission, or what is wrong and where.
fn detail(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    if let Some(scope) = body["needed"].as_str() {
        return Some(scope.to_owned());
    }
    let messages = body["response_metadata"]["messages"].as_array()?;
    let messages: Vec<&str> = messages.iter().filter_map(Value::as_str).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// The code in the body of a plain HTTP refusal, as response addresses give it.
fn code(body: &str) -> Option<String> {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let word = match &json {
        Some(json) => json["error"].as_str()?,
        None => body.trim(),
    };
    let is_code = word.len() < 60 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_code && !word.is_empty()).then(|| word.to_owned())
}
