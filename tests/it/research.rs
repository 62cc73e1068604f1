//! From a question to a decision.

use insta::assert_snapshot;

use crate::harness::{Door, Team};

/// Four reviews about one thing, and one about another.
const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing. I expected more.
R-2,2026-03-05,I love the fabric and the colour.
R-3,2026-04-11,Sound quality is poor at high volume. It crackles and distorts.
R-4,2026-04-20,Setup took five minutes and was easy.
R-5,2026-05-01,The sound is disappointing for the price.
";

const QUESTION: &str = "/research what do people dislike about the sound?";

#[tokio::test]
async fn a_question_becomes_a_finding_that_a_reviewer_approves() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;

    let answer = team.member("maya").types("#research", QUESTION).await;
    assert_snapshot!(answer, @"
    On it: “what do people dislike about the sound?”. The finding will be posted in this channel.
    [Stop]
    ");
    team.settle().await;
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 3 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      > Sound quality is poor at high volume.
      — reviews R-3, 11 Apr 2026
      > The sound is disappointing for the price.
      — reviews R-5, 1 May 2026
      Searched 5 documents in reviews (newest 1 May 2026); 3 answer the question.
      [Sources]
      ---
      :ballot_box_with_check: 3 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
    ");

    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 3 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      > Sound quality is poor at high volume.
      — reviews R-3, 11 Apr 2026
      > The sound is disappointing for the price.
      — reviews R-5, 1 May 2026
      Searched 5 documents in reviews (newest 1 May 2026); 3 answer the question.
      [Sources]
      ---
      :ballot_box_with_check: 3 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :white_check_mark: *Approved and released* (when)
      @raj approved (when)
      Written to the file `outbox/(time)-finding-1-released.json` (when)
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [Revoke] [⋯ Who may decide? | The record]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
        countersign: @maya: approved by @raj, and released.
    ");
    assert_snapshot!(team.trail().await, @"
    maya run.requested run
    agent research evidence.read run
    agent research finding.made finding
    agent research finding.checked finding
    bot policy.evaluated finding
    agent research review.opened finding
    raj finding.approved finding
    bot finding.released finding
    bot release.delivered finding
    ");
    team.done().await;
}

#[tokio::test]
async fn the_same_by_socket_mode() {
    let team = Team::start_with(Door::Socket, countersign::sandbox::Seed::example()).await;
    team.has_documents("reviews", REVIEWS).await;

    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;

    assert!(team.channel("#research").contains("Approved"), "{}", team.channel("#research"));
    team.done().await;
}
