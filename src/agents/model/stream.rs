//! Reading a streamed answer, event by event, whatever its protocol.

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::StreamExt;
use reqwest::Response;

use super::Model;
use super::answered::{self, ErrorBody, Setback};
use super::failure::{Cause, Cut, Failure};
use super::tally::Tally;
use super::{anthropic, openai};
use crate::config::Protocol;

/// More than the longest answer of any model, with what its protocol puts around it.
const SIZE: usize = 16 * 1024 * 1024;

/// More than any event. A line is read anew with each part of it that comes, so it must not be long.
const LINE: usize = 1024 * 1024;

/// Why a model stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Whole,
    Cut(Cut),
    Declined,
}

/// What one event of a protocol says.
#[derive(Default, Debug)]
pub struct Event {
    /// As the provider names it.
    pub model: Option<String>,
    pub text: String,
    /// So far.
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub end: Option<End>,
    pub step: Step,
}

#[derive(Default, Debug)]
pub enum Step {
    #[default]
    More,
    /// The stream ends well.
    Last,
    /// The provider says that something broke.
    Error(ErrorBody),
}

/// What was heard of an answer.
#[derive(Default)]
pub struct Heard {
    pub text: String,
    pub model: Option<String>,
    end: Option<End>,
}

/// Why no more bytes come.
enum Broken {
    Size,
    Connection,
}

/// Hears an answer to its end. Text is handed on as it comes.
pub async fn hear(
    model: &Model,
    response: Response,
    tally: &Tally,
    mut on_delta: impl FnMut(&str),
) -> Result<Heard, Setback> {
    let (mut read, mut line) = (0, 0);
    let bytes = response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(|_| Broken::Connection)?;
        read += chunk.len();
        line = match memchr::memrchr(b'\n', &chunk) {
            Some(end) => chunk.len() - end - 1,
            None => line + chunk.len(),
        };
        if read > SIZE || line > LINE { Err(Broken::Size) } else { Ok(chunk) }
    });
    let mut events = bytes.eventsource();
    let mut heard = Heard::default();
    let mut has_begun = false;
    loop {
        let next = if has_begun {
            let patience = model.patience.silence;
            let Ok(next) = tokio::time::timeout(patience, events.next()).await else {
                let model = model.name().to_owned();
                return Err(Setback::last(Failure::TimedOut { model, after: patience }));
            };
            next
        } else {
            events.next().await
        };
        has_begun = true;
        let data = match next {
            None => return Err(model.cut_off(Cut::Connection, &heard)),
            Some(Ok(event)) => event.data,
            Some(Err(EventStreamError::Transport(Broken::Size))) => {
                return Err(model.cut_off(Cut::Size, &heard));
            }
            Some(Err(_)) => return Err(model.cut_off(Cut::Connection, &heard)),
        };
        let event = match model.config.protocol {
            Protocol::Anthropic => anthropic::read(&data),
            Protocol::OpenAi => openai::read(&data),
        };
        let Ok(event) = event else { return Err(model.garbled()) };
        tally.hears(event.input_tokens, event.output_tokens);
        if !event.text.is_empty() {
            on_delta(&event.text);
            heard.text.push_str(&event.text);
        }
        heard.model = event.model.or(heard.model);
        // A refusal is not taken back by the reason that follows it.
        if heard.end != Some(End::Declined) {
            heard.end = event.end.or(heard.end);
        }
        match event.step {
            Step::More => {}
            Step::Last => return heard.ended(model),
            Step::Error(error) => return Err(answered::in_stream(model, &error)),
        }
    }
}

impl Heard {
    fn ended(self, model: &Model) -> Result<Self, Setback> {
        let name = model.name().to_owned();
        match self.end {
            Some(End::Whole) => Ok(self),
            Some(End::Declined) => Err(Setback::last(Failure::Declined { model: name })),
            Some(End::Cut(cut)) => Err(Setback::last(Failure::CutOff { model: name, cut })),
            None => Err(Setback::last(Failure::CutOff { model: name, cut: Cut::Connection })),
        }
    }
}

impl Model {
    /// A connection that ends before any text came may be tried again.
    fn cut_off(&self, cut: Cut, heard: &Heard) -> Setback {
        let model = self.name().to_owned();
        match cut {
            Cut::Connection if heard.text.is_empty() => {
                Setback::passing(Failure::Down { model, cause: Cause::BrokeOff })
            }
            _ => Setback::last(Failure::CutOff { model, cut }),
        }
    }

    fn garbled(&self) -> Setback {
        Setback::last(Failure::NotAsAsked {
            model: self.name().to_owned(),
            why: format!(
                "it streams something else than the protocol {} does",
                self.config.protocol.name()
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(read: fn(&str) -> serde_json::Result<Event>, data: &str, expected: Option<End>) {
        assert_eq!(read(data).unwrap().end, expected, "{data}");
    }

    #[test]
    fn only_some_reasons_to_stop_mean_that_an_answer_is_whole() {
        let anthropic = |reason: &str, expected| {
            let data =
                format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}}}}"#);
            check(anthropic::read, &data, Some(expected));
        };
        for whole in ["end_turn", "stop_sequence", "tool_use"] {
            anthropic(whole, End::Whole);
        }
        anthropic("max_tokens", End::Cut(Cut::Limit));
        anthropic("model_context_window_exceeded", End::Cut(Cut::Limit));
        anthropic("refusal", End::Declined);
        anthropic("pause_turn", End::Cut(Cut::Stopped));
        anthropic("something_new", End::Cut(Cut::Stopped));

        let openai = |reason: &str, expected| {
            let data = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
            check(openai::read, &data, Some(expected));
        };
        openai("stop", End::Whole);
        openai("length", End::Cut(Cut::Limit));
        openai("content_filter", End::Declined);
        openai("tool_calls", End::Cut(Cut::Stopped));
        let refusal = r#"{"choices":[{"delta":{"refusal":"I cannot"},"finish_reason":null}]}"#;
        check(openai::read, refusal, Some(End::Declined));
    }

    #[test]
    fn events_that_bring_no_text_are_passed_over() {
        for data in [
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            r#"{"type":"an_event_of_next_year","anything":1}"#,
        ] {
            let event = anthropic::read(data).unwrap();
            assert!(event.text.is_empty() && event.end.is_none(), "{data}");
        }
        let usage = r#"{"choices":null,"usage":{"prompt_tokens":7,"completion_tokens":3}}"#;
        let event = openai::read(usage).unwrap();
        assert_eq!((event.input_tokens, event.output_tokens), (Some(7), Some(3)));
        assert!(matches!(openai::read("[DONE]").unwrap().step, Step::Last));
    }

    #[test]
    fn what_went_in_through_the_cache_counts() {
        let data = r#"{"type":"message_start","message":{"model":"m-1","usage":
            {"input_tokens":5,"cache_read_input_tokens":20,"cache_creation_input_tokens":1,"output_tokens":1}}}"#;
        let event = anthropic::read(data).unwrap();
        assert_eq!(event.input_tokens, Some(26));
        assert_eq!(event.model.as_deref(), Some("m-1"));
    }
}
