//! What people really give to the command line: a sentence each, memory flat, nothing lost.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use regex_lite::Regex;

use crate::harness::shell::{Shell, said};

impl Shell {
    /// Imports a file of these bytes, and gives what is said.
    fn imports(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        self.says(&["ingest", "documents", name, "--source", "reviews"])
    }

    fn finds(&self, question: &str) -> String {
        let found = self.says(&["evidence", "search", question, "--json"]);
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        let hits = found["hits"].as_array().unwrap().iter();
        let mut ids: Vec<&str> = hits.map(|hit| hit["document"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.join(" ")
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn files_that_hold_no_documents_get_a_sentence() {
    let shell = Shell::open().await;
    assert_snapshot!(shell.imports("empty.csv", ""), @"countersign: empty.csv is empty: there is nothing to import.");
    assert_snapshot!(shell.imports("head.csv", "id,text\n"), @"
    reviews: 0 new, 0 changed, 0 unchanged, 0 refused; 0 passages.
      There was no record in it.
      Columns: text = text, id = id.
    ");
    assert_snapshot!(shell.imports("picture.csv", b"\x89PNG\r\n\x1a\n\0\0"), @"countersign: This file is a picture.");
    assert_snapshot!(shell.imports("table.csv", "<html><table></table></html>"), @"countersign: This file is HTML or XML, not a table. Export the table as CSV; a web page is read with --format html.");
    assert_snapshot!(shell.imports("shop.html", "<html><script>run()</script></html>"), @"
    reviews: 0 new, 0 changed, 0 unchanged, 1 refused; 0 passages.
      Line 1: no text can be made out on this page; save what it says as .txt or .md.
    countersign: Nothing was imported: every record was refused.
    ");
    assert_snapshot!(shell.imports("cut.csv.gz", &gzip(&"id,text\n1,Hello\n".repeat(50))[..40]), @"countersign: The compressed file is damaged after line 0, so nothing of it was imported; fetch it again.");
    assert_snapshot!(shell.says(&["ingest", "documents", "none.csv", "--source", "reviews"]), @"countersign: none.csv cannot be opened: there is no such file.");
    std::fs::create_dir(shell.folder.path().join("folder")).unwrap();
    assert_snapshot!(shell.says(&["ingest", "documents", "folder", "--source", "reviews"]), @"countersign: There is no .md, .markdown, .txt, .html or .htm file in folder.");
    let source = shell.says(&["evidence", "source", "reviews", "--owner", "Dana"]);
    assert!(
        source.starts_with("reviews (documents): 0 documents, owner Dana, imported 2"),
        "{source}"
    );
    assert_snapshot!(shell.says(&["evidence", "source", "tickets", "--owner", "Dana"]), @"countersign: There is no source “tickets”. There are: reviews.");
}

#[tokio::test]
async fn lines_that_cannot_be_taken_are_named_and_the_rest_is_found() {
    let shell = Shell::open().await;
    let rows = [
        "id,date,text",
        "1,2026-01-02,A red lamp",
        "2,someday,A lamp without a day",
        "3,2026-01-02,One lamp,too many",
        "1,2026-01-02,Another lamp by that id",
        "4,2026-01-02,A lamp with a \0 zero",
        &format!("{},2026-01-02,A lamp with an endless id", "x".repeat(3_000)),
        &format!("5,2026-01-02,{}", "x".repeat(9 << 20)),
        "6,2026-01-02,The last lamp",
    ];
    assert_snapshot!(shell.imports("rows.csv", rows.join("\n")), @"
    reviews: 2 new, 0 changed, 0 unchanged, 6 refused; 2 passages.
      Columns: text = text, id = id, date = date.
      Line 3: “someday” is not a date I can read (2026-03-31 is; name another form with --date-format).
      Line 4: it has 4 columns where the header has 3.
      Line 5: its id “1” stands on line 2 already, with other content; the first one was kept.
      Line 6: the line holds zero bytes, so it is not text.
      Line 7: its id is longer than 1000 bytes.
      Line 8: the line is longer than 8 MB; split it into documents of that size.
    ");
    assert_eq!(shell.finds("lamp"), "1 6");

    let mut mixed = "id,text\n7,Grün\n".as_bytes().to_vec();
    mixed.extend_from_slice(b"8,bl\xff\n9,A green lamp\n");
    assert_snapshot!(shell.imports("mixed.csv", mixed), @"
    reviews: 2 new, 0 changed, 0 unchanged, 1 refused; 2 passages.
      Columns: text = text, id = id.
      Line 3: byte 5 of the line is not valid UTF-8, though the lines before it are; save the file as UTF-8, or name its encoding with --encoding.
    ");
    let json = "{\"id\": \"10\", \"text\": \"zero \\u0000\"}\n{\"id\": \"11\", \"text\": \"A white lamp\"}\n{\"id\"\n";
    assert_snapshot!(shell.imports("rows.jsonl", json), @"
    reviews: 1 new, 0 changed, 0 unchanged, 2 refused; 1 passages.
      Read as JSON lines.
      Line 1: it holds a zero character, so it is not text.
      Line 3: its JSON ends too early.
    ");
    assert_eq!(shell.finds("lamp"), "1 11 6 9");
}

#[tokio::test]
async fn what_is_compressed_or_a_page_is_read() {
    let shell = Shell::open().await;
    let zipped = shell.imports("rows.csv.gz", gzip("id,text\n1,A red lamp\n"));
    assert_snapshot!(zipped, @"
    reviews: 1 new, 0 changed, 0 unchanged, 0 refused; 1 passages.
      Columns: text = text, id = id.
    ");
    let page = "<!DOCTYPE html><title>Lamps</title><body><nav>Menu</nav><main><h1>Lamps</h1><p>Our lamp \
                costs 9 &euro;, shipping included, and is bright.</p></main>";
    assert_snapshot!(shell.imports("lamps.html", page), @"reviews: 1 new, 0 changed, 0 unchanged, 0 refused; 1 passages.");
    std::fs::create_dir(shell.folder.path().join("site")).unwrap();
    for name in ["a.htm", "b.md", "c.bin"] {
        let file = shell.folder.path().join("site").join(name);
        std::fs::write(file, page.replace("9 &euro;", "12 &euro;")).unwrap();
    }
    assert_snapshot!(shell.says(&["ingest", "documents", "site", "--source", "site"]), @"site: 2 new, 0 changed, 0 unchanged, 0 refused; 2 passages.");
    assert_eq!(shell.finds("lamp 9 €"), "1 a.htm b.md lamps.html");
}

/// Hundreds of megabytes, of which a little is documents: what is read is never held.
#[tokio::test]
async fn memory_stays_flat_however_large_the_input_is() {
    let shell = Shell::open().await;
    let mut child = shell
        .command(&["ingest", "documents", "-", "--source", "reviews", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let huge = vec![b'x'; 1 << 20];
    input.write_all(b"id,text\n").unwrap();
    for n in 0..40 {
        for row in 0..200 {
            writeln!(input, "{n}-{row},Row {row} of part {n} says that the lamp is bright")
                .unwrap();
        }
        for _ in 0..10 {
            input.write_all(&huge).unwrap();
        }
        input.write_all(b"\n").unwrap();
    }
    let peak_mb = peak_memory_mb(child.id());
    drop(input);
    let summary = said(&child.wait_with_output().unwrap());
    assert!(
        summary.starts_with("reviews: 8000 new, 0 changed, 0 unchanged, 40 refused"),
        "{summary}"
    );
    assert!(peak_mb < 160, "{peak_mb} MB");
}

/// Of a process, so far.
fn peak_memory_mb(process: u32) -> u64 {
    let status =
        std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    // Only Linux tells it there.
    let Ok(status) = status else { return 0 };
    let peak = Regex::new(r"VmHWM:\s+(\d+) kB").unwrap();
    let found = peak.captures(&status).map(|it| it[1].parse::<u64>().unwrap());
    found.unwrap() / 1024
}

#[tokio::test]
async fn standard_output_of_the_singer_target_holds_states_alone() {
    let shell = Shell::open().await;
    let run = |messages: &str| {
        let mut child = shell
            .command(&["ingest", "singer", "--owner", "Dana", "--text", "reviews:said"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(messages.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let schema = r#"{"type": "SCHEMA", "stream": "reviews", "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}, "said": {"type": "string"}}}}"#;
    let record =
        r#"{"type": "RECORD", "stream": "reviews", "record": {"id": 1, "said": "A red lamp"}}"#;
    let state = r#"{"type": "STATE", "value": {"seen": 1}}"#;
    let done = run(&format!("{schema}\n{record}\n{state}\n"));
    assert!(done.status.success());
    assert_eq!(String::from_utf8_lossy(&done.stdout), "{\"seen\": 1}\n");
    assert_snapshot!(String::from_utf8_lossy(&done.stderr), @"
    reviews: 1 new, 0 changed, 0 unchanged, 0 refused; 1 passages.
    reviews: text = said, id = id.
    ");

    let done = run(&format!("{schema}\n{record}\n{state}\n{record}\n{{\"type\": \"REC"));
    assert!(!done.status.success());
    assert_eq!(String::from_utf8_lossy(&done.stdout), "{\"seen\": 1}\n");
    assert_snapshot!(String::from_utf8_lossy(&done.stderr), @"
    reviews: 0 new, 0 changed, 1 unchanged, 0 refused; 0 passages.
    reviews: text = said, id = id.
    countersign: Line 5 of the tap's messages: its JSON ends too early. What came before the last STATE was taken.
    ");
    assert_snapshot!(said(&run("INFO hello\n")), @"
    The tap sent no records.
    countersign: Line 1 of the tap's messages: it is not JSON from column 1 on; a tap must log to standard error. What came before the last STATE was taken.
    ");
    assert_snapshot!(said(&run("")), @"The tap sent no records.");
}
