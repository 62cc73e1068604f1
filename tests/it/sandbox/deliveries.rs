//! How what people do reaches the app over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use super::{Received, Slack, acknowledge, button};

#[tokio::test]
async fn commands_are_signed_forms() {
    let (slack, app) = Slack::with_app(acknowledge).await;

    let outcome =
        slack.sandbox.command("@maya", "#campaigns", "/research why & how?").await.unwrap();

    assert_eq!(outcome.status, 200);
    let received = app.received(&slack, "commands").await;
    let command = &received[0];
    assert_eq!(command.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(command.field("command"), "/research");
    assert_eq!(command.field("text"), "why & how?");
    assert_eq!(command.field("user_id"), "U0MAYA0000");
    assert_eq!(command.field("user_name"), "maya");
    assert_eq!(command.field("channel_name"), "campaigns");
    assert_eq!(command.field("team_id"), "T0NORTHWND");
    assert_eq!(command.header("x-slack-signature"), signature(command));
}

/// The signature, computed here from what was received.
fn signature(received: &Received) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"sandbox-signing-secret").unwrap();
    mac.update(format!("v0:{}:", received.header("x-slack-request-timestamp")).as_bytes());
    mac.update(&received.body);
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn what_a_command_is_answered_with_is_shown() {
    let (slack, _app) = Slack::with_app(async |_, received| {
        let answer = match received.field("text").as_str() {
            "plainly" => "On it".to_owned(),
            "publicly" => json!({ "response_type": "in_channel", "text": "Here" }).to_string(),
            _ => String::new(),
        };
        (200, answer)
    })
    .await;
    let asks = async |text: &str| slack.sandbox.command("maya", "#sales", text).await.unwrap();

    assert_eq!(asks("/research plainly").await.text(), "On it");
    assert_eq!(asks("/research publicly").await.text(), "");
    assert_eq!(asks("/research silently").await.text(), "");
    assert_eq!(asks("/lunch").await.text(), "/lunch is not a valid command.");
    assert_eq!(slack.transcript("#sales", "sam"), "countersign: Here\n");
}

#[tokio::test]
async fn a_command_that_is_not_acknowledged_in_time_is_said_to_have_failed() {
    let (slack, _app) = Slack::with_app(async |_, received| {
        if received.field("command") == "/research" {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        (500, String::new())
    })
    .await;
    let asks = async |text: &str| slack.sandbox.command("maya", "#sales", text).await.unwrap();

    let late = asks("/research why?").await;
    assert_eq!(late.status, 0);
    assert_eq!(late.text(), "/research failed with the error \"operation_timeout\"");
    let broken = asks("/draft x").await;
    assert_eq!(broken.status, 500);
    assert_eq!(broken.text(), "/draft failed with the error \"http_service_error\"");
}

#[tokio::test]
async fn a_mention_is_two_events() {
    let (slack, app) = Slack::with_app(acknowledge).await;

    slack.sandbox.message("maya", "#campaigns", "@countersign why?", None).await.unwrap();

    let received = app.received(&slack, "events").await;
    let mut events: Vec<Value> = received.iter().map(Received::payload).collect();
    events.sort_by_key(|event| event["event"]["type"].to_string());
    assert_eq!(events[0]["type"], "event_callback");
    assert_eq!(events[0]["event"]["type"], "app_mention");
    assert_eq!(events[0]["event"]["text"], "<@U0COUNTERS> why?");
    assert_eq!(events[1]["event"]["type"], "message");
    assert_eq!(events[1]["event"]["channel_type"], "channel");
    assert_ne!(events[0]["event_id"], events[1]["event_id"]);
    assert_eq!(events[0]["authorizations"][0]["user_id"], "U0COUNTERS");
}

#[tokio::test]
async fn the_apps_own_messages_are_events_too() {
    let (slack, app) = Slack::with_app(acknowledge).await;

    slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await;
    slack.ok("chat.postMessage", json!({ "channel": "U0SAM00000", "text": "b" })).await;

    let mut kinds: Vec<_> = app
        .received(&slack, "events")
        .await
        .iter()
        .map(|event| event.payload()["event"].clone())
        .map(|event| (event["channel_type"].to_string(), event["bot_id"].to_string()))
        .collect();
    kinds.sort();
    let bot = "\"B0COUNTERS\"".to_owned();
    assert_eq!(kinds, [("\"channel\"".to_owned(), bot.clone()), ("\"im\"".to_owned(), bot)]);
}

#[tokio::test]
async fn an_event_is_repeated_until_it_is_acknowledged() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let (slack, app) = Slack::with_app(move |_, _| {
        let status = if count.fetch_add(1, Ordering::Relaxed) < 2 { 500 } else { 200 };
        async move { (status, String::new()) }
    })
    .await;

    slack.sandbox.message("maya", "#campaigns", "hello", None).await.unwrap();

    let received = app.received(&slack, "events").await;
    let retries: Vec<_> = received
        .iter()
        .map(|event| (event.header("x-slack-retry-num"), event.header("x-slack-retry-reason")))
        .collect();
    assert_eq!(retries, [("", ""), ("1", "http_error"), ("2", "http_error")]);
    assert_eq!(received[0].body, received[2].body);
    assert_eq!(tries.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_click_says_what_was_clicked_where_and_by_whom() {
    let (slack, app) = Slack::with_app(acknowledge).await;
    let card = json!({
        "channel": "#campaigns", "text": "Draft",
        "blocks": [{
            "type": "actions", "block_id": "decide",
            "elements": [button("Approve", "approve", "7"), button("Reject", "reject", "7")],
        }],
    });
    let posted = slack.ok("chat.postMessage", card).await;

    let place = countersign::sandbox::Place::Channel { channel: "#campaigns", message: None };
    slack.sandbox.click("dana", place, "approve", None).await.unwrap();

    let click = app.received(&slack, "interactivity").await[0].payload();
    assert_eq!(click["type"], "block_actions");
    assert_eq!(click["user"]["id"], "U0DANA0000");
    assert_eq!(click["team"], json!({ "id": "T0NORTHWND", "domain": "northwind-tea" }));
    assert_eq!(click["container"]["message_ts"], posted["ts"]);
    assert_eq!(click["actions"][0]["action_id"], "approve");
    assert_eq!(click["actions"][0]["block_id"], "decide");
    assert_eq!(click["actions"][0]["value"], "7");
    assert_eq!(click["message"]["text"], "Draft");
    assert_eq!(slack.sandbox.redeliver(3).await, [200, 200, 200]);
    let missing = slack.sandbox.click("dana", place, "Revoke", None).await.unwrap_err();
    assert_eq!(missing, "There is no button \"Revoke\" there. There are: Approve, Reject.");
}

#[tokio::test]
async fn a_response_url_takes_five_answers() {
    let (slack, app) = Slack::with_app(acknowledge).await;
    let card = json!({
        "channel": "#sales", "text": "Lead",
        "blocks": [{ "type": "actions", "elements": [button("Claim", "claim", "1")] }],
    });
    slack.ok("chat.postMessage", card).await;
    let place = countersign::sandbox::Place::Channel { channel: "#sales", message: None };
    slack.sandbox.click("sam", place, "Claim", None).await.unwrap();
    let click = app.received(&slack, "interactivity").await[0].payload();
    let url = click["response_url"].as_str().unwrap();

    let replaced = json!({ "replace_original": true, "text": "Claimed by sam" });
    assert_eq!(slack.post(url, replaced).await, (200, json!("ok")));
    assert_eq!(slack.transcript("#sales", "maya"), "countersign: Claimed by sam\n");
    assert_eq!(slack.post(url, json!({ "text": "Yours." })).await.0, 200);
    assert!(slack.transcript("#sales", "sam").contains("countersign (only you): Yours."));
    let bad = slack.post(url, json!({ "blocks": [{ "type": "x" }] })).await;
    assert_eq!((bad.0, &bad.1["error"]), (400, &json!("invalid_blocks")));
    for _ in 0..2 {
        assert_eq!(slack.post(url, json!({ "text": "a" })).await.0, 200);
    }
    assert_eq!(slack.post(url, json!({ "delete_original": true })).await.0, 200);
    assert!(!slack.transcript("#sales", "maya").contains("Claimed"));
    let used = slack.post(url, json!({ "text": "a" })).await;
    assert_eq!((used.0, &used.1["error"]), (404, &json!("used_url")));
}

#[tokio::test]
async fn an_org_wide_installation_sends_no_team() {
    let mut seed = super::seed();
    seed.enterprise_id = Some("E0NORTHWND".to_owned());
    seed.is_enterprise_install = true;
    let clock = countersign::clock::Clock::default();
    let slack = Slack::of(countersign::sandbox::Sandbox::new(seed, clock)).await;
    let app = super::App {
        received: Arc::default(),
        handler: Arc::new(|_| Box::pin(async { (200, String::new()) })),
    };
    slack.connect(&app).await;

    slack.sandbox.shortcut("maya", "New draft", None).await.unwrap();

    let shortcut = app.received(&slack, "interactivity").await[0].payload();
    assert_eq!(shortcut["team"], Value::Null);
    assert_eq!(shortcut["is_enterprise_install"], true);
    assert_eq!(shortcut["enterprise"]["id"], "E0NORTHWND");
}
