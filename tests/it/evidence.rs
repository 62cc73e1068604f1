//! Documents come in, whole or not at all, and are found by those who may see them.

use std::io::Write;

use countersign::audit::Actor;
use countersign::clock::Clock;
use countersign::evidence::{
    self, DocumentFile, Format, Input, Mapping, Question, Rights, SourceSpec, Summary, Visibility,
};
use countersign::ids::WorkspaceId;
use insta::assert_snapshot;
use jiff::SignedDuration;
use sqlx::PgPool;

use crate::harness::cluster::{self, TestDatabase};

/// A workspace with nothing in it.
struct Desk {
    db: PgPool,
    clock: Clock,
    workspace: WorkspaceId,
    _database: TestDatabase,
}

impl Desk {
    async fn new() -> Self {
        let database = cluster::database().await;
        let db = database.pool().await;
        let workspace = workspace(&db, "T1").await;
        Self { db, clock: Clock::default(), workspace, _database: database }
    }

    async fn imports(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Summary {
        self.tries(name, bytes).await.unwrap()
    }

    async fn tries(
        &self,
        name: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<Summary, countersign::error::Error> {
        let bytes = bytes.into().into();
        let file = Input::Bytes { name: name.to_owned(), bytes }.into();
        self.brings(&SourceSpec { name: "reviews".to_owned(), ..SourceSpec::default() }, &file)
            .await
    }

    async fn brings(
        &self,
        spec: &SourceSpec,
        file: &DocumentFile,
    ) -> Result<Summary, countersign::error::Error> {
        let (db, clock) = (&self.db, &self.clock);
        evidence::ingest_documents(db, clock, self.workspace, &Actor::Bot, spec, file, |_| {}).await
    }

    async fn finds(&self, question: &str) -> String {
        self.finds_as(&Rights::of_operator(), question).await
    }

    async fn finds_as(&self, rights: &Rights, question: &str) -> String {
        found(&self.db, self.workspace, rights, question).await
    }
}

async fn workspace(db: &PgPool, slack_id: &str) -> WorkspaceId {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO workspaces (slack_id, name, created_at) VALUES ($1, $1, now()) RETURNING id",
    )
    .bind(slack_id)
    .fetch_one(db)
    .await
    .unwrap();
    WorkspaceId(id)
}

async fn found(db: &PgPool, workspace: WorkspaceId, rights: &Rights, question: &str) -> String {
    let searched =
        evidence::search(db, workspace, rights, Question::new(question, 10)).await.unwrap();
    let mut ids: Vec<&str> = searched.hits.iter().map(|it| it.external_id.as_str()).collect();
    ids.sort_unstable();
    ids.join(" ")
}

fn counts(it: &Summary) -> String {
    format!(
        "{} new, {} changed, {} unchanged, {} refused",
        it.new, it.changed, it.unchanged, it.refused
    )
}

fn refusals(it: &Summary) -> String {
    let lines = it.refusals.iter().map(|it| format!("{}: {}", it.line, it.reason));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_and_a_changed_text_takes_the_place_of_the_old() {
    let desk = Desk::new().await;
    let first = "id,text\na,The sound is tinny\nb,The box is blue\n";
    assert_snapshot!(counts(&desk.imports("r.csv", first).await), @"2 new, 0 changed, 0 unchanged, 0 refused");
    assert_snapshot!(counts(&desk.imports("r.csv", first).await), @"0 new, 0 changed, 2 unchanged, 0 refused");

    let second = "id,text\na,The sound is rich\nb,The box is blue\nc,The bass is rich\n";
    assert_snapshot!(counts(&desk.imports("r.csv", second).await), @"1 new, 1 changed, 1 unchanged, 0 refused");
    assert_eq!(desk.finds("tinny").await, "");
    assert_eq!(desk.finds("rich").await, "a c");

    // The old text is kept for what has quoted it.
    let versions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM documents WHERE external_id = 'a'")
            .fetch_one(&desk.db)
            .await
            .unwrap();
    assert_eq!(versions, 2);
}

#[tokio::test]
async fn rows_without_ids_are_all_kept_and_known_again() {
    let desk = Desk::new().await;
    let rows = "stars,text\n5,Love it\n5,Love it\n4,Love it\n1,Broke after a day\n";
    assert_snapshot!(counts(&desk.imports("r.csv", rows).await), @"4 new, 0 changed, 0 unchanged, 0 refused");
    assert_snapshot!(counts(&desk.imports("r.csv", rows).await), @"0 new, 0 changed, 4 unchanged, 0 refused");
}

#[tokio::test]
async fn what_cannot_be_taken_is_named_with_its_line_and_the_rest_is_taken() {
    let desk = Desk::new().await;
    let rows = "id,date,text\na,2026-01-02,Good\nb,someday,Bad date\nc,2026-01-02\na,2026-01-02,Another\na,2026-01-02,Good\nd,n/a,Fine\n";
    let summary = desk.imports("r.csv", rows).await;
    assert_snapshot!(counts(&summary), @"2 new, 0 changed, 0 unchanged, 3 refused");
    assert_eq!(summary.repeated, 1);
    assert_snapshot!(refusals(&summary), @"
    3: “someday” is not a date I can read (2026-03-31 is; name another form with --date-format)
    4: it has 2 columns where the header has 3
    5: its id “a” stands on line 2 already, with other content; the first one was kept
    ");
}

#[tokio::test]
async fn files_that_are_no_documents_get_a_sentence_and_leave_nothing() {
    let desk = Desk::new().await;
    let refusal =
        async |name: &str, bytes: &[u8]| desk.tries(name, bytes).await.unwrap_err().to_string();
    assert_snapshot!(refusal("a.csv", b"").await, @"a.csv is empty: there is nothing to import.");
    assert_snapshot!(refusal("a.csv", b"PK\x03\x04....").await, @"This file is a ZIP or Excel file; unpack it, or save the sheet as CSV.");
    assert_snapshot!(refusal("a.csv", b"<html><body>Hi</body></html>").await, @"This file is HTML or XML, not a table; export it as CSV, or save its text as .txt or .md.");
    assert_snapshot!(refusal("a.jsonl", b"[{\"text\": \"a\"}]").await, @"This file is one JSON array. One object a line is needed; `jq -c '.[]' FILE` makes that of it.");
    assert_snapshot!(refusal("a.csv", b"a,b\n1,2\n").await, @"No column of this file holds text. Its first line must name the columns; name the one to read with --text.");

    let mapping = Mapping { text: Some("body".to_owned()), ..Mapping::default() };
    let input = Input::Bytes { name: "a.csv".to_owned(), bytes: "id,text\n1,Hello\n".into() };
    let file = DocumentFile { input, format: Format::Csv, mapping };
    let spec = SourceSpec { name: "reviews".to_owned(), ..SourceSpec::default() };
    let error = desk.brings(&spec, &file).await.unwrap_err().to_string();
    assert_snapshot!(error, @"There is no column “body”; the file has: id, text.");

    assert!(evidence::sources(&desk.db, desk.workspace).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_import_cut_off_shows_nothing_and_goes_on_where_it_was() {
    let desk = Desk::new().await;
    desk.imports("r.csv", "id,text\nold,The sound is tinny\n").await;
    let row = |n: usize| {
        format!(
            "{},The sound of number {n} is tinny\n",
            if n == 7 { "old".to_owned() } else { format!("r{n}") }
        )
    };
    let rows: String =
        std::iter::once("id,text\n".to_owned()).chain((0..10_500).map(row)).collect();
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    file.write_all(rows.as_bytes()).unwrap();
    let file: DocumentFile = Input::Path(file.path().to_owned()).into();
    let spec = SourceSpec { name: "reviews".to_owned(), ..SourceSpec::default() };

    // Dropped as soon as something was stored: as if the process had died there.
    {
        let (stored, mut told) = tokio::sync::mpsc::unbounded_channel();
        let progress = |it: evidence::Progress| stored.send(it.records).unwrap();
        let (db, clock) = (&desk.db, &desk.clock);
        let import = evidence::ingest_documents(
            db,
            clock,
            desk.workspace,
            &Actor::Bot,
            &spec,
            &file,
            progress,
        );
        tokio::select! {
            _ = import => panic!("it was to be cut off"),
            records = told.recv() => assert_eq!(records, Some(10_000)),
        }
    }
    assert_eq!(desk.finds("tinny").await, "old");

    let summary = loop {
        match desk.brings(&spec, &file).await {
            Ok(summary) => break summary,
            // The server has not noticed yet that the first one is gone.
            Err(error) => assert!(error.to_string().contains("is under way"), "{error}"),
        }
    };
    assert!(summary.resumed_after >= 10_000, "{}", summary.resumed_after);
    assert_snapshot!(counts(&summary), @"10499 new, 1 changed, 0 unchanged, 0 refused");
    assert_eq!(desk.finds("7").await, "old");
    assert_snapshot!(counts(&desk.brings(&spec, &file).await.unwrap()), @"0 new, 0 changed, 10500 unchanged, 0 refused");
}

#[tokio::test]
async fn an_import_cut_off_is_forgotten_when_another_file_comes() {
    let desk = Desk::new().await;
    let rows = |what: &str| -> String {
        let rows = (0..10_500).map(|n| format!("{what}{n},The {what} of number {n}\n"));
        std::iter::once("id,text\n".to_owned()).chain(rows).collect()
    };
    let file = |what: &str| -> DocumentFile {
        Input::Bytes { name: "r.csv".to_owned(), bytes: rows(what).into() }.into()
    };
    let spec = SourceSpec { name: "reviews".to_owned(), ..SourceSpec::default() };
    {
        let (stored, mut told) = tokio::sync::mpsc::unbounded_channel();
        let progress = |it: evidence::Progress| stored.send(it.records).unwrap();
        let (db, clock, first) = (&desk.db, &desk.clock, file("lamp"));
        let import = evidence::ingest_documents(
            db,
            clock,
            desk.workspace,
            &Actor::Bot,
            &spec,
            &first,
            progress,
        );
        tokio::select! {
            _ = import => panic!("it was to be cut off"),
            _ = told.recv() => {}
        }
    }
    let summary = loop {
        match desk.brings(&spec, &file("chair")).await {
            Ok(summary) => break summary,
            // The server lets go of what was cut off when it notices, at the end of a statement.
            Err(error) => assert!(error.to_string().contains("is under way"), "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    assert_eq!((summary.new, summary.resumed_after), (10_500, 0));
    assert_eq!(desk.finds("lamp").await, "");
    assert_ne!(desk.finds("chair").await, "");
}

#[tokio::test]
async fn only_those_who_may_see_a_source_find_what_is_in_it() {
    let desk = Desk::new().await;
    for (name, visibility) in [
        ("open", None),
        ("sales", Some(Visibility::Channels(vec!["C7".to_owned()]))),
        ("legal", Some(Visibility::Groups(vec!["S9".to_owned()]))),
    ] {
        let bytes = format!("id,text\n{name},The contract is here\n").into();
        let file = Input::Bytes { name: "n.csv".to_owned(), bytes }.into();
        let spec = SourceSpec { name: name.to_owned(), visibility, ..SourceSpec::default() };
        desk.brings(&spec, &file).await.unwrap();
    }
    let check = async |rights: Rights, expected: &str| {
        assert_eq!(desk.finds_as(&rights, "contract").await, expected);
        let words = ["contract".to_owned()];
        let (db, workspace) = (&desk.db, desk.workspace);
        let known = evidence::frequencies(db, workspace, &rights, &words).await.unwrap();
        let expected = expected.split_whitespace().count();
        assert_eq!(known.get("contract").copied().unwrap_or_default(), expected);
    };
    let person = |channels: &[&str], groups: &[&str]| {
        let owned = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect();
        Rights::of_person(owned(channels), owned(groups))
    };
    check(Rights::of_everyone(), "open").await;
    check(person(&["C7"], &[]), "open sales").await;
    check(person(&["C8"], &["S9", "C7"]), "legal open").await;
    check(person(&["S9"], &["C7"]), "open").await;
    check(person(&["C7"], &["S9"]).within(vec!["sales".to_owned()]), "sales").await;
    check(Rights::of_everyone().within(vec!["legal".to_owned()]), "").await;
    check(Rights::of_operator(), "legal open sales").await;

    let other = workspace(&desk.db, "T2").await;
    assert_eq!(found(&desk.db, other, &Rights::of_operator(), "contract").await, "");
}

#[tokio::test]
async fn words_are_found_in_their_forms_and_in_several_languages() {
    let desk = Desk::new().await;
    let rows = "id,text\n\
        en,\"Several customers have been cancelling their subscriptions because the price went up so much.\"\n\
        de,\"Viele Kundinnen haben ihre Verträge gekündigt, weil die Preise im Frühjahr gestiegen sind.\"\n\
        fr,\"Plusieurs clients ont résilié leurs abonnements parce que les prix avaient beaucoup augmenté.\"\n";
    desk.imports("r.csv", rows).await;
    for (question, expected) in [
        ("why do people cancel", "en"),
        ("Vertrag", "de"),
        ("abonnement", "fr"),
        ("price", "en"),
        ("the of and", ""),
        ("", ""),
        ("'; DROP TABLE passages; --", ""),
        ("\u{0}nul & | ! :* ( ) <->", ""),
    ] {
        assert_eq!(desk.finds(question).await, expected, "{question}");
    }
    assert_eq!(desk.finds(&"cancel ".repeat(20_000)).await, "en");

    // "Price" and "Preis" have the same term in several of the languages, and count once.
    let rights = Rights::of_operator();
    let words = ["price".to_owned(), "preise".to_owned()];
    let known = evidence::frequencies(&desk.db, desk.workspace, &rights, &words).await.unwrap();
    assert!(known.values().all(|it| *it == 1), "{known:?}");
}

#[tokio::test]
async fn passages_stand_where_they_say_in_their_documents() {
    let desk = Desk::new().await;
    let sentence = |n: usize| format!("Sentence {n} says the café has {n} blue chairs – really. ");
    let text: String = (0..60).map(sentence).collect();
    desk.imports("notes.md", format!("# Chairs\n\n{text}")).await;
    let question = Question { text: "57 chairs", limit: 5, passages_per_document: 3 };
    let rights = Rights::of_operator();
    let searched = evidence::search(&desk.db, desk.workspace, &rights, question).await.unwrap();
    let whole: String =
        sqlx::query_scalar("SELECT text FROM documents").fetch_one(&desk.db).await.unwrap();
    let characters: Vec<char> = whole.chars().collect();
    assert_eq!(searched.hits.len(), 3);
    for hit in &searched.hits {
        let there: String = characters[hit.chars.0..hit.chars.1].iter().collect();
        assert_eq!(there, hit.text);
        assert_eq!((hit.title.as_str(), hit.external_id.as_str()), ("Chairs", "notes.md"));
    }
    assert!(searched.hits[0].text.contains("Sentence 57"), "{}", searched.hits[0].text);
}

#[tokio::test]
async fn a_source_knows_its_age_and_keeps_what_it_was_told() {
    let desk = Desk::new().await;
    let file: DocumentFile = Input::Bytes {
        name: "r.csv".to_owned(),
        bytes: "id,date,text\n1,2026-02-03,Hello there\n".into(),
    }
    .into();
    let spec = SourceSpec {
        name: "reviews".to_owned(),
        kind: Some("reviews".to_owned()),
        owner: Some("maya".to_owned()),
        fresh_for_days: Some(30),
        ..SourceSpec::default()
    };
    desk.brings(&spec, &file).await.unwrap();
    desk.brings(&SourceSpec { name: "reviews".to_owned(), ..SourceSpec::default() }, &file)
        .await
        .unwrap();

    let source = evidence::sources(&desk.db, desk.workspace).await.unwrap().remove(0);
    assert_eq!((source.owner.as_deref(), source.documents), (Some("maya"), 1));
    assert_eq!(source.newest_document.unwrap().to_string(), "2026-02-03T00:00:00Z");
    assert!(!source.is_stale(desk.clock.now()));
    desk.clock.turn(SignedDuration::from_hours(31 * 24));
    assert!(source.is_stale(desk.clock.now()));
}

#[tokio::test]
async fn documents_that_come_one_by_one_share_segments_and_are_all_found() {
    let desk = Desk::new().await;
    for n in 0..70 {
        let row = format!("id,text\nr{},The lamp of number {n}\n", n % 40);
        desk.imports("r.csv", row).await;
    }
    let question = Question::new("lamp", 100);
    let rights = Rights::of_operator();
    let searched = evidence::search(&desk.db, desk.workspace, &rights, question).await.unwrap();
    assert_eq!((searched.hits.len(), searched.documents), (40, 40));
    assert_eq!(desk.finds("39").await, "r39");
    assert_eq!(desk.finds("29").await, "");
    assert_eq!(desk.finds("69").await, "r29");
    let segments: i64 =
        sqlx::query_scalar("SELECT count(*) FROM segments").fetch_one(&desk.db).await.unwrap();
    assert!(segments < 16, "{segments}");
}

#[tokio::test]
async fn two_imports_into_one_source_do_not_mix() {
    let desk = Desk::new().await;
    let rows: String = (0..5_000).map(|n| format!("r{n},Number {n} is here\n")).collect();
    let rows = format!("id,text\n{rows}");
    let (one, two) =
        tokio::join!(desk.tries("r.csv", rows.clone()), desk.tries("r.csv", rows.clone()));
    let done = [&one, &two].into_iter().filter(|it| it.is_ok()).count();
    let refused = [&one, &two].into_iter().filter_map(|it| it.as_ref().err());
    for error in refused {
        assert_eq!(
            error.to_string(),
            "Another import into “reviews” is under way; try again when it is done."
        );
    }
    assert!(done >= 1);
    assert_snapshot!(counts(&desk.imports("r.csv", rows).await), @"0 new, 0 changed, 5000 unchanged, 0 refused");
}
