//! What becomes of a running test: people put it up, others approve it.

use std::time::Duration;

use countersign::ids::ReviewId;
use countersign::jobs::{self, Job};
use futures_util::future::join_all;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use super::{BETTER, EVEN, PLACE, known, known_but, told, undated};
use crate::harness::Team;

#[tokio::test]
async fn what_the_rule_says_is_shipped_once_it_is_approved() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(4, BETTER).await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :trophy: *Ship benefit:* by the rule that was agreed on, its conversion rate is better than that of urgency, by +37.5 %.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +37.5 % (+21.0 % to +54.0 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 16.5 % against 12 % of urgency, +37.5 % (95 % interval +21 to +54 %, which holds however often it is read). The chance that it is better at all is more than 99.9 %.
      • Guardrail unsubscribe rate of benefit holds: harm beyond +50 % is excluded. 0 % (95 % interval −48 to +48 %).
      • Peeking: a plain test would have been called at (day), with benefit as better; read at each of 4 looks it names a false winner or loser in 13 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      Counted up to (day) from “web”.
      [Ship] [Stop] [Extend: a new plan]
    ");

    let maya = team.member("maya");
    assert_snapshot!(team.asks_to("maya", "Ship", "It wins, and nobody leaves.").await, @"“Subject line: Ship benefit” is up for a decision in this channel. Nothing changes until it is approved.");
    let channel = team.shown();
    let decision = &channel[channel.rfind("countersign: Subject line: Ship").unwrap()..];
    assert_snapshot!(decision, @"
    countersign: Subject line: Ship benefit
      A decision about test 1 by @maya. Its plan has the SHA-256 `(hash)`.
      *Ship benefit*, because:
      > It wins, and nobody leaves.
      *What the rule says, counted up to (day)*
      • Ship benefit: by the rule that was agreed on, its conversion rate is better than that of urgency, by +37.5 %.
      • benefit: conversion rate 16.5 % against 12 % of urgency, +37.5 % (95 % interval +21 to +54 %, which holds however often it is read). The chance that it is better at all is more than 99.9 %.
      • Guardrail unsubscribe rate of benefit holds: harm beyond +50 % is excluded. 0 % (95 % interval −48 to +48 %).
      • Peeking: a plain test would have been called at (day), with benefit as better; read at each of 4 looks it names a false winner or loser in 13 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      ---
      :ballot_box_with_check: Follows the rule that was agreed on before the start
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      Worded by @maya · asked for by @maya · policy test decisions (version) · review 2, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
    ");
    assert_snapshot!(maya.clicks(PLACE, "Approve").await, @"You asked for this, so somebody else decides: a member of research-reviewers.");
    team.agrees("raj").await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :checkered_flag: *Decided (when): Ship benefit*, approved by @raj.
      Why: It wins, and nobody leaves.
      At the end the rule said: Ship benefit: by the rule that was agreed on, its conversion rate is better than that of urgency, by +37.5 %.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +37.5 % (+21.0 % to +54.0 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 16.5 % against 12 % of urgency, +37.5 % (95 % interval +21 to +54 %, which holds however often it is read). The chance that it is better at all is more than 99.9 %.
      • Guardrail unsubscribe rate of benefit holds: harm beyond +50 % is excluded. 0 % (95 % interval −48 to +48 %).
      • Peeking: a plain test would have been called at (day), with benefit as better; read at each of 4 looks it names a false winner or loser in 13 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      Counted up to (day) from “web”.
    ");
    assert_snapshot!(team.what_happened().await, @"
    maya test_plan.proposed test_plan
    maya review.opened test_plan
    raj test_plan.approved test_plan
    bot test_plan.released test_plan
    bot test_plan.started test_plan
    bot test_plan.counted test_plan
    maya test_decision.proposed test_decision
    maya review.opened test_decision
    raj test_decision.approved test_decision
    bot test_decision.released test_decision
    bot test_plan.decided test_plan
    ");
    team.done().await;
}

#[tokio::test]
async fn against_the_rule_is_allowed_and_stays_on_record() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    let dana = team.member("dana");
    assert_eq!(dana.clicks(PLACE, "Ship").await, "");
    assert_snapshot!(dana.fills(json!({"Why?": " "})).await, @"Write a sentence that says why; whoever decides will read it.");
    dana.fills(json!({"What is shipped?": "benefit", "Why?": "It reads better."})).await;
    team.settle().await;
    let channel = team.shown();
    let decision = &channel[channel.rfind("countersign: Subject line: Ship").unwrap()..];
    assert_snapshot!(decision.split("*What the rule says").next().unwrap(), @"
    countersign: Subject line: Ship benefit
      A decision about test 1 by @dana. Its plan has the SHA-256 `(hash)`.
      *Ship benefit*, because:
      > It reads better.
      :warning: *This goes against the rule that was agreed on before the start.* That is allowed; it stays on record.
    ");
    team.agrees("raj").await;
    assert!(team.card().contains("went against the rule"), "{}", team.card());
    assert_snapshot!(told(&team.member("sam").types(PLACE, "/countersign audit 1").await), @"
    @maya put test plan 1 up for a decision in #campaigns for @maya.
    @maya had test plan 1 checked; passed: duration, baseline, guardrails.
    Countersign evaluated the policies on test plan 1: test plans, of version (version), apply, so that these groups were asked to decide: research-reviewers: 1.
    @maya put test plan 1 to review for @maya, as revision 1, under policy version (version). The exact text has the SHA-256 (hash).
    @raj approved test plan 1 as one of research-reviewers, under the policies test plans, version (version). The decision is on the text with the SHA-256 (hash). It took less time than the text takes to read. The review was then approved.
    test plan 1 was released to outbox: exactly the approved text, with the SHA-256 (hash).
    test plan 1 has started by the approved plan, with the SHA-256 (hash); (date) is the first day that counts.
    Countersign took counts of test plan 1 from web, of (date) to (date): 6 new, 0 corrected; the counts have the SHA-256 (hash).
    test plan 1 was decided by test decision 1: ship benefit. It went against the rule that was agreed on.
    ");
    assert_snapshot!(told(&team.member("sam").types(PLACE, "/countersign audit 2").await), @"
    @dana put test decision 1 up: ship, about test plan 1, saying: “It reads better.”. It goes against the rule that was agreed on.
    @dana had test decision 1 checked; failed: follows_the_rule.
    Countersign evaluated the policies on test decision 1: test decisions, of version (version), apply, so that these groups were asked to decide: research-reviewers: 1.
    @dana put test decision 1 to review for @dana, as revision 2, under policy version (version). The exact text has the SHA-256 (hash).
    @raj approved test decision 1 as one of research-reviewers, under the policies test decisions, version (version). The decision is on the text with the SHA-256 (hash). It took less time than the text takes to read. The review was then approved.
    test decision 1 was released to outbox: exactly the approved text, with the SHA-256 (hash).
    ");
    team.done().await;
}

#[tokio::test]
async fn of_two_people_at_once_one_is_told() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(4, BETTER).await;
    let (maya, dana) = (team.member("maya"), team.member("dana"));
    assert_eq!(maya.clicks(PLACE, "Ship").await, "");
    assert_eq!(dana.clicks(PLACE, "Stop").await, "");
    let (one, other) = tokio::join!(
        maya.fills(json!({"Why?": "It wins."})),
        dana.fills(json!({"Why?": "It is off brand."})),
    );
    let told = [one, other];
    assert_eq!(
        told.iter().filter(|it| it.contains("waits for a decision already")).count(),
        1,
        "{told:?}"
    );
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM experiment_decisions").await, 1);
    assert!(!team.card().contains("[Stop]"), "{}", team.card());
    team.done().await;
}

#[tokio::test]
async fn a_rejected_decision_leaves_the_test_running() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    let (maya, raj) = (team.member("maya"), team.member("raj"));
    team.asks_to("maya", "Stop", "It takes too long.").await;
    assert!(team.card().contains("waits for a decision"), "{}", team.card());
    raj.clicks(PLACE, "Reject").await;
    raj.fills(
        json!({"What is wrong with it?": "Not needed", "Why is it rejected?": "Wait a week."}),
    )
    .await;
    team.settle().await;
    assert_snapshot!(team.card().lines().last().unwrap().trim(), @"[Ship] [Stop] [Extend: a new plan]");

    team.asks_to("maya", "Stop", "Now it is a week.").await;
    raj.clicks(PLACE, "Request changes").await;
    raj.submits("What should change?", "Say what it costs.").await;
    team.settle().await;
    assert_eq!(maya.clicks(PLACE, "Change the text").await, "");
    assert_snapshot!(maya.fills(json!({})).await, @"You changed nothing. Change something, or close this: it stays as it is.");
    assert_eq!(maya.fills(json!({"Why?": "It costs 400 a day."})).await, "");
    team.settle().await;
    team.agrees("raj").await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :checkered_flag: *Decided (when): Stop*, approved by @raj. :warning: This went against the rule that was agreed on.
      Why: It costs 400 a day.
      At the end the rule said: Continue: after 12,000 users the data neither show a winner nor exclude +10 %. About 9 days are left.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +0.8 % (−14.5 % to +16.1 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 12.1 % against 12 % of urgency, +0.833 % (95 % interval −14.5 to +16.1 %, which holds however often it is read). The chance that it is better at all is 56.7 %.
      • Guardrail unsubscribe rate of benefit is open: harm beyond +50 % is neither shown nor excluded. 0 % (95 % interval −55.9 to +55.9 %).
      • Peeking: a plain test would not have been called so far; read at each of 3 looks it names a false winner or loser in 11 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      Counted up to (day) from “web”.
    ");
    team.done().await;
}

#[tokio::test]
async fn what_comes_after_the_decision_is_refused() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(4, BETTER).await;
    team.asks_to("maya", "Ship", "It wins.").await;
    team.agrees("raj").await;
    let csv = team.csv(0..4, EVEN).await;
    let (status, answer) = team.counts(csv).await;
    assert_snapshot!(undated(&format!("{status} {}", answer["error"].as_str().unwrap())), @"409 Test 1 was decided on (day), so nothing was recorded. Plan another one with /test.");
    team.done().await;
}

#[tokio::test]
async fn another_plan_takes_its_place_once_it_is_approved() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    let maya = team.member("maya");
    assert_eq!(maya.clicks(PLACE, "Extend: a new plan").await, "");
    assert_snapshot!(maya.fills(json!({"Why another plan?": "More time."})).await, @"This is the plan that the test has. Change what should be different, or close this.");
    let longer = json!({"Why another plan?": "More time.", "Longest duration, in days": "56", "Primary metric": "order rate"});
    assert_snapshot!(maya.fills(longer).await, @"The plan of “Subject line” is up for a decision in this channel. It starts when it is approved. Until then, *Change the text* and *Withdraw my request* are behind the three dots of its card.");
    team.settle().await;
    let channel = team.shown();
    let plan = channel.split("*A new plan").nth(1).unwrap().split("*Who sees it*").next().unwrap();
    assert_snapshot!(plan.trim(), @"
    instead of that of test 1* (SHA-256 `(hash)`), which goes on until this one is approved and then ends. Counts begin anew: what is read, or how, has changed, and the wish for that came from the old counts.
      Why: More time.
      • Primary metric: order rate (conversion rate, higher is better) instead of conversion rate (higher is better)
      • Longest duration: 56 days instead of 28 days
      > With benefit, more of those who see it convert than with urgency.
    ");
    team.agrees("raj").await;
    let channel = team.shown();
    let first = &channel[channel.find("countersign: Test 1:").unwrap()..];
    assert_snapshot!(first.lines().take(4).collect::<Vec<_>>().join("\n"), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :checkered_flag: *Ended (when)*: the plan of test 2 took its place. Its counts are closed.
      At the end the rule said: Continue: after 12,000 users the data neither show a winner nor exclude +10 %. About 9 days are left.
    ");
    assert_snapshot!(team.card(), @"
    countersign: Test 2: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 2) · began (day) · read out by the campaign agent
      :hourglass_flowing_sand: *Nothing was counted yet.* Counts come by `POST /ingest/observations?test=2` or `countersign experiment observe 2 FILE.csv`.
      [Stop] [Extend: a new plan]
    ");
    team.done().await;
}

#[tokio::test]
async fn where_only_the_duration_changes_the_counts_go_on() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    let began = team.day(0).await;
    assert_eq!(team.member("maya").clicks(PLACE, "Extend: a new plan").await, "");
    let longer = json!({"Why another plan?": "More time.", "Longest duration, in days": "56"});
    team.member("maya").fills(longer).await;
    team.settle().await;
    let channel = team.shown();
    let plan = channel.split("*A new plan").nth(1).unwrap().split("*Who sees it*").next().unwrap();
    assert_snapshot!(plan.trim(), @"
    instead of that of test 1* (SHA-256 `(hash)`), which goes on until this one is approved and then ends. Counts go on: nothing that is read has changed, and the rule holds however often and however long it is read.
      Why: More time.
      • Longest duration: 56 days instead of 28 days
      > With benefit, more of those who see it convert than with urgency.
    ");
    team.agrees("raj").await;
    assert_eq!(team.day(0).await, began);
    assert_snapshot!(team.card().lines().nth(2).unwrap().trim(), @":arrow_forward: *Continue:* after 12,000 users the data neither show a winner nor exclude +10 %. About 9 days are left.");
    // What comes now is added to what was there.
    team.wait(SignedDuration::from_hours(24)).await;
    let csv = team.csv(3..4, EVEN).await;
    assert_eq!(team.counts(csv).await.0, 200);
    team.settle().await;
    assert!(team.card().contains("after 16,000 users"), "{}", team.card());
    let record = told(&team.member("sam").types(PLACE, "/countersign audit 2").await);
    let started: Vec<&str> = record.lines().filter(|it| it.contains("has started")).collect();
    assert_snapshot!(started.join("\n"), @"test plan 2 has started by the approved plan, with the SHA-256 (hash); (date) is the first day that counts; it goes on with the counts of test plan 1.");
    team.done().await;
}

#[tokio::test]
async fn what_is_read_once_is_not_prolonged() {
    let once = json!({"When may it be read?": "Once, at the end (fixed horizon)"});
    let team = Team::with_a_test(known_but(once)).await;
    team.runs_for(3, EVEN).await;
    team.member("maya").clicks(PLACE, "Extend: a new plan").await;
    let longer = json!({"Why another plan?": "More time.", "Longest duration, in days": "56"});
    team.member("maya").fills(longer).await;
    team.settle().await;
    assert!(team.shown().contains("Counts begin anew: what is read once"), "{}", team.shown());
    team.agrees("raj").await;
    assert!(team.card().contains("*Nothing was counted yet.*"), "{}", team.card());
    team.done().await;
}

#[tokio::test]
async fn a_guest_decides_nothing() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    assert_snapshot!(team.member("giulia").clicks(PLACE, "Stop").await, @"Guests and bots do not decide here, so nothing was recorded. Ask a member of the team.");
    team.done().await;
}

#[tokio::test]
async fn what_a_test_taught_can_be_found() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(4, BETTER).await;
    team.asks_to("maya", "Ship", "It wins.").await;
    team.agrees("raj").await;
    team.member("maya")
        .types(PLACE, "/research did benefit win against urgency in the test?")
        .await;
    team.settle().await;
    let channel = team.shown();
    let finding = &channel[channel.rfind("countersign: did benefit").unwrap()..];
    assert_snapshot!(finding, @"
    countersign: did benefit win against urgency in the test?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *urgency* · 1 document
      > Ship benefit: by the rule that was agreed on, its conversion rate is better than that of urgency, by +37.5 %.
      — tests test-1, (day)
      Searched 1 document in tests (newest (day)); 1 answers the question.
      [Sources]
      ---
      :ballot_box_with_check: 1 quote found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Made by the research agent, which quotes and adds nothing · data tests (age) · asked for by @maya · policy findings (version) · review 3, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
    ");
    team.done().await;
}

impl Team {
    /// The form of a decision as Slack sends it, signed; the same trigger again is the same delivery.
    async fn submits_at(&self, door: &Url, person: &str, reason: &str, trigger: &str) -> Value {
        let tenant = &self.sandbox.seed().team_id;
        let body = json!({
            "type": "view_submission", "team": {"id": tenant},
            "user": {"id": person, "team_id": tenant}, "trigger_id": trigger,
            "view": {
                "id": "V1", "type": "modal", "callback_id": "test.stop", "private_metadata": "1",
                "state": {"values": {"test_reason": {"test_reason": {
                    "type": "plain_text_input", "value": reason,
                }}}},
            },
        });
        let body = serde_urlencoded::to_string([("payload", body.to_string())]).unwrap();
        let signed = self.sandbox.sign(body.as_bytes(), self.app.now());
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let request = client.post(door.join("slack/interactivity").unwrap());
        let request =
            signed.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap_or_default()
    }
}

#[tokio::test]
async fn the_same_delivery_twice_is_one_decision() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    let first = team.submits_at(&team.bot, "U0MAYA0000", "Too long.", "1.7.7").await;
    let again = team.submits_at(&team.bot, "U0MAYA0000", "Too long.", "1.7.7").await;
    assert_eq!((first, again), (Value::Null, Value::Null));
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM experiment_decisions").await, 1);
    team.agrees("raj").await;
    // A release that is done again, as after a crash, ends the test once.
    let reviews: Vec<i64> = sqlx::query_scalar("SELECT id FROM reviews ORDER BY id")
        .fetch_all(team.db())
        .await
        .unwrap();
    for review in reviews {
        let mut db = team.db().acquire().await.unwrap();
        let job = Job::Release { review: ReviewId(review) };
        jobs::enqueue(&mut db, team.app.workspace.id, job).await.unwrap();
    }
    team.settle().await;
    let trail = team.what_happened().await;
    assert_eq!(trail.matches("test_plan.started").count(), 1, "{trail}");
    assert_eq!(trail.matches("test_plan.decided").count(), 1, "{trail}");
    team.done().await;
}

#[tokio::test]
async fn two_replicas_put_one_decision_up() {
    let team = Team::with_a_test(known()).await;
    team.runs_for(3, EVEN).await;
    let other = team.replica().await;
    let sent = (0..6).map(|number| {
        let door = if number % 2 == 0 { &team.bot } else { &other };
        let person = if number % 2 == 0 { "U0MAYA0000" } else { "U0DANA0000" };
        let trigger = format!("{number}.7.7");
        let team = &team;
        async move { team.submits_at(door, person, "Too long.", &trigger).await }
    });
    let answers = join_all(sent).await;
    let up = answers.iter().filter(|it| it.is_null()).count();
    assert_eq!(up, 1, "{answers:?}");
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM experiment_decisions").await, 1);
    team.done().await;
}
