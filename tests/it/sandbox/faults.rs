//! What goes wrong on demand.

use std::time::Duration;

use countersign::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use super::{Received, Slack, acknowledge};

async fn post(slack: &Slack, text: &str) -> reqwest::Result<reqwest::Response> {
    let request = slack.http.post(slack.url.join("api/chat.postMessage").unwrap());
    let request = request.bearer_auth("xoxb-sandbox-bot").timeout(Duration::from_millis(200));
    request.json(&json!({ "channel": "#sales", "text": text })).send().await
}

#[tokio::test]
async fn calls_fail_as_often_as_asked() {
    let slack = Slack::start().await;
    let limited = Fault { retry_after: Some(7), ..Fault::new(FaultKind::RateLimited) };
    slack.sandbox.fault(limited.on("chat.postMessage").times(2));
    slack.sandbox.fault(Fault { status: Some(503), ..Fault::new(FaultKind::ServerError) });

    for _ in 0..2 {
        let answer = post(&slack, "a").await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"7".parse().unwrap())
        );
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], "ratelimited");
    }
    assert_eq!(post(&slack, "b").await.unwrap().status(), 503);
    assert_eq!(post(&slack, "c").await.unwrap().status(), 200);

    assert_eq!(slack.transcript("#sales", "sam"), "countersign: c\n");
    assert_eq!(slack.sandbox.calls().len(), 4);
}

#[tokio::test]
async fn an_outcome_may_stay_unknown() {
    let slack = Slack::start().await;
    for (kind, text) in [
        (FaultKind::TimeoutBefore, "a"),
        (FaultKind::TimeoutAfter, "b"),
        (FaultKind::DropBefore, "c"),
        (FaultKind::DropAfter, "d"),
    ] {
        slack.sandbox.fault(Fault::new(kind).on("chat.postMessage"));
        let failed = post(&slack, text).await.unwrap_err();
        let is_timeout = matches!(kind, FaultKind::TimeoutBefore | FaultKind::TimeoutAfter);
        assert_eq!(failed.is_timeout(), is_timeout, "{kind:?}: {failed}");
    }

    assert_eq!(slack.transcript("#sales", "sam"), "countersign: b\ncountersign: d\n");
}

#[tokio::test]
async fn faults_are_set_and_cleared_over_http() {
    let slack = Slack::start().await;
    let fault = json!({ "kind": "error", "method": "*", "times": 9, "code": "fatal_error" });
    assert_eq!(slack.post("sandbox/fault", fault).await.0, 200);
    assert_eq!(slack.error("auth.test", json!({})).await, "fatal_error");
    slack.http.delete(slack.url.join("sandbox/fault").unwrap()).send().await.unwrap();
    slack.ok("auth.test", json!({})).await;

    let (status, body) = slack.post("sandbox/fault", json!({ "kind": "earthquake" })).await;
    assert_eq!(status, 422);
    assert!(body["error"].as_str().unwrap().contains("unknown variant"));
}

#[tokio::test]
async fn held_calls_wait_for_their_release() {
    let slack = Slack::start().await;
    slack.sandbox.fault(Fault::new(FaultKind::Hold).on("chat.postMessage"));
    let calling = slack.clone();
    let call = tokio::spawn(async move {
        calling.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await
    });

    slack.ok("auth.test", json!({})).await;
    assert_eq!(slack.transcript("#sales", "sam"), "");
    slack.sandbox.fault(Fault::new(FaultKind::Release));
    call.await.unwrap();

    assert_eq!(slack.transcript("#sales", "sam"), "countersign: a\n");
}

#[tokio::test]
async fn deliveries_come_twice_or_in_reverse() {
    let (slack, app) = Slack::with_app(acknowledge).await;
    slack.sandbox.fault(Fault::new(FaultKind::DuplicateDeliveries));
    slack.sandbox.command("maya", "#sales", "/leads one").await.unwrap();
    let received = app.received(&slack, "commands").await;
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].field("trigger_id"), received[1].field("trigger_id"));

    slack.sandbox.fault(Fault::new(FaultKind::ReorderDeliveries).times(3));
    for text in ["a", "b", "c"] {
        slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": text })).await;
    }

    let received = app.received(&slack, "events").await;
    let texts: Vec<Value> = received
        .iter()
        .map(Received::payload)
        .map(|event| event["event"]["text"].clone())
        .collect();
    assert_eq!(texts, ["c", "b", "a"]);
}
