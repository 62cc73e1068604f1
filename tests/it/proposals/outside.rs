//! Agents that run elsewhere: what they put up, ask and change over HTTP.

use std::time::Duration;

use countersign::config::AgentTokens;
use countersign::sandbox::{Fault, FaultKind, Seed};
use futures_util::future::join_all;
use insta::assert_snapshot;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use super::{COPY, PLACE};
use crate::harness::answers::answer;
use crate::harness::{Door, Team};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const OTHERS: &str = "fedcba9876543210fedcba9876543210";

fn draft() -> Value {
    json!({
        "kind": "draft", "title": "Spring launch", "text": COPY, "channel": "#campaigns",
        "requested_by": "U0MAYA0000", "public": true, "audience": 5000,
        "provenance": {
            "engine": "by template", "model": "acme-1",
            "prompt": {"name": "brief", "version": "3 <!channel>", "sha256": "ab".repeat(32)},
            "sources": [{"name": "survey", "newest": "2026-05-01"}],
        },
    })
}

impl Team {
    async fn with_agents() -> Self {
        let tokens = format!("content={TOKEN},research={OTHERS}");
        Self::start_set(Door::Http, Seed::example(), |config| {
            config.agent_tokens = AgentTokens::parse(&tokens).unwrap();
        })
        .await
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        request(&self.bot, method, path)
    }

    async fn put_up(&self, key: &str, body: &Value) -> (u16, Value) {
        let request = self.call(Method::POST, "proposals").header("Idempotency-Key", key);
        answer(request.json(body)).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.call(Method::GET, path)).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.call(Method::PUT, path).json(&body)).await
    }

    /// What is said of a body that differs from a good one in this.
    async fn refuses(&self, change: Value) -> String {
        let mut body = draft();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, answer) = self.put_up("wrong", &body).await;
        format!("{status} {}", answer["error"].as_str().unwrap())
    }
}

fn request(bot: &Url, method: Method, path: &str) -> RequestBuilder {
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    client.request(method, bot.join(path).unwrap()).bearer_auth(TOKEN)
}

#[tokio::test]
async fn an_agents_draft_is_decided_on_and_changed_by_the_agent() {
    let team = Team::with_agents().await;
    let (status, made) = team.put_up("one", &draft()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(
        (&made["id"], &made["review"], &made["revision"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(made["content_sha256"].as_str().unwrap().len(), 64);
    team.settle().await;
    assert_snapshot!(team.channel(PLACE), @"
    countersign: Spring launch
      A draft by the content agent, for @maya.
      > The spring collection is here. Come and see it.
      *Reaches*
      5,000 people
      *Goes to the public*
      Yes
      ---
      :ballot_box_with_check: Names no price or offer
      :ballot_box_with_check: Makes no promise of the kind that law looks at
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :ballot_box_with_check: Nothing is left to be filled in
      :ballot_box_with_check: 9 words
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand
      If nobody decides, it expires (when), and nothing is approved.
      Made by the content agent, by template · prompt brief@3 <!channel> `(hash)` · model acme-1 · data survey (age) · asked for by @maya · policy copy (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: @brand: this draft waits for your decision.
    ");

    assert_eq!(team.get("proposals?state=changes_requested").await.1["proposals"], json!([]));
    team.member("dana").asks_for("Say when it ends.").await;
    team.settle().await;
    assert!(team.channel(PLACE).contains("the content agent is asked to make them"));
    let (_, waiting) = team.get("proposals?state=changes_requested").await;
    assert_eq!(waiting["proposals"][0]["id"], 1, "{waiting}");
    let (_, status) = team.get("proposals/1").await;
    assert_eq!(status["state"], "changes_requested");
    assert_eq!(
        status["changes_requested"],
        json!([{"revision": 1, "by": "U0DANA0000", "comment": "Say when it ends."}])
    );

    let (code, answer) = team.put("proposals/1", json!({"revision": 1, "text": COPY})).await;
    assert_eq!(code, 422);
    assert_snapshot!(answer["error"].as_str().unwrap(), @"text: This is revision 1 again, of which people asked for changes. GET it, and change what they name.");
    let change = json!({"revision": 1, "text": "The spring collection is here until June."});
    let (status, revised) = team.put("proposals/1", change.clone()).await;
    assert_eq!((status, &revised["revision"]), (200, &json!(2)), "{revised}");
    let again = team.put("proposals/1", change).await;
    assert_eq!(again, (200, revised.clone()), "a repetition changes nothing");
    team.settle().await;

    assert_eq!(team.member("lena").approves().await, "");
    team.settle().await;
    team.wait(jiff::SignedDuration::from_secs(61)).await;
    let (_, status) = team.get("proposals/1").await;
    assert_eq!((&status["state"], &status["public"]), (&json!("released"), &json!(true)));
    assert_eq!(status["decisions"][0]["by"], "U0LENA0000");
    assert_eq!(status["content_sha256"], revised["content_sha256"]);
    assert!(status["release"]["released_at"].is_string(), "{status}");
    let (code, answer) = team.put("proposals/1", json!({"revision": 2, "text": "More."})).await;
    assert_eq!(code, 409);
    assert_snapshot!(answer["error"].as_str().unwrap(), @"This is released, so its text cannot be changed any more. Put up a new one.");
    assert_snapshot!(team.trail().await, @"
    agent content draft.proposed draft
    agent content draft.checked draft
    bot policy.evaluated draft
    agent content review.opened draft
    dana draft.changes_requested draft
    agent content draft.checked draft
    bot policy.evaluated draft
    agent content draft.revised draft
    lena draft.approved draft
    bot draft.released draft
    bot release.delivered draft
    ");
    team.done().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer_from_every_replica() {
    let team = Team::with_agents().await;
    let replica = team.replica().await;
    let send = |number: usize| {
        let door = if number.is_multiple_of(2) { &team.bot } else { &replica };
        let request = request(door, Method::POST, "proposals").header("Idempotency-Key", "same");
        async move { answer(request.json(&draft())).await }
    };
    let answers = join_all((0..20).map(send)).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, 201);
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM proposals").await, 1);
    assert_eq!(team.channel(PLACE).matches("Waiting for a decision").count(), 1);

    // The order of the members does not matter, and neither does what came of it since.
    team.put("proposals/1", json!({"revision": 1, "text": "Another text."})).await;
    let mut turned = serde_json::Map::new();
    draft().as_object().unwrap().iter().rev().for_each(|(name, value)| {
        turned.insert(name.clone(), value.clone());
    });
    assert_eq!(team.put_up("same", &Value::Object(turned)).await, answers[0]);

    let mut other = draft();
    other["title"] = "Autumn".into();
    let (status, answer) = team.put_up("same", &other).await;
    assert_eq!(status, 422);
    assert_snapshot!(answer["error"].as_str().unwrap(), @"Something else was put up under this Idempotency-Key. Send a new key with a new proposal; to change a text, PUT it.");
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn a_late_change_does_not_undo_somebody_elses() {
    let team = Team::with_agents().await;
    team.put_up("one", &draft()).await;
    team.settle().await;
    let maya = team.member("maya");
    maya.chooses(PLACE, "Change the text").await;
    assert_eq!(maya.fills(json!({"Text": "The words of Maya."})).await, "");
    team.settle().await;
    let late = json!({"revision": 1, "text": "The words of the agent."});
    let (status, answer) = team.put("proposals/1", late).await;
    assert_eq!(status, 409);
    assert_snapshot!(answer["error"].as_str().unwrap(), @"The text is at revision 2 by now. GET it, and change what stands there.");
    let (_, status) = team.get("proposals/1").await;
    assert_eq!(
        (&status["text"], &status["edited_by"]),
        (&json!("The words of Maya."), &json!("U0MAYA0000"))
    );
    team.done().await;
}

#[tokio::test]
async fn only_an_agent_with_its_token_is_let_in_and_only_to_its_own() {
    let team = Team::with_agents().await;
    team.put_up("one", &draft()).await;
    team.settle().await;
    let with = async |header: Option<&str>| {
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let request = client.get(team.bot.join("proposals/1").unwrap());
        let request = match header {
            Some(value) => request.header("Authorization", value),
            None => request,
        };
        let (status, body) = answer(request).await;
        format!("{status} {}", body["error"].as_str().unwrap_or("let in"))
    };
    assert_snapshot!(with(None).await, @"401 Show the agent's token: Authorization: Bearer TOKEN.");
    assert_snapshot!(with(Some("Basic abc")).await, @"401 Show the agent's token: Authorization: Bearer TOKEN.");
    assert_snapshot!(with(Some(&format!("Bearer {}", &TOKEN[1..]))).await, @"401 This token is not one of COUNTERSIGN_AGENT_TOKENS; check that it was copied whole.");
    assert_eq!(with(Some(&format!("bearer {TOKEN}"))).await, "200 let in");
    assert_snapshot!(with(Some(&format!("Bearer {OTHERS}"))).await, @r#"404 The research agent has put up no proposal "1"."#);
    assert_eq!(team.get("proposals/999").await.0, 404);
    assert_eq!(team.get("proposals/x").await.0, 404);
    team.done().await;
}

#[tokio::test]
async fn what_cannot_be_put_up_is_refused_with_what_to_change() {
    let team = Team::with_agents().await;
    assert_snapshot!(team.refuses(json!({"kind": "finding"})).await, @"422 kind: A finding is not put up as a text; choose another kind.");
    assert_snapshot!(team.refuses(json!({"kind": "poem"})).await, @"422 The body cannot be read: unknown variant `poem`, expected one of `finding`, `draft`, `test_plan`, `hand_off`, `budget_change`, `test_decision` at line 1 column 14.");
    assert_snapshot!(team.refuses(json!({"title": "", "text": "\u{0}x"})).await, @"422 title: Give it a title, so that people can tell it from others. text: It holds a control character (U+0000), which cannot be shown. Take it out.");
    assert_snapshot!(team.refuses(json!({"budget": -1})).await, @"422 The body cannot be read: invalid value: integer `-1`, expected u64 at line 1 column 423.");
    assert_snapshot!(team.refuses(json!({"colour": "red"})).await, @"422 The body cannot be read: unknown field `colour`, expected one of `kind`, `title`, `text`, `budget`, `audience`, `public`, `channel`, `thread`, `requested_by`, `provenance` at line 1 column 420.");
    assert_snapshot!(team.refuses(json!({"channel": "#nowhere"})).await, @"422 The channel cannot be posted in: I cannot see that channel: it does not exist, or it is private and I am not in it. Invite me with `/invite @Countersign`, then try again. Name a channel by its name or its id.");
    assert_snapshot!(team.refuses(json!({"requested_by": "U0NOBODY00"})).await, @"422 Nobody in this workspace is requested_by: I cannot see that person: they are not in this workspace. Name a person by Slack's id, U….");
    assert_snapshot!(team.refuses(json!({"requested_by": "U0COUNTERS"})).await, @"422 requested_by is a bot, deactivated or of another organisation. Name the member of the team who asked for it.");
    assert_snapshot!(team.refuses(json!({"thread": "yesterday"})).await, @"422 The thread is named by its first message, like 1795338000.123456.");
    assert_snapshot!(team.refuses(json!({"provenance": {"model": "a\nb"}})).await, @"422 provenance: Each name in the provenance is one line of 1 to 200 characters; leave out what is not known.");

    let (status, body) = answer(team.call(Method::POST, "proposals").json(&draft())).await;
    assert_eq!(status, 400);
    assert_snapshot!(body["error"].as_str().unwrap(), @"Send an Idempotency-Key header of 1 to 200 characters, another one for each proposal, so that a repeated request makes no second card.");
    let broken = team.call(Method::POST, "proposals").header("Idempotency-Key", "k").body("{");
    assert_eq!(broken.send().await.unwrap().status(), 400);
    let huge = "x".repeat(300 * 1024);
    let huge = team.call(Method::POST, "proposals").header("Idempotency-Key", "k").body(huge);
    assert_eq!(huge.send().await.unwrap().status(), 413);
    let (status, body) = team.get("proposals?state=lost").await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(team.get("proposals?after=x").await.0, 400);
    assert_eq!(team.count("SELECT count(*) FROM proposals").await, 0);
    team.done().await;
}

#[tokio::test]
async fn while_slack_is_away_nothing_is_put_up_and_the_request_is_repeated() {
    let team = Team::with_agents().await;
    let outage = Fault { code: Some("fatal_error".to_owned()), ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(outage.on("users.info").times(10));
    let (status, body) = team.put_up("one", &draft()).await;
    assert_eq!(status, 503, "{body}");
    team.sandbox.clear_faults();
    assert_eq!(team.put_up("one", &draft()).await.0, 201);
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn people_are_not_flooded() {
    let team = Team::with_agents().await;
    team.put_up("one", &draft()).await;
    team.settle().await;
    let more = "INSERT INTO reviews OVERRIDING SYSTEM VALUE
         SELECT (jsonb_populate_record(NULL::reviews, to_jsonb(reviews) || jsonb_build_object(
             'id', id + n, 'subject_id', subject_id + n, 'next_at', NULL))).*
         FROM reviews, generate_series(1, 99) AS n";
    sqlx::query(more).execute(team.db()).await.unwrap();
    let (status, body) = team.put_up("two", &draft()).await;
    assert_eq!(status, 429);
    assert_snapshot!(body["error"].as_str().unwrap(), @"100 of your proposals wait for a decision, so no more are taken. Wait until people have decided on some.");
    assert_eq!(team.put_up("one", &draft()).await.0, 201, "a repetition is answered all the same");

    let (_, page) = team.get("proposals?state=open").await;
    assert_eq!(
        (page["proposals"].as_array().unwrap().len(), &page["next_after"]),
        (100, &json!(100))
    );
    let (_, page) = team.get("proposals?state=open&after=100").await;
    assert_eq!(page, json!({"proposals": [], "next_after": null}));
    team.done().await;
}

#[tokio::test]
async fn an_agent_that_asks_too_often_is_told_to_wait() {
    let team = Team::with_agents().await;
    let mut refused = None;
    for _ in 0..125 {
        let response = team.call(Method::GET, "proposals").send().await.unwrap();
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    team.wait(jiff::SignedDuration::from_secs(61)).await;
    assert_eq!(team.get("proposals").await.0, 200);
    team.done().await;
}
