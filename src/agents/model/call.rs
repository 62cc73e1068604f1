//! One call: asked, heard, tried again where that may help.

use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use tokio::time::Instant;

use super::answered::{self, Again, Setback};
use super::failure::{Cause, Failure};
use super::stream::{self, Heard};
use super::tally::Tally;
use super::{Model, Question, anthropic, openai};
use crate::config::{Key, Protocol};

/// How often and how long to try again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Attempts in all.
    pub attempts: u32,
    /// Before the second attempt; doubled before each further one.
    pub pause: Duration,
    /// A provider that asks to wait longer than this is not waited for.
    pub longest: Duration,
    /// How long an answer that has begun may pause. Before that it has the time of the whole call, for
    /// models think before they write.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 4,
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            silence: Duration::from_secs(60),
        }
    }
}

/// Attempts until one succeeds or no more make sense. Once text was handed on, there is none: nobody
/// is to read a beginning twice.
pub async fn attempts(
    model: &Model,
    question: &Question<'_>,
    now: Timestamp,
    tally: &Tally,
    mut on_delta: impl FnMut(&str),
) -> Result<Heard, Failure> {
    let deadline = Instant::now() + model.config.timeout;
    let timed_out =
        || Failure::TimedOut { model: model.name().to_owned(), after: model.config.timeout };
    let mut attempt = 1;
    loop {
        let mut was_heard = false;
        let hearing = once(model, question, now, tally, |text| {
            was_heard = true;
            on_delta(text);
        });
        let setback = match tokio::time::timeout_at(deadline, hearing).await {
            Err(_) => return Err(timed_out()),
            Ok(Ok(heard)) => return Ok(heard),
            Ok(Err(setback)) => setback,
        };
        let pause = match setback.again {
            Again::Never => None,
            _ if was_heard || attempt >= model.patience.attempts => None,
            Again::Later => Some(jittered(model.patience.pause * 2_u32.pow(attempt - 1))),
            Again::After(wait) => (wait <= model.patience.longest).then_some(wait),
        };
        match pause {
            Some(pause) if Instant::now() + pause < deadline => {
                tracing::info!(
                    model = model.name(),
                    model.attempt = attempt,
                    outcome = setback.failure.name(),
                    pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    "a model is asked again"
                );
                tokio::time::sleep(pause).await;
            }
            _ => return Err(setback.failure),
        }
        attempt += 1;
        tally.again();
    }
}

async fn once(
    model: &Model,
    question: &Question<'_>,
    now: Timestamp,
    tally: &Tally,
    on_delta: impl FnMut(&str),
) -> Result<Heard, Setback> {
    let response = request(model, question).send().await.map_err(|error| unsent(model, &error))?;
    if !response.status().is_success() {
        return Err(answered::instead(model, response, now).await);
    }
    if !is_stream(&response) {
        return Err(Setback::last(Failure::NotAsAsked {
            model: model.name().to_owned(),
            why: "it does not stream its answer; check its url".to_owned(),
        }));
    }
    stream::hear(model, response, tally, on_delta).await
}

fn request(model: &Model, question: &Question<'_>) -> RequestBuilder {
    let key = match &model.key {
        Key::There(key) => Some(key.reveal()),
        Key::NotNeeded | Key::Missing(_) => None,
    };
    let (path, body) = match model.config.protocol {
        Protocol::Anthropic => ("/v1/messages", anthropic::body(&model.config, question)),
        Protocol::OpenAi => ("/chat/completions", openai::body(&model.config, question)),
    };
    let url = format!("{}{path}", model.config.url.as_str().trim_end_matches('/'));
    let request = model.client.post(url).json(&body);
    let (request, name, value) = match model.config.protocol {
        Protocol::Anthropic => {
            let request = request.header("anthropic-version", anthropic::VERSION);
            (request, "x-api-key", key.map(str::to_owned))
        }
        Protocol::OpenAi => {
            (request, AUTHORIZATION.as_str(), key.map(|key| format!("Bearer {key}")))
        }
    };
    match value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        Some(mut value) => {
            value.set_sensitive(true);
            request.header(name, value)
        }
        None => request,
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"))
}

fn unsent(model: &Model, error: &reqwest::Error) -> Setback {
    let is_never_sent = error.is_connect() || error.is_builder();
    let cause = if is_never_sent { Cause::Unreachable } else { Cause::BrokeOff };
    tracing::debug!(
        model = model.name(),
        cause = error.source().map(tracing::field::display),
        "a request was not answered"
    );
    Setback::passing(Failure::Down { model: model.name().to_owned(), cause })
}

/// Between half of a pause and all of it, so that replicas do not come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}
