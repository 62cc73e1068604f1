//! The Web API client against a server that misbehaves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign::ids::{ChannelId, MessageTs, PersonId, ViewId};
use countersign::slack::{
    Block, Card, Home, Input, Kind, Modal, Post, Reply, Settings, Slack, SlackError, Upload,
};
use serde_json::{Value, json};

use crate::fake_slack::{FakeSlack, Fault};

fn channel() -> ChannelId {
    "C0CAMPAIGN".into()
}

fn identity() -> Value {
    json!({"user_id": "U0BOT", "bot_id": "B0BOT", "team_id": "T0MARKET", "team": "Market",
        "url": "https://market.slack.com/", "enterprise_id": null})
}

fn modal() -> Modal {
    Modal::new("review.changes", "What should change?")
        .submit("Send")
        .private_metadata("12")
        .block(Input::paragraph("what", "What"))
}

#[tokio::test]
async fn every_call_carries_its_token_and_no_other_place_does() {
    let fake = FakeSlack::start().await;
    fake.answer("auth.test", identity());
    fake.answer("apps.connections.open", json!({"url": "ws://127.0.0.1:9/link?ticket=1"}));
    let slack = fake.client();

    slack.auth_test().await.unwrap();
    slack.connections_open().await.unwrap();
    let url = format!("{}/response/1", fake.url);
    slack.respond(&url, Reply::Privately, &Post::sentence("On it.")).await.unwrap();

    let tokens: Vec<_> = fake.calls().into_iter().map(|call| call.token).collect();
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    assert_eq!(tokens, [bearer("xoxb-test"), bearer("xapp-test"), None]);
}

#[tokio::test]
async fn what_is_read_or_set_is_repeated_and_what_is_made_is_not() {
    let fake = FakeSlack::start().await;
    fake.answer(
        "users.info",
        json!({"user": {"id": "U1", "name": "maya", "tz": "Europe/Oslo",
        "team_id": "T1", "is_restricted": true, "profile": {"display_name": "Maya"}}}),
    );
    fake.answer("views.open", json!({"view": {"id": "V1", "hash": "h"}}));
    let slack = fake.client();
    let failing = || Fault::Status(503);

    fake.fault("users.info", failing());
    fake.fault("users.info", Fault::Nonsense);
    let person = slack.person(&PersonId::from("U1")).await.unwrap();
    assert_eq!((person.name.as_str(), person.zone.as_deref()), ("Maya", Some("Europe/Oslo")));
    assert!(person.is_guest);
    assert_eq!(fake.count("users.info"), 3);

    fake.fault("views.publish", failing());
    let home = Home::default().section("Nothing waits for you.");
    slack.publish_home(&PersonId::from("U1"), &home).await.unwrap();
    assert_eq!(fake.count("views.publish"), 2);

    fake.fault("views.open", failing());
    let error = slack.open_view("1.2.x", &modal()).await.unwrap_err();
    assert!(error.is_unknown_outcome(), "{error}");
    assert_eq!(fake.count("views.open"), 1);
    assert_eq!(slack.open_view("1.2.x", &modal()).await.unwrap().id, ViewId::from("V1"));
}

#[tokio::test]
async fn what_stays_broken_is_given_up_and_said() {
    let fake = FakeSlack::start().await;
    for _ in 0..9 {
        fake.fault("chat.getPermalink", Fault::Status(500));
    }
    let error = fake.client().permalink(&channel(), &"1.2".into()).await.unwrap_err();
    assert_eq!(error.to_string(), "chat.getPermalink got no answer: HTTP status 500");
    assert_eq!(fake.count("chat.getPermalink"), 4);
}

#[tokio::test]
async fn a_silent_server_does_not_hold_us() {
    let fake = FakeSlack::start().await;
    fake.fault("chat.postMessage", Fault::Silence);
    let begun = Instant::now();
    let error = fake.client().post(&channel(), None, &Post::sentence("Hi.")).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(
        error.to_string(),
        "it is unknown whether chat.postMessage took effect: no answer within 400ms"
    );
}

#[tokio::test]
async fn who_has_somebody_waiting_is_answered_in_time() {
    let fake = FakeSlack::start().await;
    for _ in 0..9 {
        fake.fault("usergroups.users.list", Fault::Status(500));
    }
    let hurried = fake.client().at_most(Duration::from_millis(200));
    let begun = Instant::now();
    let error = hurried.group_members(&"S1".into()).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(400));
    assert_eq!(error.to_string(), "usergroups.users.list got no answer: no answer within 200ms");
}

#[tokio::test]
async fn messages_of_one_channel_keep_their_pace() {
    let fake = FakeSlack::start().await;
    let settings = Settings { messages_per_second: 20.0, burst: 2.0, ..fake.settings() };
    let slack = Slack::new(settings.clone()).unwrap();
    fake.answer("chat.postMessage", json!({"ts": "1.2"}));
    let begun = Instant::now();
    for _ in 0..6 {
        slack.post(&channel(), None, &Post::sentence("Hi.")).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(190), "{:?}", begun.elapsed());

    let settings =
        Settings { patience: Duration::from_millis(100), messages_per_second: 1.0, ..settings };
    let slack = Slack::new(settings).unwrap();
    for _ in 0..2 {
        slack.post(&channel(), None, &Post::sentence("Hi.")).await.unwrap();
    }
    let error = slack.post(&channel(), None, &Post::sentence("Hi.")).await.unwrap_err();
    assert!(matches!(error.kind, Kind::RateLimited { .. }), "{error}");
    slack.post(&"C0OTHER".into(), None, &Post::sentence("Hi.")).await.unwrap();
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    let fake = FakeSlack::start().await;
    let slack = fake.client();
    let refused = async |code: &'static str, more: Value| {
        fake.fault("conversations.join", Fault::Error(code, more));
        slack.join(&channel()).await.unwrap_err().to_string()
    };
    assert_eq!(
        refused("missing_scope", json!({"needed": "channels:join", "provided": "chat:write"}))
            .await,
        "Slack refused conversations.join: missing_scope. The app lacks the permission \
         `channels:join`. Add it under OAuth & Permissions and install the app again."
    );
    assert_eq!(
        refused("invalid_auth", json!({})).await,
        "Slack refused conversations.join: invalid_auth. Slack does not accept the token. Copy it \
         again from the app's settings."
    );
    let messages = json!({"response_metadata": {"messages": ["[ERROR] no [json-pointer:/x]"]}});
    assert_eq!(
        refused("invalid_arguments", messages).await,
        "Slack refused conversations.join: invalid_arguments ([ERROR] no [json-pointer:/x])"
    );
}

#[tokio::test]
async fn what_slack_would_refuse_is_not_sent() {
    let fake = FakeSlack::start().await;
    let slack = fake.client();
    let bad = Card::new("Bad.").block(Block::raw(json!({"type": "actions", "elements": []})));
    let (bad, _) = bad.finish();
    let error = slack.post(&channel(), None, &bad).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Slack refused chat.postMessage: invalid_blocks. A block is not as Slack wants it: \
         /blocks/0: actions without elements."
    );
    let long = modal().private_metadata("x".repeat(3_001));
    assert!(slack.open_view("1", &long).await.unwrap_err().is("invalid_blocks"));
    assert_eq!(fake.calls().len(), 0);
}

#[tokio::test]
async fn every_request_is_counted_by_method_and_result() {
    let fake = FakeSlack::start().await;
    let seen: Arc<Mutex<BTreeMap<(String, String), u32>>> = Arc::default();
    let counts = seen.clone();
    fake.answer("auth.test", identity());
    let slack = fake.client().observe(Arc::new(move |method: &str, result: &str, _| {
        *counts.lock().unwrap().entry((method.to_owned(), result.to_owned())).or_default() += 1;
    }));
    fake.fault("auth.test", Fault::RateLimited { seconds: 0 });
    fake.fault("auth.test", Fault::Status(500));
    fake.fault("conversations.join", Fault::Error("is_archived", json!({})));
    slack.identity().await.unwrap();
    slack.identity().await.unwrap();
    slack.join(&channel()).await.unwrap_err();

    let seen = seen.lock().unwrap();
    let seen: Vec<_> =
        seen.iter().map(|((method, result), n)| (method.as_str(), result.as_str(), *n)).collect();
    assert_eq!(
        seen,
        [
            ("auth.test", "failed", 1),
            ("auth.test", "ok", 1),
            ("auth.test", "rate_limited", 1),
            ("conversations.join", "refused", 1),
        ]
    );
}

#[tokio::test]
async fn the_permissions_of_the_token_are_known() {
    let fake = FakeSlack::start().await;
    let scopes = fake.client().granted_scopes().await.unwrap();
    assert_eq!(scopes, ["chat:write", "commands", "users:read"]);
    assert_eq!(fake.calls()[0].token.as_deref(), Some("Bearer xoxb-test"));
}

#[tokio::test]
async fn only_our_own_message_is_found() {
    let fake = FakeSlack::start().await;
    fake.answer("auth.test", identity());
    let message = |ts: &str, bot: &str, subject: &str, kind: &str, thread: Value| {
        json!({"ts": ts, "bot_id": bot, "user": "U1", "thread_ts": thread, "metadata":
            {"event_type": kind, "event_payload": {"subject": subject}}})
    };
    let page = |messages: Value, next: &str| json!({"messages": messages, "response_metadata": {"next_cursor": next}});
    let find = async |thread: Option<&MessageTs>| {
        let (slack, since) = (fake.client(), jiff::Timestamp::from_second(1_000).unwrap());
        slack.find_post(&channel(), thread, "review:12", since).await.unwrap()
    };

    let others = json!([
        message("1009.1", "B0OTHER", "review:12", "countersign", Value::Null),
        message("1008.1", "B0BOT", "review:13", "countersign", Value::Null),
        message("1007.1", "B0BOT", "review:12", "another", Value::Null),
        message("1006.1", "B0BOT", "review:12", "countersign", json!("1001.1")),
        {"ts": "1005.1", "user": "U1", "text": null, "metadata": null},
    ]);
    fake.answer("conversations.history", page(others.clone(), ""));
    assert_eq!(find(None).await, None);
    fake.answer("conversations.replies", page(others, ""));
    assert_eq!(find(Some(&"1001.1".into())).await, Some("1006.1".into()));

    let ours = message("1004.1", "B0BOT", "review:12", "countersign", Value::Null);
    fake.answer("conversations.history", page(json!([ours]), "more"));
    assert_eq!(find(None).await, Some("1004.1".into()));
    let old = json!([{"ts": "999.1", "user": "U1"}]);
    fake.answer("conversations.history", page(old, "more"));
    assert_eq!(find(None).await, None, "what is older than the attempt is not read");
}

#[tokio::test]
async fn a_file_is_uploaded_in_three_steps() {
    let fake = FakeSlack::start().await;
    let begin = json!({"file_id": "F1", "upload_url": format!("{}/upload/1", fake.url)});
    fake.answer("files.getUploadURLExternal", begin);
    let file = Upload {
        name: "ctr.png",
        title: "CTR",
        alt: Some("CTR fell from 2.1 % to 1.4 %"),
        content_type: "image/png",
        bytes: b"not really",
    };
    let id = fake.client().upload(Some((&channel(), None)), file).await.unwrap();
    assert_eq!(id.as_str(), "F1");

    let calls = fake.calls();
    let methods: Vec<_> = calls.iter().map(|call| call.method.as_str()).collect();
    assert_eq!(
        methods,
        ["files.getUploadURLExternal", "elsewhere", "files.completeUploadExternal"]
    );
    assert_eq!(calls[0].body["length"], "10");
    assert_eq!((&calls[1].body, &calls[1].token), (&json!(10), &None));
    assert_eq!(
        calls[2].body,
        json!({"files": [{"id": "F1", "title": "CTR"}], "channel_id": "C0CAMPAIGN"})
    );
}

#[tokio::test]
async fn an_address_that_is_no_answer_address_is_not_called() {
    let fake = FakeSlack::start().await;
    let mut settings = fake.settings();
    settings.api_url = "https://slack.example/api/".parse().unwrap();
    let secure = Slack::new(settings);
    let post = Post::sentence("On it.");
    if let Ok(secure) = secure {
        let plain = format!("{}/response/1", fake.url);
        let error = secure.respond(&plain, Reply::Privately, &post).await.unwrap_err();
        assert!(error.is("invalid_url"), "{error}");
    }
    let error = fake.client().respond("nowhere", Reply::Instead, &post).await.unwrap_err();
    assert!(error.is("invalid_url"), "{error}");

    fake.fault("elsewhere", Fault::Status(404));
    let old = format!("{}/response/1", fake.url);
    let error = fake.client().respond(&old, Reply::Openly, &post).await.unwrap_err();
    assert!(error.is("expired_url"), "{error}");
}

#[tokio::test]
async fn what_a_workspace_does_not_have_is_recognised() {
    let fake = FakeSlack::start().await;
    let slack = fake.client();
    let thread = MessageTs::from("1.1");
    let (person, team) = ("U1".into(), "T1".into());
    fake.fault("chat.startStream", Fault::Error("unknown_method", json!({})));
    let stream = slack.start_stream(&channel(), &thread, (&person, &team)).await.unwrap();
    assert_eq!(stream, None);

    fake.answer("chat.startStream", json!({"ts": "1.2"}));
    let stream = slack.start_stream(&channel(), &thread, (&person, &team)).await.unwrap().unwrap();
    slack.append_stream(&channel(), &stream, "*Searching* …").await.unwrap();
    slack.stop_stream(&channel(), &stream, &Post::sentence("Done.")).await.unwrap();

    fake.fault("assistant.threads.setStatus", Fault::Error("missing_scope", json!({})));
    assert!(!slack.set_status(&channel(), &thread, "is searching …").await.unwrap());
    assert!(slack.set_status(&channel(), &thread, "is searching …").await.unwrap());
    fake.fault("assistant.threads.setStatus", Fault::Error("channel_not_found", json!({})));
    let error: SlackError = slack.set_status(&channel(), &thread, "…").await.unwrap_err();
    assert!(error.is("channel_not_found"));
}

#[tokio::test]
async fn no_log_tells_a_secret_or_what_people_wrote() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let fake = FakeSlack::start().await;
    fake.answer("chat.postMessage", json!({"ts": "1.2"}));
    let upload = format!("{}/upload/hidden", fake.url);
    fake.answer("files.getUploadURLExternal", json!({"file_id": "F1", "upload_url": upload}));
    let slack = fake.client();
    let post = Post::sentence("A private remark.");
    fake.fault("chat.postMessage", Fault::Error("no_text", json!({"detail": "private"})));
    slack.post(&channel(), None, &post).await.unwrap_err();
    fake.fault("chat.postMessage", Fault::Nonsense);
    slack.post(&channel(), None, &post).await.unwrap_err();
    slack.post(&channel(), None, &post).await.unwrap();
    let url = format!("{}/response/hidden", fake.url);
    slack.respond(&url, Reply::Privately, &post).await.unwrap();
    let file = Upload {
        name: "private.png",
        title: "private",
        alt: Some("private"),
        content_type: "image/png",
        bytes: b"private",
    };
    slack.upload(None, file).await.unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("chat.postMessage"), "{log}");
    for secret in ["xoxb-test", "private", "hidden", "Welcome"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(!format!("{slack:?} {:?}", fake.settings()).contains("xoxb"));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
