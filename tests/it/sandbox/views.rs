//! Modals and App Home.

use std::time::Duration;

use countersign::sandbox::{Place, Settings};
use serde_json::{Value, json};

use super::{Answer, Received, Slack, button};

fn modal() -> Value {
    let text = |text: &str| json!({ "type": "plain_text", "text": text });
    let option = |name: &str| json!({ "text": text(name), "value": name.to_lowercase() });
    json!({
        "type": "modal", "callback_id": "decide", "private_metadata": "7",
        "title": text("Reject"), "submit": text("Send"), "notify_on_close": true,
        "blocks": [
            {
                "type": "input", "block_id": "reason", "label": text("Reason"),
                "element": {
                    "type": "static_select", "action_id": "pick",
                    "options": [option("Tone"), option("Claim")],
                },
            },
            {
                "type": "input", "block_id": "words", "label": text("Comment"), "optional": true,
                "element": { "type": "plain_text_input", "action_id": "say", "max_length": 20 },
            },
            {
                "type": "input", "block_id": "who", "label": text("Ask"), "optional": true,
                "element": { "type": "multi_users_select", "action_id": "people" },
            },
        ],
    })
}

/// Opens the modal on a command; answers submissions by what was commented.
async fn decide(slack: Slack, received: Received) -> Answer {
    let answer = match received.to.as_str() {
        "commands" => {
            let open = json!({ "trigger_id": received.field("trigger_id"), "view": modal() });
            slack.ok("views.open", open).await;
            Value::Null
        }
        "interactivity" => {
            let payload = received.payload();
            match payload["view"]["state"]["values"]["words"]["say"]["value"].as_str() {
                Some("errors") => json!({
                    "response_action": "errors", "errors": { "words": "Say more." },
                }),
                Some("update") => {
                    let mut view = modal();
                    view["title"]["text"] = json!("Again");
                    json!({ "response_action": "update", "view": view })
                }
                Some("push") => json!({ "response_action": "push", "view": modal() }),
                Some("clear") => json!({ "response_action": "clear" }),
                Some("wrong") => json!({ "response_action": "dance" }),
                _ => Value::Null,
            }
        }
        _ => Value::Null,
    };
    (200, if answer.is_null() { String::new() } else { answer.to_string() })
}

fn values(comment: &str) -> serde_json::Map<String, Value> {
    let values = json!({ "Reason": "Tone", "Comment": comment, "Ask": ["@sam", "raj"] });
    values.as_object().unwrap().clone()
}

#[tokio::test]
async fn a_modal_is_filled_in_by_its_labels() {
    let (slack, app) = Slack::with_app(decide).await;

    let outcome = slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();
    let modal = outcome.modal.unwrap();
    assert_eq!(modal.title, "Reject");
    assert_eq!(
        modal.text,
        "Reason: [Select an option ▾]\nComment (optional): [ ]\nAsk (optional): [Select an option ▾]"
    );
    assert_eq!(modal.inputs[0].options, ["Tone", "Claim"]);
    let outcome = slack.sandbox.submit("dana", &values("fine")).await.unwrap();

    assert_eq!((outcome.status, outcome.modal.is_none()), (200, true));
    let submission = app.received(&slack, "interactivity").await[0].payload();
    assert_eq!(submission["type"], "view_submission");
    assert_eq!(submission["view"]["private_metadata"], "7");
    let entered = &submission["view"]["state"]["values"];
    assert_eq!(entered["reason"]["pick"]["selected_option"]["value"], "tone");
    assert_eq!(entered["words"]["say"], json!({ "type": "plain_text_input", "value": "fine" }));
    assert_eq!(entered["who"]["people"]["selected_users"], json!(["U0SAM00000", "U0RAJ00000"]));
}

#[tokio::test]
async fn what_is_missing_never_reaches_the_app() {
    let (slack, app) = Slack::with_app(decide).await;
    slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();

    let nothing = slack.sandbox.submit("dana", &serde_json::Map::new()).await.unwrap();
    let errors = nothing.modal.unwrap().errors;
    assert_eq!(errors["Reason"], "Please complete this required field.");
    let long = slack.sandbox.submit("dana", &values(&"x".repeat(21))).await.unwrap();
    assert_eq!(long.modal.unwrap().errors["Comment"], "Must be at most 20 characters; this is 21.");
    let unknown = json!({ "Mood": "good" }).as_object().unwrap().clone();
    let unknown = slack.sandbox.submit("dana", &unknown).await.unwrap_err();
    assert_eq!(unknown, "The modal has no field \"Mood\". It has: Reason, Comment, Ask.");

    assert_eq!(app.received(&slack, "interactivity").await.len(), 0);
}

#[tokio::test]
async fn the_app_decides_what_follows_a_submission() {
    let (slack, _app) = Slack::with_app(decide).await;
    slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();
    let submit =
        async |comment: &str| slack.sandbox.submit("dana", &values(comment)).await.unwrap();

    assert_eq!(submit("errors").await.modal.unwrap().errors["Comment"], "Say more.");
    assert_eq!(submit("update").await.modal.unwrap().title, "Again");
    let trouble = submit("wrong").await;
    assert_eq!(
        trouble.error.unwrap(),
        "We had some trouble connecting. Try again? (unknown response_action)"
    );
    let pushed = submit("push").await.modal.unwrap();
    assert_eq!((pushed.title.as_str(), pushed.inputs[1].value.is_none()), ("Reject", true));
    assert_eq!(submit("fine").await.modal.unwrap().title, "Again");
    assert!(submit("clear").await.modal.is_none());
}

#[tokio::test]
async fn closing_is_told_when_asked_for() {
    let (slack, app) = Slack::with_app(decide).await;
    slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();

    let outcome = slack.sandbox.close("dana").await.unwrap();

    assert!(outcome.modal.is_none());
    let closed = app.received(&slack, "interactivity").await[0].payload();
    assert_eq!(closed["type"], "view_closed");
    assert_eq!(closed["is_cleared"], false);
    assert_eq!(slack.sandbox.close("dana").await.unwrap_err(), "No modal is open.");
}

#[tokio::test]
async fn a_trigger_opens_one_modal_and_soon() {
    let (slack, app) = Slack::with_app(super::acknowledge).await;
    let trigger = async || {
        slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();
        app.received(&slack, "commands").await.last().unwrap().field("trigger_id")
    };
    let open = |trigger: &str| json!({ "trigger_id": trigger, "view": modal() });

    let fresh = trigger().await;
    slack.ok("views.open", open(&fresh)).await;
    assert_eq!(slack.error("views.open", open(&fresh)).await, "exchanged_trigger_id");
    assert_eq!(slack.error("views.open", open("1.2.3")).await, "invalid_trigger_id");
    let late = trigger().await;
    let settings = slack.sandbox.settings();
    slack.sandbox.set(Settings { trigger_lifetime: Duration::ZERO, ..settings });
    assert_eq!(slack.error("views.open", open(&late)).await, "expired_trigger_id");
}

#[tokio::test]
async fn views_are_refused_with_the_place_of_what_is_wrong() {
    let (slack, app) = Slack::with_app(super::acknowledge).await;
    slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();
    let trigger = app.received(&slack, "commands").await[0].field("trigger_id");
    let mut view = modal();
    view["submit"] = Value::Null;
    view.as_object_mut().unwrap().remove("submit");

    let answer = slack.api("views.open", json!({ "trigger_id": trigger, "view": view })).await;
    assert_eq!(answer["error"], "invalid_arguments");
    assert_eq!(
        answer["response_metadata"]["messages"][0],
        "[ERROR] must define `submit` to use an `input` block in modals \
         [json-pointer:/view/blocks/0/input]"
    );
    let mut view = modal();
    view["external_id"] = json!("decide-7");
    view["private_metadata"] = json!("x".repeat(3000));
    let opened = slack.ok("views.open", json!({ "trigger_id": trigger, "view": view })).await;
    let of =
        |hash: &Value| json!({ "view_id": opened["view"]["id"], "hash": hash, "view": modal() });
    let updated = slack.ok("views.update", of(&opened["view"]["hash"])).await;
    assert_eq!(slack.error("views.update", of(&opened["view"]["hash"])).await, "hash_conflict");
    slack.ok("views.update", of(&updated["view"]["hash"])).await;
    let missing = json!({ "view_id": "V0", "view": modal() });
    assert_eq!(slack.error("views.update", missing).await, "not_found");
}

#[tokio::test]
async fn an_update_keeps_what_was_entered() {
    let (slack, _app) = Slack::with_app(async |slack: Slack, received: Received| {
        let mut view = modal();
        view["blocks"][0]["dispatch_action"] = json!(true);
        if received.to == "commands" {
            let open = json!({ "trigger_id": received.field("trigger_id"), "view": view });
            slack.ok("views.open", open).await;
        } else {
            view["title"]["text"] = json!("Chosen");
            let id = received.payload()["view"]["id"].clone();
            slack.ok("views.update", json!({ "view_id": id, "view": view })).await;
        }
        (200, String::new())
    })
    .await;
    slack.sandbox.command("dana", "#campaigns", "/draft x").await.unwrap();

    let chosen = slack.sandbox.click("dana", Place::Modal, "Reason", Some(&json!("Claim"))).await;

    let modal = chosen.unwrap().modal.unwrap();
    assert_eq!((modal.title.as_str(), &modal.inputs[0].value), ("Chosen", &Some(json!("Claim"))));
}

#[tokio::test]
async fn app_home_is_published_and_clicked() {
    let (slack, app) = Slack::with_app(async |slack: Slack, received: Received| {
        let opened =
            received.to == "events" && received.payload()["event"]["type"] == "app_home_opened";
        if opened {
            let user = received.payload()["event"]["user"].clone();
            let blocks =
                json!([{ "type": "actions", "elements": [button("Approve", "approve", "7")] }]);
            let view = json!({ "type": "home", "blocks": blocks });
            slack.ok("views.publish", json!({ "user_id": user, "view": view })).await;
        }
        (200, String::new())
    })
    .await;

    let home = slack.sandbox.home("dana").await.unwrap();
    assert_eq!(home.home_text.unwrap(), "[Approve]");
    slack.sandbox.click("dana", Place::Home, "Approve", None).await.unwrap();

    let click = app.received(&slack, "interactivity").await[0].payload();
    assert_eq!(click["container"]["type"], "view");
    assert_eq!(click["view"]["type"], "home");
    assert_eq!(click["user"]["id"], "U0DANA0000");
}
