//! The life of an alert.

use countersign::audit::Actor;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use super::{Day, campaign, doubled, usual};
use crate::harness::Team;

#[tokio::test]
async fn one_unusual_reading_is_one_card() {
    let team = Team::with_an_alert().await;
    assert_snapshot!(team.alerts(), @"
    countersign: :warning: Spend on *Brand DE* was (amount) EUR on (day), twice the usual (amount) EUR for a (weekday) (between (amount) EUR and (amount) EUR).
      (image: Spend on Brand DE)
      *Since*
      (day)
      *Estimated cost so far*
      (amount) EUR
      Did not move: Brand AT
      :eyes: @marketing-leads: who looks at it?
      Found by the performance agent · rule unusual Spend · data google-ads until (when) · route everything · alert 1
      [Acknowledge] [Snooze ▾] [Resolve] [Not useful] [Investigate] [Propose a pause]
    ");
    assert_snapshot!(team.trail().await, @"
    bot readings.ingested reading_file
    agent performance alert.opened alert
    ");
    team.done().await;
}

#[tokio::test]
async fn whoever_acknowledges_it_first_looks_at_it() {
    let team = Team::with_an_alert().await;
    assert_eq!(team.member("lena").clicks("#alerts", "Acknowledge").await, "");
    team.settle().await;
    assert_snapshot!(team.standing(), @":eyes: @lena looks at it, since (when).");
    team.sandbox.redeliver(25).await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["acknowledged"]);
    assert_snapshot!(team.trail().await, @"
    bot readings.ingested reading_file
    agent performance alert.opened alert
    lena alert.acknowledged alert
    ");

    team.member("raj").clicks("#alerts", "Undo").await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["open"]);
    team.done().await;
}

#[tokio::test]
async fn it_is_over_when_the_numbers_are_as_expected_again() {
    let team = Team::with_an_alert().await;
    // The next two days are as they always were.
    team.app.clock.turn(SignedDuration::from_hours(48));
    let today = team.today();
    let late = |ago: i32, day: Day| doubled(1)(ago - 2, day).filter(|_| ago <= 3);
    let calm = |ago: i32, day: Day| if ago <= 2 { Some(day) } else { late(ago, day) };
    team.has_readings(&(campaign("Brand DE", today, calm) + &campaign("Brand AT", today, usual)))
        .await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["ended"], "{}", team.alerts());
    assert_snapshot!(team.standing(), @"
    The numbers are as expected again, since (when).
    countersign: @marketing-leads: this is over. The numbers are as expected again.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_snooze_ends_by_itself() {
    let team = Team::with_an_alert().await;
    team.snoozes("lena", "1 hour").await;
    assert_eq!(team.alert_states().await, ["snoozed"]);
    assert_snapshot!(team.standing(), @":zzz: @lena snoozed it until (when).");
    team.wait(SignedDuration::from_mins(61)).await;
    assert_eq!(team.alert_states().await, ["open"]);
    team.done().await;
}

#[tokio::test]
async fn what_was_closed_is_not_told_again() {
    let team = Team::with_an_alert().await;
    team.member("lena").clicks("#alerts", "Resolve").await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["resolved"]);

    // The same day again, a little worse, and an hourly look at it.
    team.has_doubled(1).await;
    team.wait(SignedDuration::from_hours(2)).await;
    assert_eq!(team.alert_states().await, ["resolved"]);

    team.member("raj").clicks("#alerts", "Undo").await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["open"]);
    team.done().await;
}

#[tokio::test]
async fn not_useful_says_why() {
    let team = Team::with_an_alert().await;
    let lena = team.member("lena");
    lena.clicks("#alerts", "Not useful").await;
    assert_snapshot!(lena.submits("Why was it not useful?", " . ").await, @"Write a sentence that says why; the person who asked will read it.");
    assert_eq!(team.alert_states().await, ["open"]);
    lena.submits("Why was it not useful?", "The sale was planned.").await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["not_useful"]);
    assert_snapshot!(team.standing(), @"@lena did not find it useful: The sale was planned.");
    team.done().await;
}

#[tokio::test]
async fn investigating_asks_the_research_agent_in_the_thread() {
    let team = Team::with_an_alert().await;
    assert_snapshot!(team.member("lena").clicks("#alerts", "Investigate").await, @"The research agent looks for what could explain it. What it finds comes into the thread.");
    team.sandbox.redeliver(25).await;
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM runs").await, 1);
    assert_eq!(team.alert_states().await, ["open"]);
    // The numbers stand among the evidence, and the finding in the thread cites them.
    assert!(team.alerts().contains("— alerts alert-1, (day)"), "{}", team.alerts());
    team.done().await;
}

#[tokio::test]
async fn a_pause_is_proposed_and_not_made() {
    let team = Team::with_an_alert().await;
    let lena = team.member("lena");
    lena.clicks("#alerts", "Propose a pause").await;
    lena.fills(json!({})).await;
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM reviews").await, 1);
    assert!(team.alerts().contains("Pause Brand DE"));
    team.done().await;
}

#[tokio::test]
async fn nobody_acknowledges_and_another_group_is_called() {
    let team = Team::with_an_alert().await;
    team.wait(SignedDuration::from_hours(3)).await;
    assert!(!team.alerts().contains("nobody has acknowledged this alert"));
    team.wait(SignedDuration::from_hours(2)).await;
    assert!(team.alerts().contains("nobody has acknowledged this alert"));
    assert_eq!(team.count("SELECT count(*) FROM alerts WHERE escalated_at IS NOT NULL").await, 1);
    team.done().await;
}

#[tokio::test]
async fn a_thousand_series_that_break_at_once_are_one_message() {
    let team = Team::at_noon().await;
    let today = team.today();
    let rows: String =
        (0..500).map(|n| campaign(&format!("Campaign {n}"), today, doubled(1))).collect();
    team.has_readings(&rows).await;
    team.settle().await;
    assert_eq!(team.alert_states().await, ["open"]);
    assert_eq!(team.alerts().matches("countersign:").count(), 1);
    // The same once more, and the hourly look.
    team.wait(SignedDuration::from_hours(2)).await;
    assert_eq!(team.alert_states().await, ["open"]);
    team.done().await;
}

#[tokio::test]
async fn a_file_that_comes_twice_to_two_replicas_is_one_alert() {
    let team = Team::at_noon().await;
    let today = team.today();
    let rows = campaign("Brand DE", today, doubled(1)) + &campaign("Brand AT", today, usual);
    let replica = team.another_app().await;
    team.has_readings(&rows).await;
    team.has_readings(&rows).await;
    let inspect = countersign::alerts::inspect;
    let (one, other) = tokio::join!(inspect(&team.app), inspect(&replica));
    one.unwrap();
    other.unwrap();
    team.settle().await;
    assert_eq!(team.alert_states().await, ["open"]);
    assert_eq!(team.alerts().matches("countersign:").count(), 1);
    replica.db.close().await;
    team.done().await;
}

#[tokio::test]
async fn data_that_stops_coming_is_told_and_mutes_what_follows() {
    let team = Team::at_noon().await;
    let today = team.today();
    let silent = |ago: i32, day: Day| {
        let conversions = if ago <= 5 { f64::NAN } else { day.conversions };
        Some(Day { conversions, ..day })
    };
    let rows = campaign("Brand DE", today, silent) + &campaign("Brand AT", today, usual);
    team.has_readings(&rows).await;
    team.settle().await;
    assert_snapshot!(team.alerts(), @"
    countersign: :rotating_light: No data has come for Conversions on *Brand DE* since (day); it used to be about (amount) a day. Check the tracking before you trust the numbers.
      (image: Conversions on Brand DE)
      *Since*
      (day)
      Did not move: Brand AT
      :eyes: @marketing-leads: who looks at it?
      Found by the performance agent · rule silence of Conversions · data google-ads until (when) · route everything · alert 1
      [Acknowledge] [Snooze ▾] [Resolve] [Not useful] [Investigate]
    ");
    team.done().await;
}

#[tokio::test]
async fn a_guest_does_not_act_on_alerts() {
    let team = Team::with_an_alert().await;
    let alert = countersign::ids::AlertId(1);
    let (guest, act) = ("U0GIULIA00".into(), countersign::alerts::Act::Resolve);
    let refused = countersign::alerts::act(&team.app, None, alert, &guest, &act).await;
    assert_snapshot!(refused.unwrap_err().to_string(), @"Guests and bots do not act on alerts, so nothing was recorded. Tell a member of the team what you see.");
    assert_eq!(team.alert_states().await, ["open"]);
    team.done().await;
}

#[tokio::test]
async fn nobody_is_called_in_the_quiet_hours() {
    let team = Team::at_noon().await;
    team.app.clock.turn(SignedDuration::from_hours(11));
    team.has_doubled(1).await;
    assert_snapshot!(team.standing(), @":crescent_moon: Nobody is called in the quiet hours.");
    team.wait(SignedDuration::from_hours(9)).await;
    assert_snapshot!(team.standing(), @":eyes: @marketing-leads: who looks at it?");
    assert!(team.alerts().contains("began in the quiet hours"));
    team.done().await;
}

#[tokio::test]
async fn what_a_person_wrote_of_an_alert_can_be_erased() {
    let team = Team::with_an_alert().await;
    let lena = team.member("lena");
    lena.clicks("#alerts", "Not useful").await;
    lena.submits("Why was it not useful?", "The sale was planned.").await;
    team.settle().await;
    let app = &team.app;
    let (db, now, lena) = (&app.db, app.now(), "U0LENA0000".into());
    let workspace = app.workspace.id;
    let erased = countersign::erasure::erase(db, workspace, &lena, "asked to", Actor::Bot, now);
    assert_eq!(erased.await.unwrap().comments, 1);
    team.settle().await;
    assert!(team.standing().contains("(erased)"));
    team.done().await;
}
