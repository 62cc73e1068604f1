//! Documents that are sent in over HTTP, by whoever has the token of a source.

use std::time::Duration;

use countersign::audit::Actor;
use countersign::config::SourceTokens;
use countersign::evidence::{self, SourceSpec};
use countersign::sandbox::Seed;
use insta::assert_snapshot;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::found;
use crate::harness::answers::{answer, refusal};
use crate::harness::{Door, Team};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const UNUSED: &str = "fedcba9876543210fedcba9876543210";
const JSONL: &str = "application/x-ndjson";

impl Team {
    async fn with_sources() -> Self {
        let team = Self::start_set(Door::Http, Seed::example(), |config| {
            let tokens = format!("reviews={TOKEN},tickets={UNUSED}");
            config.source_tokens = SourceTokens::parse(&tokens).unwrap();
        })
        .await;
        let (db, clock, workspace) = (&team.app.db, &team.app.clock, team.app.workspace.id);
        let spec = SourceSpec::named("reviews");
        evidence::add_source(db, clock, workspace, &Actor::Bot, &spec).await.unwrap();
        team
    }

    fn post(&self, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let address = self.bot.join(&format!("ingest/documents{query}")).unwrap();
        client.post(address).bearer_auth(TOKEN).header("Content-Type", kind).body(body)
    }

    async fn brings(&self, kind: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.post("", kind, body)).await
    }

    async fn finds(&self, question: &str) -> String {
        let rights = evidence::Rights::of_operator();
        found(&self.app.db, self.app.workspace.id, &rights, question).await
    }
}

#[tokio::test]
async fn what_is_sent_in_is_found_and_what_comes_again_changes_nothing() {
    let team = Team::with_sources().await;
    let body = "{\"id\": 1, \"text\": \"A red lamp\"}\n{\"id\": 2, \"text\": \"A blue lamp\"}\n";
    let (status, summary) = team.brings(JSONL, body).await;
    assert_eq!(status, 200, "{summary}");
    assert_eq!((&summary["new"], &summary["source"]), (&json!(2), &json!("reviews")));
    assert_eq!(team.finds("lamp").await, "1 2");
    let (_, summary) = team.brings(JSONL, body).await;
    assert_eq!((&summary["new"], &summary["unchanged"]), (&json!(0), &json!(2)));

    let array = json!([{"id": 2, "text": "A green lamp"}, {"id": 3}, {"id": 4, "text": "A lamp\nof two lines"}]);
    let (status, summary) =
        team.brings("application/json", serde_json::to_string_pretty(&array).unwrap()).await;
    assert_eq!((status, &summary["changed"], &summary["new"]), (200, &json!(1), &json!(1)));
    assert_snapshot!(summary["refusals"], @r#"[{"line":2,"reason":"it has no “text”; name the key to read with ?text="}]"#);

    let csv = "no;said\n5;Eine grüne Lampe\n";
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(csv);
    let request =
        team.post("?id=no&text=said", "text/csv; charset=windows-1252", latin.into_owned());
    assert_eq!(answer(request).await.1["new"], 1);
    assert_eq!(team.finds("grüne").await, "5");
    team.done().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_taken_says_why() {
    let team = Team::with_sources().await;
    let body = "{\"id\": 1, \"text\": \"A red lamp\"}\n";
    let good = || team.post("", JSONL, body);
    let with = |token: &str| {
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let address = team.bot.join("ingest/documents").unwrap();
        client.post(address).bearer_auth(token).header("Content-Type", JSONL).body(body)
    };
    assert_snapshot!(refusal(with("no-such-token")).await, @"401 This token is not one of COUNTERSIGN_SOURCE_TOKENS; check that it was copied whole.");
    assert_snapshot!(refusal(with(UNUSED)).await, @"404 There is no source “tickets” yet. Whoever runs Countersign says first whose it is and who may see it: countersign evidence source tickets --add --owner NAME.");
    assert_snapshot!(refusal(team.post("?source=tickets", JSONL, body)).await, @"403 This token is for “reviews”; “tickets” has its own.");
    assert_snapshot!(refusal(team.post("?column=x", JSONL, body)).await, @"400 After the ? this address takes source, id, title, text, date, url, author and date_format, each once.");
    assert_snapshot!(refusal(team.post("", "text/plain", body)).await, @"415 Say what it is with Content-Type: application/x-ndjson (an object a line), application/json (an array of objects), text/csv or text/tab-separated-values.");
    assert_snapshot!(refusal(team.post("", JSONL, "")).await, @"422 The body is empty: there is nothing to import.");
    assert_snapshot!(refusal(team.post("", "application/json", "{\"text\": ")).await, @"422 The body is no JSON array of objects: EOF while parsing a value at line 1 column 9.");
    assert_snapshot!(refusal(team.post("", "text/csv", "a,b\n1,2\n")).await, @"422 No column of this file holds text. Its first line must name the columns; name the one to read with ?text=.");
    assert_snapshot!(refusal(team.post("", "text/csv", "<html><p>Hello</p>")).await, @"422 This file is HTML or XML, not a table. Export the table as CSV; a web page is read with --format html.");
    assert_snapshot!(refusal(team.post("", JSONL, "{\"id\": 1, \"text\": \"a\\u0000b\"}\n")).await, @"422 Nothing was taken: every record was refused.");
    assert_snapshot!(refusal(team.post("", JSONL, vec![b'x'; 17 << 20])).await, @"413 The body is larger than 16 MiB. Send it in several parts: what comes again changes nothing.");
    assert_eq!(team.finds("lamp").await, "");
    assert_eq!(answer(good()).await.0, 200);
    team.done().await;
}

#[tokio::test]
async fn a_body_without_a_length_is_measured_as_it_comes() {
    let team = Team::with_sources().await;
    let chunks = (0..17).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 20]));
    let endless = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = team.post("", JSONL, endless);
    // The answer may come while the body is still on its way, or the connection go.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status().as_u16(), 413);
    }
    assert_eq!(team.finds("x").await, "");
    team.done().await;
}

#[tokio::test]
async fn requests_at_once_come_one_after_the_other_or_are_told_to() {
    let team = Team::with_sources().await;
    let rows: String =
        (0..4_000).map(|n| format!("{{\"id\": {n}, \"text\": \"Lamp number {n}\"}}\n")).collect();
    let sent = (0..3).map(|_| answer(team.post("", JSONL, rows.clone())));
    let mut done = 0;
    for (status, body) in futures_util::future::join_all(sent).await {
        match status {
            200 => done += 1,
            409 => assert!(body["error"].as_str().unwrap().contains("is under way"), "{body}"),
            other => panic!("{other} {body}"),
        }
    }
    assert!(done >= 1);
    assert_eq!(answer(team.post("", JSONL, rows.clone())).await.1["unchanged"], 4_000);
    team.done().await;
}
