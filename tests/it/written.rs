//! Findings that a model writes: checked, shown while they are written, and replaced by an extract where
//! the model fails.

use std::sync::Arc;

use countersign::evidence::Visibility;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::fake_model::{Answer, FakeModel};
use crate::harness::Team;

const REVIEWS: &str = "id,date,author,text
R-1,2026-03-02,,The sound is tinny and the bass is missing. Mail me at ada@example.org.
R-2,2026-04-11,,Sound quality is poor at high volume. It crackles after 20 minutes.
R-3,2026-04-20,,Setup for my parents was confusing and slow.
";

const QUESTION: &str = "/research what do people dislike about the sound?";

fn answer(claims: &Value) -> Value {
    json!({
        "summary": "People miss bass, and hear crackling.",
        "claims": claims,
        "unanswered": "Which models are meant.",
    })
}

fn claim(text: &str, passage: u64, quote: &str) -> Value {
    json!({"text": text, "quotes": [{"passage": passage, "text": quote}]})
}

/// Two claims that hold, and two that do not.
fn good_and_bad() -> Value {
    answer(&json!([
        claim("The bass is missing.", 1, "The sound is tinny and the bass is missing."),
        claim("The sound crackles after 20 minutes.", 2, "It crackles after 20 minutes."),
        claim("The sound crackles after 45 minutes.", 2, "It crackles after 20 minutes."),
        claim("The bass is what buyers love.", 1, "I love the bass of this thing."),
    ]))
}

async fn team(fake: &FakeModel) -> Team {
    let team = Team::start_with_model(fake, "").await;
    team.has_documents("reviews", REVIEWS).await;
    team
}

impl Team {
    /// Has something done while the bot is at work on what was asked.
    pub async fn meanwhile(&self, does: impl Future<Output = ()>) {
        tokio::join!(self.settle(), does);
    }

    /// Waits until a channel says something.
    pub async fn until(&self, channel: &str, says: &str) {
        for _ in 0..1_000 {
            if self.sandbox.transcript(channel, None).unwrap().contains(says) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{channel} never says {says:?}: {}", self.channel(channel));
    }
}

#[tokio::test]
async fn what_a_model_writes_is_shown_as_far_as_the_documents_bear_it_out() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    fake.answer(Answer::Json(good_and_bad()));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. The model fake-1-20261122 wrote this: every quote was looked up in its document, every number in what is quoted, and what did not hold was cut.
      People miss bass, and hear crackling.
      *The bass is missing.*
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      *The sound crackles after 20 minutes.*
      > It crackles after 20 minutes.
      — reviews R-2, 11 Apr 2026
      *What the documents do not say*
      Which models are meant.
      :scissors: 2 of the model's statements were cut. It has a number that no passage quoted with it has. No quote bears it out.
      Searched 3 documents in reviews (newest 20 Apr 2026); 2 answer the question.
      [Sources]
      ---
      :ballot_box_with_check: 2 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Made by the research agent, with the model fake-1-20261122, prompt research.answer@1 · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Turn into a draft]
    ");

    let asked = fake.asked()[0].body.to_string();
    assert!(asked.contains("[email]") && !asked.contains("ada@example.org"), "{asked}");
    assert_snapshot!(team.trail().await, @"
    maya run.requested run
    agent research evidence.read run
    agent research finding.made finding
    agent research finding.checked finding
    bot policy.evaluated finding
    agent research review.opened finding
    ");
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    assert!(team.channel("#research").contains("Approved and released"));
    team.done().await;
}

#[tokio::test]
async fn where_nothing_holds_or_the_model_fails_an_extract_takes_its_place() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    let (maya, said) = (team.member("maya"), async |answer: Answer| {
        fake.answer(answer);
        team.member("maya").clicks("#research", "Try again").await;
        team.settle().await;
        let channel = team.channel("#research");
        let warned = channel.lines().rfind(|line| line.contains(":warning:")).unwrap().to_owned();
        assert!(channel.contains("> Sound quality is poor at high volume."), "{channel}");
        warned
    });
    fake.answer(Answer::Json(answer(&json!([claim("Love.", 1, "I love the bass of it.")]))));
    maya.types("#research", QUESTION).await;
    team.settle().await;
    assert!(team.channel("#research").contains(":warning:"), "{}", team.channel("#research"));

    assert_snapshot!(said(Answer::Json(answer(&json!([])))).await, @"  :warning: The model fake-1-20261122 found nothing in the documents that answers this. What follows is an extract of what comes nearest.");
    assert_snapshot!(said(Answer::Status(401, None, "authentication_error", "no")).await, @"  :warning: The model fake refused our key; whoever runs Countersign corrects it in FAKE_MODEL_KEY. What follows is an extract instead.");
    assert_snapshot!(said(Answer::Stops("{\"summary\": \"", "max_tokens")).await, @"  :warning: The answer of the model fake was cut off: it is longer than max_tokens lets it be. What follows is an extract instead. Try again in a while.");
    assert_snapshot!(said(Answer::Text("I would rather not.")).await, @"  :warning: The answer of the model fake is not in the form it was asked for, so none of it is used. What follows is an extract instead. Try again in a while.");
    assert_eq!(team.count("SELECT count(*) FROM runs WHERE fell_back IS NOT NULL").await, 5);
    team.done().await;
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_said_and_an_extract_comes_all_the_same() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "budget = { runs = 1 }").await;
    team.has_documents("reviews", REVIEWS).await;
    fake.answer(Answer::Json(good_and_bad()));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    assert_eq!(fake.asked().len(), 1, "the second question did not reach the model");
    let channel = team.channel("#research");
    let warned = channel.lines().find(|line| line.contains(":warning:")).unwrap();
    let tomorrow = team.app.now().in_tz("Europe/Berlin").unwrap().tomorrow().unwrap();
    let warned = warned.replace(&tomorrow.strftime("%A").to_string(), "[tomorrow]");
    assert_snapshot!(warned, @"  :warning: Today's budget of the agent research is used up: 1 of 1 runs. It begins anew on [tomorrow] at 00:00 (Europe/Berlin). What follows is an extract instead. Try again in a while.");
    team.done().await;
}

#[tokio::test]
async fn a_run_that_takes_its_time_says_what_it_does_and_can_be_stopped() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    fake.answer(Answer::Stalls("{\"summary\": \"People"));
    team.member("maya").types("#research", QUESTION).await;
    team.meanwhile(async {
        fake.reached().await;
        team.until("#research", "The agent is writing").await;
        assert_snapshot!(team.channel("#research"), @"
        countersign: what do people dislike about the sound?
          :hourglass_flowing_sand: The agent is writing.
          [Stop]
          @maya asked.
        ");
        let refused = team.member("raj").clicks("#research", "Stop").await;
        assert_snapshot!(refused, @"@maya asked for this, so only they can do that. Ask for it yourself with /research.");
        team.member("maya").clicks("#research", "Stop").await;
        fake.left().await;
    })
    .await;
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya stopped this while it was writing. Nothing was put up.
      [Try again]
    ");

    // The same message is the finding's, once the question is asked again.
    fake.answer(Answer::Json(good_and_bad()));
    team.member("maya").clicks("#research", "Try again").await;
    team.settle().await;
    assert!(team.channel("#research").contains("*The bass is missing.*"));
    team.done().await;
}

#[tokio::test]
async fn the_message_that_said_what_was_done_becomes_the_finding() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    let let_go = Arc::new(Notify::new());
    fake.answer(Answer::Held(good_and_bad(), let_go.clone()));
    team.member("maya").types("#research", QUESTION).await;
    team.meanwhile(async {
        team.until("#research", "The agent is").await;
        let_go.notify_one();
    })
    .await;
    let messages = team.sandbox.messages("maya", "#research").unwrap();
    let ours = messages.iter().filter(|message| !message["bot_id"].is_null());
    assert_eq!(ours.filter(|message| message["is_ephemeral"] != true).count(), 1);
    assert!(team.channel("#research").contains("*The bass is missing.*"));
    team.done().await;
}

#[tokio::test]
async fn in_a_thread_claims_appear_as_they_are_written_and_only_those_that_hold() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    let written = good_and_bad().to_string();
    let cut = written.rfind("\"unanswered\"").unwrap();
    let stalled: &'static str = Box::leak(written[..cut].to_owned().into_boxed_str());
    fake.answer(Answer::Stalls(stalled));
    team.member("maya")
        .says("#research", "@countersign what do people dislike about the sound?")
        .await;
    team.meanwhile(async {
        fake.reached().await;
        team.until("#research", "20 minutes").await;
        assert_snapshot!(team.channel("#research"), @r"
        maya: @countersign what do people dislike about the sound?
            countersign: **The bass is missing\.**
              > The sound is tinny and the bass is missing\.
              > — reviews R\-1
              
              **The sound crackles after 20 minutes\.**
              > It crackles after 20 minutes\.
              > — reviews R\-2
        ");
        team.member("maya").clicks("#research", "Stop").await;
        fake.left().await;
    })
    .await;
    let channel = team.channel("#research");
    assert!(channel.contains("@maya stopped this") && !channel.contains("bass"), "{channel}");

    fake.answer(Answer::Json(good_and_bad()));
    team.member("maya").clicks("#research", "Try again").await;
    team.settle().await;
    let channel = team.channel("#research");
    assert_eq!(channel.matches("*The bass is missing.*").count(), 1, "{channel}");
    team.done().await;
}

#[tokio::test]
async fn a_follow_up_tells_the_model_what_was_asked_and_answered_before() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    fake.answer(Answer::Json(good_and_bad()));
    team.member("maya")
        .says("#research", "@countersign what do people dislike about the sound?")
        .await;
    team.settle().await;
    fake.answer(Answer::Json(good_and_bad()));
    let newest = team.newest("#research");
    let thread = newest["thread_ts"].as_str().unwrap().to_owned();
    team.sandbox.message("raj", "#research", "and the volume?", Some(&thread)).await.unwrap();
    team.settle().await;
    let asked = fake.asked()[1].body["messages"][0]["content"].to_string();
    assert!(asked.contains("what do people dislike about the sound?"), "{asked}");
    assert!(asked.contains("The bass is missing."), "{asked}");
    team.done().await;
}

const NOTES: &str = "id,date,text
N-1,2026-05-02,The sound is terrible and our largest client leaves us.
";

/// A claim on each document, whatever their order.
fn of_all_passages() -> Value {
    let quotes = [
        "The sound is terrible and our largest client leaves us.",
        "The sound is tinny and the bass is missing.",
    ];
    let claims: Vec<Value> = quotes.iter().map(|quote| claim(quote, 1, quote)).collect();
    answer(&json!(claims))
}

#[tokio::test]
async fn claims_that_a_channel_may_not_see_are_not_shown_there_while_they_are_written() {
    let fake = FakeModel::start().await;
    let team = team(&fake).await;
    let leadership = team.id_of("#leadership");
    team.has_restricted("notes", NOTES, Visibility::Channels(vec![leadership])).await;
    let written = of_all_passages().to_string();
    let cut = written.rfind("\"unanswered\"").unwrap();
    let stalled: &'static str = Box::leak(written[..cut].to_owned().into_boxed_str());
    fake.answer(Answer::Stalls(stalled));

    let question = "@countersign what do people dislike about the sound?";
    team.member("lena").says("#research", question).await;
    team.meanwhile(async {
        fake.reached().await;
        while team.count("SELECT count(*) FROM runs WHERE step = 'writing'").await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let channel = team.channel("#research");
        assert!(!channel.contains("client") && !channel.contains("tinny"), "{channel}");
        team.member("lena").clicks("#research", "Stop").await;
        fake.left().await;
    })
    .await;

    fake.answer(Answer::Json(of_all_passages()));
    team.member("lena").says("#research", question).await;
    team.settle().await;
    let channel = team.channel("#research");
    assert!(!channel.contains("client") && !channel.contains("tinny"), "{channel}");
    let direct = team.sandbox.transcript("@countersign", Some("lena")).unwrap();
    assert!(direct.contains("our largest client"), "{direct}");

    // Whoever goes on in that thread is not answered from what she alone read.
    fake.answer(Answer::Json(good_and_bad()));
    let messages = team.sandbox.messages("lena", "#research").unwrap();
    let asked = messages.iter().rfind(|message| message["bot_id"].is_null()).unwrap();
    let thread = asked["ts"].as_str().unwrap().to_owned();
    team.sandbox.message("maya", "#research", "and the bass?", Some(&thread)).await.unwrap();
    team.settle().await;
    let asked = fake.asked()[2].body.to_string();
    assert!(asked.contains("dislike about the sound"), "{asked}");
    assert!(!asked.contains("client"), "{asked}");
    team.done().await;
}
