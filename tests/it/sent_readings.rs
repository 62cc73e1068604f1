//! Readings that are sent in over HTTP, by whoever has the token of a source.

use std::time::Duration;

use countersign::config::SourceTokens;
use countersign::readings::{self, By, Filter};
use countersign::sandbox::Seed;
use insta::assert_snapshot;
use reqwest::{Client, RequestBuilder};
use serde_json::json;

use crate::harness::answers::{answer, refusal};
use crate::harness::{Door, Team};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const JSONL: &str = "application/x-ndjson";
const ONE: &str = "{\"day\": \"2026-08-17\", \"campaign\": \"Brand\", \"clicks\": 40}\n";

impl Team {
    async fn with_numbers() -> Self {
        Self::start_set(Door::Http, Seed::example(), |config| {
            config.source_tokens = SourceTokens::parse(&format!("shop={TOKEN}")).unwrap();
        })
        .await
    }

    fn send(&self, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.send_by(TOKEN, query).header("Content-Type", kind).body(body)
    }

    fn send_by(&self, token: &str, query: &str) -> RequestBuilder {
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let address = self.bot.join(&format!("ingest/readings{query}")).unwrap();
        client.post(address).bearer_auth(token)
    }

    /// What there is by campaign and day, a line each.
    async fn numbers(&self) -> String {
        let (db, workspace) = (&self.app.db, self.app.workspace.id);
        let by = [By::Source, By::Campaign, By::Day];
        let groups = readings::sums(db, workspace, &Filter::default(), &by).await.unwrap();
        let lines = groups.iter().map(|it| {
            let sums = it.sums.iter().map(|(metric, (sum, currency))| {
                format!("{metric} {sum} {currency}").trim_end().to_owned()
            });
            format!("{}: {}", it.names.join(" "), sums.collect::<Vec<_>>().join(", "))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn numbers_that_are_sent_in_count_and_what_comes_again_changes_nothing() {
    let team = Team::with_numbers().await;
    let array = json!([
        {"day": "2026-08-17", "campaign": "Brand", "cost": 1234.567, "clicks": 40, "tags": ["a"]},
        {"day": "2026-08-18", "campaign": "Brand", "cost": 2e3, "clicks": null},
        {"day": "someday", "campaign": "Brand", "cost": 1, "clicks": 1},
    ]);
    let body = serde_json::to_string_pretty(&array).unwrap();
    let sent = || team.send("?currency=EUR", "application/json", body.clone());
    let (status, summary) = answer(sent()).await;
    assert_eq!(status, 200, "{summary}");
    assert_snapshot!(summary, @r#"{"source":"shop","lines":3,"new":3,"changed":0,"unchanged":0,"totals":0,"refused":1,"refusals":[{"line":3,"reason":"“someday” is no day that I can read (2026-08-17 is)"}],"known":false,"notes":["Columns: day = day, campaign = campaign, spend = cost, clicks = clicks.","Left out, because it is a list or an object: tags."]}"#);
    let (_, again) = answer(sent()).await;
    assert_snapshot!(again, @r#"{"source":"shop","lines":0,"new":0,"changed":0,"unchanged":0,"totals":0,"refused":0,"refusals":[],"known":true,"notes":["This was taken before; nothing changed."]}"#);
    assert_snapshot!(team.numbers().await, @"
    shop Brand 2026-08-17: clicks 40, spend 1234.567 EUR
    shop Brand 2026-08-18: spend 2000 EUR
    ");

    let corrected = "{\"day\": \"2026-08-17\", \"campaign\": \"Brand\", \"clicks\": 44}\n";
    let (_, summary) = answer(team.send("?source=shop", JSONL, corrected)).await;
    assert_eq!((&summary["new"], &summary["changed"]), (&json!(0), &json!(1)));
    // What was sent first and is delivered late does not undo the correction.
    answer(sent()).await;
    assert_snapshot!(team.numbers().await, @"
    shop Brand 2026-08-17: clicks 44, spend 1234.567 EUR
    shop Brand 2026-08-18: spend 2000 EUR
    ");
    team.done().await;
}

#[tokio::test]
async fn an_export_is_taken_as_it_is() {
    let team = Team::with_numbers().await;
    let export = "# Report\nDay;Kampagne;Betrag;Verkaufte\n17.08.2026;Grüne Lampen;1.234,50;3\n18.08.2026;Grüne Lampen;10,00;1\n";
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(export);
    let query = "?currency=EUR&campaign=Kampagne&metric=spend=Betrag&metric=conversions=Verkaufte";
    let sent = team.send(query, "text/csv; charset=windows-1252", latin.into_owned());
    let (status, summary) = answer(sent).await;
    assert_eq!((status, &summary["new"]), (200, &json!(4)), "{summary}");
    let google = "Campaign report\n\"August 17, 2026\"\nDay,Campaign,Currency code,Cost,Clicks\n\
                  2026-08-17,Brand,EUR,\"2,520.00\",400\nTotal: Account,,EUR,\"2,520.00\",400\n";
    let (_, summary) = answer(team.send("?as=google-ads", "text/csv", google)).await;
    assert_eq!((&summary["new"], &summary["totals"]), (&json!(2), &json!(1)), "{summary}");
    assert_snapshot!(team.numbers().await, @"
    shop Brand 2026-08-17: clicks 400, spend 2520 EUR
    shop Grüne Lampen 2026-08-17: conversions 3, spend 1234.5 EUR
    shop Grüne Lampen 2026-08-18: conversions 1, spend 10 EUR
    ");
    team.done().await;
}

#[tokio::test]
async fn a_body_that_cannot_be_taken_says_why_and_leaves_nothing() {
    let team = Team::with_numbers().await;
    assert_eq!(answer(team.send_by("no-such-token", "").body(ONE)).await.0, 401);
    assert_snapshot!(refusal(team.send("?source=other", JSONL, ONE)).await, @"403 This token is for “shop”; “other” has its own.");
    assert_snapshot!(refusal(team.send("?column=x", JSONL, ONE)).await, @"400 After the ? this address takes source, as (google-ads, meta-ads, ga4 or csv), currency, zone, year, date, date_column, campaign and ad_set, each once, and metric=NAME=COLUMN as often as needed.");
    assert_snapshot!(refusal(team.send("", "text/plain", ONE)).await, @"415 Say what it is with Content-Type: application/x-ndjson (an object a line), application/json (an array of objects), text/csv or text/tab-separated-values.");
    assert_snapshot!(refusal(team.send("", "text/csv; charset=klingon", ONE)).await, @"415 “klingon” is no encoding; name it like utf-8 or windows-1252.");
    assert_snapshot!(refusal(team.send("", JSONL, "")).await, @"422 There is no object with a number in it: there is nothing to take.");
    assert_snapshot!(refusal(team.send("", JSONL, "hello\n")).await, @"422 There is no object with a number in it: there is nothing to take. Line 1: it is not JSON from column 1 on.");
    assert_snapshot!(refusal(team.send("", "text/csv", ONE)).await, @"422 This is JSON, not a table; say so with Content-Type: application/json or application/x-ndjson.");
    assert_snapshot!(refusal(team.send("", JSONL, "{\"campaign\": \"Brand\", \"clicks\": 1}")).await, @"422 There is no column for a date (name it with ?date_column=, or say ?date=2026-08-17). The body has: campaign, clicks.");
    assert_snapshot!(refusal(team.send("", JSONL, "{\"day\": \"2026-08-17\", \"cost\": 1}")).await, @"422 “cost” is money, and the file does not say in which currency. Say it with ?currency=EUR.");
    assert_snapshot!(refusal(team.send("?zone=Berlin", JSONL, ONE)).await, @"422 “Berlin” is no time zone; name it like Europe/Berlin.");
    let bad = [
        "{\"day\": \"2026-08-17\", \"campaign\": \"a\\u0000b\", \"clicks\": 1}".to_owned(),
        format!(
            "{{\"day\": \"2026-08-17\", \"campaign\": \"{}\", \"clicks\": 1}}",
            "x".repeat(2_000)
        ),
        "{\"day\": \"2026-08-17\", \"clicks\": \"many\"}".to_owned(),
        "[1]".to_owned(),
    ];
    assert_snapshot!(refusal(team.send("", JSONL, bad.join("\n"))).await, @"422 Nothing was taken: every row was refused. Line 1: it holds a zero character, so it is not text. Line 2: its names (campaign, ad set and what else it is broken down by) have more than 1500 bytes together. Line 3: “many” in clicks is no number. Line 4: it is JSON, but no object.");
    assert_snapshot!(refusal(team.send("", JSONL, vec![b'x'; 17 << 20])).await, @"413 The body is larger than 16 MiB. Send it in several parts: what comes again changes nothing.");
    assert_eq!(team.numbers().await, "");

    let mixed = format!("{}\n{ONE}", bad[1]);
    let (status, summary) = answer(team.send("", JSONL, mixed)).await;
    assert_eq!(
        (status, &summary["new"], &summary["refusals"][0]["line"]),
        (200, &json!(1), &json!(1))
    );
    team.done().await;
}

#[tokio::test]
async fn bodies_at_once_come_one_after_the_other_or_are_told_to() {
    let team = Team::with_numbers().await;
    let days = (1..=28).flat_map(|day| (0..100).map(move |n| (day, n)));
    let rows: String = days
        .map(|(day, n)| {
            format!("{{\"day\": \"2026-02-{day:02}\", \"campaign\": \"c{n}\", \"clicks\": {n}}}\n")
        })
        .collect();
    let sent = (0..3).map(|_| answer(team.send("", JSONL, rows.clone())));
    let mut taken = 0;
    for (status, body) in futures_util::future::join_all(sent).await {
        match status {
            200 if body["known"] == false => taken += 1,
            200 => {}
            409 => assert!(body["error"].as_str().unwrap().contains("is under way"), "{body}"),
            other => panic!("{other} {body}"),
        }
    }
    assert_eq!(taken, 1);
    let (_, again) = answer(team.send("", JSONL, rows.clone())).await;
    assert_eq!(again["known"], true);
    let (_, fewer) = answer(team.send("", JSONL, rows.lines().next().unwrap().to_owned())).await;
    assert_eq!(fewer["unchanged"], 1);
    team.done().await;
}

#[tokio::test]
async fn an_object_is_a_row_whatever_its_first_value_begins_with() {
    let team = Team::with_numbers().await;
    let line = "{\"campaign\": \"#spring\", \"day\": \"2026-08-17\", \"clicks\": 40}\n";
    let (status, _) = answer(team.send("", JSONL, line)).await;
    assert_eq!(status, 200);
    assert_snapshot!(team.numbers().await, @"shop #spring 2026-08-17: clicks 40");
    // A time that names its offset is told in the account's zone.
    let late = "{\"campaign\": \"late\", \"timestamp\": \"2026-08-17T23:00:00Z\", \"clicks\": 2}\n";
    answer(team.send("?zone=Europe/Berlin", JSONL, late)).await;
    assert!(team.numbers().await.contains("shop late 2026-08-18: clicks 2"));
    team.done().await;
}
