//! Streams of a Singer tap that hold numbers, alone and beside documents.

use countersign::evidence::Named;
use countersign::readings::{self, By, Filter, Layout};
use countersign::taps::{Options, ReadingsOptions, ReadingsStream, Summary};
use insta::assert_snapshot;

use super::{Desk, workspace};

const SCHEMA: &str = r#"{"type": "SCHEMA", "stream": "ads", "key_properties": ["date", "campaign_id", "device", "_sdc_hash"], "schema": {"type": "object", "properties": {"date": {"type": ["null", "string"], "format": "date-time"}, "campaign_id": {"type": "integer"}, "campaign_name": {"type": "string"}, "campaign_status": {"type": "string"}, "device": {"type": "string"}, "clicks": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "cost": {"type": ["null", "number"]}, "video_views": {"type": "integer"}, "actions": {"type": "array"}, "_sdc_hash": {"type": "string"}, "_sdc_deleted_at": {"type": ["null", "string"]}}}}"#;

const DOCUMENTS: &str = r#"{"type": "SCHEMA", "stream": "reviews", "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}, "text": {"type": "string"}}}}"#;

fn record(day: &str, device: &str, status: &str, numbers: &str) -> String {
    format!(
        r#"{{"type": "RECORD", "stream": "ads", "record": {{"date": "2026-08-{day}T00:00:00.000000Z", "campaign_id": 7, "campaign_name": "Brand", "campaign_status": "{status}", "device": "{device}", {numbers}}}}}"#
    )
}

fn review(id: u32) -> String {
    format!(
        r#"{{"type": "RECORD", "stream": "reviews", "record": {{"id": {id}, "text": "A red lamp"}}}}"#
    )
}

fn state(value: &str) -> String {
    format!(r#"{{"type": "STATE", "value": {value}}}"#)
}

fn options() -> Options {
    let streams = vec![ReadingsStream { name: "ads".to_owned(), layout: Layout::Csv }];
    let currency = vec![Named { stream: None, name: "EUR".to_owned() }];
    let readings = ReadingsOptions { streams, currency, ..ReadingsOptions::default() };
    Options { readings, ..Options::default() }
}

fn counts(taken: &Summary) -> String {
    let it = &taken.readings["ads"];
    format!(
        "{} new, {} changed, {} unchanged, {} refused, {} series",
        it.new, it.changed, it.unchanged, it.refused, it.series
    )
}

impl Desk {
    async fn numbers(&self) -> String {
        let by = [By::Source, By::Campaign, By::Segment("device".to_owned()), By::Day];
        let groups =
            readings::sums(&self.db, self.workspace, &Filter::default(), &by).await.unwrap();
        let lines = groups.iter().map(|it| {
            let sums = it.sums.iter().map(|(metric, (sum, currency))| {
                format!("{metric} {sum} {currency}").trim_end().to_owned()
            });
            format!("{}: {}", it.names.join(" "), sums.collect::<Vec<_>>().join(", "))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    async fn revisions(&self) -> i64 {
        let sql = "SELECT count(*) FROM reading_revisions";
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }

    async fn sends(&self, lines: &[String]) -> (Summary, Vec<String>) {
        self.taps_with(&options(), lines).await.unwrap()
    }
}

#[tokio::test]
async fn numbers_arrive_and_a_restated_record_takes_the_place_of_itself_alone() {
    let desk = Desk::new().await;
    let lines = [
        SCHEMA.to_owned(),
        record("17", "phone", "ENABLED", r#""clicks": 4, "cost": 1.10, "video_views": 9"#),
        record("17", "desk", "ENABLED", r#""clicks": 6, "cost": 2.20"#),
        record("18", "phone", "ENABLED", r#""clicks": 5, "cost": null"#),
        state("1"),
    ];
    let (taken, states) = desk.sends(&lines).await;
    assert_eq!(states, ["1"]);
    assert_snapshot!(counts(&taken), @"6 new, 0 changed, 0 unchanged, 0 refused, 6 series");
    assert_snapshot!(taken.notes.join("\n"), @"ads: day = date, campaign = campaign_name, clicks = clicks, spend = cost, video_views = video_views; told apart by campaign_id, device; not taken: campaign_status, actions.");
    assert_snapshot!(desk.numbers().await, @"
    ads Brand desk 2026-08-17: clicks 6, spend 2.2 EUR
    ads Brand phone 2026-08-17: clicks 4, spend 1.1 EUR, video_views 9
    ads Brand phone 2026-08-18: clicks 5
    ");

    // Bookmarks are inclusive, and platforms restate: of the same record, the last one counts, also
    // where the campaign was paused in between.
    let again = [
        SCHEMA.to_owned(),
        record("17", "desk", "PAUSED", r#""clicks": 6, "cost": 2.20"#),
        record("17", "phone", "PAUSED", r#""clicks": 7, "cost": 1.10"#),
        record("17", "phone", "PAUSED", r#""clicks": 8, "cost": 1.10"#),
        state("2"),
    ];
    let (taken, _) = desk.sends(&again).await;
    assert_snapshot!(counts(&taken), @"0 new, 1 changed, 3 unchanged, 0 refused, 6 series");
    assert_eq!(desk.revisions().await, 1);
    assert!(desk.numbers().await.contains("phone 2026-08-17: clicks 8, spend 1.1 EUR"));

    // What was restated back is believed, though the same was taken before.
    let (taken, _) = desk.sends(&lines).await;
    assert_snapshot!(counts(&taken), @"0 new, 1 changed, 5 unchanged, 0 refused, 6 series");
    assert!(desk.numbers().await.contains("phone 2026-08-17: clicks 4"));
}

#[tokio::test]
async fn documents_and_numbers_of_one_tap_each_find_their_place() {
    let desk = Desk::new().await;
    let lines = [
        DOCUMENTS.to_owned(),
        SCHEMA.to_owned(),
        review(1),
        record("17", "phone", "ENABLED", r#""clicks": 4"#),
        state("1"),
        // After the last state, and so not taken.
        record("18", "phone", "ENABLED", r#""clicks": 5"#),
        review(2),
        r#"{"type": "RECORD", "stream": "ad"#.to_owned(),
    ];
    let (taken, states) = desk.sends(&lines).await;
    assert_eq!((states.join(" ").as_str(), taken.cut_off), ("1", 2));
    assert!(taken.broken.unwrap().ends_with("its JSON ends too early."));
    assert_eq!((taken.documents["reviews"].new, taken.readings["ads"].new), (1, 1));
    assert_eq!(desk.finds("lamp").await, "1");
    assert_snapshot!(desk.numbers().await, @"ads Brand phone 2026-08-17: clicks 4");

    let (taken, _) = desk.sends(&lines[..7]).await;
    assert_eq!((taken.cut_off, taken.broken), (2, None));
    assert_snapshot!(desk.numbers().await, @"ads Brand phone 2026-08-17: clicks 4");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_comes_back_only_when_the_numbers_before_it_count() {
    let desk = Desk::new().await;
    let mut lines = vec![SCHEMA.to_owned()];
    for part in 0..3 {
        lines.extend((0..6_000).map(|n| {
            let day = format!("{:02}", 10 + part);
            record(&day, &format!("device {n}"), "ENABLED", r#""clicks": 1"#)
        }));
        lines.push(state(&part.to_string()));
    }
    let input = countersign::evidence::Input::Bytes {
        name: "tap".to_owned(),
        bytes: (lines.join("\n") + "\n").into(),
    };
    let (db, clock, by) = (&desk.db, &desk.clock, countersign::audit::Actor::Bot);
    let mut seen = Vec::new();
    let give_back = |value: &str| {
        let count = sqlx::query_scalar("SELECT count(*) FROM readings").fetch_one(db);
        let there: i64 =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(count))?;
        seen.push((value.to_owned(), there));
        Ok(())
    };
    let options = options();
    countersign::taps::take(db, clock, desk.workspace, &by, &options, &input, give_back)
        .await
        .unwrap();
    let expected = [(0, 6_000), (1, 12_000), (2, 18_000)];
    assert_eq!(seen, expected.map(|(part, there)| (part.to_string(), there)));
}

#[tokio::test]
async fn what_is_deleted_counts_nothing_and_versions_take_nothing_away() {
    let desk = Desk::new().await;
    let gone = |day: &str| {
        record(day, "phone", "ENABLED", r#""clicks": 4, "_sdc_deleted_at": "2026-08-20T00:00:00Z""#)
    };
    let nameless = r#"{"type": "RECORD", "stream": "ads", "record": {"date": "2026-08-18", "campaign_id": 7, "device": "phone", "_sdc_deleted_at": "2026-08-20T00:00:00Z"}}"#;
    let activate = r#"{"type": "ACTIVATE_VERSION", "stream": "ads", "version": 2}"#;
    let first = [
        SCHEMA.to_owned(),
        record("17", "phone", "ENABLED", r#""clicks": 4, "cost": 1.10"#),
        record("18", "phone", "ENABLED", r#""clicks": 5"#),
        state("1"),
    ];
    desk.sends(&first).await;
    let then =
        [SCHEMA.to_owned(), gone("17"), nameless.to_owned(), activate.to_owned(), state("2")];
    let (taken, _) = desk.sends(&then).await;
    assert_snapshot!(desk.numbers().await, @"
    ads Brand phone 2026-08-17: clicks 0, spend 0 EUR, video_views 0
    ads Brand phone 2026-08-18: clicks 5
    ");
    assert_eq!(desk.revisions().await, 2);
    let refused = &taken.readings["ads"].refusals[0];
    assert_snapshot!(format!("{}: {}", refused.line, refused.reason), @"3: it is marked as deleted and does not say its campaign_name, so what it stood for cannot be found");
    assert_snapshot!(taken.notes[0], @"ads: ACTIVATE_VERSION takes no numbers away; a reading stays until a record corrects it.");
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_in_a_sentence() {
    let desk = Desk::new().await;
    let broken = async |options: &Options, lines: &[String]| {
        let (taken, _) = desk.taps_with(options, lines).await.unwrap();
        taken.broken.unwrap()
    };
    let without = |what: &str| SCHEMA.replace(what, "other");
    let day = broken(&options(), &[without("\"date\"").replace("other", "\"seen\"")]).await;
    assert_snapshot!(day, @"Line 1 of the tap's messages: “ads” cannot be taken as readings: there is no property for a date (name it with --date). It has: seen, campaign_id, campaign_name, campaign_status, device, clicks, cost, video_views, actions, _sdc_hash, _sdc_deleted_at.");
    let mut unnamed = options();
    unnamed.readings.currency.clear();
    assert_snapshot!(broken(&unnamed, &[SCHEMA.to_owned()]).await, @"Line 1 of the tap's messages: “ads” cannot be taken as readings: “cost” is money, and nothing says in which currency. Say it with --currency EUR.");
    let mut wrong = options();
    wrong.readings.metrics =
        vec![Named { stream: Some("ads".to_owned()), name: "leads=lead".to_owned() }];
    assert_snapshot!(broken(&wrong, &[SCHEMA.to_owned()]).await, @"Line 1 of the tap's messages: “ads” cannot be taken as readings: there is no property for “lead”. It has: date, campaign_id, campaign_name, campaign_status, device, clicks, cost, video_views, actions, _sdc_hash, _sdc_deleted_at.");

    let two = |name: &str| ReadingsStream { name: name.to_owned(), layout: Layout::Csv };
    let mut both = options();
    both.readings.streams = vec![two("ads"), two("groups")];
    both.documents.sources = vec![Named { stream: None, name: "google".to_owned() }];
    let refused = desk.taps_with(&both, &[SCHEMA.to_owned()]).await.unwrap_err();
    assert_snapshot!(refused, @"The numbers of “ads” and “groups” would both go into “google”, where they would be added to each other. Name a source for each: --source groups:NAME.");
    let mut zone = options();
    zone.readings.zone = vec![Named { stream: None, name: "Berlin".to_owned() }];
    assert_snapshot!(desk.taps_with(&zone, &[]).await.unwrap_err(), @"“Berlin” is no time zone; name it like Europe/Berlin.");

    let late = record("17", "phone", "ENABLED", r#""clicks": "many""#);
    let hour = late.replace("T00:00:00.000000Z", "T09:00:00Z").replace("many", "1");
    let mut typo = options();
    typo.readings.streams.push(two("adz"));
    let (taken, _) =
        desk.taps_with(&typo, &[SCHEMA.to_owned(), late, hour, state("1")]).await.unwrap();
    let refusals = &taken.readings["ads"].refusals;
    let refusals: Vec<String> =
        refusals.iter().map(|it| format!("{}: {}", it.line, it.reason)).collect();
    assert_snapshot!(refusals.join("\n"), @"
    2: “many” in clicks is no number
    3: “2026-08-17T09:00:00Z” in date is a time of day, where the property's name says that it is a day
    ");
    assert_snapshot!(taken.notes.last().unwrap(), @"--readings names “adz”, but the tap sent ads.");
}

#[tokio::test]
async fn names_of_the_platforms_own_interfaces_are_known() {
    let desk = Desk::new().await;
    let mut google = options();
    google.readings.streams[0].layout = Layout::GoogleAds;
    let schema = r#"{"type": "SCHEMA", "stream": "ads", "key_properties": ["_sdc_record_hash"], "schema": {"properties": {"segments__date": {"type": "string", "format": "date"}, "campaign__name": {"type": "string"}, "segments__device": {"type": "string"}, "metrics__cost_micros": {"type": "integer"}, "metrics__clicks": {"type": "integer"}, "metrics__ctr": {"type": "number"}, "_sdc_record_hash": {"type": "string"}}}}"#;
    let row = |device: &str, hash: &str| {
        format!(
            r#"{{"type": "RECORD", "stream": "ads", "record": {{"segments__date": "2026-08-17", "campaign__name": "Brand", "segments__device": "{device}", "metrics__cost_micros": 1234567, "metrics__clicks": 3, "_sdc_record_hash": "{hash}"}}}}"#
        )
    };
    let lines = [schema.to_owned(), row("MOBILE", "a"), row("DESKTOP", "b"), state("1")];
    let (taken, _) = desk.taps_with(&google, &lines).await.unwrap();
    assert_snapshot!(taken.notes.join("\n"), @"ads: day = segments__date, campaign = campaign__name, spend = metrics__cost_micros, clicks = metrics__clicks; told apart by segments__device; not taken: metrics__ctr; no key tells its records apart, so of several that agree in this the last one counts.");
    assert_snapshot!(desk.numbers().await, @"
    ads Brand DESKTOP 2026-08-17: clicks 3, spend 1.234567 EUR
    ads Brand MOBILE 2026-08-17: clicks 3, spend 1.234567 EUR
    ");

    // Hours are told in the account's zone, whatever they are written in.
    let other = workspace(&desk.db, "T2").await;
    assert_ne!(other, desk.workspace);
    let mut hourly = options();
    hourly.readings.zone = vec![Named { stream: None, name: "Europe/Berlin".to_owned() }];
    let schema = SCHEMA.replace("\"date\"", "\"timestamp\"");
    let at = record("17", "tablet", "ENABLED", r#""clicks": 2"#)
        .replace("\"date\"", "\"timestamp\"")
        .replace("00:00:00.000000Z", "23:00:00Z");
    desk.taps_with(&hourly, &[schema, at, state("1")]).await.unwrap();
    assert!(desk.numbers().await.contains("Brand tablet 2026-08-18: clicks 2"));
}
