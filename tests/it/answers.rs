//! Who reads an answer, how a thread goes on, and how a run is stopped and asked again.

use countersign::audit::Actor;
use countersign::evidence::Visibility;
use insta::assert_snapshot;
use serde_json::json;

use crate::harness::Team;

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing.
R-2,2026-04-11,Sound quality is poor at high volume.
R-3,2026-04-20,Setup for my parents was confusing and slow.
";

const NOTES: &str = "id,date,author,text
N-1,2026-05-02,Ada Byron,The sound is terrible and our largest client leaves us. Ada Byron ada@example.org
";

const QUESTION: &str = "/research what do people dislike about the sound?";

impl Team {
    /// Writes into the thread of the bot's newest message in a channel.
    async fn replies(&self, person: &str, channel: &str, text: &str) {
        let newest = self.newest(channel);
        let thread = newest["thread_ts"].as_str().or(newest["ts"].as_str()).unwrap().to_owned();
        self.sandbox.message(person, channel, text, Some(&thread)).await.unwrap();
        self.settle().await;
    }
}

#[tokio::test]
async fn what_a_channel_may_not_see_comes_to_the_asker_who_may_share_the_rest() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let leadership = team.id_of("#leadership");
    team.has_restricted("notes", NOTES, Visibility::Channels(vec![leadership])).await;

    team.member("lena").types("#research", QUESTION).await;
    team.settle().await;
    assert_eq!(team.channel("#research"), "", "nothing shows in the channel");
    assert_snapshot!(team.direct("lena"), @"
    countersign: what do people dislike about the sound?
      You asked in #research. This answer rests on sources that not everybody there may see, so only you read it. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 3 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      > Sound quality is poor at high volume.
      — reviews R-2, 11 Apr 2026
      > The sound is terrible and our largest client leaves us.
      — notes N-1, 2 May 2026
      Searched 4 documents in notes (newest 2 May 2026) and reviews (newest 20 Apr 2026); 3 answer the question.
      [Share] [Sources]
    ");

    let said = team.member("lena").clicks("@countersign", "Share").await;
    assert_eq!(said, "");
    let research = team.id_of("#research");
    team.member("lena").fills(json!({"Channel": research})).await;
    team.settle().await;
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @lena asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 2 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      > Sound quality is poor at high volume.
      — reviews R-2, 11 Apr 2026
      Searched 3 documents in reviews (newest 20 Apr 2026); 2 answer the question.
      One quote was left out, because not everybody here may see it.
      [Sources]
      ---
      :ballot_box_with_check: 2 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @lena · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
    ");
    assert!(!team.channel("#research").contains("largest client"));
    assert!(team.direct("lena").contains("You shared it in #research"), "{}", team.direct("lena"));

    // A second time there is nothing to share.
    let again = team.member("lena").try_click("@countersign", "Share").await;
    assert!(again.is_err(), "the button is gone");
    assert_snapshot!(team.trail().await, @"
    lena run.requested run
    agent research evidence.read run
    agent research finding.made finding
    lena finding.shared finding
    agent research finding.checked finding
    bot policy.evaluated finding
    agent research review.opened finding
    ");
    team.done().await;
}

#[tokio::test]
async fn whoever_may_not_see_a_source_gets_an_answer_without_it() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let leadership = team.id_of("#leadership");
    team.has_restricted("notes", NOTES, Visibility::Channels(vec![leadership])).await;

    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    let channel = team.channel("#research");
    assert!(channel.contains("Searched 3 documents in reviews"), "{channel}");
    assert!(!channel.contains("notes"), "{channel}");
    team.done().await;
}

#[tokio::test]
async fn a_channel_does_not_learn_which_sources_others_may_see() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    let leadership = team.id_of("#leadership");
    team.has_restricted("notes", NOTES, Visibility::Channels(vec![leadership])).await;

    team.member("lena").types("#research", "/research what about submarines?").await;
    team.settle().await;
    let channel = team.channel("#research");
    assert!(channel.contains("Searched 3 documents in reviews"), "{channel}");
    assert!(!channel.contains("notes"), "{channel}");
    team.done().await;
}

#[tokio::test]
async fn an_answer_that_rests_on_nothing_a_channel_may_see_cannot_be_shared_there() {
    let team = Team::start().await;
    let leads = Visibility::Groups(vec!["marketing-leads".to_owned()]);
    team.has_restricted("notes", NOTES, leads).await;

    team.member("lena").types("#research", QUESTION).await;
    team.settle().await;
    team.member("lena").clicks("@countersign", "Share").await;
    let said = team.member("lena").fills(json!({"Channel": team.id_of("#research")})).await;
    assert_snapshot!(said, @"Nothing of this may be shown in that channel: all of it rests on sources that not everybody there may see. Whoever owns a source can let more people see it.");
    assert_eq!(team.channel("#research"), "");
    team.done().await;
}

#[tokio::test]
async fn a_direct_message_is_a_question_that_only_the_asker_reads_the_answer_to() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    team.member("maya").says("@countersign", "what do people dislike about the sound?").await;
    team.settle().await;
    assert_snapshot!(team.direct("maya"), @"
    maya: what do people dislike about the sound?
        countersign (only you): On it: “what do people dislike about the sound?”. The finding will be posted in this thread.
          [Stop]
        countersign: what do people dislike about the sound?
          Only you read this answer. This is an extract: every quote stands word for word in its document, and nothing was added.
          *sound* · 2 documents
          > The sound is tinny and the bass is missing.
          — reviews R-1, 2 Mar 2026
          > Sound quality is poor at high volume.
          — reviews R-2, 11 Apr 2026
          Searched 3 documents in reviews (newest 20 Apr 2026); 2 answer the question.
          [Share] [Sources]
    ");
    team.done().await;
}

#[tokio::test]
async fn a_thread_goes_on_without_a_mention_and_keeps_its_subject() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;

    team.replies("raj", "#research", "I had no idea it was that bad").await;
    team.replies("raj", "#research", "<@UDANA> can you check this?").await;
    assert_eq!(team.count("SELECT count(*) FROM runs").await, 1, "people talk to each other");

    team.replies("raj", "#research", "and for parents?").await;
    assert_eq!(team.count("SELECT count(*) FROM runs WHERE follows = 1").await, 1);
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 2 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      > Sound quality is poor at high volume.
      — reviews R-2, 11 Apr 2026
      Searched 3 documents in reviews (newest 20 Apr 2026); 2 answer the question.
      [Sources]
      ---
      :ballot_box_with_check: 2 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
        raj: I had no idea it was that bad
        raj: @UDANA can you check this?
        raj: and for parents?
        countersign: and for parents?
          @raj asked. This is an extract: every quote stands word for word in its document, and nothing was added.
          Read together with “what do people dislike about the sound?”.
          *parents* · 1 document
          > Setup for my parents was confusing and slow.
          — reviews R-3, 20 Apr 2026
          Searched 3 documents in reviews (newest 20 Apr 2026); 1 answers the question.
          [Sources]
          ---
          :ballot_box_with_check: 1 quote found word for word in the documents
          :ballot_box_with_check: The age of every source is known
          :ballot_box_with_check: No personal data found (names and addresses are not looked for)
          :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
          If nobody decides, it expires (when), and nothing is approved.
          Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @raj · policy findings (version) · review 2, revision 1, SHA-256 `(hash)`
          [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
          [Useful] [Not useful] [Dispute] [Turn into a draft]
    ");
    team.done().await;
}

#[tokio::test]
async fn nothing_found_can_be_asked_again() {
    let team = Team::start().await;
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    assert!(team.channel("#research").contains("There are no documents to search yet"));

    team.has_documents("reviews", REVIEWS).await;
    let said = team.member("raj").clicks("#research", "Try again").await;
    assert!(said.starts_with("On it"), "{said}");
    team.settle().await;
    let channel = team.channel("#research");
    assert!(channel.contains("The sound is tinny"), "{channel}");
    assert!(channel.contains("@raj asked"), "{channel}");
    team.done().await;
}

#[tokio::test]
async fn only_the_asker_stops_a_run_and_only_while_it_lasts() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    team.member("maya").types("#research", QUESTION).await;
    assert_snapshot!(team.member("maya").clicks("#research", "Stop").await, @"Stopped. Nothing will be put up.");
    team.settle().await;
    assert_eq!(team.channel("#research"), "", "it was stopped before anything was shown");
    assert_eq!(team.count("SELECT count(*) FROM runs WHERE state = 'stopped'").await, 1);
    assert_snapshot!(team.trail().await, @"
    maya run.requested run
    maya run.stopped run
    ");

    assert_snapshot!(team.member("maya").clicks("#research", "Stop").await, @"This was finished or stopped already, so there was nothing to stop.");
    team.done().await;
}

#[tokio::test]
async fn sources_show_passages_in_their_surroundings_to_those_who_may_see_them() {
    let team = Team::start().await;
    let padding = "Nothing else is worth a word here, and so it goes on for a while. ".repeat(30);
    let long = format!(
        "id,date,author,text\nR-9,2026-03-02,Ada Byron,\"{padding}The sound is tinny and awful. Yours, Ada Byron. {padding}\"\n"
    );
    team.has_documents("reviews", &long).await;
    let leadership = team.id_of("#leadership");
    team.has_restricted("notes", NOTES, Visibility::Channels(vec![leadership])).await;
    team.member("lena").types("#research", QUESTION).await;
    team.settle().await;

    let sources = async |person: &'static str, channel: &str| {
        let place = countersign::sandbox::Place::Channel { channel, message: None };
        let outcome = team.sandbox.click(person, place, "Sources", None).await.unwrap();
        crate::harness::team::readable(
            &outcome.modal.map(|modal| modal.text).unwrap_or_else(|| outcome.ephemeral.join("\n")),
        )
    };
    assert_snapshot!(sources("lena", "@countersign").await, @"
    what do people dislike about the sound?
    ---
    *notes N-1*
    > The sound is terrible and our largest client leaves us. [name] [email]
    written 2 May 2026 · brought in today
    ---
    *reviews R-9*
    … Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while.
    > The sound is tinny and awful. Yours, [name]. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while.
    Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. Nothing else is worth a word here, and so it goes on for a while. …
    written 2 Mar 2026 · brought in today
    ");

    team.member("lena").clicks("@countersign", "Share").await;
    team.member("lena").fills(json!({"Channel": team.id_of("#research")})).await;
    team.settle().await;
    let maya = sources("maya", "#research").await;
    assert!(maya.contains("The sound is tinny") && !maya.contains("client"), "{maya}");
    assert!(!maya.contains("Ada"), "{maya}");

    // Whoever cannot see a source any more does not see its passages either.
    let sam = Visibility::Groups(vec!["sales".to_owned()]);
    team.has_restricted("reviews", &long, sam).await;
    assert_snapshot!(sources("maya", "#research").await, @"
    what do people dislike about the sound?
    One passage is not shown: you may not see its source, or it is there no more.
    ");
    team.done().await;
}

#[tokio::test]
async fn an_answer_that_only_one_person_reads_goes_with_their_question() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    team.member("maya").says("@countersign", "what do people dislike about the sound?").await;
    team.settle().await;
    let app = &team.app;
    let maya = "U0MAYA0000".into();
    countersign::erasure::erase(
        &app.db,
        app.workspace.id,
        &maya,
        "asked for",
        Actor::Bot,
        app.now(),
    )
    .await
    .unwrap();
    team.settle().await;
    assert!(!team.direct("maya").contains("tinny"), "{}", team.direct("maya"));
    team.done().await;
}
