//! What becomes of a review: changed texts, what is taken back, what happens of itself.

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::Team;

const REVIEWS: &str = "id,date,text
R-1,2026-05-01,The sound is tinny and the bass is missing.
R-2,2026-05-02,Sound quality is poor at high volume.
R-3,2026-05-03,The app crashes whenever I change the volume.
";

impl Team {
    /// A team in whose #research a finding of Maya's waits for a decision.
    async fn with_a_finding_on_sound() -> Self {
        let team = Self::start().await;
        team.has_documents("reviews", REVIEWS).await;
        let question = "/research what do people dislike about the sound?";
        team.member("maya").types("#research", question).await;
        team.settle().await;
        team
    }

    async fn review_state(&self) -> String {
        sqlx::query_scalar("SELECT state FROM reviews").fetch_one(self.db()).await.unwrap()
    }
}

#[tokio::test]
async fn changes_go_back_to_the_agent_and_come_back_on_the_same_card() {
    let team = Team::with_a_finding_on_sound().await;
    let dana = team.member("dana");
    dana.clicks("#research", "Request changes").await;
    assert_eq!(dana.submits("What should change?", "Drop R-2, and look at the app.").await, "");
    team.settle().await;
    assert_eq!(team.review_state().await, "open");
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      Left out: R-2. Searched besides for: app. One quote was added.
      *sound* · 2 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 1 May 2026
      *app* · 1 document
      > The app crashes whenever I change the volume.
      — reviews R-3, 3 May 2026
      Searched 3 documents in reviews (newest 3 May 2026); 2 answer the question.
      [Sources]
      ---
      *Revision 2.* The text was changed (@dana asked: “Drop R-2, and look at the app.”):
      what do people dislike about the sound?
      *Left out: R-2. Searched besides for: app. One quote was added.*
      sound
      “The sound is tinny and the bass is missing.” (reviews R-1)
      ~“Sound quality is poor at high volume.” (reviews R-2)~
      *app*
      *“The app crashes whenever I change the volume.” (reviews R-3)*
      ---
      :ballot_box_with_check: 2 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 2, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | What changed? | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
    ");
    assert_snapshot!(team.trail().await, @"
    maya run.requested run
    agent research evidence.read run
    agent research finding.made finding
    agent research finding.checked finding
    bot policy.evaluated finding
    agent research review.opened finding
    dana finding.changes_requested finding
    agent research finding.checked finding
    bot policy.evaluated finding
    agent research finding.revised finding
    ");
    team.done().await;
}

#[tokio::test]
async fn whoever_asked_can_withdraw_and_nobody_else() {
    let team = Team::with_a_finding_on_sound().await;
    let said = team.member("dana").chooses("#research", "Withdraw my request").await;
    assert_snapshot!(said, @"Only @maya, who asked for this, can withdraw it. To stop it, reject it.");
    let maya = team.member("maya");
    assert_eq!(maya.chooses("#research", "Withdraw my request").await, "");
    assert_eq!(maya.fills(json!({})).await, "");
    team.settle().await;
    assert_eq!(team.review_state().await, "withdrawn");
    assert!(!team.channel("#research").contains("[Approve]"));
    team.done().await;
}

#[tokio::test]
async fn a_decision_is_taken_back_and_made_anew() {
    let team = Team::with_a_finding_on_sound().await;
    let raj = team.member("raj");
    raj.clicks("#research", "Reject").await;
    raj.fills(json!({"What is wrong with it?": "Not needed", "Why is it rejected?": "Too few."}))
        .await;
    team.settle().await;
    assert_eq!(team.review_state().await, "rejected");

    assert_snapshot!(team.member("dana").clicks("#research", "Undo my decision").await, @"You have no decision on this text to take back, so nothing changed.");
    assert_eq!(raj.clicks("#research", "Undo my decision").await, "");
    team.settle().await;
    assert_eq!(team.review_state().await, "open");
    assert_eq!(raj.clicks("#research", "Approve").await, "");
    team.settle().await;
    assert_eq!(team.review_state().await, "released");
    assert_eq!(team.count("SELECT count(*) FROM decisions").await, 2);
    team.done().await;
}

#[tokio::test]
async fn after_five_minutes_a_decision_stands() {
    let team = Team::with_a_finding_on_sound().await;
    let raj = team.member("raj");
    raj.clicks("#research", "Reject").await;
    raj.fills(json!({"What is wrong with it?": "Not needed", "Why is it rejected?": "Too few."}))
        .await;
    team.settle().await;
    assert!(team.channel("#research").contains("[Undo my decision]"));
    team.wait(SignedDuration::from_mins(6)).await;
    assert!(!team.channel("#research").contains("[Undo my decision]"), "the button goes");
    team.done().await;
}

#[tokio::test]
async fn a_review_that_nobody_decides_on_is_reminded_of_and_expires() {
    let team = Team::with_a_finding_on_sound().await;
    team.wait(SignedDuration::from_hours(25)).await;
    assert!(team.channel("#research").contains("still waits for one approval"));
    team.wait(SignedDuration::from_hours(14 * 24)).await;
    assert_eq!(team.review_state().await, "expired");
    assert_eq!(team.count("SELECT count(*) FROM decisions").await, 0);
    let raj = team.member("raj");
    assert!(raj.try_click("#research", "Approve").await.is_err(), "no button is left");
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 2 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 1 May 2026
      > Sound quality is poor at high volume.
      — reviews R-2, 2 May 2026
      Searched 3 documents in reviews (newest 3 May 2026); 2 answer the question.
      [Sources]
      ---
      :ballot_box_with_check: 2 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :alarm_clock: *Expired* (when): nobody decided in time, so nothing was approved
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [⋯ Who may decide? | The record]
      [Useful] [Not useful] [Dispute]
        countersign: @research-reviewers: this finding still waits for one approval from research-reviewers, since (when).
        countersign: @maya: nobody decided in time, so it expired.
    ");
    team.done().await;
}

/// Raj decides, a copy stands in #campaigns, and after two hours Lena is told.
const WATCHED: &str = r##"
[team]
name = "Larch & Loom"
zone = "Europe/Berlin"

[[group]]
name = "reviewers"
people = ["U0RAJ00000"]

[[group]]
name = "leads"
people = ["U0LENA0000"]

[[agent]]
name = "research"
job = "Answers questions."
owner = "reviewers"
goal = "Decisions that start from what customers said."
sources = ["*"]

[[policy]]
name = "findings"
on = "finding"
needs = [{ group = "reviewers", count = 1 }]
escalate_after = "2h"
escalate_to = "leads"
show_in = ["#campaigns"]
tell = ["requester", "deciders"]
"##;

#[tokio::test]
async fn copies_settle_together_and_those_who_decide_are_told() {
    let team = Team::start_with_manifest(WATCHED).await;
    team.has_documents("reviews", REVIEWS).await;
    let question = "/research what do people dislike about the sound?";
    team.member("maya").types("#research", question).await;
    team.settle().await;
    assert!(team.channel("#research").contains("@raj: this finding waits for your decision."));
    assert!(team.channel("#campaigns").contains("[Approve]"), "{}", team.channel("#campaigns"));

    team.wait(SignedDuration::from_hours(3)).await;
    let told = team.channel("#research");
    assert!(told.contains("@lena: nobody has decided on this finding since"), "{told}");
    team.wait(SignedDuration::from_hours(3)).await;
    assert_eq!(team.channel("#research").matches("@lena: nobody has decided").count(), 1);
    assert_eq!(
        team.count("SELECT count(*) FROM audit.leaves WHERE subject = 'finding:1'").await,
        5,
        "made, checked, evaluated, opened, escalated"
    );

    // He decides on the copy.
    assert_eq!(team.member("raj").clicks("#campaigns", "Approve").await, "");
    team.settle().await;
    for channel in ["#research", "#campaigns"] {
        let shown = team.channel(channel);
        assert!(shown.contains("*Approved and released*"), "{shown}");
        assert!(!shown.contains("[Approve]"), "{shown}");
    }
    let told = team.channel("#research");
    assert!(told.contains("@maya: approved by @raj, and released."), "{told}");
    team.done().await;
}

#[tokio::test]
async fn a_place_that_is_handed_over_moves_whole() {
    let team = Team::with_a_finding_on_sound().await;
    let (raj, lena, dana) = (team.member("raj"), team.member("lena"), team.member("dana"));
    let said = raj.types("#research", "/countersign delegate @lena until 2999-12-24").await;
    assert!(said.starts_with("@lena decides for you until"), "{said}");

    assert_snapshot!(raj.clicks("#research", "Approve").await, @"You handed your place to @lena, who decides for you. Type /countersign delegate back to take it back.");
    assert_eq!(lena.clicks("#research", "Approve").await, "");
    team.settle().await;
    let channel = team.channel("#research");
    assert!(channel.contains("@lena approved in the place of @raj"), "{channel}");
    let held: Vec<String> = sqlx::query_scalar("SELECT stands_for[1] FROM decisions")
        .fetch_all(team.db())
        .await
        .unwrap();
    assert_eq!(held, ["U0RAJ00000"]);

    let said = raj.types("#research", "/countersign delegate back").await;
    assert_eq!(said, "Your place is yours again; @lena had it.");
    assert_eq!(
        raj.types("#research", "/countersign delegate @raj until friday").await,
        "Your place is yours already. Name somebody else: /countersign delegate @dana until friday"
    );
    let said = dana.types("#research", "/countersign delegate @giulia until friday").await;
    assert!(said.contains("is a guest, a bot or not active here"), "{said}");
    team.done().await;
}

#[tokio::test]
async fn in_the_place_of_whoever_asked_nobody_decides() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let question = "/research what do people dislike about the sound?";
    team.member("dana").types("#research", question).await;
    team.settle().await;
    team.member("dana").types("#research", "/countersign delegate @lena until 2999-12-24").await;
    assert_snapshot!(team.member("lena").clicks("#research", "Approve").await, @"This finding needs a decision from research-reviewers; you are not in that group.");
    team.done().await;
}
