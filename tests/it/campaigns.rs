//! Drafts in Slack: from a brief to cards, their decisions, and what becomes of them.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use countersign::audit::Actor;
use countersign::erasure;
use countersign::ids::PersonId;
use futures_util::future::join_all;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::fake_model::{Answer, FakeModel};
use crate::harness::Team;

const PLACE: &str = "#campaigns";
const EXAMPLE: &str = include_str!("../../manifests/team.toml");

const REVIEWS: &str = "id,text
R-1,The linen sheets got softer after a month and I sleep cooler now.
R-2,Linen sheets creased a lot at first but I stopped caring after a week.
";

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

/// A brief for one draft in three versions.
fn with_versions() -> Value {
    json!({
        "Title": "Spring", "Channels": ["LinkedIn post"], "Audiences": ["Repeat buyer"],
        "Goal": "More second orders", "Due": "2030-03-01",
        "Versions to choose from": "Three, A, B and C",
    })
}

/// What a model writes.
fn text(body: &str) -> Value {
    json!({ "parts": [], "body": body, "rests_on": ["Heron Linen"], "open": "" })
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

    async fn is_told(&self, short: &str) {
        let said = self.member("maya").types(PLACE, short).await;
        assert!(said.starts_with("On it"), "{said}");
        self.settle().await;
    }

    /// The lines of the channel that begin like this.
    fn lines(&self, starts: &[&str]) -> String {
        let channel = self.channel(PLACE);
        let lines = channel.lines().map(str::trim);
        let lines = lines.filter(|line| starts.iter().any(|start| line.starts_with(start)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What people decide on, of each review in turn.
    async fn texts(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT text FROM reviews JOIN revisions ON revisions.id = revision_id ORDER BY reviews.id",
        )
        .fetch_all(self.db())
        .await
        .unwrap()
    }

    async fn states(&self) -> String {
        let states: Vec<String> = sqlx::query_scalar("SELECT state FROM reviews ORDER BY id")
            .fetch_all(self.db())
            .await
            .unwrap();
        states.join(" ")
    }

    /// The form that was opened last, as it was sent.
    fn form(&self) -> String {
        let calls = self.sandbox.calls().into_iter().rfind(|call| call.method == "views.open");
        calls.unwrap().arguments["view"].to_string().replace("\\\"", "\"")
    }

    /// Approves the newest draft, with all that the policy asks.
    async fn is_approved_by(&self, handle: &'static str) {
        let member = self.member(handle);
        assert_eq!(member.clicks(PLACE, "Approve").await, "");
        assert_eq!(member.fills(json!({"Tick what is true": true})).await, "");
        self.settle().await;
    }
}

#[tokio::test]
async fn one_line_becomes_a_draft_and_the_approved_bytes_go_out() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_snapshot!(maya.types(PLACE, "/draft linkedin Spring launch").await, @"
    On it: “Spring launch”, LinkedIn post for New visitor. It will be put up in #campaigns.
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

    // Lena is in both groups that decide.
    team.is_approved_by("lena").await;
    team.wait(SignedDuration::from_mins(2)).await;
    assert_eq!(team.states().await, "released");
    let outbox = team.data().join("outbox");
    let file = fs::read_dir(&outbox).unwrap().next().unwrap().unwrap();
    let message: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
    let data = &message["data"];
    let bytes: Vec<u8> =
        sqlx::query_scalar("SELECT content FROM revisions").fetch_one(team.db()).await.unwrap();
    let released = fs::read_to_string(file.path()).unwrap();
    assert!(released.contains(std::str::from_utf8(&bytes).unwrap()), "the same bytes went out");
    assert_eq!(data["content_sha256"], hex::encode(Sha256::digest(&bytes)));
    assert_eq!(data["content"]["text"], team.texts().await[0]);
    assert_snapshot!(team.trail().await, @"
    maya campaign.requested campaign
    agent content draft.made draft
    agent content draft.checked draft
    bot policy.evaluated draft
    agent content review.opened draft
    lena draft.approved draft
    bot draft.released draft
    bot release.delivered draft
    ");
    team.done().await;
}

#[tokio::test]
async fn a_brief_becomes_a_campaign_in_one_thread() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_eq!(maya.types(PLACE, "/draft").await, "");
    assert_snapshot!(maya.fills(brief()).await, @"
    On it: “Spring launch”, 4 drafts. They will be put up in #campaigns.
    [Stop]
    ");
    team.settle().await;
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
        countersign: @brand and @marketing-leads: 4 drafts of this campaign wait for your decision.
    ");
    team.done().await;
}

#[tokio::test]
async fn all_that_pass_are_approved_one_by_one() {
    let team = Team::start().await;
    team.is_given(brief()).await;
    assert_snapshot!(team.member("maya").clicks(PLACE, "Approve all that pass").await, @"You asked for this, so somebody else decides: a member of brand or marketing-leads.");
    assert_snapshot!(team.member("sam").clicks(PLACE, "Approve all that pass").await, @"This draft needs a decision from brand or marketing-leads; you are not in that group.");

    let lena = team.member("lena");
    assert_eq!(lena.clicks(PLACE, "Approve all that pass").await, "");
    assert_snapshot!(lena.fills(json!({})).await, @"Tick every question, or close this and request changes instead: an approval says that all of it is true.");
    assert_eq!(team.states().await, "open open open open");

    // One of them is changed in the meantime: what Lena was shown of it is not what there is now.
    maya_changes_the_newest(&team).await;
    let ticks = json!({"Tick what is true of each of them": true});
    assert_snapshot!(lena.fills(ticks).await, @"
    You approved LinkedIn post for Repeat buyer: Spring launch, LinkedIn post for New visitor: Spring launch and SMS for Repeat buyer: Spring launch.
    Not approved:
    • *SMS for New visitor: Spring launch*: The text has changed since you saw it, so nothing was recorded. Read the card as it is now, and decide on that.
    ");
    team.settle().await;
    assert_eq!(team.states().await, "approved approved approved open");
    assert_snapshot!(team.lines(&["*4 drafts", ":ballot_box_with_check: SMS for", ":white_check_mark: SMS"]), @"
    *4 drafts written* · 1 waiting for a decision · 3 approved
    :white_check_mark: SMS for Repeat buyer: approved, goes out soon
    :ballot_box_with_check: SMS for New visitor: passes, and waits for a decision
    ");
    let decisions = "SELECT count(DISTINCT (revision_id, content_hash)) FROM decisions";
    assert_eq!(team.count(decisions).await, 3);
    team.done().await;
}

async fn maya_changes_the_newest(team: &Team) {
    let maya = team.member("maya");
    maya.chooses(PLACE, "Change the text").await;
    let text =
        "Larch & Loom: Linen for spring. 10 % off until Friday. https://larchandloom.example/heron";
    assert_eq!(maya.fills(json!({"Text": text})).await, "");
    team.settle().await;
}

#[tokio::test]
async fn a_repeat_of_approving_all_decides_nothing_twice() {
    let team = Team::start().await;
    team.is_given(brief()).await;
    let (lena, dana) = (team.member("lena"), team.member("dana"));
    lena.clicks(PLACE, "Approve all that pass").await;
    dana.clicks(PLACE, "Approve all that pass").await;
    let ticks = || json!({"Tick what is true of each of them": true});
    let both = tokio::join!(lena.fills(ticks()), dana.fills(ticks()));
    team.settle().await;
    assert_eq!(team.states().await, "approved approved approved approved", "{both:?}");
    let twice = "SELECT count(*) FROM (SELECT FROM decisions WHERE undone_at IS NULL GROUP BY revision_id, person_id HAVING count(*) > 1) AS twice";
    assert_eq!(team.count(twice).await, 0);
    assert!(!team.channel(PLACE).contains("Approve all that pass"), "{}", team.channel(PLACE));
    team.done().await;
}

#[tokio::test]
async fn a_comment_is_answered_with_the_next_revision() {
    let team = Team::start().await;
    team.is_told("/draft linkedin Spring launch").await;
    let dana = team.member("dana");
    dana.clicks(PLACE, "Request changes").await;
    assert_eq!(
        dana.submits("What should change?", "Leave out the returns. Make it rhyme.").await,
        ""
    );
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
      > We answer messages within 2 working days.
      > 
      > More: https://larchandloom.example/heron
      :warning: “Make it rhyme” was not done: that takes a person or a model. Edit the text, or ask to shorten it, to leave something out, to mention something, or for another opening.
      *Rests on*
      • the approved message spring linen
      • the approved message no plastic
      • the approved description of Heron Linen
      • “We answer messages within 2 working days”: Median of 9 working hours over 4,120 messages in the third quarter (Help desk export, October 2026), valid until 31 Mar 2027
      ---
      *Revision 2.* The text was changed (@dana asked: “Leave out the returns. Make it rhyme.”):
       … should.
      
      Your parcel comes without plastic.
      
      ~Take your time: you can return anything unused within 30 days at no cost.~
      
      We answer messages within 2 working days.
      
      More: https://larchandloom.example/heron
      ---
      :ballot_box_with_check: Nothing to change. 16 of 16 rules passed
      :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · Easy enough to read · No more exclamation marks than we allow · No words in capitals
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
      If nobody decides, it expires (when), and nothing is approved.
      Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 1, revision 2, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | What changed? | Change the text | Withdraw my request]
        countersign: @brand and @marketing-leads: this draft waits for your decision.
        countersign: @brand and @marketing-leads: this draft waits for your decision.
    ");
    team.done().await;
}

#[tokio::test]
async fn what_a_person_wrote_is_kept_word_for_word_and_counted() {
    let team = Team::start().await;
    team.is_told("/draft sms Heron").await;
    let before = team.texts().await.remove(0);
    let dana = team.member("dana");
    assert_eq!(dana.clicks(PLACE, "Edit & approve").await, "");
    assert_snapshot!(dana.fills(json!({"Text": before.clone()})).await, @"You changed nothing. Change the text, or close this and approve it as it is.");
    assert_snapshot!(dana.fills(json!({"Text": " ?! "})).await, @"Write the text that people are to decide on.");
    let edited = before.replace("https://", "See https://");
    assert_ne!(edited, before);
    dana.fills(json!({"Text": edited.clone()})).await;
    team.settle().await;
    assert_eq!(team.texts().await, [edited]);
    assert_snapshot!(dana.clicks(PLACE, "Approve").await, @"You wrote this version, so somebody else decides on it: a member of brand.");
    team.is_approved_by("lena").await;
    assert_eq!(team.count("SELECT words_changed::bigint FROM drafts").await, 1);
    let agents = dana.types(PLACE, "/countersign agents content").await;
    assert_snapshot!(agents, @"
    content
    Writes drafts from briefs, under the brand kit.
    *Answers for it:* brand
    *Goal:* Copy that goes out sooner, and says what is true.
    *May read:* no source
    *Engine:* puts approved words together, without a model
    *Budget:* none
    *Who decides on it*
    • copy, for a draft: one approval from brand
    • promises, for a draft labelled pricing or legal claim or customer data: one approval from marketing-leads
    • budgets, for a budget change: one approval from marketing-leads
    • large budgets, for a budget change spending over 10000: one approval from brand
    • test plans, for a test plan: one approval from research-reviewers
    • hand-offs, for a hand-off: one approval from sales
    *Work:* Last run (when): done; 1 run (1 today): 1 done
    *Models:* none yet
    *Put up for a decision:* 1
    *Decisions:* none yet
    *First-pass approval:* 0 % (95 % interval 0–79 %), 0 of 1
    *Median time to a decision:* none yet
    *Editing effort:* 1 of 19 words changed, 5 %, over 1 approved draft
    *People called it:* none yet
    *Disputes:* none yet
    *Version:* approved words put together
    *Brand rules kept at first:* 100 %, over 1 draft
    *Goals*
    “Drafts that are right at once”, first-pass approval of at least 70 % in a month. This month 0 % (95 % interval 0–79 %), of 1: not reached; last month there was nothing. Whether it moves cannot be said yet.
    First pass: of what people decided on, what was approved in the words in which it was put up. Editing: the words that people changed, of those that it wrote. The intervals are for 95 %: the fewer there are, the wider. A text counts for the version that wrote it first.
    ");

    // Taken back, it is not counted any more.
    team.member("lena").clicks(PLACE, "Undo my decision").await;
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM drafts WHERE words IS NOT NULL").await, 0);
    team.done().await;
}

#[tokio::test]
async fn another_version_is_chosen() {
    let team = Team::start().await;
    team.is_given(with_versions()).await;
    assert_snapshot!(team.channel(PLACE), @"
    countersign: LinkedIn post for Repeat buyer: Spring
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
      Goal: More second orders · Due 1 Mar 2030
      ---
      Above is version A. Whoever asked, and those who decide, can choose another one in its place.
      *Version B*
      > Your parcel comes without plastic.
      > 
      > Heron Linen. Stonewashed flax linen that softens with every wash. From 189 euros a set. It feels firm at first: allow three to five washes. Linen creases, and we think it should.
      > 
      > Spring is a good time for linen. Heron starts firm and softens with every wash.
      > 
      > Take your time: you can return anything unused within 30 days at no cost.
      > 
      > We answer messages within 2 working days.
      > 
      > More: https://larchandloom.example/heron
      [Choose B]
      *Version C*
      > Take your time: you can return anything unused within 30 days at no cost.
      > 
      > Heron Linen. Stonewashed flax linen that softens with every wash. From 189 euros a set. It feels firm at first: allow three to five washes. Linen creases, and we think it should.
      > 
      > Spring is a good time for linen. Heron starts firm and softens with every wash.
      > 
      > Your parcel comes without plastic.
      > 
      > We answer messages within 2 working days.
      > 
      > More: https://larchandloom.example/heron
      [Choose C]
      [Plan a test]
      ---
      :ballot_box_with_check: Nothing to change. 16 of 16 rules passed
      :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · Easy enough to read · No more exclamation marks than we allow · No words in capitals
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand, and one approval from marketing-leads
      If nobody decides, it expires (when), and nothing is approved.
      Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: @brand and @marketing-leads: this draft waits for your decision.
    ");
    assert_snapshot!(team.member("sam").clicks(PLACE, "Choose B").await, @"This draft needs a decision from brand or marketing-leads; you are not in that group.");
    let first = team.texts().await;
    assert_eq!(team.member("maya").clicks(PLACE, "Choose B").await, "");
    team.settle().await;
    assert_ne!(team.texts().await, first);
    assert_snapshot!(team.lines(&["Above is version", "*Version", "[Choose", "[Plan"]), @"
    Above is version B. Whoever asked, and those who decide, can choose another one in its place.
    *Version A*
    [Choose A]
    *Version C*
    [Choose C]
    [Plan a test]
    ");

    // What is decided on has no other versions any more.
    team.is_approved_by("lena").await;
    assert!(!team.channel(PLACE).contains("Choose A"), "{}", team.channel(PLACE));
    assert_snapshot!(team.trail().await, @"
    maya campaign.requested campaign
    agent content draft.made draft
    agent content draft.checked draft
    bot policy.evaluated draft
    agent content review.opened draft
    maya draft.chosen draft
    agent content draft.checked draft
    bot policy.evaluated draft
    agent content draft.revised draft
    lena draft.approved draft
    ");
    team.done().await;
}

#[tokio::test]
async fn versions_become_the_plan_of_a_test() {
    let team = Team::start().await;
    team.is_given(with_versions()).await;
    let maya = team.member("maya");
    assert_eq!(maya.clicks(PLACE, "Plan a test").await, "");
    assert_snapshot!(maya.fills(json!({})).await, @"The plan of “LinkedIn post for Repeat buyer: Spring” is up for a decision in this channel. It starts when it is approved. Until then, *Change the text* and *Withdraw my request* are behind the three dots of its card.");
    team.settle().await;
    assert_eq!(
        team.count("SELECT count(*) FROM reviews WHERE subject_kind = 'test_plan'").await,
        1
    );
    team.done().await;
}

#[tokio::test]
async fn a_day_takes_only_so_many_drafts() {
    let manifest = EXAMPLE.replace("drafts_a_day = 40", "drafts_a_day = 5");
    let team = Team::start_with_manifest(&manifest).await;
    team.is_given(brief()).await;
    let maya = team.member("maya");
    maya.types(PLACE, "/draft").await;
    let tomorrow = team.app.now().in_tz("Europe/Berlin").unwrap().tomorrow().unwrap();
    let tomorrow = tomorrow.strftime("%A").to_string();
    assert_snapshot!(maya.fills(brief()).await.replace(&tomorrow, "[tomorrow]"), @"A day takes 5 drafts in this channel; 4 were asked for today, and this asks for 4. Ask for one, or ask again from [tomorrow] at 00:00 (Europe/Berlin) on.");
    team.sandbox.close("maya").await.unwrap();
    team.is_told("/draft sms Heron").await;
    assert_snapshot!(maya.types(PLACE, "/draft sms Heron").await.replace(&tomorrow, "[tomorrow]"), @"A day takes 5 drafts in this channel; 5 were asked for today, and this asks for 1. Ask again from [tomorrow] at 00:00 (Europe/Berlin) on.");
    // Another channel has a day of its own, and so has the next day.
    assert!(maya.types("#research", "/draft sms Heron").await.starts_with("On it"));
    team.wait(SignedDuration::from_hours(25)).await;
    team.is_told("/draft sms Heron").await;
    assert_eq!(team.count("SELECT count(*) FROM drafts").await, 7);
    team.done().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_brief_is_said_at_its_input() {
    let team = Team::start().await;
    let maya = team.member("maya");
    maya.types(PLACE, "/draft").await;
    let wrong = json!({
        "Title": "Spring", "Channels": ["SMS"], "Audiences": ["Repeat buyer"],
        "Offer": "It heals your sleep", "Must not say": "VAT\nlinen", "Must say": "Linen it is.",
        "Due": "2020-01-01",
    });
    assert_snapshot!(maya.fills(wrong).await, @"
    2020-01-01 is over. Name a day that is still to come.
    “Linen it is.” is to be said, and “linen” in it is not. Change one of them.
    “heals” in “It heals your sleep” cannot be said: Bed linen is no medical product; health claims need studies that we do not have. Say what the fabric is, and how it feels.
    ");
    assert_snapshot!(maya.types(PLACE, "/draft linkdin Spring").await, @"“linkdin” is no channel of the brand kit. Is it “linkedin”?");
    assert_snapshot!(maya.types(PLACE, "/draft Spring launch").await, @"Begin with a channel, linkedin, blog, email, ad-copy, landing-page, video-script, sms or sales-follow-up; for example: `/draft linkedin Spring launch`");
    assert_eq!(team.count("SELECT count(*) FROM campaigns").await, 0);
    team.done().await;
}

#[tokio::test]
async fn a_finding_brings_its_evidence_along() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let maya = team.member("maya");
    maya.types(PLACE, "/research how do linen sheets feel?").await;
    team.settle().await;
    assert_eq!(maya.clicks(PLACE, "Turn into a draft").await, "");
    let said =
        maya.fills(json!({"Channels": ["Blog article"], "Audiences": ["New visitor"]})).await;
    assert!(said.starts_with("On it"), "{said}");
    team.settle().await;
    assert_snapshot!(team.lines(&["*Evidence", "• “The linen", "• “Linen", "Made by the content"]), @"
    *Evidence of the brief that it does not quote*
    • “The linen sheets got softer after a month and I sleep cooler now.” (reviews R-1)
    • “Linen sheets creased a lot at first but I stopped caring after a week.” (reviews R-2)
    Made by the content agent, which put approved words together · data reviews · asked for by @maya · policy copy + promises (version) · review 2, revision 1, SHA-256 `(hash)`
    ");

    // By the message's own menu, too; and of a message that is none of ours it takes the words.
    let finding = team.sandbox.messages("maya", PLACE).unwrap();
    let finding = finding.iter().find(|one| one.to_string().contains("finding.sources")).unwrap();
    let ts = finding["ts"].as_str().unwrap();
    team.sandbox.shortcut("maya", "turn_into_draft", Some((PLACE, ts))).await.unwrap();
    let form = team.form();
    assert!(form.contains("of the finding come along as evidence"), "{form}");
    team.sandbox.close("maya").await.unwrap();
    maya.says(PLACE, "We need something on <b> & spring").await;
    let messages = team.sandbox.messages("maya", PLACE).unwrap();
    let ts = messages.last().unwrap()["ts"].as_str().unwrap();
    team.sandbox.shortcut("maya", "turn_into_draft", Some((PLACE, ts))).await.unwrap();
    let form = team.form();
    assert!(form.contains("We need something on <b> & spring"), "{form}");
    team.done().await;
}

#[tokio::test]
async fn nothing_is_drafted_from_a_finding_that_was_turned_down() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let (maya, dana) = (team.member("maya"), team.member("dana"));
    maya.types(PLACE, "/research how do linen sheets feel?").await;
    team.settle().await;
    maya.clicks(PLACE, "Turn into a draft").await;
    dana.clicks(PLACE, "Reject").await;
    dana.fills(json!({"What is wrong with it?": "Not needed", "Why is it rejected?": "We know."}))
        .await;
    team.settle().await;
    let values = json!({"Channels": ["SMS"], "Audiences": ["New visitor"]});
    assert_snapshot!(maya.fills(values).await, @"This finding was rejected, so nothing is drafted from it. Ask anew with /research, or type /draft for a brief without it.");
    assert!(!team.channel(PLACE).contains("Turn into a draft"));
    team.done().await;
}

#[tokio::test]
async fn a_brief_from_anywhere_says_where_its_drafts_belong() {
    let team = Team::start().await;
    let maya = team.member("maya");
    team.sandbox.shortcut("maya", "new_draft", None).await.unwrap();
    let mut values = with_versions();
    values["Where do they belong?"] = json!(PLACE);
    maya.fills(values).await;
    team.settle().await;
    assert!(team.channel(PLACE).contains("countersign: LinkedIn post for Repeat buyer: Spring"));
    team.done().await;
}

#[tokio::test]
async fn what_went_out_lately_is_not_written_again() {
    let team = Team::start().await;
    team.is_told("/draft sms Heron").await;
    team.is_approved_by("lena").await;
    team.wait(SignedDuration::from_mins(2)).await;
    assert_eq!(team.states().await, "released");
    team.is_told("/draft sms Heron").await;
    assert_snapshot!(team.lines(&[":warning:"]), @":warning: “Larch & Loom: Spring is a good time for linen. Heron starts firm and softens wit”: It is 100 % the same as “SMS for New visitor: Heron”, and at most 50 % is allowed. Say something else, or send it later.");
    team.done().await;
}

#[tokio::test]
async fn a_model_writes_and_where_it_fails_approved_words_stand_in() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    fake.answer(Answer::Status(529, None, "overloaded_error", "busy"));
    fake.answer(Answer::Status(529, None, "overloaded_error", "busy"));
    fake.answer(Answer::Status(529, None, "overloaded_error", "busy"));
    team.is_told("/draft linkedin Spring launch").await;
    assert_snapshot!(team.lines(&[":warning:", "@maya asked", "[Try again]", "Made by"]), @"
    @maya asked. Put together from what the brand kit approves: complete, correct and dull. No model wrote it.
    :warning: The connection to the model fake broke off. What follows is assembled from approved words instead. Try again in a while.
    :warning: The brief names no product; this takes Heron Linen, which the approved message “spring linen” is about.
    [Try again]
    Made by the content agent, which put approved words together · asked for by @maya · policy copy + promises (version) · review 1, revision 1, SHA-256 `(hash)`
    ");

    fake.answer(Answer::Json(text(
        "Heron Linen softens with every wash. Spring is a good time for linen.",
    )));
    assert_snapshot!(team.member("sam").clicks(PLACE, "Try again").await, @"The model is asked. The card follows: with its words, or with why there are none.");
    team.settle().await;
    assert_snapshot!(team.channel(PLACE), @"
    countersign: LinkedIn post for New visitor: Spring launch
      @maya asked. The model fake-1-20261122 wrote this under the brand kit.
      > Heron Linen softens with every wash. Spring is a good time for linen.
      *Rests on*
      • the approved message spring linen
      • the approved description of Heron Linen
      ---
      *Revision 2.* The text was changed:
      ~Spring is a good time for linen. Heron starts firm and softens with every wash.~
      
      ~Stonewashed flax linen that softens with every wash. From 189 euros a set. It feels firm at first: allow three to five washes. Linen creases, and we think it should.~
      
      ~Your parcel comes without plastic.~
      
      ~Take your time: you can return anything unused within 30 days at no cost.~
      
      ~We answer messages within 2 working days.~
      
      ~More: https://larchandloom.example/heron~
      *Heron Linen softens with every wash. Spring is a good time for linen.*
      ---
      :ballot_box_with_check: Nothing to change. 15 of 15 rules passed
      :ballot_box_with_check: Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · No more exclamation marks than we allow · No words in capitals
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand
      If nobody decides, it expires (when), and nothing is approved.
      Made by the content agent, with a model · prompt content.draft@1 `(hash)` · model fake-1-20261122 · asked for by @maya · policy copy (version) · review 1, revision 2, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | What changed? | Change the text | Withdraw my request]
        countersign: @brand and @marketing-leads: this draft waits for your decision.
        countersign: @brand: this draft waits for your decision.
    ");

    // What is asked for goes back to the model, with the text and the comment.
    fake.answer(Answer::Made(Arc::new(|asked| {
        let asked = asked["messages"][0]["content"].as_str().unwrap();
        assert!(asked.contains("Say less") && asked.contains("good time for linen"), "{asked}");
        text("Heron Linen softens with every wash.")
    })));
    let dana = team.member("dana");
    dana.clicks(PLACE, "Request changes").await;
    dana.submits("What should change?", "Say less.").await;
    team.settle().await;
    assert_eq!(team.texts().await, ["Heron Linen softens with every wash."]);
    team.done().await;
}

#[tokio::test]
async fn a_model_that_fails_at_a_change_leaves_it_to_the_rules_and_says_so() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    let long = "Heron Linen softens with every wash. Your parcel comes without plastic.";
    fake.answer(Answer::Json(text(long)));
    team.is_told("/draft linkedin Spring launch").await;
    assert_eq!(team.texts().await, [long]);
    fake.answer(Answer::Status(401, None, "authentication_error", "no"));
    let dana = team.member("dana");
    dana.clicks(PLACE, "Request changes").await;
    dana.submits("What should change?", "Leave out the plastic.").await;
    team.settle().await;
    assert_eq!(team.texts().await, ["Heron Linen softens with every wash."]);
    assert_snapshot!(team.lines(&[":warning:", "*Revision", "[Try again]"]), @"
    :warning: The model fake refused our key; whoever runs Countersign corrects it in FAKE_MODEL_KEY. The comment was answered as far as rules can.
    *Revision 2.* The text was changed (@dana asked: “Leave out the plastic.”):
    ");

    // Nor does a model that writes nothing but noise get anything past the checks.
    fake.answer(Answer::Json(text(
        "We cure insomnia. <!channel> Our best linen lasts 12 years!!!",
    )));
    for _ in 0..2 {
        fake.answer(Answer::Json(text("We cure insomnia. <!channel> It lasts 12 years!!!")));
    }
    dana.clicks(PLACE, "Request changes").await;
    dana.submits("What should change?", "More power.").await;
    team.settle().await;
    assert_snapshot!(team.lines(&[":warning:", ":ballot_box_with_check: Passed"]), @"
    :warning: 3 things must change, and 1 thing to look at. 11 of 15 rules passed
    :warning: “insomnia”: Bed linen is no medical product; health claims need studies that we do not have. Say what the fabric is, and how it feels.
    :warning: “<!channel>”: In Slack this calls people, or links to a channel. Leave it out.
    :warning: “12 years”: No proof point holds this number. Give a number that a proof point holds, with what it is about in the same sentence, or leave it out.
    :warning: “!!!”: We do not use exclamation marks. End with a full stop.
    :ballot_box_with_check: Passed: Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No hidden characters · Fits the channel · Uses our words · Sentences are short enough · No words in capitals
    ");
    assert_eq!(team.count("SELECT count(*) FROM reviews WHERE state = 'open'").await, 1);
    team.done().await;
}

#[tokio::test]
async fn writing_can_be_stopped_and_gone_on_with() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    let good = || Answer::Json(text("Heron Linen softens with every wash."));
    fake.answer(good());
    fake.answer(Answer::Stalls("{\"parts\": ["));
    let maya = team.member("maya");
    maya.types(PLACE, "/draft").await;
    let mut two = brief();
    two["Channels"] = json!(["LinkedIn post"]);
    maya.fills(two).await;
    team.meanwhile(async {
        fake.reached().await;
        team.until(PLACE, "_sand: LinkedIn post for New visitor").await;
        assert_snapshot!(team.member("sam").clicks(PLACE, "Stop").await, @"@maya asked for this, so only they can do that. Ask for it yourself with /draft.");
        assert_snapshot!(maya.clicks(PLACE, "Stop").await, @"Stopped. What is up for a decision stays up; nothing more will be written.");
        fake.left().await;
    })
    .await;
    team.settle().await;
    assert_snapshot!(team.lines(&["*1 of 2", ":white_small_square:", "[Approve all"]), @"
    *1 of 2 written*; @maya stopped the rest · 1 waiting for a decision
    :white_small_square: LinkedIn post for New visitor: not written yet
    [Approve all that pass] [Write the rest]
    ");
    fake.answer(good());
    assert_eq!(maya.clicks(PLACE, "Write the rest").await, "");
    team.settle().await;
    assert_eq!(team.states().await, "open open");
    assert_snapshot!(maya.clicks(PLACE, "Stop").await, @"This was finished or stopped already, so there was nothing to stop.");
    team.done().await;
}

#[tokio::test]
async fn one_delivery_at_two_replicas_is_one_campaign() {
    let team = Team::start().await;
    let (one, other) = (team.bot.clone(), team.replica().await);
    let tenant = &team.sandbox.seed().team_id;
    let body = serde_urlencoded::to_string([
        ("command", "/draft"),
        ("text", "sms,linkedin Heron"),
        ("team_id", tenant),
        ("user_id", "U0MAYA0000"),
        ("channel_id", &team.id_of(PLACE)),
        ("trigger_id", "77.7.7"),
    ])
    .unwrap();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let deliver = async |door: &Url| {
        let signed = team.sandbox.sign(body.as_bytes(), team.app.now());
        let request = client.post(door.join("slack/commands").unwrap());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request =
            signed.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(body.clone()).send().await.unwrap().status().as_u16()
    };
    let deliveries = (0..10).map(|number| deliver(if number % 2 == 0 { &one } else { &other }));
    assert!(join_all(deliveries).await.iter().all(|status| *status == 200));
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM campaigns").await, 1);
    assert_eq!(team.count("SELECT count(*) FROM drafts").await, 2);
    team.done().await;
}

#[tokio::test]
async fn an_erased_brief_leaves_what_was_decided_on() {
    let team = Team::start().await;
    team.is_given(with_versions()).await;
    let maya = PersonId("U0MAYA0000".to_owned());
    let (db, workspace, now) = (team.db(), team.app.workspace.id, team.app.now());
    let before = team.texts().await;
    let erased = erasure::erase(db, workspace, &maya, "asked to", Actor::Bot, now).await.unwrap();
    assert_eq!(erased.questions, 1);
    team.settle().await;
    assert_eq!(team.texts().await, before);
    let brief: Value =
        sqlx::query_scalar("SELECT brief FROM campaigns").fetch_one(db).await.unwrap();
    assert_eq!(brief["title"], "(erased)");
    assert_eq!(brief["goal"], Value::Null);
    assert!(!team.channel(PLACE).contains("More second orders"), "{}", team.channel(PLACE));
    team.done().await;
}
