//! What is counted: how it comes in, what is refused, and what the card says of it.

use futures_util::future::join_all;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use super::{BETTER, EVEN, OTHER, PLACE, TOKEN, known, known_but, undated};
use crate::harness::Team;

#[tokio::test]
async fn counts_make_a_readout_and_the_same_again_changes_nothing() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(2, EVEN).await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :arrow_forward: *Continue:* after 8,000 users the data neither show a winner nor exclude +10 %. About 10 days are left.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +0.8 % (−18.4 % to +20.1 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 12.1 % against 12 % of urgency, +0.833 % (95 % interval −18.4 to +20.1 %, which holds however often it is read). The chance that it is better at all is 55.4 %.
      • Guardrail unsubscribe rate of benefit is open: harm beyond +50 % is neither shown nor excluded. 0 % (95 % interval −70.2 to +70.2 %).
      • Peeking: a plain test would not have been called so far; read at each of 2 looks it names a false winner or loser in 8.3 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      Counted up to (day) from “web”.
      [Ship] [Stop] [Extend: a new plan]
    ");

    let again = team.csv(0..2, EVEN).await;
    assert_eq!(
        team.counts(again.clone()).await.1,
        json!({"test": 1, "new": 0, "changed": 0, "unchanged": 4})
    );
    let restated = again.replacen(",242,", ",250,", 1);
    assert_eq!(team.counts(restated).await.1["changed"], 1);
    assert_eq!(team.count("SELECT count(*) FROM observation_revisions").await, 1);
    team.settle().await;
    assert_eq!(team.shown().matches("countersign: Test 1").count(), 1);
    assert_eq!(team.what_happened().await.matches("test_plan.counted").count(), 2);
    team.done().await;
}

#[tokio::test]
async fn what_cannot_be_counts_is_refused_as_a_whole() {
    let team = Team::with_a_test(known()).await;
    team.wait(SignedDuration::from_hours(48)).await;
    let (day, before, later) = (team.day(0).await, team.day(-1).await, team.day(9).await);
    let head = "date,arm,users,conversions\n";
    let mut said = Vec::new();
    for body in [
        String::new(),
        "date,users\n".to_owned(),
        format!("{head}{day},urgency,many,1\n"),
        format!("{head}{day},speed,10,1\n"),
        format!("{head}{day},urgency,10,1\n{day},urgency,10,1\n{day},urgency,10,2\n"),
        format!("date,arm,users,users\n{day},urgency,10,1\n"),
        format!("date,arm,segment,users,conversions\n{day},urgency,phone,10,1\n"),
        format!(
            "date,arm,segment,users,conversions\n{day},urgency,,10,1\n{day},urgency,phone,11,1\n"
        ),
        format!("{head}{day},urgency,10,11\n{before},benefit,10,1\n{later},benefit,-1,0\n"),
        format!("date,arm,conversions\n{day},urgency,1\n"),
        format!("date,arm,users\n{day},urgency,1\n"),
        format!("date,arm,users,conversions,clicks\n{day},urgency,1,1,1\n"),
    ] {
        let (status, answer) = team.counts(body).await;
        said.push(format!("{status} {}", answer["error"].as_str().unwrap()));
    }
    assert_snapshot!(undated(&said.join("\n\n")), @r#"
    422 The daily counts have no column "date".
    Nothing was taken.

    422 The daily counts have no column "arm".
    Nothing was taken.

    422 Line 2: "many" of "users" is no number.
    Nothing was taken.

    422 Line 2: the plan has no arm "speed"; its arms are urgency and benefit.
    Nothing was taken.

    422 Line 4: (date), urgency stands there twice, with different counts.
    Nothing was taken.

    422 The daily counts have two columns "users".
    Nothing was taken.

    422 (date), urgency: there is only the segment phone; send a row without a segment beside it, which is what counts.
    Nothing was taken.

    422 (date), urgency: 11 users of the segment phone are more than the 10 of all.
    Nothing was taken.

    422 (date) is before (date), the day on which the plan was approved; what was known before does not count.
    (date) is still to come; today is (date).
    (date), urgency: 11 conversions of 10 users; count each user once.
    (date), benefit: users is -1, and counts are zero or more.
    Nothing was taken.

    422 (date), urgency: it has no users.
    Nothing was taken.

    422 (date), urgency: "conversions" is missing; of this kind, an arm has users and conversions.
    Nothing was taken.

    422 (date), urgency: "clicks" is no figure of this kind, which are users and conversions.
    Nothing was taken.
    "#);
    assert_eq!(team.count("SELECT count(*) FROM observations").await, 0);
    team.done().await;
}

#[tokio::test]
async fn one_source_counts_a_test() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(1, EVEN).await;
    let csv = team.csv(0..1, EVEN).await;
    let (status, answer) = team.counts_at(&team.bot, OTHER, csv.clone()).await;
    assert_snapshot!(format!("{status} {}", answer["error"].as_str().unwrap()), @"
    422 Counts of test 1 come from “web”, and two sources would count twice.
    Nothing was taken.
    ");
    let (status, answer) = team.counts_at(&team.bot, "nobody's token, which is long", csv).await;
    assert_snapshot!(format!("{status} {}", answer["error"].as_str().unwrap()), @"401 This token is not one of COUNTERSIGN_SOURCE_TOKENS; check that it was copied whole.");
    team.done().await;
}

#[tokio::test]
async fn a_test_that_has_not_started_takes_no_counts() {
    let team = Team::for_tests().await;
    team.member("maya").plans("Subject line: urgency v benefit", known()).await;
    team.settle().await;
    let (status, answer) = team.counts("date,arm,users,conversions\n").await;
    assert_snapshot!(format!("{status} {}", answer["error"].as_str().unwrap()), @"409 There is no test 1 that has started. The number stands on the card of each test; one starts when its plan is approved.");
    team.done().await;
}

#[tokio::test]
async fn two_replicas_take_the_same_counts_once() {
    let team = Team::with_a_test(known()).await;
    team.wait(SignedDuration::from_hours(72)).await;
    let other = team.replica().await;
    let csv = team.csv(0..3, EVEN).await;
    let doors = [&team.bot, &other, &team.bot, &other];
    let sent = doors.map(|door| team.counts_at(door, TOKEN, csv.clone()));
    let answers = join_all(sent).await;
    let sum = |name: &str| answers.iter().map(|it| it.1[name].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("new"), sum("changed"), sum("unchanged")), (6, 0, 18));
    team.settle().await;
    assert_eq!(team.shown().matches("countersign: Test 1").count(), 1);
    team.done().await;
}

#[tokio::test]
async fn a_split_that_is_off_stops_the_readout() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(2, [(2_000, 240), (1_500, 240)]).await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :no_entry: *Invalid:* the traffic split is off. 7,000 users were counted where 50 % : 50 % were planned, which chance does with a p-value of 6.3e-33. Usual causes: users that one arm loses before they are counted (redirects, slow pages, crashes), bots, a change of the shares while the test ran, counting on something that the treatment changes. No effect is read from such counts; find the cause, mend it, and start anew.
      Counted up to (day) from “web”.
      [Stop] [Extend: a new plan]
    ");
    // Whoever still sees the button of before is told why not.
    assert!(!team.card().contains("[Ship]"), "{}", team.card());
    team.done().await;
}

#[tokio::test]
async fn an_arm_without_users_is_named() {
    let team = Team::with_a_test(known()).await;
    team.wait(SignedDuration::from_hours(24)).await;
    let csv = format!("date,arm,users,conversions\n{},urgency,9,1\n", team.day(0).await);
    assert_eq!(team.counts(csv).await.0, 200);
    team.settle().await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :arrow_forward: *Continue:* after 9 users the data neither show a winner nor exclude +10 %. About 27 days are left.
      • The traffic split is worth a look: chance alone brings one this far off with a p-value of 0.0027.
      • benefit: The treatment has no users yet, so there is nothing to compare.
      • Guardrail unsubscribe rate of benefit is open: harm beyond +50 % is neither shown nor excluded. The control has no users yet, so there is nothing to compare.
      • To find +10 % with 80 % power this rule takes 48,861 users at most; read once, at the end, it would be 25,117.
      Counted up to (day) from “web”.
      :warning: unsubscribe rate has not come at all, so nothing watches it.
      [Ship] [Stop] [Extend: a new plan]
    ");
    team.done().await;
}

#[tokio::test]
async fn a_metric_that_stops_coming_is_said() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(2, EVEN).await;
    team.wait(SignedDuration::from_hours(24)).await;
    let day = team.day(2).await;
    let csv =
        format!("date,arm,users,conversions\n{day},urgency,2000,240\n{day},benefit,2000,241\n");
    team.counts(csv).await;
    team.settle().await;
    assert_snapshot!(warnings(&team), @"
    Counted up to (day) from “web”.
    :warning: unsubscribe rate has not come since (day), so it is read as of then.
    ");

    // Then nothing comes at all, and the card says so by itself.
    team.wait(SignedDuration::from_hours(24 * 4)).await;
    team.wait(SignedDuration::from_hours(24)).await;
    assert_snapshot!(warnings(&team), @"
    Counted up to (day) from “web”.
    :warning: Nothing has come since (day), 6 days ago. The readout stands as of then; look at whatever sends the counts.
    :warning: unsubscribe rate has not come since (day), so it is read as of then.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_fixed_horizon_is_read_once_and_what_comes_later_is_kept() {
    let once = json!({"When may it be read?": "Once, at the end (fixed horizon)"});
    let team = Team::with_a_test(known_but(once)).await;
    team.runs_for(3, BETTER).await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :arrow_forward: *Continue:* 12,000 of 23,024 users are counted, and by the rule that was agreed on the result is read once, at the end. About 3 days are left.
      • Guardrail unsubscribe rate of benefit is open: harm beyond +50 % is neither shown nor excluded. 0 % (95 % interval −55.9 to +55.9 %).
      • To find +10 % with 80 % power this rule takes 23,024 users; read at any time, it would be 44,637 at most.
      Counted up to (day) from “web”.
      [Ship] [Stop] [Extend: a new plan]
    ");
    team.wait(SignedDuration::from_hours(24 * 6)).await;
    let csv = team.csv(3..9, BETTER).await;
    assert_eq!(team.counts(csv).await.0, 200);
    team.settle().await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :trophy: *Ship benefit:* by the rule that was agreed on, its conversion rate is better than that of urgency, by +37.5 %.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +37.5 % (+28.8 % to +46.2 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 16.5 % against 12 % of urgency, +37.5 % (95 % interval +28.8 to +46.2 %). The chance that it is better at all is more than 99.9 %.
      • Guardrail unsubscribe rate of benefit holds: harm beyond +50 % is excluded. 0 % (95 % interval −39 to +39 %).
      • Peeking: a plain test would have been called at (day), with benefit as better; read at each of 6 looks it names a false winner or loser in 15 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 23,024 users; read at any time, it would be 44,637 at most.
      Counted up to (day) from “web”.
      Counts of 3 days after the end that was agreed on came as well; they are kept and not read.
      [Ship] [Stop] [Extend: a new plan]
    ");
    team.done().await;
}

fn warnings(team: &Team) -> String {
    let card = team.card();
    let told = |line: &&str| line.contains("Counted up") || line.contains(":warning:");
    card.lines().map(str::trim).filter(told).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_plan_that_is_revoked_takes_no_more_counts() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(1, EVEN).await;
    let raj = team.member("raj");
    raj.clicks(PLACE, "Revoke").await;
    raj.submits("Why is it called back?", "The audience is wrong.").await;
    team.settle().await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :rewind: *The plan was revoked (when)*, so this test does not count any more.
      At the end the rule said: Continue: after 4,000 users the data neither show a winner nor exclude +10 %. About 11 days are left.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +0.8 % (−28.8 % to +30.5 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 12.1 % against 12 % of urgency, +0.833 % (95 % interval −28.8 to +30.5 %, which holds however often it is read). The chance that it is better at all is 53.9 %.
      • Guardrail unsubscribe rate of benefit is open: harm beyond +50 % is neither shown nor excluded. 0 % (95 % interval −108 to +108 %).
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      Counted up to (day) from “web”.
    ");
    let (status, answer) = team.counts("date,arm,users,conversions\n").await;
    assert_snapshot!(undated(&format!("{status} {}", answer["error"].as_str().unwrap())), @"409 The plan of test 1 was revoked on (day), so nothing was recorded. Plan another one with /test.");
    team.done().await;
}
