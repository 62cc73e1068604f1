//! What the rule says, case by case.

use super::*;
use crate::experiments::statistics::bayesian::Better;
use crate::experiments::statistics::file;

/// A test of two arms with conversions out of 10,000 users each.
fn written(rule: &str, a: u32, b: u32, more: &str) -> String {
    format!(
        r#"
        name = "Subject line"
        metric = {{ name = "sign-up rate", kind = "conversion" }}
        rule = "{rule}"
        users = 20000
        least_effect = 0.1
        {more}
        [[arms]]
        name = "plain"
        users = 10000
        conversions = {a}
        [[arms]]
        name = "urgent"
        users = 10000
        conversions = {b}
        "#
    )
}

fn read_out(written: &str) -> Readout {
    let test = file::read(written, None).unwrap();
    read(&test.plan, &test.looks, test.days).unwrap()
}

fn check(written: &str, expected: &Verdict) -> Readout {
    let readout = read_out(written);
    assert_eq!(readout.verdict, *expected, "{:#?}", readout.sentences);
    readout
}

fn ship() -> Verdict {
    Verdict::Ship { arm: "urgent".to_owned() }
}

#[test]
fn a_winner_is_shipped_by_either_rule() {
    for rule in ["fixed_horizon", "always_valid"] {
        let readout = check(&written(rule, 1_000, 1_250, ""), &ship());
        assert!(readout.sentences[0].starts_with("Ship urgent"), "{:?}", readout.sentences);
    }
}

#[test]
fn before_its_end_a_fixed_horizon_names_no_winner() {
    let text = written("fixed_horizon", 1_000, 1_250, "").replace("users = 20000", "users = 20001");
    let readout = check(&text, &Verdict::Continue);
    let told = readout.sentences.join(" ");
    assert!(!told.contains("25 %") && !told.contains("chance"), "{told}");
    // The longest duration ends it as well.
    let over = text.replace("least_effect", "days = 14\nlongest_days = 14\nleast_effect");
    check(&over, &ship());
}

#[test]
fn what_a_plain_test_would_call_is_not_enough_to_read_every_day() {
    let readout = check(&written("always_valid", 1_000, 1_095, "days = 10"), &Verdict::Continue);
    let peeking = readout.peeking.as_ref().unwrap();
    assert!(peeking.says_so_now && peeking.risk > 0.15);
    assert!(readout.sentences.iter().any(|it| it.starts_with("Peeking: a plain test would have")));
    // At a fixed horizon the same counts have a winner.
    check(&written("fixed_horizon", 1_000, 1_095, ""), &ship());
}

#[test]
fn no_effect_worth_having_stops_it() {
    let large = |text: String| text.replace("10000", "400000").replace("20000", "800000");
    let text = large(written("always_valid", 40_000, 40_050, ""));
    let readout = check(&text, &Verdict::StopNoEffect);
    assert!(readout.sentences[0].contains("even the best"), "{:?}", readout.sentences);
    // A horizon that is reached without a winner is an end too, if not a proof.
    let readout = check(&written("fixed_horizon", 1_000, 1_040, ""), &Verdict::StopNoEffect);
    assert!(readout.sentences[0].contains("is not excluded"), "{:?}", readout.sentences);
}

#[test]
fn a_loser_is_stopped_and_less_can_be_better() {
    check(&written("always_valid", 1_250, 1_000, ""), &Verdict::StopWorse);
    let less = written("always_valid", 1_250, 1_000, "")
        .replace(r#"kind = "conversion""#, r#"kind = "conversion", better = "lower""#);
    let test = file::read(&less, None).unwrap();
    assert_eq!(test.plan.metric.better, Better::Lower);
    check(&less, &ship());
}

#[test]
fn a_split_that_is_off_stops_everything_else() {
    let text =
        written("always_valid", 1_000, 1_250, "").replacen("users = 10000", "users = 9000", 1);
    let readout = check(&text, &Verdict::InvalidSplit);
    assert!(readout.arms.is_empty() && readout.peeking.is_none());
    assert_eq!(readout.sentences.len(), 1);
    assert!(readout.sentences[0].contains("Usual causes"));
    // As planned is as it should be.
    let planned = text.replacen("users = 9000", "share = 0.9\nusers = 9000", 1);
    check(&planned, &Verdict::Continue);
}

#[test]
fn a_guardrail_stops_a_winner_even_before_the_horizon() {
    let guarded = |harm: u32| {
        written("fixed_horizon", 1_000, 1_250, "")
            .replace("users = 20000", "users = 90000")
            .replace(
                "[[arms]]\n        name = \"plain\"",
                "[[guardrails]]\nname = \"unsubscribes\"\nkind = \"conversion\"\nbetter = \"lower\"\ntolerated = 0.1\n[[arms]]\nname = \"plain\"\nguardrails.unsubscribes.conversions = 300",
            )
            .replace(
                "name = \"urgent\"",
                &format!("name = \"urgent\"\nguardrails.unsubscribes.conversions = {harm}"),
            )
    };
    let stop =
        Verdict::StopGuardrail { arm: "urgent".to_owned(), guardrail: "unsubscribes".to_owned() };
    check(&guarded(520), &stop);
    let readout = check(&guarded(320), &Verdict::Continue);
    assert_eq!(readout.arms[0].guardrails[0].holding, Holding::Unclear);
    assert_eq!(read_out(&guarded(120)).arms[0].guardrails[0].holding, Holding::Safe);
}

#[test]
fn an_arm_without_users_is_waited_for_and_wrong_counts_are_not() {
    let empty = "name = \"x\"\nmetric = { name = \"rate\", kind = \"conversion\" }\nrule = \"always_valid\"\nleast_effect = 0.1\n[[arms]]\nname = \"a\"\nusers = 3\nconversions = 1\n[[arms]]\nname = \"b\"\nusers = 0\nconversions = 0\n";
    let readout = check(empty, &Verdict::Continue);
    assert!(readout.sentences.iter().any(|it| it.contains("has no users yet")));
    let wrong = empty.replace("users = 0\nconversions = 0", "users = 3\nconversions = 4");
    let readout = read_out(&wrong);
    assert!(matches!(readout.verdict, Verdict::NoReading { .. }));
    assert!(readout.sentences[0].contains("more conversions than users"));
}

#[test]
fn several_arms_share_the_risk() {
    let third = |c: u32| {
        written("fixed_horizon", 1_000, 1_095, "")
            + &format!("[[arms]]\nname = \"third\"\nusers = 10000\nconversions = {c}\n")
    };
    // Alone it would be a winner; beside one more arm it is none.
    check(&third(1_000), &Verdict::StopNoEffect);
    check(&third(1_300), &Verdict::Ship { arm: "third".to_owned() });
}

#[test]
fn daily_counts_are_added_up_and_each_counts_once() {
    let plan = written("always_valid", 0, 0, "");
    let mut daily = "date,arm,users,conversions\n".to_owned();
    for day in 1..=9 {
        for (arm, conversions) in [("plain", 100), ("urgent", 100 + 3 * day)] {
            daily += &format!("2026-11-0{day},{arm},1000,{conversions}\n");
        }
    }
    // The same row again changes nothing.
    daily += "2026-11-01,plain,1000,100\n";
    let test = file::read(&plan, Some(daily.as_bytes())).unwrap();
    assert_eq!((test.looks.len(), test.days), (9, Some(9.0)));
    let readout = read(&test.plan, &test.looks, test.days).unwrap();
    let comparison = readout.arms[0].comparison().unwrap();
    assert!((comparison.control_mean - 900.0 / 9_000.0).abs() < 1e-12);
    assert!((comparison.treatment_mean - 1_035.0 / 9_000.0).abs() < 1e-12);
    assert_eq!(readout.peeking.unwrap().known, 9);
    for (wrong, sentence) in [
        ("day,arm\n", "no column \"date\""),
        ("date,arm,users\n", "no daily counts"),
        ("date,arm,users,conversions\n1.11.2026,plain,1,1\n", "no date"),
        ("date,arm,users,conversions\n2026-11-01,other,1,1\n", "no arm"),
        ("date,arm,users,conversions\n2026-11-01,plain,many,1\n", "no number"),
        (
            "date,arm,users,conversions\n2026-11-01,plain,9,1\n2026-11-01,plain,9,2\n",
            "Line 3: 2026-11-01, plain stands there twice",
        ),
        (
            "date,arm,segment,users,conversions\n2026-11-01,plain,phone,9,1\n",
            "segments such as \"phone\"",
        ),
    ] {
        let refused = file::read(&plan, Some(wrong.as_bytes())).unwrap_err();
        assert!(refused.contains(sentence), "{refused}");
    }
}

#[test]
fn a_file_that_is_not_as_it_must_be_says_what_to_change() {
    let good = written("always_valid", 1_000, 1_250, "");
    for (from, to, sentence) in [
        ("conversions = 1250", "clicks = 1250", "\"conversions\" is missing"),
        ("conversions = 1250", "conversions = 1250\nclicks = 3", "\"clicks\" is no figure"),
        ("least_effect = 0.1", "least_effect = -0.1", "least effect"),
        ("name = \"urgent\"", "name = \"plain\"", "a name of its own"),
        ("rule = \"always_valid\"", "rule = \"by mood\"", "by mood"),
        ("least_effect = 0.1", "least_effect = 0.1\nalpha = 5", "alpha"),
    ] {
        let refused = file::read(&good.replace(from, to), None).unwrap_err();
        assert!(refused.contains(sentence), "{refused}");
    }
    let json = r#"{"name": "x", "metric": {"name": "revenue", "kind": "revenue"}, "rule": "fixed_horizon",
        "users": 4, "least_effect": 0.1, "arms": [
        {"name": "a", "users": 5, "sum": 15, "sum_squares": 55},
        {"name": "b", "users": 5, "sum": 35, "sum_squares": 285}]}"#;
    let readout = check(json, &Verdict::StopNoEffect);
    assert!((readout.arms[0].comparison().unwrap().effect - 4.0 / 3.0).abs() < 1e-12);
}
