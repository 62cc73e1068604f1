//! The control API and the page: what scripts and people ask of the workspace.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{Slack, acknowledge, button, section};

#[tokio::test]
async fn scripts_act_over_http() {
    let (slack, _app) = Slack::with_app(async |_, received| match received.to.as_str() {
        "commands" => (200, "On it".to_owned()),
        _ => (200, String::new()),
    })
    .await;

    let command = json!({ "person": "maya", "channel": "#campaigns", "text": "/draft a" });
    let (status, answer) = slack.post("sandbox/command", command).await;
    assert_eq!(status, 200);
    assert_eq!(answer, json!({ "status": 200, "ephemeral": ["On it"], "modal": null }));
    let message = json!({ "person": "maya", "channel": "#campaigns", "text": "hi @dana" });
    assert_eq!(slack.post("sandbox/message", message).await.1["status"], 200);
    let url = slack.url.join("sandbox/transcript?channel=%23campaigns&person=maya").unwrap();
    let transcript = slack.http.get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(transcript, "countersign (only you): On it\nmaya: hi @dana\n");
}

#[tokio::test]
async fn what_cannot_be_done_is_answered_with_a_sentence() {
    let slack = Slack::start().await;

    for (path, body, expected) in [
        (
            "sandbox/message",
            json!({ "person": "bob", "channel": "#sales", "text": "a" }),
            "Nobody here is called \"bob\".",
        ),
        (
            "sandbox/message",
            json!({ "person": "giulia", "channel": "#sales", "text": "a" }),
            "There is no channel \"#sales\" that they can see.",
        ),
        (
            "sandbox/message",
            json!({ "person": "raj", "channel": "#sales", "text": "a" }),
            "They are not in #sales",
        ),
        (
            "sandbox/click",
            json!({ "person": "raj", "channel": "#research", "button": "Approve" }),
            "There is no button \"Approve\" there, and no other.",
        ),
        ("sandbox/submit", json!({ "person": "raj", "values": {} }), "No modal is open."),
        (
            "sandbox/shortcut",
            json!({ "person": "raj", "name": "Nap" }),
            "There is no shortcut \"Nap\" there. There are: New draft.",
        ),
        ("sandbox/command", json!({ "person": "raj" }), "Failed to deserialize"),
    ] {
        let (status, answer) = slack.post(path, body).await;
        assert!((400..500).contains(&status));
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!((&answer["status"], &answer["modal"]), (&json!(0), &Value::Null));
    }
    let url = slack.url.join("sandbox/close").unwrap();
    let plain = slack.http.post(url).body("maya").send().await.unwrap();
    let answer: Value = plain.json().await.unwrap();
    assert!(answer["error"].as_str().unwrap().starts_with("Send JSON"));
}

#[tokio::test]
async fn the_newest_message_with_the_button_is_clicked_unless_one_is_named() {
    let (slack, app) = Slack::with_app(acknowledge).await;
    let mut stamps = Vec::new();
    for value in ["1", "2"] {
        let card = json!({ "channel": "#sales", "blocks": [
            { "type": "actions", "elements": [button("Claim", "claim", value)] },
        ] });
        stamps.push(slack.ok("chat.postMessage", card).await["ts"].clone());
    }
    slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "later" })).await;
    let mut click = json!({ "person": "sam", "channel": "#sales", "button": "Claim" });

    slack.post("sandbox/click", click.clone()).await;
    click["message"] = stamps[0].clone();
    slack.post("sandbox/click", click).await;

    let clicks = app.received(&slack, "interactivity").await;
    let values: Vec<Value> =
        clicks.iter().map(|click| click.payload()["actions"][0]["value"].clone()).collect();
    assert_eq!(values, ["2", "1"]);
}

#[tokio::test]
async fn menus_are_chosen_from() {
    let (slack, app) = Slack::with_app(acknowledge).await;
    let text = |text: &str| json!({ "type": "plain_text", "text": text });
    let option = |name: &str| json!({ "text": text(name), "value": name.to_lowercase() });
    let mut with_overflow = section("Draft");
    with_overflow["accessory"] = json!({
        "type": "overflow", "action_id": "more", "options": [option("Withdraw"), option("History")],
    });
    let card = json!({ "channel": "#sales", "blocks": [
        with_overflow,
        { "type": "actions", "elements": [{
            "type": "users_select", "action_id": "owner", "placeholder": text("Hand to"),
        }] },
    ] });
    slack.ok("chat.postMessage", card).await;
    assert_eq!(
        slack.transcript("#sales", "sam"),
        "countersign: Draft\n  [⋯ Withdraw | History]\n  [Hand to ▾]\n"
    );

    let click = |button: &str, option: Option<&str>| json!({ "person": "sam", "channel": "#sales", "button": button, "option": option });
    assert_eq!(slack.post("sandbox/click", click("History", None)).await.1["status"], 200);
    assert_eq!(slack.post("sandbox/click", click("Hand to", Some("@maya"))).await.1["status"], 200);

    let clicks = app.received(&slack, "interactivity").await;
    assert_eq!(clicks[0].payload()["actions"][0]["selected_option"]["value"], "history");
    assert_eq!(clicks[1].payload()["actions"][0]["selected_user"], "U0MAYA0000");
}

#[tokio::test]
async fn shortcuts_are_used_on_messages() {
    let (slack, app) = Slack::with_app(acknowledge).await;
    let posted = slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await;

    let shortcut = json!({
        "person": "sam", "name": "research this", "channel": "#sales", "message": posted["ts"],
    });
    assert_eq!(slack.post("sandbox/shortcut", shortcut).await.1["status"], 200);

    let action = app.received(&slack, "interactivity").await[0].payload();
    assert_eq!(action["type"], "message_action");
    assert_eq!(action["callback_id"], "research_this");
    assert_eq!(action["message"]["text"], "a");
}

#[tokio::test]
async fn the_page_knows_what_is_unread() {
    let slack = Slack::start().await;
    slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await;
    slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "<@U0SAM00000> b" })).await;
    let sales = async || {
        let url = slack.url.join("sandbox/state?person=sam").unwrap();
        let state: Value = slack.http.get(url).send().await.unwrap().json().await.unwrap();
        let channels = state["channels"].as_array().unwrap().clone();
        channels.into_iter().find(|channel| channel["name"] == "sales").unwrap()
    };

    let before = sales().await;
    assert_eq!((&before["unread"], &before["mentions"]), (&json!(2), &json!(1)));
    let messages = slack.sandbox.messages("sam", "#sales").unwrap();
    let read = json!({ "person": "sam", "channel": "C0SALES000", "ts": messages[1]["ts"] });
    slack.post("sandbox/page/read", read).await;
    assert_eq!(sales().await["unread"], 0);
}

#[tokio::test]
async fn the_page_is_told_at_once_of_what_concerns_the_person() {
    let slack = Slack::start().await;
    let url = slack.url.join("sandbox/updates?person=sam").unwrap();
    let mut updates = slack.http.get(url).send().await.unwrap().bytes_stream();

    slack.ok("chat.postMessage", json!({ "channel": "#leadership", "text": "secret" })).await;
    let private = json!({ "channel": "#sales", "user": "U0MAYA0000", "text": "for maya" });
    slack.ok("chat.postEphemeral", private).await;
    slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "hello" })).await;

    let mut told = String::new();
    while !told.contains("hello") {
        told.push_str(&String::from_utf8_lossy(&updates.next().await.unwrap().unwrap()));
    }
    assert!(told.contains("event: message"));
    assert!(!told.contains("secret") && !told.contains("for maya"), "{told}");
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let slack = Slack::start().await;
    for path in ["", "sandbox/page.js", "sandbox/page.css", "sandbox/icon.svg"] {
        let answer = slack.http.get(slack.url.join(path).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("http"));
    }
    let help = slack.http.get(slack.url.join("sandbox").unwrap()).send().await.unwrap();
    assert!(help.text().await.unwrap().contains("POST /sandbox/command"));
}
