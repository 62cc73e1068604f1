//! Files of documents: what is taken, what is refused and why, and what a cut-off import leaves.

use std::io::Write;

use countersign::audit::Actor;
use countersign::evidence::{self, Absent, DocumentFile, Format, Input, Mapping, SourceSpec};
use insta::assert_snapshot;

use super::{Desk, counts, refusals};

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
    assert_snapshot!(refusal("a.csv", b"<html><body>Hi</body></html>").await, @"This file is HTML or XML, not a table. Export the table as CSV; a web page is read with --format html.");
    assert_snapshot!(refusal("a.jsonl", b"[{\"text\": \"a\"}]").await, @"This file is one JSON array. One object a line is needed; `jq -c '.[]' FILE` makes that of it.");
    assert_snapshot!(refusal("a.csv", b"a,b\n1,2\n").await, @"No column of this file holds text. Its first line must name the columns; name the one to read with --text.");

    let mapping = Mapping { text: Some("body".to_owned()), ..Mapping::default() };
    let input = Input::Bytes { name: "a.csv".to_owned(), bytes: "id,text\n1,Hello\n".into() };
    let file = DocumentFile { format: Format::Csv, mapping, ..input.into() };
    let spec = SourceSpec::named("reviews");
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
    let spec = SourceSpec::named("reviews");

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
    let spec = SourceSpec::named("reviews");
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

#[tokio::test]
async fn a_whole_export_retires_what_it_does_not_have_and_an_addition_does_not() {
    let desk = Desk::new().await;
    let whole = async |rows: &str, absent: Absent| {
        let bytes = rows.to_owned().into_bytes().into();
        let input = Input::Bytes { name: "r.csv".to_owned(), bytes };
        let file = DocumentFile { absent, ..input.into() };
        desk.brings(&SourceSpec::named("reviews"), &file).await
    };
    desk.imports("r.csv", "id,text\na,A red lamp\nb,A blue lamp\nc,A green lamp\n").await;
    desk.imports("r.csv", "id,text\nd,A white lamp\n").await;
    assert_eq!(desk.finds("lamp").await, "a b c d");

    let summary =
        whole("id,text\na,A red lamp\nb,A black lamp\nd,A white lamp\n", Absent::Retire).await;
    let summary = summary.unwrap();
    assert_snapshot!(counts(&summary), @"0 new, 1 changed, 2 unchanged, 0 refused");
    assert_eq!(summary.retired, 1);
    assert_eq!(desk.finds("lamp").await, "a b d");
    assert_eq!(desk.finds("green").await, "");

    let refused = whole("id,text\na,A red lamp\n", Absent::Retire).await.unwrap_err().to_string();
    assert_snapshot!(refused, @"This would retire 2 of the 3 documents of “reviews”, so nothing was changed. If it is the whole source now, import it again with --retire-most.");
    assert_eq!(desk.finds("lamp").await, "a b d");
    let summary = whole("id,text\na,A red lamp\n", Absent::RetireEvenMost).await.unwrap();
    assert_eq!((summary.retired, desk.finds("lamp").await.as_str()), (2, "a"));

    // What comes back is there again.
    let summary = whole("id,text\na,A red lamp\nc,A green lamp\n", Absent::Retire).await.unwrap();
    assert_eq!((summary.new, desk.finds("lamp").await.as_str()), (1, "a c"));
}

#[tokio::test]
async fn a_whole_export_with_lines_that_cannot_be_read_retires_nothing() {
    let desk = Desk::new().await;
    desk.imports("r.csv", "id,text\na,A red lamp\nb,A blue lamp\nc,A green lamp\n").await;
    let bytes = "id,text\na,A red lamp\nb,A blue lamp,broken\n".into();
    let input = Input::Bytes { name: "r.csv".to_owned(), bytes };
    let file = DocumentFile { absent: Absent::Retire, ..input.into() };
    let summary = desk.brings(&SourceSpec::named("reviews"), &file).await.unwrap();
    assert_snapshot!(summary.notes.last().unwrap(), @"Nothing was retired: 1 record could not be read, and may be what seems to be missing. Mend them, and import again.");
    assert_eq!((summary.retired, desk.finds("lamp").await.as_str()), (0, "a b c"));
}

#[tokio::test]
async fn rows_without_ids_are_counted_before_any_is_retired() {
    let desk = Desk::new().await;
    desk.imports("r.csv", "stars,text\n5,Love this lamp\n5,Love this lamp\n4,A red lamp\n").await;
    let bytes = "stars,text\n5,Love this lamp\n4,A red lamp\n".into();
    let input = Input::Bytes { name: "r.csv".to_owned(), bytes };
    let file = DocumentFile { absent: Absent::Retire, ..input.into() };
    let summary = desk.brings(&SourceSpec::named("reviews"), &file).await.unwrap();
    assert_eq!((summary.unchanged, summary.retired), (2, 1));
}
