//! Tests of one thing against another, from their plan to their decision.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{Member, Team};

const PLACE: &str = "#campaigns";

/// What everybody fills in who knows the rate and the traffic.
fn known() -> Value {
    json!({
        "What is the metric today?": "12 %",
        "How many users a day?": "4,000",
        "Guardrails": "unsubscribe rate, conversion rate, up at most 50 %",
    })
}

impl Member<'_> {
    /// Plans a test with the short form.
    async fn plans(&self, what: &str, values: Value) -> String {
        assert_eq!(self.types(PLACE, &format!("/test {what}")).await, "");
        self.fills(values).await
    }
}

#[tokio::test]
async fn a_plan_is_put_up_and_approved() {
    let team = Team::start().await;
    let maya = team.member("maya");
    let said = maya.plans("Subject line: urgency v benefit", known()).await;
    assert_snapshot!(said, @"The plan of “Subject line” is up for a decision in this channel. It starts when it is approved. Until then, *Change the text* and *Withdraw my request* are behind the three dots of its card.");
    team.settle().await;
    assert_snapshot!(team.channel(PLACE), @"
    countersign: Subject line
      A test plan by @maya, sized by the campaign agent.
      > With benefit, more of those who see it convert than with urgency.
      *Who sees it*
      Everyone who would have seen the control
      *Variants*
      urgency (control) and benefit, split equally
      *Primary metric*
      conversion rate (conversion rate, higher is better)
      *Guardrails*
      unsubscribe rate, conversion rate, up at most 50 %
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
    ");

    assert_snapshot!(maya.clicks(PLACE, "Approve").await, @"You asked for this, so somebody else decides: a member of research-reviewers.");
    team.member("raj").clicks(PLACE, "Approve").await;
    team.settle().await;
    assert_snapshot!(team.trail().await, @"
    maya test_plan.proposed test_plan
    maya test_plan.checked test_plan
    bot policy.evaluated test_plan
    maya review.opened test_plan
    raj test_plan.approved test_plan
    bot test_plan.released test_plan
    bot release.delivered test_plan
    ");
    team.done().await;
}
