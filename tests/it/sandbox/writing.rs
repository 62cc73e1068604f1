//! What the app writes, and what Slack refuses.

use serde_json::{Value, json};

use super::{Slack, button, section};

#[tokio::test]
async fn calls_need_the_right_token() {
    let slack = Slack::start().await;

    for (token, method, error) in [
        ("", "auth.test", "not_authed"),
        ("xoxb-forged", "auth.test", "invalid_auth"),
        ("xapp-sandbox-app", "chat.postMessage", "not_allowed_token_type"),
        ("xoxb-sandbox-bot", "apps.connections.open", "not_allowed_token_type"),
        ("xoxb-sandbox-bot", "chat.shout", "unknown_method"),
        ("xoxb-sandbox-bot", "conversations.leave", "channel_not_found"),
    ] {
        assert_eq!(slack.api_as(token, method, json!({})).await["error"], error, "{method}");
    }
    let who = slack.ok("auth.test", json!({})).await;
    assert_eq!(who["user_id"], "U0COUNTERS");
    assert_eq!(who["bot_id"], "B0COUNTERS");
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_named() {
    let mut seed = super::seed();
    seed.app.scopes.retain(|scope| scope != "users:read");
    let clock = countersign::clock::Clock::default();
    let slack = Slack::of(countersign::sandbox::Sandbox::new(seed, clock)).await;

    let answer = slack.api("users.list", json!({})).await;

    assert_eq!(answer["error"], "missing_scope");
    assert_eq!(answer["needed"], "users:read");
    assert!(answer["provided"].as_str().unwrap().contains("chat:write"));
}

#[tokio::test]
async fn forms_and_json_say_the_same() {
    let slack = Slack::start().await;
    let blocks = json!([section("*hello*")]).to_string();
    let form = [
        ("token", "xoxb-sandbox-bot"),
        ("channel", "#campaigns"),
        ("text", "hello"),
        ("blocks", &blocks),
    ];
    let request = slack.http.post(slack.url.join("api/chat.postMessage").unwrap()).form(&form);

    let posted: Value = request.send().await.unwrap().json().await.unwrap();

    assert_eq!(posted["ok"], true);
    assert_eq!(posted["channel"], "C0CAMPAIGN");
    assert_eq!(posted["message"]["blocks"][0]["text"]["text"], "*hello*");
    assert!(posted["message"]["blocks"][0]["block_id"].is_string());
}

#[tokio::test]
async fn messages_are_refused_as_slack_refuses_them() {
    let mut seed = super::seed();
    seed.app.scopes.retain(|scope| scope != "chat:write.public");
    seed.channels[0].app_is_member = false;
    seed.channels[1].is_archived = true;
    seed.channels[5].app_is_member = false;
    let clock = countersign::clock::Clock::default();
    let slack = Slack::of(countersign::sandbox::Sandbox::new(seed, clock)).await;
    let long = "x".repeat(40_001);

    for (arguments, error) in [
        (json!({ "channel": "C0MISSING00", "text": "a" }), "channel_not_found"),
        (json!({ "channel": "#general", "text": "a" }), "not_in_channel"),
        (json!({ "channel": "#campaigns", "text": "a" }), "is_archived"),
        (json!({ "channel": "#leadership", "text": "a" }), "channel_not_found"),
        (json!({ "channel": "#research" }), "no_text"),
        (json!({ "channel": "#research", "text": long }), "msg_too_long"),
        (json!({ "channel": "#research", "blocks": "[{" }), "invalid_blocks_format"),
        (
            json!({ "channel": "#research", "blocks": { "type": "divider" } }),
            "invalid_blocks_format",
        ),
        (json!({ "channel": "#research", "text": "a", "thread_ts": "now" }), "invalid_thread_ts"),
        (
            json!({ "channel": "#research", "text": "a", "metadata": { "event_type": 1 } }),
            "invalid_metadata_schema",
        ),
    ] {
        assert_eq!(slack.error("chat.postMessage", arguments).await, error);
    }
}

#[tokio::test]
async fn refused_blocks_come_with_the_place_of_what_is_wrong() {
    let slack = Slack::start().await;
    let blocks = json!([section("fine"), section("")]);

    let answer =
        slack.api("chat.postMessage", json!({ "channel": "#sales", "blocks": blocks })).await;

    assert_eq!(answer["error"], "invalid_blocks");
    let messages = &answer["response_metadata"]["messages"];
    assert_eq!(
        messages[1],
        "[ERROR] must be more than 0 characters [json-pointer:/blocks/1/text/text]"
    );
    assert_eq!(
        answer["errors"][1],
        "must be more than 0 characters [json-pointer:/blocks/1/text/text]"
    );
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_give() {
    let slack = Slack::start().await;
    let metadata = json!({ "event_type": "review", "event_payload": { "id": "7" } });
    let posted = slack
        .ok(
            "chat.postMessage",
            json!({
                "channel": "#campaigns", "text": "Draft", "metadata": metadata,
                "blocks": [{ "type": "actions", "elements": [button("Approve", "approve", "7")] }],
            }),
        )
        .await;
    let ts = &posted["ts"];

    slack.ok("chat.update", json!({ "channel": "C0CAMPAIGN", "ts": ts, "text": "Approved" })).await;
    assert_eq!(slack.transcript("#campaigns", "maya"), "countersign: [Approve]\n");

    slack
        .ok(
            "chat.update",
            json!({
                "channel": "C0CAMPAIGN", "ts": ts, "text": "Approved", "blocks": [],
            }),
        )
        .await;
    assert_eq!(slack.transcript("#campaigns", "maya"), "countersign: Approved\n");
    let history = json!({ "channel": "C0CAMPAIGN", "include_all_metadata": true });
    let history = slack.ok("conversations.history", history).await;
    assert_eq!(history["messages"][0]["metadata"], metadata);

    let not_there = json!({ "channel": "C0CAMPAIGN", "ts": "1.000000", "text": "a" });
    assert_eq!(slack.error("chat.update", not_there).await, "message_not_found");
}

#[tokio::test]
async fn others_messages_are_not_the_apps_to_change() {
    let slack = Slack::start().await;
    slack.sandbox.message("maya", "#campaigns", "mine", None).await.unwrap();
    let history = slack.ok("conversations.history", json!({ "channel": "C0CAMPAIGN" })).await;
    let of_maya =
        json!({ "channel": "C0CAMPAIGN", "ts": history["messages"][0]["ts"], "text": "a" });

    assert_eq!(slack.error("chat.update", of_maya.clone()).await, "cant_update_message");
    assert_eq!(slack.error("chat.delete", of_maya).await, "cant_delete_message");
}

#[tokio::test]
async fn ephemeral_messages_are_seen_by_one() {
    let slack = Slack::start().await;
    let to =
        |channel: &str, user: &str| json!({ "channel": channel, "user": user, "text": "psst" });

    slack.ok("chat.postEphemeral", to("#campaigns", "U0MAYA0000")).await;

    assert_eq!(slack.transcript("#campaigns", "maya"), "countersign (only you): psst\n");
    assert_eq!(slack.transcript("#campaigns", "dana"), "");
    assert_eq!(
        slack.error("chat.postEphemeral", to("#alerts", "U0SAM00000")).await,
        "user_not_in_channel"
    );
    let history = slack.ok("conversations.history", json!({ "channel": "C0CAMPAIGN" })).await;
    assert_eq!(history["messages"], json!([]));
}

#[tokio::test]
async fn a_deleted_message_with_replies_leaves_a_stone() {
    let slack = Slack::start().await;
    let posted = slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await;
    let reply = json!({ "channel": "#sales", "text": "b", "thread_ts": posted["ts"] });
    let reply = slack.ok("chat.postMessage", reply).await;
    assert_eq!(reply["message"]["thread_ts"], posted["ts"]);

    slack.ok("chat.delete", json!({ "channel": "C0SALES000", "ts": posted["ts"] })).await;

    assert_eq!(
        slack.transcript("#sales", "sam"),
        "slackbot: This message was deleted.\n    countersign: b\n"
    );
}

#[tokio::test]
async fn a_stream_grows_until_it_stops() {
    let slack = Slack::start().await;
    let start = json!({ "channel": "#sales", "markdown_text": "One" });
    assert_eq!(slack.error("chat.startStream", start).await, "missing_recipient_user_id");
    let start = json!({
        "channel": "C0SALES000", "markdown_text": "One",
        "recipient_user_id": "U0SAM00000", "recipient_team_id": "T0NORTHWND",
    });
    let stream = slack.ok("chat.startStream", start).await;
    let more =
        |text: &str| json!({ "channel": "C0SALES000", "ts": stream["ts"], "markdown_text": text });

    slack.ok("chat.appendStream", more(", two")).await;
    slack.ok("chat.stopStream", more(", three.")).await;

    assert_eq!(slack.transcript("#sales", "sam"), "countersign: One, two, three.\n");
    assert_eq!(slack.error("chat.appendStream", more("!")).await, "message_not_in_streaming_state");
}

#[tokio::test]
async fn a_file_is_uploaded_in_three_steps_and_shown_by_its_id() {
    let slack = Slack::start().await;
    let ask = json!({ "filename": "chart.png", "length": 4, "alt_txt": "leads by day" });
    let place = slack.ok("files.getUploadURLExternal", ask).await;
    let image = json!([{
        "type": "image", "alt_text": "leads", "slack_file": { "id": place["file_id"] },
    }]);
    let show = json!({ "channel": "#sales", "blocks": image });
    assert_eq!(slack.error("chat.postMessage", show.clone()).await, "invalid_blocks");

    let upload = slack.http.post(place["upload_url"].as_str().unwrap()).body("abcd");
    assert_eq!(upload.send().await.unwrap().text().await.unwrap(), "OK - 4");
    let complete = json!({ "files": [{ "id": place["file_id"], "title": "Leads" }] });
    let files = slack.ok("files.completeUploadExternal", complete).await;
    slack.ok("chat.postMessage", show).await;

    let shown = slack.sandbox.messages("sam", "#sales").unwrap();
    let address = shown[0]["blocks"][0]["image_url"].as_str().unwrap();
    assert_eq!(address, files["files"][0]["url_private"].as_str().unwrap());
    let file = slack.http.get(address).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.text().await.unwrap(), "abcd");
}

#[tokio::test]
async fn reactions_are_counted_once_a_person() {
    let slack = Slack::start().await;
    let posted = slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await;
    let reaction = json!({ "channel": "C0SALES000", "timestamp": posted["ts"], "name": "eyes" });

    slack.ok("reactions.add", reaction.clone()).await;
    assert_eq!(slack.error("reactions.add", reaction.clone()).await, "already_reacted");
    let ts = posted["ts"].as_str().unwrap();
    slack.sandbox.react("sam", "#sales", ts, "eyes", true).await.unwrap();
    assert_eq!(slack.transcript("#sales", "sam"), "countersign: a\n  :eyes: 2\n");

    slack.ok("reactions.remove", reaction.clone()).await;
    assert_eq!(slack.error("reactions.remove", reaction).await, "no_reaction");
}
