//! What people say of what was made: who may, what stands, what is told.

use std::time::Duration;

use countersign::audit::Actor;
use countersign::erasure;
use countersign::ids::PersonId;
use futures_util::future::join_all;
use insta::{assert_json_snapshot, assert_snapshot};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::harness::Team;

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing.
R-2,2026-04-11,Sound quality is poor at high volume.
";

const QUESTION: &str = "/research what do people dislike about the sound?";
const WHY: &str = "What is wrong with it?";

impl Team {
    /// A team in whose #research a finding of Maya's waits for a decision.
    async fn with_something_to_judge() -> Self {
        let team = Self::start().await;
        team.has_documents("reviews", REVIEWS).await;
        team.member("maya").types("#research", QUESTION).await;
        team.settle().await;
        team
    }

    /// The lines of the card that say what people think of it.
    fn judged(&self) -> String {
        let channel = self.channel("#research");
        let said = |line: &&str| {
            let line = line.trim();
            ["Useful to", "Not useful to", ":warning: Disputed", "… "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        channel.lines().filter(said).map(str::trim).collect::<Vec<_>>().join("\n")
    }

    /// The rows, however they ended: who said what, and whether it stands.
    async fn opinions(&self) -> Vec<String> {
        let rows: Vec<(String, String, bool)> =
            sqlx::query_as("SELECT person_id, kind, ended_at IS NULL FROM opinions ORDER BY id")
                .fetch_all(self.db())
                .await
                .unwrap();
        let line = |(person, kind, stands): (String, String, bool)| {
            let ended = if stands { "" } else { ", ended" };
            format!("{} {kind}{ended}", &person[2..6])
        };
        rows.into_iter().map(line).collect()
    }

    /// What a button of the newest card carries.
    fn value_of(&self, action: &str) -> String {
        let card = self.card_with(action);
        let mut elements = card["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|block| block["elements"].as_array())
            .flatten();
        let button = elements.find(|one| one["action_id"] == action).unwrap();
        button["value"].as_str().unwrap().to_owned()
    }

    fn card_with(&self, action: &str) -> Value {
        let messages = self.sandbox.messages("maya", "#research").unwrap();
        messages.into_iter().rfind(|one| one.to_string().contains(action)).unwrap()
    }

    /// A press of a button, signed as Slack signs; `number` makes it a press of its own.
    async fn press_at(
        &self,
        door: &Url,
        person: &str,
        action: &str,
        value: &str,
        number: usize,
    ) -> u16 {
        let tenant = &self.sandbox.seed().team_id;
        let body = json!({
            "type": "block_actions", "team": {"id": tenant},
            "user": {"id": person, "team_id": tenant},
            "channel": {"id": "C0RESEARCH"}, "trigger_id": format!("{number}.7.7"),
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
        });
        let body = serde_urlencoded::to_string([("payload", body.to_string())]).unwrap();
        let signed = self.sandbox.sign(body.as_bytes(), self.app.now());
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let request = client.post(door.join("slack/interactivity").unwrap());
        let request =
            signed.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(body).send().await.unwrap().status().as_u16()
    }

    async fn disputes(&self, handle: &'static str, reason: &str) -> String {
        let member = self.member(handle);
        let answer = member.clicks("#research", "Dispute").await;
        if !answer.is_empty() {
            return answer;
        }
        let answer = member.submits(WHY, reason).await;
        self.settle().await;
        answer
    }
}

#[tokio::test]
async fn an_opinion_is_said_changed_and_taken_back() {
    let team = Team::with_something_to_judge().await;
    let (sam, lena) = (team.member("sam"), team.member("lena"));
    assert_eq!(team.judged(), "");

    assert_eq!(sam.clicks("#research", "Useful").await, "");
    lena.clicks("#research", "Useful").await;
    // Whoever asked knows best whether it helped.
    team.member("maya").clicks("#research", "Not useful").await;
    team.settle().await;
    assert_eq!(team.judged(), "Useful to 2, not useful to 1");

    sam.clicks("#research", "Not useful").await;
    team.settle().await;
    assert_eq!(team.judged(), "Useful to 1, not useful to 2");

    sam.clicks("#research", "Not useful").await;
    team.settle().await;
    assert_eq!(team.judged(), "Useful to 1, not useful to 1");

    assert_eq!(
        team.opinions().await,
        ["SAM0 useful, ended", "LENA useful", "MAYA not_useful", "SAM0 not_useful, ended"]
    );
    assert_snapshot!(lena.types("#research", "/countersign audit 1").await.lines()
        .filter(|line| line.contains("useful")).map(|line| line.split(" · ").last().unwrap())
        .collect::<Vec<_>>().join("\n"), @"
    @sam found finding 1 useful.
    @lena found finding 1 useful.
    @maya found finding 1 not useful.
    @sam found finding 1 not useful, instead of useful.
    @sam took back that finding 1 was not useful.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_card_says_what_people_think_of_it() {
    let team = Team::with_something_to_judge().await;
    team.member("sam").clicks("#research", "Useful").await;
    let dana = team.member("dana");
    dana.clicks("#research", "Dispute").await;
    assert_snapshot!(dana.fills(json!({WHY: "One review is no pattern.", "Which quote?": "“Sound quality is poor at high volume.”"})).await, @"");
    team.settle().await;
    assert_snapshot!(team.channel("#research"), @"
    countersign: what do people dislike about the sound?
      @maya asked. This is an extract: every quote stands word for word in its document, and nothing was added.
      *sound* · 2 documents
      > The sound is tinny and the bass is missing.
      — reviews R-1, 2 Mar 2026
      > Sound quality is poor at high volume.
      — reviews R-2, 11 Apr 2026
      Searched 2 documents in reviews (newest 11 Apr 2026); 2 answer the question.
      [Sources]
      ---
      :ballot_box_with_check: 2 quotes found word for word in the documents
      :ballot_box_with_check: The age of every source is known
      :ballot_box_with_check: No personal data found (names and addresses are not looked for)
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      If nobody decides, it expires (when), and nothing is approved.
      Useful to 1
      :warning: Disputed by @dana, in “Sound quality is poor at high volume.”: One review is no pattern.
      Made by the research agent, which quotes and adds nothing · data reviews (age) · asked for by @maya · policy findings (version) · review 1, revision 1, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | Withdraw my request]
      [Useful] [Not useful] [Dispute] [Withdraw my dispute] [Turn into a draft]
    ");
    assert_snapshot!(team.trail().await, @"
    maya run.requested run
    agent research evidence.read run
    agent research finding.made finding
    agent research finding.checked finding
    bot policy.evaluated finding
    agent research review.opened finding
    sam finding.found_useful finding
    dana finding.disputed finding
    ");
    team.done().await;
}

#[tokio::test]
async fn a_dispute_says_why() {
    let team = Team::with_something_to_judge().await;
    assert_snapshot!(team.disputes("dana", " … ").await, @"Write a sentence that says why; the person who asked will read it.");
    assert!(team.opinions().await.is_empty());
    team.sandbox.close("dana").await.unwrap();
    team.settle().await;
    assert!(team.opinions().await.is_empty());
    team.done().await;
}

#[tokio::test]
async fn a_person_disputes_once_and_withdraws_only_their_own() {
    let team = Team::with_something_to_judge().await;
    assert_snapshot!(team.disputes("dana", "Only two reviews.").await, @"");
    assert_snapshot!(team.disputes("dana", "Only two reviews!").await, @"You dispute this already, and your reason stands on the card. To say something else, withdraw it first.");
    assert_snapshot!(team.member("sam").clicks("#research", "Withdraw my dispute").await, @"You do not dispute this, so there is nothing of yours to withdraw. Whoever disputes it can.");
    team.disputes("sam", "The question was another one.").await;
    assert_snapshot!(team.judged(), @"
    :warning: Disputed by @dana: Only two reviews.
    :warning: Disputed by @sam: The question was another one.
    ");

    team.member("dana").clicks("#research", "Withdraw my dispute").await;
    team.settle().await;
    assert_snapshot!(team.judged(), @":warning: Disputed by @sam: The question was another one.");
    team.disputes("dana", "Still only two.").await;
    assert_eq!(team.opinions().await, ["DANA disputed, ended", "SAM0 disputed", "DANA disputed"]);
    team.done().await;
}

#[tokio::test]
async fn guests_and_others_do_not_judge() {
    let team = Team::with_something_to_judge().await;
    let value = team.value_of("opinion.useful");
    // Giulia is a guest, and not in the channel; a signed press of hers would still count for nothing.
    for (number, action) in ["opinion.useful", "opinion.dispute"].into_iter().enumerate() {
        assert_eq!(team.press_at(&team.bot, "U0GIULIA00", action, &value, number).await, 200);
        assert_eq!(team.press_at(&team.bot, "U0COUNTERS", action, &value, 10 + number).await, 200);
    }
    team.settle().await;
    assert!(team.opinions().await.is_empty());
    let refused = team.sandbox.calls().into_iter().map(|call| json!(call.arguments).to_string());
    assert!(refused.into_iter().any(|said| said.contains("do not judge what agents made")));
    team.done().await;
}

#[tokio::test]
async fn a_press_that_is_delivered_again_and_again_is_one_opinion() {
    let team = Team::with_something_to_judge().await;
    team.member("sam").clicks("#research", "Useful").await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.extend(team.sandbox.redeliver(25).await);
    }
    assert_eq!(answers, [200; 100]);
    team.settle().await;
    assert_eq!(team.opinions().await, ["SAM0 useful"]);

    team.disputes("dana", "Only two reviews.").await;
    team.sandbox.redeliver(25).await;
    team.settle().await;
    assert_eq!(team.opinions().await, ["SAM0 useful", "DANA disputed"]);
    team.done().await;
}

#[tokio::test]
async fn presses_of_many_at_two_replicas_are_one_opinion_each() {
    let team = Team::with_something_to_judge().await;
    let doors = [team.bot.clone(), team.replica().await];
    let value = team.value_of("opinion.useful");
    let people = ["U0DANA0000", "U0SAM00000", "U0LENA0000", "U0RAJ00000"];
    // An odd number of presses of each leaves one opinion standing, whatever their order.
    let presses = (0..60).map(|number| {
        let action = if number % 2 == 0 { "opinion.useful" } else { "opinion.not_useful" };
        team.press_at(&doors[number % 2], people[number % 4], action, &value, number)
    });
    let answers = join_all(presses).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    team.settle().await;

    let standing = "SELECT count(*) FROM opinions WHERE ended_at IS NULL";
    assert_eq!(team.count(standing).await, 4, "{:?}", team.opinions().await);
    let entries = "SELECT count(*) FROM audit.entries WHERE convert_from(payload, 'UTF8') ~ 'finding.(found|rating)'";
    assert_eq!(team.count(entries).await, 60);
    assert_eq!(team.judged(), "Useful to 2, not useful to 2");
    team.done().await;
}

#[tokio::test]
async fn whoever_approved_is_told_once_of_a_later_dispute() {
    let team = Team::with_something_to_judge().await;
    // The approver could read this one.
    team.disputes("lena", "The question was another one.").await;
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    let told = |team: &Team| {
        let channel = team.channel("#research");
        let lines = channel.lines().filter(|line| line.contains("which you approved"));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(&team), "");

    team.disputes("dana", "R-2 is about another speaker.").await;
    assert_snapshot!(told(&team), @"countersign: @raj: @dana disputes this finding, which you approved: R-2 is about another speaker.");
    // What else happens tells nobody again.
    team.member("sam").clicks("#research", "Useful").await;
    team.settle().await;
    team.wait(SignedDuration::from_hours(30)).await;
    assert_eq!(told(&team).lines().count(), 1);

    team.member("dana").clicks("#research", "Withdraw my dispute").await;
    team.settle().await;
    assert_eq!(told(&team), "");
    assert!(team.channel("#research").contains("@dana disputed this finding, and withdrew that."));

    team.disputes("dana", "It is, after all.").await;
    assert_snapshot!(told(&team), @"countersign: @raj: @dana disputes this finding, which you approved: It is, after all.");
    // Nobody is told of their own.
    team.disputes("raj", "I was too quick.").await;
    assert_eq!(told(&team).lines().count(), 1);
    team.done().await;
}

#[tokio::test]
async fn what_was_withdrawn_can_still_be_judged() {
    let team = Team::with_something_to_judge().await;
    let maya = team.member("maya");
    maya.chooses("#research", "Withdraw my request").await;
    maya.fills(json!({})).await;
    team.settle().await;
    team.member("sam").clicks("#research", "Not useful").await;
    team.disputes("dana", "Only two reviews.").await;
    assert_snapshot!(team.judged(), @"
    Not useful to 1
    :warning: Disputed by @dana: Only two reviews.
    ");
    team.done().await;
}

#[tokio::test]
async fn an_opinion_is_on_the_text_that_was_seen() {
    let team = Team::with_something_to_judge().await;
    let stale = team.value_of("opinion.useful");
    let sam = team.member("sam");
    sam.clicks("#research", "Dispute").await;
    team.member("raj").clicks("#research", "Edit & approve").await;
    team.member("raj").fills(json!({"Your note, above the quotes": "Two voices."})).await;
    team.settle().await;

    assert_snapshot!(sam.submits(WHY, "Too few.").await, @"The text has changed since you saw it, so nothing was recorded. Read the card as it is now, and decide on that.");
    assert_eq!(team.press_at(&team.bot, "U0SAM00000", "opinion.useful", &stale, 1).await, 200);
    team.settle().await;
    assert!(team.opinions().await.is_empty());
    sam.clicks("#research", "Useful").await;
    team.settle().await;
    assert_eq!(team.opinions().await, ["SAM0 useful"]);
    team.done().await;
}

#[tokio::test]
async fn a_reason_does_nothing_and_tells_no_personal_data() {
    let team = Team::with_something_to_judge().await;
    let hostile = "<!channel> <@U0MAYA0000> see <https://evil.example|the card> & write to anna.b@example.com\n```*Approved* :white_check_mark:";
    team.disputes("dana", hostile).await;
    assert_snapshot!(team.judged(), @":warning: Disputed by @dana: <!channel> <@U0MAYA0000> see <https://evil.example|the card> & write to [email]");
    let card = team.card_with("opinion.dispute").to_string();
    assert!(!card.contains("<!channel>") && !card.contains("<https://evil"), "{card}");
    assert!(!card.contains("anna.b@example.com"), "{card}");
    let payloads: Vec<String> =
        sqlx::query_scalar("SELECT convert_from(payload, 'UTF8') FROM audit.entries")
            .fetch_all(team.db())
            .await
            .unwrap();
    assert!(payloads.iter().all(|payload| !payload.contains("evil")));
    team.done().await;
}

#[tokio::test]
async fn many_disputes_leave_room_for_the_card() {
    let team = Team::with_something_to_judge().await;
    for handle in ["dana", "sam", "lena", "raj"] {
        team.disputes(handle, &format!("{handle} says: {}", "no ".repeat(500))).await;
    }
    let judged = team.judged();
    assert!(
        judged.contains("… 1 more disputes; `/countersign audit 1` tells all of them"),
        "{judged}"
    );
    assert!(team.channel("#research").contains("[Approve]"));
    team.done().await;
}

#[tokio::test]
async fn the_reason_of_an_erased_person_goes() {
    let team = Team::with_something_to_judge().await;
    team.member("raj").clicks("#research", "Approve").await;
    team.disputes("dana", "Quokka numbers are no pattern.").await;
    assert!(team.channel("#research").contains("which you approved: Quokka"));

    let dana = PersonId::from("U0DANA0000");
    let (db, workspace, now) = (team.db(), team.app.workspace.id, team.app.now());
    let erased = erasure::erase(db, workspace, &dana, "She asked.", Actor::Bot, now).await.unwrap();
    assert_eq!((erased.comments, erased.texts), (1, 1));
    team.settle().await;
    let channel = team.channel("#research");
    assert!(!channel.contains("Quokka"), "{channel}");
    assert_eq!(team.judged(), ":warning: Disputed by @dana: (erased)");
    let kept = "SELECT count(*) FROM opinions WHERE reason LIKE '%Quokka%'";
    assert_eq!(team.count(kept).await, 0);
    team.done().await;
}

#[tokio::test]
async fn an_opinion_is_there_for_good() {
    let team = Team::with_something_to_judge().await;
    team.disputes("dana", "Only two reviews.").await;
    for sql in [
        "UPDATE opinions SET reason = NULL",
        "UPDATE opinions SET kind = 'useful'",
        "INSERT INTO opinions (workspace_id, subject_kind, subject_id, person_id, kind, reason, said_at)
         SELECT workspace_id, subject_kind, subject_id, person_id, kind, 'again', now() FROM opinions",
    ] {
        assert!(sqlx::query(sql).execute(team.db()).await.is_err(), "{sql}");
    }
    team.done().await;
}

#[tokio::test]
async fn the_form_that_asks_what_is_wrong() {
    let team = Team::with_something_to_judge().await;
    team.member("dana").clicks("#research", "Dispute").await;
    let opened =
        team.sandbox.calls().into_iter().rfind(|call| call.method == "views.open").unwrap();
    let view = opened.arguments["view"].clone();
    let view: Value =
        view.as_str().map_or(view.clone(), |text| serde_json::from_str(text).unwrap());
    assert_json_snapshot!(json!({ "view": view }));
    team.done().await;
}
