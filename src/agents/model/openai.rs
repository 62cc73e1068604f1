//! OpenAI's Chat Completions, streamed, as many other servers speak them too.
//!
//! Every event is a chunk with at most one choice: `delta.content` brings text, `finish_reason` says
//! why it stopped. With `stream_options.include_usage` one more chunk, without a choice, says what
//! went in and came out. `[DONE]` is the end.
//! <https://platform.openai.com/docs/api-reference/chat-streaming>

use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Cut;
use super::stream::{End, Event, Step};
use super::{Question, schema};
use crate::config::Model;

pub fn body(model: &Model, question: &Question<'_>) -> Value {
    let mut body = json!({
        "model": model.model,
        "messages": [
            { "role": "system", "content": question.system },
            { "role": "user", "content": question.user },
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": question.form.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
                "schema": schema::shape(question.schema),
                "strict": true,
            },
        },
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    body[model.max_tokens_field.name()] = json!(question.max_tokens);
    body
}

#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<super::answered::ErrorBody>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

pub fn read(data: &str) -> serde_json::Result<Event> {
    let mut event = Event::default();
    if data.trim() == "[DONE]" {
        event.step = Step::Last;
        return Ok(event);
    }
    let chunk: Chunk = serde_json::from_str(data)?;
    if let Some(error) = chunk.error {
        event.step = Step::Error(error);
    }
    event.model = chunk.model.filter(|model| !model.is_empty());
    if let Some(usage) = chunk.usage {
        event.input_tokens = usage.prompt_tokens;
        event.output_tokens = usage.completion_tokens;
    }
    if let Some(choice) = chunk.choices.and_then(|choices| choices.into_iter().next()) {
        event.text = choice.delta.content.unwrap_or_default();
        event.end = choice.finish_reason.as_deref().map(end);
        if choice.delta.refusal.is_some_and(|words| !words.is_empty()) {
            event.end = Some(End::Declined);
        }
    }
    Ok(event)
}

fn end(finish_reason: &str) -> End {
    match finish_reason {
        "stop" => End::Whole,
        "length" => End::Cut(Cut::Limit),
        "content_filter" => End::Declined,
        _ => End::Cut(Cut::Stopped),
    }
}
