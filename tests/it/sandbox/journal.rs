//! What outlives the workspace.

use std::fs;
use std::io::Write;

use countersign::clock::Clock;
use countersign::sandbox::{Delivery, Place, Sandbox};
use serde_json::json;

use super::{App, Slack, acknowledge, button, seed};

#[tokio::test]
async fn a_workspace_is_taken_up_where_it_was_left() {
    let folder = std::env::temp_dir().join(format!("sandbox-journal-{}", std::process::id()));
    let path = folder.join("slack.jsonl");
    let open = || Sandbox::open(seed(), Clock::default(), &path).unwrap();
    let first = Slack::of(open()).await;
    first.sandbox.message("maya", "#sales", "hello", None).await.unwrap();
    let card = json!({
        "channel": "#sales", "text": "Lead",
        "blocks": [{ "type": "actions", "elements": [button("Claim", "claim", "1")] }],
    });
    let posted = first.ok("chat.postMessage", card).await;
    let gone = first.ok("chat.postMessage", json!({ "channel": "#sales", "text": "no" })).await;
    first.ok("chat.delete", json!({ "channel": "C0SALES000", "ts": gone["ts"] })).await;
    let home = json!({ "type": "home", "blocks": [{ "type": "divider" }] });
    first.ok("views.publish", json!({ "user_id": "U0SAM00000", "view": home })).await;
    first.sandbox.settled().await;
    let before = first.transcript("#sales", "sam");
    drop(first);
    fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"message\":{\"ts")
        .unwrap();

    let second = Slack::of(open()).await;
    assert_eq!(second.transcript("#sales", "sam"), before);
    assert_eq!(second.sandbox.home("sam").await.unwrap().home_text.unwrap(), "---");
    let next = second.ok("chat.postMessage", json!({ "channel": "#sales", "text": "later" })).await;
    assert!(next["ts"].as_str() > posted["ts"].as_str());
    let after = second.transcript("#sales", "sam");

    assert_eq!(Slack::of(open()).await.transcript("#sales", "sam"), after);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn events_that_were_not_acknowledged_come_after_the_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-pending-{}", std::process::id()));
    let path = folder.join("slack.jsonl");
    let open = || Sandbox::open(seed(), Clock::default(), &path).unwrap();
    // The app is down, and the workspace goes down before it has tried for the last time.
    let first = Slack::of(open()).await;
    let mut settings = first.sandbox.settings();
    settings.retries = vec![std::time::Duration::from_secs(3600)];
    first.sandbox.set(settings);
    first.sandbox.deliver(Delivery::SocketMode);
    first.sandbox.message("maya", "#sales", "anyone?", None).await.unwrap();

    let second = Slack::of(open()).await;
    let for_handler = second.clone();
    let app = App {
        received: Default::default(),
        handler: std::sync::Arc::new(move |received| {
            Box::pin(acknowledge(for_handler.clone(), received))
        }),
    };
    second.connect(&app).await;

    let events = app.received(&second, "events").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].payload()["event"]["text"], "anyone?");
    assert_eq!(events[0].header("x-slack-retry-num"), "1");
    let place = Place::Channel { channel: "#sales", message: None };
    assert!(second.sandbox.click("sam", place, "Claim", None).await.is_err());
    fs::remove_dir_all(folder).unwrap();
}
