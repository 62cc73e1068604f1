//! Texts that people put up for a decision: how they are put up, changed and worded anew.

mod outside;
mod policies;

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::harness::{Member, Team};

/// Copy that no policy but "copy" looks at.
const COPY: &str = "The spring collection is here. Come and see it.";

const PLACE: &str = "#campaigns";

impl Team {
    /// Maya puts something up in #campaigns.
    async fn puts_up(&self, kind: &str, title: &str, text: &str, more: Value) {
        let maya = self.member("maya");
        assert_eq!(maya.types(PLACE, "/countersign propose").await, "");
        let mut values = json!({"What is it?": kind, "Title": title, "Text": text});
        values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let said = maya.fills(values).await;
        assert!(said.contains("is up for a decision in this channel"), "{said}");
        self.settle().await;
    }

    async fn with_a_draft() -> Self {
        let team = Self::start().await;
        team.puts_up("Draft", "Spring launch", COPY, json!({})).await;
        team
    }

    /// How the only review stands.
    async fn stands(&self) -> String {
        sqlx::query_scalar("SELECT state FROM reviews").fetch_one(self.db()).await.unwrap()
    }
}

impl Member<'_> {
    /// Approves where the policy has questions: all of them are ticked.
    async fn approves(&self) -> String {
        let said = self.clicks(PLACE, "Approve").await;
        if !said.is_empty() {
            return said;
        }
        self.fills(json!({"Tick what is true": true})).await
    }

    async fn asks_for(&self, change: &str) {
        assert_eq!(self.clicks(PLACE, "Request changes").await, "");
        assert_eq!(self.submits("What should change?", change).await, "");
    }
}

#[tokio::test]
async fn a_draft_of_a_person_goes_through_a_review() {
    let team = Team::start().await;
    let more = json!({
        "Budget": "12,000", "How many people it reaches": "50000",
        "Who will see it?": ["It goes to the public"],
    });
    team.puts_up("Draft", "Spring & <launch>", "It is here.\nCome & <see> it.", more).await;
    assert_snapshot!(team.channel(PLACE), @"
    countersign: Spring & launch
      A draft by @maya.
      > It is here.
      > Come & <see> it.
      *Budget*
      12,000
      *Reaches*
      50,000 people
      *Goes to the public*
      Yes
      ---
      :ballot_box_with_check: Names no price or offer
      :ballot_box_with_check: Makes no promise of the kind that law looks at
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :ballot_box_with_check: Nothing is left to be filled in
      :ballot_box_with_check: 7 words
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand
      If nobody decides, it expires (when), and nothing is approved.
      Worded by @maya · asked for by @maya · policy copy (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Change the text | Withdraw my request]
        countersign: @brand: this draft waits for your decision.
    ");
    assert_eq!(team.member("dana").approves().await, "");
    team.settle().await;
    team.wait(jiff::SignedDuration::from_secs(61)).await;
    assert_eq!(team.stands().await, "released");
    assert_snapshot!(team.trail().await, @"
    maya draft.proposed draft
    maya draft.checked draft
    bot policy.evaluated draft
    maya review.opened draft
    dana draft.approved draft
    bot draft.released draft
    bot release.delivered draft
    ");
    team.done().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_input_and_nothing_typed_is_lost() {
    let team = Team::start().await;
    let maya = team.member("maya");
    maya.types(PLACE, "/countersign propose").await;
    let wrong = json!({
        "What is it?": "Draft", "Title": "?!", "Text": COPY, "Budget": "12.50",
        "How many people it reaches": "many",
    });
    let outcome = team.sandbox.submit("maya", wrong.as_object().unwrap()).await.unwrap();
    assert_json_snapshot!(outcome.errors, @r#"
    {
      "audience": "“many” is no whole number. Write one such as 12000, without a currency.",
      "budget": "“12.50” is no whole number. Write one such as 12000, without a currency.",
      "title": "Give it a title, so that people can tell it from others."
    }
    "#);
    assert_eq!(team.count("SELECT count(*) FROM proposals").await, 0);

    // The form is still there, with all of it: only what was wrong is put right.
    let said = maya
        .fills(json!({"Title": "Spring", "Budget": "12500", "How many people it reaches": ""}))
        .await;
    assert!(said.contains("Your draft “Spring” is up"), "{said}");
    team.settle().await;
    let channel = team.channel(PLACE);
    assert!(channel.contains(COPY) && channel.contains("12,500"), "{channel}");
    team.done().await;
}

#[tokio::test]
async fn the_same_form_delivered_again_puts_nothing_up() {
    let team = Team::with_a_draft().await;
    let answers = team.sandbox.redeliver(20).await;
    assert_eq!(answers, [200; 20]);
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM proposals").await, 1);
    assert_eq!(team.channel(PLACE).matches("Waiting for a decision").count(), 1);
    team.done().await;
}

#[tokio::test]
async fn changes_that_were_asked_for_are_made_by_whoever_put_it_up() {
    let team = Team::with_a_draft().await;
    team.member("dana").asks_for("Say when it ends.").await;
    team.settle().await;
    assert_eq!(team.stands().await, "changes_requested");
    assert!(team.channel(PLACE).contains("[Change the text]"));

    assert_snapshot!(team.member("lena").clicks(PLACE, "Change the text").await, @"Only @maya, who asked for this, can change the text at will. Request changes instead, and say what should be different.");
    let maya = team.member("maya");
    assert_eq!(maya.clicks(PLACE, "Change the text").await, "");
    assert_snapshot!(maya.fills(json!({})).await, @"You changed nothing. Change something, or close this: it stays as it is.");
    let text = "The spring collection is here until June. Come and see it.";
    assert_eq!(maya.fills(json!({"Title": "Spring until June", "Text": text})).await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "open");
    let title: String =
        sqlx::query_scalar("SELECT title FROM reviews").fetch_one(team.db()).await.unwrap();
    assert_eq!(title, "Spring until June");
    assert_snapshot!(team.channel(PLACE), @"
    countersign: Spring until June
      A draft by @maya.
      > The spring collection is here until June. Come and see it.
      *Goes to the public*
      No
      ---
      *Revision 2.* @maya changed the text (@dana asked: “Say when it ends.”):
      Spring ~launch~*until June*
      The spring collection is ~here.~*here until June.* Come and see it.
      Stays internal
      ---
      :ballot_box_with_check: Names no price or offer
      :ballot_box_with_check: Makes no promise of the kind that law looks at
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :ballot_box_with_check: Nothing is left to be filled in
      :ballot_box_with_check: 11 words
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from brand
      If nobody decides, it expires (when), and nothing is approved.
      Worded by @maya · asked for by @maya · policy copy (version) · review 1, revision 2, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | What changed? | Change the text | Withdraw my request]
        countersign: @brand: this draft waits for your decision.
        countersign: @maya: @dana asked for changes.
        countersign: @brand: this draft waits for your decision.
    ");
    assert_snapshot!(team.trail().await, @"
    maya draft.proposed draft
    maya draft.checked draft
    bot policy.evaluated draft
    maya review.opened draft
    dana draft.changes_requested draft
    maya draft.checked draft
    bot policy.evaluated draft
    maya draft.revised draft
    ");
    team.done().await;
}

#[tokio::test]
async fn whoever_asked_may_change_the_text_while_it_is_open() {
    let team = Team::with_a_draft().await;
    assert_snapshot!(team.member("dana").chooses(PLACE, "Change the text").await, @"Only @maya, who asked for this, can change the text at will. Request changes instead, and say what should be different.");
    let maya = team.member("maya");
    assert_eq!(maya.chooses(PLACE, "Change the text").await, "");
    assert_eq!(maya.fills(json!({"Text": "The autumn collection is here."})).await, "");
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM revisions").await, 2);

    // What she changed meanwhile is not overwritten by a form that was opened before.
    assert_eq!(maya.chooses(PLACE, "Change the text").await, "");
    let newer = "UPDATE reviews SET revision_id = (SELECT min(id) FROM revisions)";
    sqlx::query(newer).execute(team.db()).await.unwrap();
    assert_snapshot!(maya.fills(json!({"Text": "The winter collection."})).await, @"The text has changed since this form was opened, so nothing was recorded. Copy what you typed, close this, and look at the card as it is now.");
    assert_eq!(team.count("SELECT count(*) FROM revisions").await, 2);
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn what_is_decided_is_not_changed_any_more() {
    let team = Team::with_a_draft().await;
    let maya = team.member("maya");
    assert_eq!(maya.chooses(PLACE, "Change the text").await, "");
    assert_eq!(team.member("dana").approves().await, "");
    team.settle().await;
    assert_snapshot!(maya.fills(json!({"Text": "Something else entirely."})).await, @"This was already approved, so your click changed nothing.");
    assert!(!team.channel(PLACE).contains("Change the text"));
    team.done().await;
}

#[tokio::test]
async fn an_approval_and_a_change_at_once_have_one_outcome() {
    for _ in 0..4 {
        let team = Team::with_a_draft().await;
        let (maya, dana) = (team.member("maya"), team.member("dana"));
        maya.chooses(PLACE, "Change the text").await;
        dana.clicks(PLACE, "Approve").await;
        let (changed, approved) = tokio::join!(
            maya.fills(json!({"Text": "Other words altogether."})),
            dana.fills(json!({"Tick what is true": true})),
        );
        team.settle().await;
        let revisions = team.count("SELECT count(*) FROM revisions").await;
        let decisions = team.count("SELECT count(*) FROM decisions").await;
        let outcome = (revisions, decisions, team.stands().await);
        let whole =
            [(2, 0, "open"), (1, 1, "approved")].map(|(r, d, state)| (r, d, state.to_owned()));
        assert!(whole.contains(&outcome), "{outcome:?}");
        assert!(changed.is_empty() != approved.is_empty(), "{changed} {approved}");
        team.done().await;
    }
}

#[tokio::test]
async fn a_finding_is_not_for_whoever_asked_to_word() {
    let team = Team::start().await;
    team.has_documents("reviews", "id,text\nR-1,The sound is tinny.\n").await;
    team.member("maya").types("#research", "/research what of the sound?").await;
    team.settle().await;
    assert!(!team.channel("#research").contains("Change the text"));
    team.done().await;
}

#[tokio::test]
async fn a_long_text_goes_on_in_the_thread_and_is_changed_in_parts() {
    let team = Team::start().await;
    let text = "Words of a long text about the spring. ".repeat(75);
    team.puts_up("Draft", "Long", &text, json!({})).await;
    let maya = team.member("maya");
    assert_eq!(maya.chooses(PLACE, "Change the text").await, "");
    let said = maya.fills(json!({"More of the text": "The end of it."})).await;
    assert_eq!(said, "");
    team.settle().await;
    let newest: String = sqlx::query_scalar("SELECT text FROM revisions ORDER BY id DESC LIMIT 1")
        .fetch_one(team.db())
        .await
        .unwrap();
    assert!(newest.contains("about the spring. The end of it."), "{newest}");
    team.done().await;
}

#[tokio::test]
async fn an_edit_by_somebody_who_decides_needs_somebody_else() {
    let team = Team::with_a_draft().await;
    let dana = team.member("dana");
    assert_eq!(dana.clicks(PLACE, "Edit & approve").await, "");
    assert_snapshot!(dana.fills(json!({"Text": "The spring collection is there. Come and see."})).await, @"Your wording is up for a decision. By the policy, whoever edits a text does not approve it, so somebody else does.");
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM decisions").await, 0);
    assert_snapshot!(dana.clicks(PLACE, "Approve").await, @"You wrote this version, so somebody else decides on it: a member of brand.");
    assert_eq!(team.member("lena").approves().await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "approved");
    assert!(team.channel(PLACE).contains("Worded by @dana"));
    team.done().await;
}
