//! The bot is killed while it looks at the numbers, shows an alert, or is told that somebody looks at
//! it; and started again.

use countersign::audit::Actor;
use countersign::clock::Clock;
use countersign::readings::{self, File, Input, Layout};
use jiff::tz::TimeZone;

use crate::alerts::{campaign, doubled, usual};
use crate::harness::Deployment;
use crate::harness::hold::Step::{self, Before, Calling, Committing, Unanswered};

killed! {
    before_an_alert_is_opened: Before("INSERT ON alerts");
    after_an_alert_commits: Committing("INSERT ON alerts");
    before_the_picture_is_uploaded: Calling("files.getUploadURLExternal");
    before_the_card_is_posted: Calling("chat.postMessage");
    when_the_card_was_posted_and_nobody_knows: Unanswered("chat.postMessage");
    before_an_acknowledgement_is_recorded: Before("UPDATE ON alerts WHEN new.state = 'acknowledged'");
    after_an_acknowledgement_commits: Committing("UPDATE ON alerts WHEN new.state = 'acknowledged'");
}

impl Deployment {
    async fn has_a_doubled_spend(&self) {
        let clock = Clock::default();
        let today = clock.now().to_zoned(TimeZone::UTC).date();
        let rows = campaign("Radios", today, doubled(1)) + &campaign("Speakers", today, usual);
        let csv = format!("Day,Campaign,Currency code,Cost,Clicks,Conversions\n{rows}");
        let input = Input::Bytes { name: "export.csv".to_owned(), bytes: csv.into() };
        let file = File::table(input, Layout::GoogleAds);
        let workspace = self.workspace().await;
        readings::ingest(&self.db, &clock, workspace, &Actor::Bot, &file, |_| {}).await.unwrap();
    }
}

/// One alert, in one card, which somebody looks at: wherever the bot was killed on the way there.
async fn survives(step: Step) {
    let team = Deployment::start().await;
    let mut bot = team.bot().await;
    let mut held = team.hold(step).await;
    team.has_a_doubled_spend().await;
    let acknowledges = format!("{step:?}").contains("acknowledged");
    if acknowledges {
        team.until("the card is there", async || {
            team.channel("#alerts").contains("[Acknowledge]").then_some(())
        })
        .await;
        // The first click reaches a bot that dies; Slack says that it did not arrive.
        (_, bot) = tokio::join!(clicks(&team), held.kills(bot));
    } else {
        bot = held.kills(bot).await;
    }
    drop(held);
    team.until("the alert is in the channel", async || {
        team.hurry().await;
        team.channel("#alerts").contains("Spend on *Radios* was").then_some(())
    })
    .await;
    team.until("somebody looks at it", async || {
        team.hurry().await;
        if team.channel("#alerts").contains("@lena looks at it") {
            return Some(());
        }
        let _ = clicks(&team).await;
        None
    })
    .await;
    team.settles().await;
    let channel = team.channel("#alerts");
    assert_eq!(team.count("SELECT count(*) FROM alerts").await, 1);
    assert_eq!(channel.matches("Spend on *Radios* was").count(), 1, "{channel}");
    let acknowledged = "SELECT count(*) FROM alert_events WHERE what = 'acknowledged'";
    assert_eq!(team.count(acknowledged).await, 1);
    team.done(bot).await;
}

async fn clicks(team: &Deployment) -> bool {
    let place = countersign::sandbox::Place::Channel { channel: "#alerts", message: None };
    team.sandbox.click("lena", place, "Acknowledge", None).await.is_ok()
}
