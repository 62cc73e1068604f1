//! How a test is planned: the form, what is wrong in it, its card, and changes before it starts.

use countersign::audit::Actor;
use countersign::readings::{self, File, Input, Layout};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::json;

use super::{PLACE, known, known_but, told};
use crate::harness::Team;

#[tokio::test]
async fn a_plan_is_put_up_approved_and_starts() {
    let team = Team::for_tests().await;
    let maya = team.member("maya");
    let said = maya.plans("Subject line: urgency v benefit", known()).await;
    assert_snapshot!(said, @"The plan of “Subject line” is up for a decision in this channel. It starts when it is approved. Until then, *Change the text* and *Withdraw my request* are behind the three dots of its card.");
    team.settle().await;
    assert_snapshot!(team.shown(), @"
    countersign: Subject line
      A test plan by @maya, sized by the campaign agent.
      > With benefit, more of those who see it convert than with urgency.
      *Who sees it*
      Everyone who would have seen the control
      *Variants*
      urgency (control) and benefit, split equally
      *Primary metric*
      conversion rate (higher is better)
      *Guardrails*
      unsubscribe rate, up by at most 50 %
      *Least effect worth having*
      10 %
      *Decided*
      at any time, by an interval that holds however often it is read
      *Risk and power*
      5 % risk of a false winner, 80 % power
      *Longest duration*
      28 days
      *Takes 44,637 users at most, about 12 days.* Read only once, at the end, it would take 23,024, about 6 days.
      Expected conversion rate: 12 % today, as whoever planned it says. 4,000 users a day.
      ---
      :ballot_box_with_check: Ends within the longest duration
      :ballot_box_with_check: What the metric is today is known
      :ballot_box_with_check: Guardrails are named
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      Worded by @maya · asked for by @maya · policy test plans (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
      [Have the agent word it]
    ");

    assert_snapshot!(maya.clicks(PLACE, "Approve").await, @"You asked for this, so somebody else decides: a member of research-reviewers.");
    team.member("raj").clicks(PLACE, "Approve").await;
    team.settle().await;
    assert_snapshot!(team.card(), @"
    countersign: Test 1: Subject line
      Runs by the plan approved by @raj, SHA-256 `(hash)` (review 1) · began (day) · read out by the campaign agent
      :hourglass_flowing_sand: *Nothing was counted yet.* Counts come by `POST /ingest/observations?test=1` or `countersign experiment observe 1 FILE.csv`.
      [Stop] [Extend: a new plan]
    ");
    assert_snapshot!(team.what_happened().await, @"
    maya test_plan.proposed test_plan
    maya review.opened test_plan
    raj test_plan.approved test_plan
    bot test_plan.released test_plan
    bot test_plan.started test_plan
    ");
    assert_snapshot!(told(&maya.types(PLACE, "/countersign audit 1").await), @"
    @maya put test plan 1 up for a decision in #campaigns for @maya.
    @maya had test plan 1 checked; passed: duration, baseline, guardrails.
    Countersign evaluated the policies on test plan 1: test plans, of version (version), apply, so that these groups were asked to decide: research-reviewers: 1.
    @maya put test plan 1 to review for @maya, as revision 1, under policy version (version). The exact text has the SHA-256 (hash).
    @raj approved test plan 1 as one of research-reviewers, under the policies test plans, version (version). The decision is on the text with the SHA-256 (hash). It took less time than the text takes to read. The review was then approved.
    test plan 1 was released to outbox: exactly the approved text, with the SHA-256 (hash).
    test plan 1 has started by the approved plan, with the SHA-256 (hash); (date) is the first day that counts.
    ");
    team.done().await;
}

#[tokio::test]
async fn the_form_is_filled_in_by_the_short_form() {
    let team = Team::for_tests().await;
    let maya = team.member("maya");
    assert_eq!(maya.types(PLACE, "/test Subject line: urgency v benefit").await, "");
    let form = team.sandbox.calls().into_iter().rfind(|call| call.method == "views.open").unwrap();
    let view = form.arguments["view"].clone();
    let view: serde_json::Value = match view.as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => view,
    };
    assert_json_snapshot!("plan_form", json!({"view": view}));
    team.done().await;
}

#[tokio::test]
async fn what_is_wrong_in_a_plan_is_said_at_its_input() {
    let team = Team::for_tests().await;
    let maya = team.member("maya");
    let said = maya
        .plans(
            "Subject line",
            json!({
                "Variants": "urgency",
                "Hypothesis": "?",
                "Least effect worth having": "a lot",
                "Risk of a false winner": "50 %",
                "Longest duration, in days": "never",
                "Guardrails": "unsubscribe rate",
                "What is the metric today?": "many",
                "How many users a day?": "1.5",
            }),
        )
        .await;
    let mut said: Vec<&str> = said.lines().collect();
    said.sort_unstable();
    assert_snapshot!(said.join("\n"), @"
    Name at least two variants, one a line; the first is the control.
    Say what you expect, and why: it is what the test finds out.
    Write 10 % of what the control brings, or 0.5 points of the rate.
    Write a number of days from 1 to 365.
    Write a risk from 0.1 % to 20 %, such as 5 %.
    Write a whole number of users, such as 1500, or leave it empty.
    Write the rate of today, such as 3.2 %, or leave it empty.
    “unsubscribe rate” does not say how much is tolerated. Write it as in: unsubscribe rate, conversion rate, up at most 10 %
    ");
    let said = maya
        .fills(known_but(json!({
            "Variants": "urgency\nbenefit", "Hypothesis": "Benefit convinces.",
            "Least effect worth having": "0.00001 %", "Risk of a false winner": "5 %",
            "Longest duration, in days": "14",
        })))
        .await;
    assert_snapshot!(said, @"To find so small an effect takes 23,023,380,554,090,668 users. Ask for a larger one, or accept more risk.");
    assert_eq!(team.count("SELECT count(*) FROM experiments").await, 0);
    let long = "x".repeat(151);
    assert_snapshot!(maya.types(PLACE, &format!("/test {long}")).await, @"That is 151 characters, and at most 150 are taken. Give the test a short name; the form has room for the rest. For example: `/test Subject line: urgency v benefit`");
    team.done().await;
}

#[tokio::test]
async fn a_plan_is_changed_as_people_ask_and_the_card_shows_how() {
    let team = Team::for_tests().await;
    let (maya, raj) = (team.member("maya"), team.member("raj"));
    maya.plans("Subject line: urgency v benefit", known()).await;
    team.settle().await;
    raj.clicks(PLACE, "Request changes").await;
    raj.submits("What should change?", "Fewer days, please.").await;
    team.settle().await;

    assert_eq!(maya.clicks(PLACE, "Change the text").await, "");
    assert_snapshot!(maya.fills(json!({})).await, @"You changed nothing. Change something, or close this: it stays as it is.");
    assert_eq!(maya.fills(json!({"Longest duration, in days": "21"})).await, "");
    team.settle().await;
    let card = team.shown();
    let changes = card.split("*Revision 2.*").nth(1).unwrap().split("---").next().unwrap();
    assert_snapshot!(changes.trim(), @"
    @maya changed the text (@raj asked: “Fewer days, please.”):
       … a false winner, 80 % power
      Longest duration: ~28~*21* days
    ");

    // Whoever decides may plan it otherwise, too; then somebody else approves.
    assert_eq!(raj.clicks(PLACE, "Edit & approve").await, "");
    raj.fills(json!({"Power": "90 %"})).await;
    team.settle().await;
    assert_snapshot!(raj.clicks(PLACE, "Approve").await, @"You wrote this version, so somebody else decides on it: a member of research-reviewers.");
    team.done().await;
}

#[tokio::test]
async fn without_readings_the_plan_says_what_it_assumed() {
    let team = Team::for_tests().await;
    team.member("maya").plans("Subject line: urgency v benefit", json!({})).await;
    team.settle().await;
    let card = team.shown();
    let size = card.split("*Takes").nth(1).unwrap().split("Worded by").next().unwrap();
    assert_snapshot!(size.trim(), @"
    115,649 users at most.* Read only once, at the end, it would take 59,652.
      Expected conversion rate: *Assumed*, because there are no readings of it: 5 %. If that is wrong, so is the number of users; say what it is today under Change the text. How many users come a day is not known, so neither is how long it takes.
      ---
      :warning: How long it takes is not known
      :warning: What the metric is today is assumed, not known
      :warning: Nothing watches for harm: no guardrail is named
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
    ");
    team.done().await;
}

#[tokio::test]
async fn the_campaign_agent_takes_the_baseline_from_readings() {
    let team = Team::for_tests().await;
    let today = team.app.now().in_tz("Europe/Berlin").unwrap().date();
    let mut csv = "Day,Campaign,Clicks,Conversions\n".to_owned();
    for ago in 1..=28 {
        let day = today - jiff::ToSpan::days(ago);
        csv += &format!("{day},Spring sale,1000,{}\n{day},Outlet,9000,900\n", 40 + ago % 3);
    }
    let input = Input::Bytes { name: "export.csv".to_owned(), bytes: csv.into() };
    let file = File { source: Some("shop".to_owned()), ..File::table(input, Layout::Csv) };
    let (db, clock, workspace) = (&team.app.db, &team.app.clock, team.app.workspace.id);
    readings::ingest(db, clock, workspace, &Actor::Bot, &file, |_| {}).await.unwrap();

    let audience = json!({"Who sees it?": "Whoever comes by the Spring sale"});
    team.member("maya").plans("Landing page: short v long", audience).await;
    team.settle().await;
    let card = team.shown();
    let size = card.split("*Takes").nth(1).unwrap().split("---").next().unwrap();
    assert_snapshot!(size.trim(), @"
    142,371 users at most, about 143 days.* Read only once, at the end, it would take 73,435, about 74 days.
      Expected conversion rate: 4.1 % in the last 28 days (conversions per clicks of Spring sale, from readings); week by week between 4.086 % and 4.114 %. That is quite sure. About 1,000 users came a day.
    ");
    team.done().await;
}
