//! `countersign brand`, and what `doctor` says of a bad kit.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Runs the binary with a text at its standard input.
fn run(arguments: &[&str], kit: Option<&std::path::Path>, text: &str) -> Output {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .args(arguments)
        .env("COUNTERSIGN_DATA", data.path())
        // Nothing listens there: the database is not what is asked about.
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.env_remove("COUNTERSIGN_BRAND").env_remove("SLACK_BOT_TOKEN");
    if let Some(kit) = kit {
        command.env("COUNTERSIGN_BRAND", kit);
    }
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn the_exit_code_says_whether_a_text_must_change() {
    let good = run(&["brand", "check", "-"], None, "Linen is back.\n");
    assert_eq!(good.status.code(), Some(0));
    let warned = run(&["brand", "check", "-"], None, "Linen is back!\n");
    assert_eq!(warned.status.code(), Some(0));
    let bad = run(&["brand", "check", "-", "--json"], None, "Linen is back, guar-anteed.\n");
    assert_eq!(bad.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&bad.stdout).unwrap();
    assert_eq!(report["passes"], false);
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "banned_claim");
    assert_eq!(finding["bytes"], json!([15, 25]));
    assert_eq!(finding["chars"], json!([15, 25]));
    assert_eq!(finding["quote"], "guar-antee");
}

#[test]
fn a_channel_that_is_none_is_answered_with_those_there_are() {
    let said = run(&["brand", "check", "-", "--channel", "fax"], None, "Linen.");
    assert_eq!(said.status.code(), Some(1));
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("the kit has no channel \"fax\"; it has linkedin, blog"), "{said}");
}

#[test]
fn doctor_says_what_is_wrong_with_a_kit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("brand.toml");
    let kit = include_str!("../../../manifests/brand.toml");
    std::fs::write(&file, kit.replace("'\\bonly \\d+ left\\b'", "'\\bonly (\\d+ left'")).unwrap();
    let said = run(&["doctor", "--json"], Some(&file), "");
    assert_eq!(said.status.code(), Some(1));
    let findings: Vec<Value> = serde_json::from_slice(&said.stdout).unwrap();
    let brand = findings.iter().find(|one| one["about"] == "brand").unwrap();
    assert_eq!(brand["health"], "bad");
    let sentence = brand["says"].as_str().unwrap();
    assert!(
        sentence.contains("brand.toml, line ") && sentence.ends_with("of the banned claim \"false urgency\" is no regular expression (unclosed group); correct it, or write a phrase instead"),
        "{sentence}"
    );
    // The same sentence keeps every other command from starting.
    let refused = run(&["brand", "show"], Some(&file), "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains(sentence));
}
