//! Anthropic's Messages, streamed.
//!
//! `message_start` names the model and what went in; `content_block_delta` events with a `text_delta`
//! bring the text; `message_delta` says why it stopped and what came out so far; `message_stop` is
//! the end. `error` events come in the middle of an answer that began with 200, `ping` at any time.
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>

use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Cut;
use super::stream::{End, Event, Step};
use super::{Question, schema};
use crate::config::Model;

/// The version of the protocol, which is a header.
pub const VERSION: &str = "2023-06-01";

pub fn body(model: &Model, question: &Question<'_>) -> Value {
    // No temperature: the newest models refuse it.
    json!({
        "model": model.model,
        "max_tokens": question.max_tokens,
        "system": question.system,
        "messages": [{ "role": "user", "content": question.user }],
        "output_config": {
            "format": { "type": "json_schema", "schema": schema::shape(question.schema) },
        },
        "stream": true,
    })
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    MessageStart {
        message: Start,
    },
    ContentBlockDelta {
        delta: Delta,
    },
    MessageDelta {
        delta: Stop,
        #[serde(default)]
        usage: Usage,
    },
    MessageStop,
    Error {
        #[serde(default)]
        error: super::answered::ErrorBody,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    model: Option<String>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta {
    TextDelta {
        text: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Stop {
    stop_reason: Option<String>,
}

/// What went in through the cache went in all the same.
#[derive(Default, Deserialize)]
struct Usage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

pub fn read(data: &str) -> serde_json::Result<Event> {
    let mut event = Event::default();
    match serde_json::from_str(data)? {
        Incoming::MessageStart { message } => {
            event.model = message.model;
            event.input_tokens = message.usage.input();
            event.output_tokens = message.usage.output_tokens;
        }
        Incoming::ContentBlockDelta { delta: Delta::TextDelta { text } } => event.text = text,
        Incoming::MessageDelta { delta, usage } => {
            event.end = delta.stop_reason.as_deref().map(end);
            event.input_tokens = usage.input();
            event.output_tokens = usage.output_tokens;
        }
        Incoming::MessageStop => event.step = Step::Last,
        Incoming::Error { error } => event.step = Step::Error(error),
        Incoming::ContentBlockDelta { delta: Delta::Other } | Incoming::Other => {}
    }
    Ok(event)
}

fn end(stop_reason: &str) -> End {
    match stop_reason {
        "end_turn" | "stop_sequence" | "tool_use" => End::Whole,
        "max_tokens" | "model_context_window_exceeded" => End::Cut(Cut::Limit),
        "refusal" => End::Declined,
        _ => End::Cut(Cut::Stopped),
    }
}

impl Usage {
    fn input(&self) -> Option<u64> {
        let cached = self.cache_creation_input_tokens.unwrap_or(0)
            + self.cache_read_input_tokens.unwrap_or(0);
        self.input_tokens.map(|tokens| tokens + cached)
    }
}
