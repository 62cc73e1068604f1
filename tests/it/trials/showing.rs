//! The card of a test beside its words: the picture, and what is shown in the thread.

use std::fmt::Write as _;

use countersign::sandbox::{Fault, FaultKind};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use super::{EVEN, PLACE, known, known_but};
use crate::harness::Team;

#[tokio::test]
async fn where_slack_takes_no_picture_the_card_does_without() {
    let team = Team::with_a_test(known()).await;
    let code = Some("missing_scope".to_owned());
    let fault = Fault { code, ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(fault.on("files.getUploadURLExternal"));
    team.runs_for(2, EVEN).await;
    let card = team.card();
    assert!(card.contains("*Continue:* after 8,000 users"), "{card}");
    assert!(!card.contains("(image:"), "{card}");
    team.done().await;
}

/// What differs on phones only, on each of some days.
async fn with_segments(team: &Team, days: i64) -> String {
    let mut csv = "date,arm,segment,users,conversions,unsubscribe rate.conversions\n".to_owned();
    for day in 0..days {
        let date = team.day(day).await;
        for (arm, phones, others) in [("urgency", 120, 120), ("benefit", 180, 122)] {
            writeln!(csv, "{date},{arm},,2000,{},20", phones + others).unwrap();
            writeln!(csv, "{date},{arm},phone,1000,{phones},").unwrap();
            writeln!(csv, "{date},{arm},computer,1000,{others},").unwrap();
        }
    }
    csv
}

#[tokio::test]
async fn segments_are_shown_in_the_thread_and_are_never_the_result() {
    let team = Team::with_a_test(known()).await;
    team.wait(SignedDuration::from_hours(24 * 3)).await;
    let (status, said) = team.counts(with_segments(&team, 2).await).await;
    assert_eq!((status, &said["new"]), (200, &json!(12)), "{said}");
    team.settle().await;
    let card = team.card();
    // Only the whole counts.
    assert!(card.contains("15.1 % against 12 %"), "{card}");
    let said: Vec<&str> = card.lines().map(str::trim).filter(|it| it.contains("egments")).collect();
    assert_snapshot!(said.join("\n"), @"
    Segments were counted as well. They are exploratory, and never the result.
    [Ship] [Stop] [Extend: a new plan] [Segments]
    ");

    assert_eq!(team.member("maya").clicks(PLACE, "Segments").await, "");
    team.settle().await;
    let thread = |team: &Team| {
        let shown = team.shown();
        let at = shown.rfind("*Segments: ").unwrap();
        shown[at..].to_owned()
    };
    assert_snapshot!(thread(&team), @"
    *Segments: conversion rate, against urgency*
          • computer: benefit +1.67 % (95 % interval −30.1 to +33.4 %, 4,000 users); no difference stands after the correction (p 1).
          • phone: benefit +50 % (95 % interval +7.65 to +92.4 %, 4,000 users); a difference stands after the correction (p 0.0097).
          Exploratory: who looks at many parts finds differences by chance. So all of them share the risk that was agreed on (Holm), and none is the result. One that would matter is a reason for a test of its own.
    ");
    // Whoever presses again finds the same message, and it is kept as the test stands.
    team.member("dana").clicks(PLACE, "Segments").await;
    team.counts(with_segments(&team, 3).await).await;
    team.settle().await;
    assert_eq!(team.shown().matches("*Segments: ").count(), 1);
    assert!(thread(&team).contains("6,000 users"), "{}", thread(&team));
    team.done().await;
}

#[tokio::test]
async fn a_fixed_horizon_shows_no_segment_before_its_end() {
    let once = json!({"When may it be read?": "Once, at the end (fixed horizon)"});
    let team = Team::with_a_test(known_but(once)).await;
    team.wait(SignedDuration::from_hours(24 * 2)).await;
    team.counts(with_segments(&team, 2).await).await;
    team.settle().await;
    assert!(!team.card().contains("egments"), "{}", team.card());
    team.done().await;
}
