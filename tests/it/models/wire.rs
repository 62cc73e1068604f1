//! What goes over the wire, and what is made of what comes back.

use std::future::Future;
use std::time::Duration;

use countersign::agents::{Cause, Cut, Failure, Model, Patience, Question, Reply, Tally, Usage};
use countersign::clock::Clock;
use countersign::config::{self, Key, MaxTokensField, Protocol, Secret};
use serde_json::{Value, json};

use crate::fake_model::{Answer, FakeModel, INPUT_TOKENS, KEY, OUTPUT_TOKENS};

const BOTH: [Protocol; 2] = [Protocol::Anthropic, Protocol::OpenAi];

/// Some time-outs of a test are awaited, so they are short.
const SHORT: Duration = Duration::from_millis(300);

fn config(fake: &FakeModel, protocol: Protocol) -> config::Model {
    config::Model {
        name: "fake".to_owned(),
        protocol,
        model: "fake-1".to_owned(),
        url: fake.url.parse().unwrap(),
        key: Some("FAKE_MODEL_KEY".to_owned()),
        max_tokens: 900,
        max_tokens_field: MaxTokensField::MaxTokens,
        timeout: Duration::from_secs(20),
        price: None,
    }
}

fn model_of(config: config::Model) -> Model {
    model_with(config, Duration::from_secs(20))
}

/// One that may pause for so long within an answer.
fn model_with(config: config::Model, silence: Duration) -> Model {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pause = Duration::from_millis(1);
    let patience = Patience { attempts: 3, pause, longest: Duration::from_secs(2), silence };
    Model::new(config, Key::There(Secret::new(KEY)), patience).unwrap()
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "word": { "type": "string", "minLength": 2 } },
        "required": ["word"],
        "additionalProperties": false,
    })
}

struct Outcome {
    answer: Result<Reply, Failure>,
    streamed: String,
    usage: Usage,
}

async fn ask(model: &Model) -> Outcome {
    let (tally, mut streamed) = (Tally::default(), String::new());
    let schema = schema();
    let question = Question {
        system: "You answer in one word.",
        user: "What moves a loom?",
        form: "loom.word",
        schema: &schema,
        max_tokens: 300,
    };
    let clock = Clock::default();
    // As a job would: on another thread, and so with nothing in it that cannot go there.
    let asking = sendable(model.ask(&clock, &question, &tally, |text| streamed.push_str(text)));
    let answer = asking.await.unwrap();
    Outcome { answer, streamed, usage: tally.usage() }
}

fn sendable<F: Future + Send>(future: F) -> F {
    future
}

/// What comes of it when the fake answers like this, one answer after the other; and how often it
/// was asked.
async fn after(protocol: Protocol, answers: &[Answer]) -> (Outcome, usize) {
    let fake = FakeModel::start().await;
    answers.iter().for_each(|answer| fake.answer(answer.clone()));
    let outcome = ask(&model_of(config(&fake, protocol))).await;
    let asked = fake.asked().len();
    (outcome, asked)
}

async fn failure_after(protocol: Protocol, answers: &[Answer]) -> (Failure, usize) {
    let (outcome, asked) = after(protocol, answers).await;
    (outcome.answer.unwrap_err(), asked)
}

fn name() -> String {
    "fake".to_owned()
}

fn shuttle() -> Answer {
    Answer::Json(json!({ "word": "shuttle" }))
}

#[tokio::test]
async fn an_answer_streams_and_is_whole_in_the_end() {
    for protocol in BOTH {
        let (outcome, asked) = after(protocol, &[shuttle()]).await;
        let reply = outcome.answer.unwrap();
        assert_eq!(reply.json, json!({ "word": "shuttle" }));
        assert_eq!(reply.text, r#"{"word":"shuttle"}"#);
        assert_eq!(reply.model, "fake-1-20261122", "as the provider names it");
        assert_eq!(outcome.streamed, reply.text);
        let (input, output) = (Some(INPUT_TOKENS), Some(OUTPUT_TOKENS));
        assert_eq!(outcome.usage, Usage { input_tokens: input, output_tokens: output });
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn each_protocol_is_asked_as_it_wants_to_be() {
    let fake = FakeModel::start().await;
    let shape = json!({
        "type": "object",
        "properties": { "word": { "type": "string" } },
        "required": ["word"],
        "additionalProperties": false,
    });
    fake.answer(shuttle());
    ask(&model_of(config(&fake, Protocol::Anthropic))).await.answer.unwrap();
    fake.answer(shuttle());
    let openai = config::Model {
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        ..config(&fake, Protocol::OpenAi)
    };
    ask(&model_of(openai)).await.answer.unwrap();

    let [anthropic, openai] = &fake.asked()[..] else { panic!("it was asked twice") };
    assert_eq!(anthropic.path, "/v1/messages");
    assert_eq!(anthropic.headers["x-api-key"], KEY);
    assert_eq!(anthropic.headers["anthropic-version"], "2023-06-01");
    assert!(!anthropic.headers.contains_key("authorization"));
    assert_eq!(
        anthropic.body,
        json!({
            "model": "fake-1",
            "max_tokens": 300,
            "system": "You answer in one word.",
            "messages": [{ "role": "user", "content": "What moves a loom?" }],
            "output_config": { "format": { "type": "json_schema", "schema": shape } },
            "stream": true,
        })
    );
    assert_eq!(openai.path, "/chat/completions");
    assert_eq!(openai.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(
        openai.body,
        json!({
            "model": "fake-1",
            "max_completion_tokens": 300,
            "messages": [
                { "role": "system", "content": "You answer in one word." },
                { "role": "user", "content": "What moves a loom?" },
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": { "name": "loom_word", "schema": shape, "strict": true },
            },
            "stream": true,
            "stream_options": { "include_usage": true },
        })
    );
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_none() {
    let check = async |protocol, answer: Answer, cut| {
        let (failure, asked) = failure_after(protocol, &[answer]).await;
        assert_eq!(failure, Failure::CutOff { model: name(), cut });
        assert_eq!(asked, 1, "its beginning was read, so nothing is tried again");
    };
    let beginning = r#"{"word":"shut"#;
    for protocol in BOTH {
        check(protocol, Answer::Ends(beginning), Cut::Connection).await;
        check(protocol, Answer::Ends(r#"{"word":"whole"}"#), Cut::Connection).await;
        check(protocol, Answer::Breaks(beginning), Cut::Connection).await;
    }
    check(Protocol::Anthropic, Answer::Stops(beginning, "max_tokens"), Cut::Limit).await;
    check(Protocol::OpenAi, Answer::Stops(beginning, "length"), Cut::Limit).await;
    check(Protocol::Anthropic, Answer::Stops(beginning, "pause_turn"), Cut::Stopped).await;
    check(Protocol::OpenAi, Answer::Stops(beginning, "tool_calls"), Cut::Stopped).await;
}

#[tokio::test]
async fn a_line_without_an_end_is_not_read_to_it() {
    for protocol in BOTH {
        let fake = FakeModel::start().await;
        fake.answer(Answer::Floods("{\"word"));
        let failure = ask(&model_of(config(&fake, protocol))).await.answer.unwrap_err();
        assert_eq!(failure, Failure::CutOff { model: name(), cut: Cut::Size });
        fake.left().await;
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_anything_was_read_is_tried_again() {
    for protocol in BOTH {
        let (outcome, asked) =
            after(protocol, &[Answer::Ends(""), Answer::Breaks(""), shuttle()]).await;
        assert_eq!((outcome.answer.unwrap().json["word"].clone(), asked), (json!("shuttle"), 3));
        let (failure, asked) = failure_after(protocol, &vec![Answer::Breaks(""); 3]).await;
        assert_eq!(failure, Failure::Down { model: name(), cause: Cause::BrokeOff });
        assert_eq!(asked, 3);
    }
}

#[tokio::test]
async fn a_model_that_declines_has_declined() {
    for (protocol, reason) in
        [(Protocol::Anthropic, "refusal"), (Protocol::OpenAi, "content_filter")]
    {
        let (failure, asked) = failure_after(protocol, &[Answer::Stops("", reason)]).await;
        assert_eq!((failure, asked), (Failure::Declined { model: name() }, 1));
    }
}

#[tokio::test]
async fn an_answer_in_another_form_is_not_used() {
    let check = async |protocol, answer: Answer, expected: &str| {
        let (failure, asked) = failure_after(protocol, &[answer]).await;
        assert_eq!(failure.detail(), Some(expected));
        assert_eq!((failure.name(), asked), ("not_as_asked", 1));
    };
    for protocol in BOTH {
        check(protocol, Answer::Text("The shuttle."), "it is no JSON").await;
        let short = Answer::Json(json!({ "word": "s" }));
        check(protocol, short, "/word does not keep to /properties/word/minLength").await;
        let more = Answer::Json(json!({ "word": "shuttle", "more": 1 }));
        check(protocol, more, "the answer does not keep to /additionalProperties").await;
        check(protocol, Answer::NoStream, "it does not stream its answer; check its url").await;
    }
}

#[tokio::test]
async fn a_server_that_is_overloaded_is_asked_again() {
    let overloaded = Answer::Status(529, None, "overloaded_error", "Overloaded");
    for protocol in BOTH {
        let (outcome, asked) = after(protocol, &[overloaded.clone(), shuttle()]).await;
        assert_eq!((outcome.answer.unwrap().json["word"].clone(), asked), (json!("shuttle"), 2));

        let (failure, asked) = failure_after(protocol, &vec![overloaded.clone(); 3]).await;
        assert_eq!(failure, Failure::Down { model: name(), cause: Cause::Status(529) });
        assert_eq!(asked, 3);
    }
}

#[tokio::test]
async fn an_error_within_a_stream_is_tried_again_unless_text_was_read() {
    for protocol in BOTH {
        let fails = |text| Answer::Fails(text, "overloaded_error");
        let (outcome, asked) = after(protocol, &[fails(""), shuttle()]).await;
        assert_eq!((outcome.streamed.as_str(), asked), (r#"{"word":"shuttle"}"#, 2));
        let (failure, asked) = failure_after(protocol, &[fails("{\"word")]).await;
        assert_eq!(failure, Failure::Down { model: name(), cause: Cause::Status(529) });
        assert_eq!(asked, 1);
    }
}

#[tokio::test]
async fn a_limit_is_waited_for_as_long_as_is_asked() {
    let limited =
        |wait| Answer::Status(429, Some(("retry-after", wait)), "rate_limit_error", "Too fast");
    for protocol in BOTH {
        let (outcome, asked) = after(protocol, &[limited("0"), shuttle()]).await;
        assert_eq!((outcome.answer.is_ok(), asked), (true, 2));

        // Longer than we wait: said at once.
        let (failure, asked) = failure_after(protocol, &[limited("600")]).await;
        let retry_after = Some(Duration::from_secs(600));
        assert_eq!((failure, asked), (Failure::RateLimited { model: name(), retry_after }, 1));

        let unsaid = Answer::Status(429, None, "rate_limit_error", "Too fast");
        let (outcome, asked) = after(protocol, &[unsaid.clone(), shuttle()]).await;
        assert_eq!((outcome.answer.is_ok(), asked), (true, 2));
        let (failure, asked) = failure_after(protocol, &vec![unsaid; 3]).await;
        assert_eq!(
            (failure, asked),
            (Failure::RateLimited { model: name(), retry_after: None }, 3)
        );
    }
}

#[tokio::test]
async fn what_is_spent_is_not_waited_for() {
    let check = async |status, kind, message| {
        let answer = Answer::Status(status, None, kind, message);
        let spent = (Failure::SpendLimit { model: name() }, 1);
        assert_eq!(failure_after(Protocol::OpenAi, &[answer]).await, spent, "{kind}: {message}");
    };
    check(429, "insufficient_quota", "You exceeded your current quota.").await;
    check(429, "rate_limit_error", "Your workspace has reached its spend limit.").await;
    check(400, "invalid_request_error", "You have reached your specified API usage limits.").await;
    check(402, "billing_error", "").await;
}

#[tokio::test]
async fn what_cannot_pass_is_not_tried_again() {
    let fake = |status, kind| Answer::Status(status, None, kind, "No such model: fake-1");
    for protocol in BOTH {
        let (failure, asked) = failure_after(protocol, &[fake(401, "authentication_error")]).await;
        let variable = Some("FAKE_MODEL_KEY".to_owned());
        assert_eq!((failure, asked), (Failure::KeyRefused { model: name(), variable }, 1));

        let (failure, asked) = failure_after(protocol, &[fake(404, "not_found_error")]).await;
        assert_eq!(failure.detail(), Some("No such model: fake-1"));
        assert_eq!((failure.name(), asked), ("unacceptable", 1));

        let elsewhere = Answer::Status(307, Some(("location", "/v1/messages")), "", "");
        let (failure, asked) = failure_after(protocol, &[elsewhere]).await;
        assert_eq!((failure.name(), asked), ("unacceptable", 1), "it is not followed");
    }
}

#[tokio::test]
async fn what_a_provider_says_is_shown_without_the_key() {
    let answer = Answer::Status(400, None, "invalid_request_error", "key-of-the-fake-model is bad");
    let (failure, _) = failure_after(Protocol::Anthropic, &[answer]).await;
    assert_eq!(failure.detail(), Some("(key) is bad"));
}

#[tokio::test]
async fn nobody_waits_longer_than_the_whole_time() {
    for protocol in BOTH {
        for answer in [Answer::Silence, Answer::Stalls(""), Answer::Stalls("{\"word")] {
            let fake = FakeModel::start().await;
            fake.answer(answer);
            let config = config::Model { timeout: SHORT, ..config(&fake, protocol) };
            let failure = ask(&model_of(config)).await.answer.unwrap_err();
            assert_eq!(failure, Failure::TimedOut { model: name(), after: SHORT });
            fake.left().await;
        }
    }
    // Nor is a pause begun that would not end in time.
    let fake = FakeModel::start().await;
    fake.answer(Answer::Status(429, Some(("retry-after", "1")), "rate_limit_error", ""));
    let config = config::Model { timeout: SHORT, ..config(&fake, Protocol::OpenAi) };
    let failure = ask(&model_of(config)).await.answer.unwrap_err();
    assert_eq!((failure.name(), fake.asked().len()), ("rate_limited", 1));
}

#[tokio::test]
async fn an_answer_that_falls_silent_is_not_waited_for() {
    for protocol in BOTH {
        let fake = FakeModel::start().await;
        fake.answer(Answer::Stalls("{\"word"));
        let failure = ask(&model_with(config(&fake, protocol), SHORT)).await.answer.unwrap_err();
        assert_eq!(failure, Failure::TimedOut { model: name(), after: SHORT });
        fake.left().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_down() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = FakeModel::start().await;
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let model = model_of(config::Model { url, ..config(&fake, Protocol::Anthropic) });
    let failure = ask(&model).await.answer.unwrap_err();
    assert_eq!(failure, Failure::Down { model: name(), cause: Cause::Unreachable });
}

#[tokio::test]
async fn whoever_stops_asking_ends_the_request() {
    for protocol in BOTH {
        for answer in [Answer::Silence, Answer::Stalls("{\"word")] {
            let fake = FakeModel::start().await;
            fake.answer(answer);
            let model = model_of(config(&fake, protocol));
            let asking = tokio::spawn(async move { ask(&model).await.answer });
            fake.reached().await;
            asking.abort();
            fake.left().await;
            assert_eq!(fake.asked().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_model_without_its_key_is_not_asked() {
    let fake = FakeModel::start().await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variable = "FAKE_MODEL_KEY".to_owned();
    let key = Key::Missing(variable.clone());
    let config = config(&fake, Protocol::OpenAi);
    let model = Model::new(config, key, Patience::default()).unwrap();
    let failure = ask(&model).await.answer.unwrap_err();
    assert_eq!(failure, Failure::NotConfigured { model: name(), variable });
    assert!(fake.asked().is_empty());
}
