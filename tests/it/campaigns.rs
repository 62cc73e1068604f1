//! Drafts in Slack: from a brief to cards, their decisions, and what becomes of them.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::Team;

const PLACE: &str = "#campaigns";

/// A brief for four drafts.
fn brief() -> Value {
    json!({
        "Title": "Spring launch",
        "What is it about?": "Heron Linen is back for spring.",
        "Channels": ["LinkedIn post", "SMS"],
        "Audiences": ["Repeat buyer", "New visitor"],
        "Offer": "10 % off until Friday",
    })
}

impl Team {
    /// Maya fills the form of a brief in.
    async fn is_given(&self, brief: Value) -> String {
        let maya = self.member("maya");
        assert_eq!(maya.types(PLACE, "/draft").await, "");
        let said = maya.fills(brief).await;
        self.settle().await;
        said
    }
}

#[tokio::test]
async fn one_line_becomes_a_draft_and_the_approved_bytes_go_out() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_snapshot!(maya.types(PLACE, "/draft linkedin Spring launch").await, @"
    On it: “Spring launch”. LinkedIn post for New visitor will be put up in #campaigns.
    [Stop]
    ");
    team.settle().await;
    assert_snapshot!(team.channel(PLACE), @"
    countersign: LinkedIn post for New visitor: Spring launch
      @maya asked. Put together from what the brand kit approves: complete, correct and dull. No model wrote it.
      > Spring is a good time for linen. Heron starts firm and softens with every wash.
      > 
      > Stonewashed flax linen that softens with every wash. From 189 euros a set. It feels firm at first: allow three to five washes. Linen creases, and we think it should.
      > 
      > Your parcel comes without plastic.
      > 
      > Take your time: you can return anything unused within 30 days at no cost.
      > 
      > We answer messages within 2 working days.
      > 
      > More: https://larchandloom.example/heron
      :warning: The brief names no product; this takes Heron Linen, which the approved message “spring linen” is about.
      *Rests on*
      • the approved message spring linen
      • the approved message no plastic
      • the approved message time to decide
      • the approved description of Heron Linen
      • “We answer messages within 2 working days”: Median of 9 working hours over 4,120 messages in the third quarter (Help desk export, October 2026), valid until 31 Mar 2027
      ---
      :ballot_box_with_check: Nothing to change. 16 of 16 rules passed
      :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · Easy enough to read · No more exclamation marks than we allow · No words in capitals
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
      If nobody decides, it expires (when), and nothing is approved.
      Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: @brand and @marketing-leads: this draft waits for your decision.
    ");
    assert_snapshot!(team.trail().await, @"
    maya campaign.requested campaign
    agent content draft.made draft
    agent content draft.checked draft
    bot policy.evaluated draft
    agent content review.opened draft
    ");
    team.done().await;
}

#[tokio::test]
async fn a_brief_becomes_a_campaign_in_one_thread() {
    let team = Team::start().await;
    assert_snapshot!(team.is_given(brief()).await, @"
    On it: “Spring launch”. 4 drafts will be put up in #campaigns.
    [Stop]
    ");
    assert_snapshot!(team.channel(PLACE), @"
    countersign: Spring launch
      @maya asked for 4 drafts.
      Heron Linen is back for spring.
      *Offer*
      10 % off until Friday
      ---
      *4 drafts written* · 4 waiting for a decision
      :ballot_box_with_check: LinkedIn post for Repeat buyer: passes, and waits for a decision
      :ballot_box_with_check: LinkedIn post for New visitor: passes, and waits for a decision
      :ballot_box_with_check: SMS for Repeat buyer: passes, and waits for a decision
      :ballot_box_with_check: SMS for New visitor: passes, and waits for a decision
      [Approve all that pass]
        countersign: SMS for Repeat buyer: Spring launch
          @maya asked. Put together from what the brand kit approves: complete, correct and dull. No model wrote it.
          > Larch & Loom: Spring is a good time for linen. Heron starts firm and softens with every wash. 10 % off until Friday. https://larchandloom.example/heron
          *Rests on*
          • the approved message spring linen
          • the approved description of Heron Linen
          • the offer of the brief
          ---
          :ballot_box_with_check: Nothing to change. 15 of 15 rules passed
          :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · No more exclamation marks than we allow · No words in capitals
          :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
          If nobody decides, it expires (when), and nothing is approved.
          Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 3, revision 1, SHA-256 `(hash)`
          [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: LinkedIn post for New visitor: Spring launch
          @maya asked. Put together from what the brand kit approves: complete, correct and dull. No model wrote it.
          > Spring is a good time for linen. Heron starts firm and softens with every wash.
          > 
          > Stonewashed flax linen that softens with every wash. From 189 euros a set. It feels firm at first: allow three to five washes. Linen creases, and we think it should.
          > 
          > 10 % off until Friday.
          > 
          > Your parcel comes without plastic.
          > 
          > Take your time: you can return anything unused within 30 days at no cost.
          > 
          > We answer messages within 2 working days.
          > 
          > More: https://larchandloom.example/heron
          *Rests on*
          • the approved message spring linen
          • the approved message no plastic
          • the approved message time to decide
          • the approved description of Heron Linen
          • “We answer messages within 2 working days”: Median of 9 working hours over 4,120 messages in the third quarter (Help desk export, October 2026), valid until 31 Mar 2027
          • the offer of the brief
          ---
          :ballot_box_with_check: Nothing to change. 16 of 16 rules passed
          :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · Easy enough to read · No more exclamation marks than we allow · No words in capitals
          :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
          If nobody decides, it expires (when), and nothing is approved.
          Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 2, revision 1, SHA-256 `(hash)`
          [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: LinkedIn post for Repeat buyer: Spring launch
          @maya asked. Put together from what the brand kit approves: complete, correct and dull. No model wrote it.
          > Spring is a good time for linen. Heron starts firm and softens with every wash.
          > 
          > Stonewashed flax linen that softens with every wash. From 189 euros a set. It feels firm at first: allow three to five washes. Linen creases, and we think it should.
          > 
          > 10 % off until Friday.
          > 
          > Your parcel comes without plastic.
          > 
          > Take your time: you can return anything unused within 30 days at no cost.
          > 
          > We answer messages within 2 working days.
          > 
          > More: https://larchandloom.example/heron
          *Rests on*
          • the approved message spring linen
          • the approved message no plastic
          • the approved message time to decide
          • the approved description of Heron Linen
          • “We answer messages within 2 working days”: Median of 9 working hours over 4,120 messages in the third quarter (Help desk export, October 2026), valid until 31 Mar 2027
          • the offer of the brief
          ---
          :ballot_box_with_check: Nothing to change. 16 of 16 rules passed
          :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · Easy enough to read · No more exclamation marks than we allow · No words in capitals
          :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
          If nobody decides, it expires (when), and nothing is approved.
          Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 1, revision 1, SHA-256 `(hash)`
          [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: SMS for New visitor: Spring launch
          @maya asked. Put together from what the brand kit approves: complete, correct and dull. No model wrote it.
          > Larch & Loom: Spring is a good time for linen. Heron starts firm and softens with every wash. 10 % off until Friday. https://larchandloom.example/heron
          *Rests on*
          • the approved message spring linen
          • the approved description of Heron Linen
          • the offer of the brief
          ---
          :ballot_box_with_check: Nothing to change. 15 of 15 rules passed
          :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · No more exclamation marks than we allow · No words in capitals
          :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
          If nobody decides, it expires (when), and nothing is approved.
          Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 4, revision 1, SHA-256 `(hash)`
          [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: @brand and @marketing-leads: this draft waits for your decision.
        countersign: @brand and @marketing-leads: this draft waits for your decision.
        countersign: @brand and @marketing-leads: this draft waits for your decision.
        countersign: @brand and @marketing-leads: this draft waits for your decision.
    ");
    team.done().await;
}
