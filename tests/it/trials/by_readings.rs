//! Tests whose arms are campaigns of a platform: its readings count them.

use std::fmt::Write as _;
use std::time::Duration;

use countersign::jobs::{self, Job};
use insta::assert_snapshot;
use jiff::{SignedDuration, ToSpan};
use reqwest::Client;
use serde_json::{Value, json};

use super::{OTHER, PLACE, known_but, told, undated};
use crate::harness::Team;

const FROM_SHOP: &str = "conversions per clicks, from shop\nurgency: campaign Letter A\nbenefit: campaign Letter B\nunsubscribe rate: unsubscribes";

impl Team {
    /// What the shop reports of some days of a test, and of the day before: clicks and conversions of
    /// both campaigns, and of one that is none of its arms.
    async fn reports(&self, days: std::ops::Range<i64>, conversions: [u32; 2]) -> Value {
        let mut csv = "Day,Campaign,Clicks,Conversions,Unsubscribes\n".to_owned();
        for day in days {
            let date = self.day(day).await;
            let [one, other] = conversions;
            write!(
                csv,
                "{date},Letter A,2000,{one},20\n{date},Letter B,2000,{other},20\n{date},Brand,900,90,0\n"
            )
            .unwrap();
        }
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let address = self.bot.join("ingest/readings").unwrap();
        let request = client.post(address).bearer_auth(OTHER).header("Content-Type", "text/csv");
        let response = request.body(csv).send().await.unwrap();
        assert_eq!(response.status(), 200);
        self.settle().await;
        response.json().await.unwrap()
    }

    /// The campaigns are known by what came before.
    async fn with_campaigns() -> Self {
        let team = Self::for_tests().await;
        let today = team.app.now().in_tz("Europe/Berlin").unwrap().date();
        let mut csv = "Day,Campaign,Clicks,Conversions,Unsubscribes\n".to_owned();
        for ago in 1..=14 {
            let day = today - ago.days();
            write!(csv, "{day},Letter A,2000,240,20\n{day},Letter B,2000,240,20\n").unwrap();
        }
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let address = team.bot.join("ingest/readings").unwrap();
        let request = client.post(address).bearer_auth(OTHER).header("Content-Type", "text/csv");
        assert_eq!(request.body(csv).send().await.unwrap().status(), 200);
        team.settle().await;
        team
    }

    async fn with_a_counted_test() -> Self {
        let team = Self::with_campaigns().await;
        let values = known_but(json!({"Is it counted by readings?": FROM_SHOP}));
        let said = team.member("maya").plans("Subject line: urgency v benefit", values).await;
        assert!(said.contains("is up for a decision"), "{said}");
        team.settle().await;
        team.agrees("raj").await;
        team
    }

    /// What was counted of a day, by arm.
    async fn counted_on(&self, day: i64) -> Vec<(String, Value)> {
        let date = jiff_sqlx::ToSqlx::to_sqlx(self.day(day).await);
        sqlx::query_as("SELECT arm, figures FROM observations WHERE day = $1 ORDER BY arm")
            .bind(date)
            .fetch_all(self.db())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn readings_of_campaigns_count_a_test_from_the_first_whole_day_on() {
    let team = Team::with_a_counted_test().await;
    let shown = team.shown();
    let plan = shown.split("*Counted by*").nth(1).unwrap().split("---").next().unwrap();
    assert_snapshot!(plan.trim(), @"
    conversions per clicks, from the readings of “shop”; urgency is the campaign Letter A, benefit is the campaign Letter B; unsubscribe rate: unsubscribes
      *Takes 44,637 users at most, about 12 days.* Read only once, at the end, it would take 23,024, about 6 days.
      Expected conversion rate: 12 % today, as whoever planned it says. 4,000 users a day.
    ");
    assert_snapshot!(team.card().lines().nth(2).unwrap().trim(), @":hourglass_flowing_sand: *Nothing was counted yet.* It counts conversions per clicks, from the readings of “shop”: whole days from (day) on.");

    team.wait(SignedDuration::from_hours(24 * 3)).await;
    team.reports(0..4, [240, 330]).await;
    // The day of the approval holds what was before, and today is not over.
    assert!(team.counted_on(0).await.is_empty());
    assert!(team.counted_on(3).await.is_empty());
    let arm = json!({"users": 2000.0, "conversions": 240.0, "unsubscribe rate.conversions": 20.0});
    assert_eq!(team.counted_on(1).await[1], ("urgency".to_owned(), arm));
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :trophy: *Ship benefit:* by the rule that was agreed on, its conversion rate is better than that of urgency, by +37.5 %.
      (image: Subject line: conversion rate, relative difference to urgency. benefit +37.5 % (+13.3 % to +61.7 %). The least difference worth having is +10.0 %.)
      • benefit: conversion rate 16.5 % against 12 % of urgency, +37.5 % (95 % interval +13.3 to +61.7 %, which holds however often it is read). The chance that it is better at all is more than 99.9 %.
      • Guardrail unsubscribe rate of benefit is open: harm beyond +50 % is neither shown nor excluded. 0 % (95 % interval −70.2 to +70.2 %).
      • Peeking: a plain test would have been called at (day), with benefit as better; read at each of 3 looks it names a false winner or loser in 11 % of tests in which nothing differs.
      • To find +10 % with 80 % power this rule takes 44,637 users at most; read once, at the end, it would be 23,024.
      Counted up to (day): conversions per clicks, from the readings of “shop”.
      [Ship] [Stop] [Extend: a new plan]
    ");

    // The same again changes nothing; what the platform restates is restated.
    team.reports(0..4, [240, 330]).await;
    assert_eq!(team.what_happened().await.matches("test_plan.counted").count(), 1);
    team.reports(1..2, [250, 330]).await;
    assert_eq!(team.counted_on(1).await[1].1["conversions"], json!(250.0));
    assert_eq!(team.count("SELECT count(*) FROM observation_revisions").await, 1);
    let record = told(&team.member("sam").types(PLACE, "/countersign audit 1").await);
    let counted: Vec<&str> = record.lines().filter(|it| it.contains("took counts")).collect();
    assert_snapshot!(counted.join("\n"), @"
    Countersign took counts of test plan 1 from shop, of (date) to (date): 4 new, 0 corrected; the counts have the SHA-256 (hash).
    Countersign took counts of test plan 1 from shop, of (date) to (date): 0 new, 1 corrected; the counts have the SHA-256 (hash).
    ");
    team.done().await;
}

#[tokio::test]
async fn what_ran_is_brought_over_once_a_day_and_by_two_replicas_once() {
    let team = Team::with_a_counted_test().await;
    team.reports(0..2, [240, 242]).await;
    assert!(team.counted_on(1).await.is_empty());
    // No readings come any more; the day they are of ends.
    team.wait(SignedDuration::from_hours(24)).await;
    team.wait(SignedDuration::from_hours(24)).await;
    assert_eq!(team.counted_on(1).await.len(), 2);

    team.wait(SignedDuration::from_hours(24)).await;
    let other = team.another_app().await;
    let (one, two) = tokio::join!(
        countersign::experiments::count_by_readings(&team.app),
        countersign::experiments::count_by_readings(&other),
    );
    one.unwrap();
    two.unwrap();
    // A job that is done again, as after a crash, does nothing more.
    let mut db = team.db().acquire().await.unwrap();
    jobs::enqueue(&mut db, team.app.workspace.id, Job::CountByReadings).await.unwrap();
    drop(db);
    team.settle().await;
    assert_eq!(team.what_happened().await.matches("test_plan.counted").count(), 1);
    team.done().await;
}

#[tokio::test]
async fn counts_that_are_sent_in_are_refused_where_readings_count() {
    let team = Team::with_a_counted_test().await;
    let csv = team.csv(0..1, super::EVEN).await;
    let (status, answer) = team.counts_at(&team.bot, OTHER, csv).await;
    assert_snapshot!(format!("{status} {}", answer["error"].as_str().unwrap()), @"
    422 Test 1 is counted by the readings of “shop”, as its plan says, so counts of it are not taken; send readings, and it follows.
    Nothing was taken.
    ");
    team.done().await;
}

#[tokio::test]
async fn readings_that_cannot_be_counts_are_said_on_the_card() {
    let team = Team::with_a_counted_test().await;
    team.wait(SignedDuration::from_hours(48)).await;
    team.reports(1..2, [240, 2_400]).await;
    let trouble = |card: &str| {
        let line = card.lines().find(|it| it.contains("was not counted"));
        line.map(|it| it.trim().to_owned())
    };
    assert_snapshot!(trouble(&team.card()).unwrap(), @":warning: What came last was not counted. (date), benefit: 2400 conversions of 2000 users; count each user once. Nothing was taken.");
    // The platform corrects itself.
    team.reports(1..2, [240, 250]).await;
    assert_eq!(trouble(&team.card()), None);
    assert_eq!(team.counted_on(1).await.len(), 2);
    team.done().await;
}

#[tokio::test]
async fn readings_that_nobody_sends_are_refused_at_the_input() {
    let team = Team::with_campaigns().await;
    let maya = team.member("maya");
    let fill = |lines: &str| known_but(json!({"Is it counted by readings?": lines}));
    let mut said = vec![maya.plans("Subject line: urgency v benefit", fill("conversions")).await];
    for lines in [
        FROM_SHOP.replace("shop", "nowhere"),
        FROM_SHOP.replace("per clicks", "per visits"),
        FROM_SHOP.replace("\nbenefit: campaign Letter B", ""),
    ] {
        said.push(maya.fills(fill(&lines)).await);
    }
    let revenue = known_but(json!({
        "What kind of metric is it?": "Revenue per visitor", "Guardrails": "",
        "What is the metric today?": "12.50, spread 30", "Is it counted by readings?": FROM_SHOP,
    }));
    said.push(maya.fills(revenue).await);
    assert_snapshot!(said.join("\n\n"), @"
    “conversions” does not say what is counted. Begin as in: conversions per clicks, from shop

    There are no readings of “nowhere” of the last 4 weeks; there are of shop.

    “shop” has not sent visits in the last 4 weeks; it sends clicks, conversions and unsubscribes.

    There is no line for benefit.

    Readings hold sums, not how much users differ, so that only conversion rates can be counted by them. Leave this empty, and send counts in.
    ");

    // A campaign that is still to be made is no mistake, but worth a look.
    let other = FROM_SHOP.replace("Letter B", "Letter C");
    let said = maya
        .fills(known_but(json!({
            "What kind of metric is it?": "Conversion rate", "Is it counted by readings?": other,
        })))
        .await;
    assert!(said.contains("is up for a decision"), "{said}");
    team.settle().await;
    let card = undated(&team.channel(PLACE));
    let checks: Vec<&str> =
        card.lines().map(str::trim).filter(|it| it.starts_with(":warning:")).collect();
    assert_snapshot!(checks.join("\n"), @"
    :warning: No readings of Letter C have come yet, so look at the names
    :warning: It counts clicks, not people: who comes twice counts twice, and the result looks a little surer than it is
    ");
    team.done().await;
}
