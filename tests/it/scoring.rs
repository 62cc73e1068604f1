//! `countersign leads`: what is said of tables of leads, and of what are none.

use std::fmt::Write as _;
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

/// Runs the command in a folder with these files; no database is needed.
fn leads(files: &[(&str, String)], arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().current_dir(folder.path()).arg("leads").args(arguments);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What is said in place of a result, whatever was asked.
fn refused(text: &str, arguments: &[&str]) -> String {
    let files = [("leads.csv", text.to_owned())];
    let output = leads(&files, &[&["evaluate", "leads.csv"], arguments].concat());
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// Leads whose origin, size and day matter, in the order of time; more of the later ones are won.
fn table(rows: usize) -> String {
    let mut text = "id;origin;size;age;called for;won\n".to_owned();
    let mut number: u32 = 7;
    for row in 0..rows {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let chance = (number >> 16) % 100;
        let (origin, usual) = [("fair", 40), ("search", 20), ("social", 4)][row % 3];
        let won = chance < usual + if row > rows / 2 { 15 } else { 0 };
        let called = if won { 300 + row % 500 } else { row * 13 % 420 };
        let (size, won) = (row * 37 % 90, if won { "yes" } else { "no" });
        writeln!(text, "L-{row};{origin};{size};{};{called};{won}", 20 + row % 50).unwrap();
    }
    text
}

fn evaluated(arguments: &[&str]) -> Value {
    let files = [("leads.csv", table(360)), ("folds.csv", folds(360))];
    let ask = ["evaluate", "leads.csv", "--target", "won", "--exclude", "called for", "--json"];
    let output = leads(&files, &[&ask, arguments].concat());
    serde_json::from_str(&said(&output)).unwrap()
}

fn folds(rows: usize) -> String {
    let lines: String = (0..rows).rev().map(|row| format!("{row},{}\n", row % 4)).collect();
    format!("row,fold\n{lines}")
}

#[test]
fn a_score_that_is_learnt_is_better_than_knowing_the_share() {
    for arguments in [&["--folds", "folds.csv"][..], &["--in-order"], &[]] {
        let it = evaluated(arguments);
        let number = |name: &str| it[name].as_f64().unwrap();
        assert!(number("auc") > 0.6, "{it}");
        assert!(number("brier") < number("base_rate_brier"), "{it}");
        assert!(it["auc_interval"][0].as_f64() < it["auc"].as_f64());
        assert_eq!(it["suspected_leaks"], serde_json::json!([]));
    }
    assert_eq!(evaluated(&["--folds", "folds.csv"])["folds"].as_array().unwrap().len(), 4);
    // The first fifth is only learnt from.
    assert_eq!(evaluated(&["--in-order"])["foreseen"], 288);
}

#[test]
fn the_same_question_has_the_same_answer() {
    assert_eq!(evaluated(&["--in-order"]), evaluated(&["--in-order"]));
    assert_eq!(evaluated(&[]), evaluated(&[]));
}

#[test]
fn what_knows_the_outcome_and_what_is_protected_are_named() {
    let files = [("leads.csv", table(360))];
    let ask = ["evaluate", "leads.csv", "--target", "won", "--in-order"];
    let text = said(&leads(&files, &ask));
    let (_, named) = text.split_once("Left out:").unwrap();
    assert_snapshot!(named.trim(), @"
    age: it says something about a person's age; --include brings it back.

    May know the outcome; leave it out with --exclude if it was filled in later:
      called for: of 192 leads where it is below 312 none was won, and 52 were to be expected; it may be written down afterwards.
    ");

    // Whoever has a reason says so.
    let with_age = said(&leads(&files, &[&ask[..], &["--include", "age"]].concat()));
    assert!(!with_age.contains("Left out:"), "{with_age}");
}

#[test]
fn segments_are_findings_with_their_intervals() {
    let files = [("leads.csv", table(1_500))];
    let ask = ["segments", "leads.csv", "--target", "won", "--by", "origin"];
    assert_snapshot!(said(&leads(&files, &ask)), @"
    fair is 33.3 % of the leads. 49.4 % of them were won (95 % interval 45.0 % to 53.8 %), against 20.6 % of the others. They are won more often: the difference is +22.6 to +34.9 points.
    social is 33.3 % of the leads. 12.0 % of them were won (95 % interval 9.4 % to 15.1 %), against 39.3 % of the others. They are won more seldom: the difference is −32.1 to −22.0 points.
    search is 33.3 % of the leads. 29.2 % of them were won (95 % interval 25.4 % to 33.3 %), against 30.7 % of the others. That may be chance: the difference is −7.3 to +4.6 points.
    ");
    let json: Value =
        serde_json::from_str(&said(&leads(&files, &[&ask[..], &["--json"]].concat()))).unwrap();
    assert_eq!(json["segments"].as_array().unwrap().len(), 3);
}

#[test]
fn what_cannot_be_answered_says_why() {
    assert_snapshot!(refused("", &["--target", "won"]), @"countersign: The file is empty. Give one whose first line names its columns.");
    assert_snapshot!(refused("size,won\n", &["--target", "won"]), @"countersign: The file names its columns, but no lead follows.");
    assert_snapshot!(refused("size,won\n1,yes\n2\n", &["--target", "won"]), @"countersign: Line 3 has 1 cell where the first line has 2. Mend or remove the line.");
    assert_snapshot!(refused("size,won\n1,yes\n2,no\n", &["--target", "lost"]), @r#"countersign: No column is named "lost". There are size and won."#);
    assert_snapshot!(refused("size,won\n1,yes\n2,yes\n", &["--target", "won"]), @r#"countersign: Every lead has the outcome "yes" in "won". To learn, some must have another."#);
    assert_snapshot!(refused("size,won\n1,a\n2,b\n", &["--target", "won"]), @r#"countersign: "won" has the values "a" and "b". Say with --won which one counts as won."#);
    assert_snapshot!(refused("size,won\n1,a\n2,b\n3,c\n", &["--target", "won"]), @r#"countersign: "won" has 3 different values, and an outcome has two. Name another column, or say with --won which value counts as won."#);
    assert_snapshot!(refused("size,won\n1,yes\n2,no\n", &["--target", "won"]), @r#"countersign: Of 2 leads with a known outcome in "won", 1 was won. At least 10 of each outcome are needed to learn and to be checked."#);
    let few = table(60);
    assert_snapshot!(refused(&few, &["--target", "won", "--exclude", "sise"]), @r#"countersign: No column is named "sise". There are id, origin, size, age, called for and won."#);
    let all = "id,origin,size,age,called for";
    assert_snapshot!(refused(&few, &["--target", "won", "--exclude", all]), @"countersign: No column is left to learn from.");
}
