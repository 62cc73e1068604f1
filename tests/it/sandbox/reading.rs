//! What the app reads.

use serde_json::{Value, json};

use super::Slack;

#[tokio::test]
async fn history_comes_in_pages_newest_first() {
    let slack = Slack::start().await;
    for number in 1..=5 {
        slack
            .ok("chat.postMessage", json!({ "channel": "#sales", "text": number.to_string() }))
            .await;
    }

    let mut texts = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = json!({ "channel": "C0SALES000", "limit": 2, "cursor": cursor });
        let page = slack.ok("conversations.history", page).await;
        let messages = page["messages"].as_array().unwrap();
        texts.extend(messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()));
        cursor = page["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
        assert_eq!(page["has_more"], json!(!cursor.is_empty()));
        if cursor.is_empty() {
            break;
        }
    }

    assert_eq!(texts, ["5", "4", "3", "2", "1"]);
}

#[tokio::test]
async fn history_is_cut_by_time() {
    let slack = Slack::start().await;
    let mut stamps = Vec::new();
    for text in ["a", "b", "c"] {
        let posted =
            slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": text })).await;
        stamps.push(posted["ts"].clone());
    }
    let texts = async |arguments: Value| {
        let history = slack.ok("conversations.history", arguments).await;
        let messages = history["messages"].as_array().unwrap().iter();
        messages.map(|message| message["text"].as_str().unwrap().to_owned()).collect::<String>()
    };

    let channel = "C0SALES000";
    assert_eq!(texts(json!({ "channel": channel, "oldest": stamps[0] })).await, "cb");
    assert_eq!(
        texts(json!({ "channel": channel, "oldest": stamps[0], "inclusive": true })).await,
        "cba"
    );
    assert_eq!(texts(json!({ "channel": channel, "latest": stamps[2] })).await, "ba");
}

#[tokio::test]
async fn a_thread_is_read_by_its_beginning() {
    let slack = Slack::start().await;
    let parent = slack.ok("chat.postMessage", json!({ "channel": "#sales", "text": "a" })).await;
    for text in ["b", "c"] {
        let reply = json!({ "channel": "#sales", "text": text, "thread_ts": parent["ts"] });
        slack.ok("chat.postMessage", reply).await;
    }

    let thread = json!({ "channel": "C0SALES000", "ts": parent["ts"] });
    let thread = slack.ok("conversations.replies", thread).await;

    let texts: Vec<&str> = thread["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!(thread["messages"][0]["reply_count"], 2);
    assert_eq!(thread["messages"][1]["parent_user_id"], "U0COUNTERS");
    let missing = json!({ "channel": "C0SALES000", "ts": "1.000000" });
    assert_eq!(slack.error("conversations.replies", missing).await, "thread_not_found");
    let history = slack.ok("conversations.history", json!({ "channel": "C0SALES000" })).await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn people_and_groups_are_read() {
    let slack = Slack::start().await;

    let maya = slack.ok("users.info", json!({ "user": "U0MAYA0000" })).await;
    assert_eq!(maya["user"]["tz"], "Europe/Berlin");
    assert_eq!(maya["user"]["profile"]["display_name"], "maya");
    let guest = slack.ok("users.info", json!({ "user": "U0GIULIA00" })).await;
    assert_eq!(guest["user"]["is_restricted"], true);
    assert_eq!(slack.error("users.info", json!({ "user": "U0NOBODY00" })).await, "user_not_found");
    let by_email = json!({ "email": "dana@northwind-tea.example" });
    let dana = slack.ok("users.lookupByEmail", by_email).await;
    assert_eq!(dana["user"]["id"], "U0DANA0000");

    let brand = slack.ok("usergroups.users.list", json!({ "usergroup": "S0BRAND000" })).await;
    assert_eq!(brand["users"], json!(["U0DANA0000", "U0LENA0000"]));
    let missing = json!({ "usergroup": "S0NOTHING0" });
    assert_eq!(slack.error("usergroups.users.list", missing).await, "no_such_subteam");
    let groups = slack.ok("usergroups.list", json!({ "include_users": true })).await;
    assert_eq!(groups["usergroups"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn channels_are_listed_by_kind_and_page() {
    let slack = Slack::start().await;

    let public = slack.ok("conversations.list", json!({ "limit": "2" })).await;
    assert_eq!(public["channels"].as_array().unwrap().len(), 2);
    let cursor = &public["response_metadata"]["next_cursor"];
    let rest = slack.ok("conversations.list", json!({ "cursor": cursor })).await;
    assert_eq!(rest["channels"].as_array().unwrap().len(), 4);
    let private = slack.ok("conversations.list", json!({ "types": "private_channel" })).await;
    assert_eq!(private["channels"][0]["name"], "leadership");
    assert_eq!(slack.error("conversations.list", json!({ "cursor": "x" })).await, "invalid_cursor");

    let opened = slack.ok("conversations.open", json!({ "users": "U0MAYA0000" })).await;
    let direct = json!({ "channel": "U0MAYA0000", "text": "for you" });
    let posted = slack.ok("chat.postMessage", direct).await;
    assert_eq!(posted["channel"], opened["channel"]["id"]);
    assert_eq!(slack.transcript("@countersign", "maya"), "countersign: for you\n");
}
