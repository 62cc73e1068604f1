//! What Singer taps send: kept in full before a STATE goes back, and known again.

use countersign::audit::Actor;
use countersign::error::Error;
use countersign::evidence::{self, Input, Named, SourceSpec, StreamOptions};
use countersign::taps::{self, Options, Summary};
use insta::assert_snapshot;

use super::{Desk, counts, refusals};

const SCHEMA: &str = r#"{"type": "SCHEMA", "stream": "reviews", "key_properties": ["id"], "bookmark_properties": ["created_at"], "schema": {"type": "object", "properties": {"id": {"type": ["null", "integer"]}, "text": {"type": ["null", "string"]}, "price": {"type": ["null", "number"]}, "created_at": {"type": ["null", "string"], "format": "date-time"}}}}"#;

fn record(id: &str, text: &str) -> String {
    format!(
        r#"{{"type": "RECORD", "stream": "reviews", "record": {{"id": {id}, "text": "{text}", "created_at": "2026-01-02T00:00:00Z"}}}}"#
    )
}

fn versioned(id: u32, text: &str, version: u32) -> String {
    let record = record(&id.to_string(), text);
    record.replace("\"record\":", &format!("\"version\": {version}, \"record\":"))
}

fn state(value: &str) -> String {
    format!(r#"{{"type": "STATE", "value": {value}}}"#)
}

impl Desk {
    /// The summary, and the states that came back.
    pub(super) async fn taps(&self, lines: &[String]) -> (Summary, Vec<String>) {
        self.taps_with(&Options::default(), lines).await.unwrap()
    }

    pub(super) async fn taps_with(
        &self,
        options: &Options,
        lines: &[String],
    ) -> Result<(Summary, Vec<String>), Error> {
        let bytes = (lines.join("\n") + "\n").into();
        let input = Input::Bytes { name: "tap".to_owned(), bytes };
        let mut states = Vec::new();
        let (db, clock, by) = (&self.db, &self.clock, Actor::Bot);
        let taken = taps::take(db, clock, self.workspace, &by, options, &input, |value| {
            states.push(value.to_owned());
            Ok(())
        });
        Ok((taken.await?, states))
    }
}

#[tokio::test]
async fn records_arrive_and_the_state_comes_back_and_a_second_run_changes_nothing() {
    let desk = Desk::new().await;
    let lines = [
        state(r#"{"seen": 0}"#),
        SCHEMA.to_owned(),
        record("1", "A red lamp"),
        record("12345678901234567890.10", "A blue lamp"),
        state(r#"{"seen":  2.50}"#),
    ];
    let (taken, states) = desk.taps(&lines).await;
    assert_snapshot!(counts(&taken.documents["reviews"]), @"2 new, 0 changed, 0 unchanged, 0 refused");
    assert_eq!(states, [r#"{"seen":  2.50}"#]);
    assert_eq!(desk.finds("lamp").await, "1 12345678901234567890.10");
    assert_snapshot!(taken.notes.join("\n"), @"reviews: text = text, id = id, date = created_at; not taken: price.");

    // Bookmarks are inclusive: the last record comes again.
    let again = [SCHEMA.to_owned(), lines[3].clone(), lines[4].clone()];
    let (taken, states) = desk.taps(&again).await;
    assert_snapshot!(counts(&taken.documents["reviews"]), @"0 new, 0 changed, 1 unchanged, 0 refused");
    assert_eq!(states.len(), 1);

    let changed = [SCHEMA.to_owned(), record("1", "A green lamp"), state("{}")];
    let (taken, _) = desk.taps(&changed).await;
    assert_snapshot!(counts(&taken.documents["reviews"]), @"0 new, 1 changed, 0 unchanged, 0 refused");
    assert_eq!((desk.finds("red").await.as_str(), desk.finds("green").await.as_str()), ("", "1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_comes_back_only_when_all_before_it_can_be_found() {
    let desk = Desk::new().await;
    let mut lines = vec![SCHEMA.to_owned()];
    for part in 0..3 {
        lines.extend((0..6_000).map(|n| record(&format!("1{part}{n:04}"), "A red lamp")));
        lines.push(state(&format!("{{\"part\": {part}}}")));
    }
    let bytes = (lines.join("\n") + "\n").into();
    let input = Input::Bytes { name: "tap".to_owned(), bytes };
    let mut visible = Vec::new();
    let (db, options, by) = (&desk.db, Options::default(), Actor::Bot);
    let count = "SELECT count(*) FROM documents d JOIN ingests i ON i.id = d.ingest_id
                 WHERE i.published_at IS NOT NULL";
    let give_back = |value: &str| {
        let value = value.to_owned();
        // The query runs on the same runtime, while the import waits for it.
        let seen: i64 = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(sqlx::query_scalar(count).fetch_one(db))
        })?;
        visible.push((value, seen));
        Ok(())
    };
    taps::take(db, &desk.clock, desk.workspace, &by, &options, &input, give_back).await.unwrap();
    let expected = [(0, 6_000), (1, 12_000), (2, 18_000)];
    let expected = expected.map(|(part, seen)| (format!("{{\"part\": {part}}}"), seen));
    assert_eq!(visible, expected);
}

#[tokio::test]
async fn a_tap_that_dies_leaves_what_its_last_state_stands_for() {
    let desk = Desk::new().await;
    let lines = [
        SCHEMA.to_owned(),
        record("1", "A red lamp"),
        state("1"),
        record("2", "A blue lamp"),
        r#"{"type": "RECORD", "stream": "revi"#.to_owned(),
    ];
    let (taken, states) = desk.taps(&lines).await;
    assert_eq!((states.join(" ").as_str(), taken.cut_off), ("1", 1));
    assert_snapshot!(taken.broken.unwrap(), @"Line 5 of the tap's messages: its JSON ends too early.");
    assert_eq!(desk.finds("lamp").await, "1");

    let (taken, states) = desk.taps(&lines[..4]).await;
    assert_eq!((states.join(" ").as_str(), taken.cut_off, taken.broken), ("1", 1, None));
    assert_eq!(desk.finds("lamp").await, "1");

    // A tap that writes no states has nothing else to say that it is done.
    let (taken, _) = desk.taps(&[SCHEMA.to_owned(), record("2", "A blue lamp")]).await;
    assert_eq!((taken.cut_off, desk.finds("lamp").await.as_str()), (0, "1 2"));
    let unfinished: i64 =
        sqlx::query_scalar("SELECT count(*) FROM ingests WHERE published_at IS NULL")
            .fetch_one(&desk.db)
            .await
            .unwrap();
    assert_eq!(unfinished, 0);
}

#[tokio::test]
async fn the_last_of_several_records_with_one_key_stands() {
    let desk = Desk::new().await;
    let before = [SCHEMA.to_owned(), record("1", "A red lamp"), state("1")];
    desk.taps(&before).await;
    // More than one portion, so that what is replaced was stored before.
    let mut lines =
        vec![SCHEMA.to_owned(), record("1", "A blue lamp"), record("2", "A blue chair")];
    lines.extend((0..10_000).map(|n| record(&format!("9{n}"), "A table")));
    lines.extend([record("1", "A red lamp"), record("2", "A green chair"), state("2")]);
    let (taken, _) = desk.taps(&lines).await;
    let summary = &taken.documents["reviews"];
    assert_snapshot!(counts(summary), @"10001 new, 0 changed, 1 unchanged, 0 refused");
    assert_eq!((desk.finds("lamp").await.as_str(), desk.finds("chair").await.as_str()), ("1", "2"));
    assert_eq!((desk.finds("blue").await.as_str(), desk.finds("green").await.as_str()), ("", "2"));
}

#[tokio::test]
async fn what_a_version_lacks_is_retired_when_it_is_activated() {
    let desk = Desk::new().await;
    let activate =
        |v: u32| format!(r#"{{"type": "ACTIVATE_VERSION", "stream": "reviews", "version": {v}}}"#);
    let lamp = |id: u32, version: u32| versioned(id, &format!("Lamp {id}"), version);
    let first = [
        SCHEMA.to_owned(),
        activate(1),
        lamp(1, 1),
        lamp(2, 1),
        lamp(3, 1),
        lamp(5, 1),
        activate(1),
    ];
    desk.taps(&first).await;
    assert_eq!(desk.finds("lamp").await, "1 2 3 5");

    // The next version begins with its activation, before any of its records: nothing goes by that.
    let second = [
        SCHEMA.to_owned(),
        activate(2),
        lamp(1, 2),
        lamp(5, 2),
        state("1"),
        lamp(4, 2),
        activate(2),
        state("2"),
    ];
    let (taken, states) = desk.taps(&second).await;
    assert_eq!((taken.documents["reviews"].retired, states.len()), (2, 1));
    assert_eq!(desk.finds("lamp").await, "1 4 5");

    let third = [SCHEMA.to_owned(), lamp(9, 3), activate(3), state("3")];
    let (taken, states) = desk.taps(&third).await;
    assert_snapshot!(taken.documents["reviews"].notes.join("\n"), @"This would retire 3 of the 3 documents of “reviews”, so nothing was changed. If it is the whole source now, import it again with --retire-most.");
    assert_eq!((desk.finds("lamp").await.as_str(), states.len()), ("1 4 5 9", 1));
    let documents = StreamOptions { retire_most: true, ..StreamOptions::default() };
    let options = Options { documents, ..Options::default() };
    desk.taps_with(&options, &third).await.unwrap();
    assert_eq!(desk.finds("lamp").await, "9");
}

#[tokio::test]
async fn what_cannot_be_taken_is_named_with_its_line_and_streams_are_sources() {
    let desk = Desk::new().await;
    let other = SCHEMA.replace("reviews", "tickets");
    let lines = [
        SCHEMA.to_owned(),
        other,
        record("null", "No key"),
        record("1", "A red lamp").replace("2026-01-02T00:00:00Z", "someday"),
        record("2", "A blue lamp"),
        record("2", "The kettle leaks").replace("reviews", "tickets"),
        state("1"),
    ];
    let (taken, _) = desk.taps(&lines).await;
    assert_snapshot!(refusals(&taken.documents["reviews"]), @"
    3: its key property “id” has no value
    4: “someday” is not a date I can read (2026-03-31 is)
    ");
    assert_eq!(
        (desk.finds("lamp").await.as_str(), desk.finds("kettle").await.as_str()),
        ("2", "2")
    );
    let sources = evidence::sources(&desk.db, desk.workspace).await.unwrap();
    let names: Vec<&str> = sources.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["reviews", "tickets"]);

    let named = |stream: Option<&str>, name: &str| Named {
        stream: stream.map(str::to_owned),
        name: name.to_owned(),
    };
    let options = |sources: Vec<Named>| {
        let about = SourceSpec { kind: Some("voices".to_owned()), ..SourceSpec::default() };
        let documents = StreamOptions { sources, about, ..StreamOptions::default() };
        Options { documents, ..Options::default() }
    };
    let both = desk.taps_with(&options(vec![named(None, "voices")]), &lines).await;
    assert_snapshot!(both.unwrap_err(), @"The streams “reviews” and “tickets” would both go into “voices”, where their ids could be the same. Name a source for each: --source tickets:NAME.");
    let apart = vec![named(None, "voices"), named(Some("tickets"), "cases")];
    let (taken, _) = desk.taps_with(&options(apart), &lines).await.unwrap();
    assert_eq!(taken.documents.keys().collect::<Vec<_>>(), ["cases", "voices"]);
}
