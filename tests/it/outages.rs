//! Slack fails, waits, refuses or forgets; what people asked for comes all the same, and once.

use countersign::sandbox::{Fault, FaultKind, Place, Seed};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{Door, Team};

const REVIEWS: &str = "id,text
R-1,The sound is tinny and the bass is missing.
R-2,Sound quality is poor at high volume.
";

const QUESTION: &str = "/research what do people dislike about the sound?";

impl Team {
    async fn that_can_answer() -> Self {
        Self::that_can_answer_in(Seed::example()).await
    }

    /// With a bot that nobody has invited anywhere.
    async fn without_the_bot() -> Self {
        let mut seed = Seed::example();
        for channel in &mut seed.channels {
            channel.app_is_member = false;
        }
        Self::that_can_answer_in(seed).await
    }

    async fn that_can_answer_in(seed: Seed) -> Self {
        let team = Self::start_with(Door::Http, seed).await;
        team.has_documents("reviews", REVIEWS).await;
        team
    }

    /// Lets so much time pass that everything was tried again, more than once.
    async fn waits_long(&self) {
        for _ in 0..6 {
            self.wait(SignedDuration::from_mins(10)).await;
        }
    }

    fn cards(&self, channel: &str) -> usize {
        self.channel(channel).matches("Searched 2 documents").count()
    }

    /// Those about #research: what is due at a time of the day goes elsewhere.
    fn calls(&self, method: &str) -> usize {
        let research = self.id_of("#research");
        let calls = self.sandbox.calls();
        let others = calls
            .iter()
            .filter(|call| call.arguments.get("channel").is_none_or(|it| *it == research.as_str()));
        others.filter(|call| call.method == method).count()
    }
}

#[tokio::test]
async fn a_card_whose_answer_was_lost_is_not_posted_twice() {
    let team = Team::that_can_answer().await;
    team.sandbox.fault(Fault::new(FaultKind::DropAfter).on("chat.postMessage"));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    team.waits_long().await;
    assert_eq!((team.cards("#research"), team.calls("chat.postMessage")), (1, 1));

    team.sandbox.fault(Fault::new(FaultKind::DropAfter).on("chat.update"));
    team.member("raj").clicks("#research", "Approve").await;
    team.settle().await;
    team.waits_long().await;
    assert_eq!(team.cards("#research"), 1);
    assert!(team.channel("#research").contains("*Approved and released*"));
    team.done().await;
}

#[tokio::test]
async fn a_card_that_slack_never_confirms_is_not_posted_twice() {
    let team = Team::that_can_answer().await;
    team.sandbox.fault(Fault::new(FaultKind::TimeoutAfter).on("chat.postMessage"));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    team.waits_long().await;
    assert_eq!((team.cards("#research"), team.calls("chat.postMessage")), (1, 1));
    team.done().await;
}

#[tokio::test]
async fn slack_may_ask_for_patience() {
    let team = Team::that_can_answer().await;
    let patience = Fault { retry_after: Some(1), ..Fault::new(FaultKind::RateLimited) };
    team.sandbox.fault(patience.on("chat.postMessage").times(2));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    assert_eq!((team.cards("#research"), team.calls("chat.postMessage")), (1, 3));
    team.done().await;
}

#[tokio::test]
async fn slack_may_be_down_for_an_hour() {
    let team = Team::that_can_answer().await;
    let down = Fault { status: Some(503), ..Fault::new(FaultKind::ServerError) };
    team.sandbox.fault(down.times(900));
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    for _ in 0..3 {
        team.wait(SignedDuration::from_mins(20)).await;
    }
    assert_eq!(team.cards("#research"), 0);

    team.sandbox.clear_faults();
    team.waits_long().await;
    assert_eq!(team.cards("#research"), 1);
    team.done().await;
}

#[tokio::test]
async fn a_public_channel_is_entered_to_answer_in_it() {
    let team = Team::without_the_bot().await;
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    assert_eq!((team.cards("#research"), team.calls("conversations.join")), (1, 1));

    team.member("maya").types("#research", "/research what is said of the bass?").await;
    team.settle().await;
    assert_eq!((team.cards("#research"), team.calls("conversations.join")), (2, 1));
    team.done().await;
}

#[tokio::test]
async fn who_asks_in_a_private_channel_is_told_how_to_get_the_answer_there() {
    let team = Team::without_the_bot().await;
    let lena = team.member("lena");
    lena.types("#leadership", QUESTION).await;
    team.settle().await;
    let direct = || team.sandbox.transcript("@countersign", Some("lena")).unwrap();
    assert_snapshot!(direct(), @"
    countersign: The answer to “what do people dislike about the sound?” is ready, but I am not in #leadership. Type `/invite @Countersign` there, then press the button.
      [Post it there now]
    ");
    assert_eq!(team.cards("#leadership"), 0);

    let presses = async || {
        let button = Place::Channel { channel: "@countersign", message: None };
        let told = team.sandbox.click("lena", button, "Post it there now", None).await.unwrap();
        team.settle().await;
        told.text()
    };
    assert_snapshot!(presses().await, @"Trying again. If nothing changes here, I have not been invited there yet.");
    assert_eq!(team.cards("#leadership"), 0, "nobody has invited it yet");
    assert_eq!(direct().matches("[Post it there now]").count(), 1);

    assert_snapshot!(lena.types("#leadership", "/invite @Countersign").await, @"@countersign is in #leadership now.");
    presses().await;
    assert_eq!(team.cards("#leadership"), 1);
    assert_snapshot!(direct(), @"
    countersign: The answer to “what do people dislike about the sound?” is in #leadership now.
    countersign (only you): Trying again. If nothing changes here, I have not been invited there yet.
    countersign (only you): Trying again. If nothing changes here, I have not been invited there yet.
    ");
    team.member("dana").clicks("#leadership", "Approve").await;
    team.settle().await;
    assert!(team.channel("#leadership").contains("*Approved and released*"));
    team.done().await;
}

#[tokio::test]
async fn a_card_that_somebody_deleted_comes_back_with_the_next_change() {
    let team = Team::that_can_answer().await;
    team.member("maya").types("#research", QUESTION).await;
    team.settle().await;
    team.deletes(&team.newest("#research")["ts"]).await;
    assert_eq!(team.cards("#research"), 0);

    team.member("raj").opens_home().await;
    team.sandbox.click("raj", Place::Home, "Approve", None).await.unwrap();
    team.settle().await;
    assert_eq!(team.cards("#research"), 1);
    assert!(team.channel("#research").contains("*Approved and released*"));
    team.done().await;
}

impl Team {
    /// Deletes a message of the bot, as an administrator of the workspace can.
    async fn deletes(&self, ts: &serde_json::Value) {
        let slack = self.config.slack.as_ref().unwrap();
        let client =
            reqwest::Client::builder().timeout(std::time::Duration::from_secs(5)).build().unwrap();
        let call = client
            .post(slack.api_url.join("chat.delete").unwrap())
            .bearer_auth(slack.bot_token.reveal())
            .json(&json!({ "channel": "C0RESEARCH", "ts": ts }));
        let answer: serde_json::Value = call.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
    }
}
