//! Where alerts go, and what happens where they cannot.

use countersign::sandbox::Seed;
use insta::assert_snapshot;
use jiff::SignedDuration;

use super::{campaign, doubled, usual};
use crate::harness::{Door, Team};

#[tokio::test]
async fn all_lines_of_a_storm_can_be_read() {
    let team = Team::at_noon().await;
    let today = team.today();
    let rows: String =
        (0..40).map(|n| campaign(&format!("Campaign {n:02}"), today, doubled(1))).collect();
    team.has_readings(&rows).await;
    team.settle().await;
    let lena = team.member("lena");
    let shown = lena.try_click("#alerts", "Show all").await.unwrap().modal.unwrap().text;
    for n in 0..40 {
        assert!(shown.contains(&format!("Campaign {n:02}")), "{shown}");
    }
    team.done().await;
}

#[tokio::test]
async fn who_answers_for_alerts_reads_them_until_their_channel_can_be_reached() {
    let mut seed = Seed::example();
    let alerts = seed.channels.iter_mut().find(|it| it.name == "alerts").unwrap();
    (alerts.app_is_member, alerts.is_private) = (false, true);
    let team = Team::start_with(Door::Http, seed).await.until_noon();
    let today = team.today();
    let rows = campaign("Speakers", today, doubled(1)) + &campaign("Radios", today, usual);
    team.has_readings(&rows).await;
    team.settle().await;
    let direct = team.direct("lena");
    assert!(direct.contains("Spend on Speakers was"), "{direct}");
    assert_snapshot!(direct.lines().last().unwrap(), @"  You read this here because #alerts cannot be reached. I cannot see that channel: it does not exist, or it is private and I am not in it. Invite me with `/invite @Countersign`, then try again. The card follows there by itself. Or name another channel under [[alert]] in the manifest.");

    team.member("maya").types("#alerts", "/invite @Countersign").await;
    team.wait(SignedDuration::from_mins(5)).await;
    assert!(team.alerts().contains("Spend on *Speakers* was"), "{}", team.alerts());
    assert_eq!(team.direct("lena").matches("You read this here").count(), 1);
    team.done().await;
}

#[tokio::test]
async fn what_people_made_of_a_rule_stands_on_its_next_alert() {
    let team = Team::with_an_alert().await;
    let lena = team.member("lena");
    lena.clicks("#alerts", "Not useful").await;
    lena.submits("Why was it not useful?", "The sale was planned.").await;
    team.settle().await;

    team.app.clock.turn(SignedDuration::from_hours(24 * 5));
    let today = team.today();
    let rows = campaign("Brand DE", today, usual) + &campaign("Brand AT", today, doubled(1));
    team.has_readings(&rows).await;
    team.settle().await;
    let said = "In the last 90 days this rule opened 2 alerts: people called 0 useful, and 1 not.";
    assert!(team.alerts().contains(said), "{}", team.alerts());
    let agents = team.member("lena").types("#general", "/countersign agents performance").await;
    assert!(agents.contains("unusual Spend: 2 opened (1 open), 1 not useful"), "{agents}");
    team.done().await;
}
