//! What happens when nobody answers.

use countersign::clock::Clock;
use countersign::sandbox::Seed;
use insta::assert_snapshot;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;

use super::MANIFEST;
use crate::harness::Team;

impl Team {
    /// The thread of the note: what it called whom for.
    async fn told_sales(&self) -> String {
        let told = self.sales();
        let told = told
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("this lead") || line.contains("who calls?"));
        told.collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn whoever_has_it_is_reminded_then_another_is_asked_then_the_manager_is_told() {
    let team = Team::in_sales().await;
    team.has_anna().await;
    assert_snapshot!(team.told_sales().await, @":hourglass_flowing_sand: @sam: who calls? By (when).");
    team.wait(SignedDuration::from_mins(61)).await;
    assert_snapshot!(team.told_sales().await, @"
    :hourglass_flowing_sand: @sam: who calls? By (when).
    countersign: @sam: this lead still waits for somebody to claim it.
    ");
    team.wait(SignedDuration::from_mins(61)).await;
    assert_snapshot!(team.told_sales().await, @"
    :hourglass_flowing_sand: @raj: who calls? By (when).
    countersign: @sam: this lead still waits for somebody to claim it.
    countersign: @raj: this lead is yours to claim now.
    ");
    team.wait(SignedDuration::from_mins(190)).await;
    assert_snapshot!(team.told_sales().await, @"
    :hourglass_flowing_sand: @raj: who calls?
    countersign: @sam: this lead still waits for somebody to claim it.
    countersign: @raj: this lead is yours to claim now.
    countersign: @lena: nobody has claimed this lead in time. Please see to it.
    ");
    assert_eq!(team.hand_offs().await, ["waiting"]);
    assert_snapshot!(team.trail().await, @"
    bot leads.ingested lead_source
    bot leads.ingested lead_source
    agent crm lead.handed_over lead
    bot leads.ingested lead_source
    bot lead.reminded lead
    bot lead.reassigned lead
    bot lead.escalated lead
    ");
    team.done().await;
}

/// The Sunday on which clocks change next, from a few days on.
fn next_change(zone: &TimeZone) -> Date {
    let soon = Clock::default().now() + SignedDuration::from_hours(72);
    let change = zone.following(soon).next().unwrap();
    change.timestamp().to_zoned(zone.clone()).date()
}

#[tokio::test]
async fn nobody_is_late_over_a_weekend_a_clock_change_and_a_holiday() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let sunday = next_change(&zone);
    let on = |days: i64, hour: i8, minute: i8| -> Timestamp {
        let day = sunday.checked_add(days.days()).unwrap();
        day.at(hour, minute, 0, 0).to_zoned(zone.clone()).unwrap().timestamp()
    };
    let (from, to) = (MANIFEST.find("days = [").unwrap(), MANIFEST.find("digest").unwrap());
    let worked = format!(
        "hours = \"09:00-17:00\"\nholidays = [\"{}\"]\nremind_after = \"2h\"\nreassign_after = \"4h\"\nescalate_after = \"8h\"\n",
        sunday.tomorrow().unwrap()
    );
    let manifest = format!("{}{worked}{}", &MANIFEST[..from], &MANIFEST[to..]);
    let team = Team::in_sales_with(&manifest, Seed::example()).await;
    let until = async |then: Timestamp| team.wait(then.duration_since(team.app.now())).await;

    // On Friday at four there is an hour left; Monday is a holiday.
    until(on(-2, 16, 0)).await;
    team.has_anna().await;
    let due: jiff_sqlx::Timestamp =
        sqlx::query_scalar("SELECT due_at FROM hand_offs").fetch_one(team.db()).await.unwrap();
    let off = due.to_jiff().duration_since(on(2, 16, 0)).abs();
    assert!(off < SignedDuration::from_mins(3), "{off:?}");
    for quiet in [on(-2, 18, 30), on(0, 12, 0), on(1, 12, 0), on(2, 9, 55)] {
        until(quiet).await;
        let told = team.told_sales().await;
        assert_eq!(told, ":hourglass_flowing_sand: @sam: who calls? By (when).", "{quiet}");
    }
    until(on(2, 10, 5)).await;
    assert!(
        team.told_sales().await.ends_with("@sam: this lead still waits for somebody to claim it.")
    );
    until(on(2, 11, 55)).await;
    assert!(!team.told_sales().await.contains("@raj"));
    until(on(2, 12, 5)).await;
    assert!(team.told_sales().await.ends_with("@raj: this lead is yours to claim now."));
    team.done().await;
}

#[tokio::test]
async fn nobody_is_given_a_lead_whom_slack_does_not_know_any_more() {
    let manifest =
        MANIFEST.replace("id = \"U0SAM00000\"\nterritories", "id = \"U0LEFT0000\"\nterritories");
    let team = Team::in_sales_with(&manifest, Seed::example()).await;
    team.has_anna().await;
    assert_snapshot!(team.told_sales().await, @":hourglass_flowing_sand: @raj: who calls? By (when).");
    team.done().await;
}

#[tokio::test]
async fn a_snooze_ends_by_itself() {
    let team = Team::in_sales().await;
    team.has_anna().await;
    team.presses("sam", "Claim").await;
    team.snoozes_lead("sam", "2 working hours").await;
    assert_eq!(team.hand_offs().await, ["snoozed"]);
    team.wait(SignedDuration::from_mins(130)).await;
    assert_eq!(team.hand_offs().await, ["claimed"]);
    team.done().await;
}

#[tokio::test]
async fn what_somebody_had_who_left_goes_to_another() {
    let team = Team::in_sales().await;
    team.has_anna().await;
    team.presses("sam", "Claim").await;
    // Sam is not in the manifest any more.
    let manifest =
        MANIFEST.replace("[[sales.person]]\nid = \"U0SAM00000\"\nterritories = [\"DE\"]\n", "");
    std::fs::write(team.data().join("team.toml"), manifest).unwrap();
    let without_sam = team.another_app().await;
    countersign::leads::handoffs::pass_on_what_was_left(&without_sam).await.unwrap();
    without_sam.db.close().await;
    team.settle().await;
    assert_eq!(team.hand_offs().await, ["waiting"]);
    assert_snapshot!(team.told_sales().await, @"
    :hourglass_flowing_sand: @raj: who calls? By (when).
    countersign: @raj: this lead is yours to claim now.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_lead_is_given_to_another_by_hand() {
    let team = Team::in_sales().await;
    team.has_anna().await;
    team.presses("sam", "Claim").await;
    let sam = team.member("sam");
    sam.clicks("#sales", "Reassign").await;
    assert_snapshot!(sam.fills(json!({"To whom?": "maya"})).await, @"<@U0MAYA0000> is not among those who get leads. Choose somebody of [[sales.person]] in the team manifest.");
    sam.fills(json!({"To whom?": "raj"})).await;
    team.settle().await;
    assert_eq!(team.hand_offs().await, ["waiting"]);
    assert_snapshot!(team.told_sales().await, @"
    :hourglass_flowing_sand: @raj: who calls? By (when).
    countersign: @raj: this lead is yours to claim now.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_day_has_no_more_hand_offs_than_sales_can_take() {
    let manifest = MANIFEST.replace("threshold = 60\n", "threshold = 20\na_day = 2\n");
    let team = Team::in_sales_with(&manifest, Seed::example()).await;
    let lead = |n: i64| json!({"id": n.to_string(), "email": format!("p{n}@x.example"), "industry": "retail", "employees": 49 + n});
    team.has_records(json!([lead(0), lead(1), lead(2), lead(3)])).await;
    // The two with the right size come first, as far as there is room.
    assert_eq!(team.hand_offs().await, ["waiting", "waiting"]);
    assert_eq!(team.count("SELECT min(points)::bigint FROM hand_offs").await, 30);
    team.wait(SignedDuration::from_hours(30)).await;
    assert_eq!(team.hand_offs().await.len(), 4);
    team.done().await;
}

#[tokio::test]
async fn the_week_is_summed_up_once() {
    let team = Team::in_sales().await;
    team.has_anna().await;
    team.presses("sam", "Claim").await;
    team.returns("sam", "Not a fit", "").await;
    let day = team.app.now().to_zoned(team.app.manifest.zone.clone()).date().tomorrow().unwrap();
    let replica = team.another_app().await;
    countersign::leads::digest::post(&team.app, day).await.unwrap();
    countersign::leads::digest::post(&replica, day).await.unwrap();
    replica.db.close().await;
    let sales = team.sales();
    assert_eq!(sales.matches("Leads from").count(), 1, "{sales}");
    let (_, digest) = sales.split_once("Leads from").unwrap();
    let (_, digest) = digest.split_once('\n').unwrap();
    assert_snapshot!(digest, @"
    1 lead handed over: 1 of 1 claimed, 1 in time (100 %). 0 won, 0 lost.
    *1 lead came back*
    • paid search, Brand DE: 1 not a fit
    *Scores*
    • industry retail: −5 since 1 lead did not fit
    • Leads are scored by the rules. Sales answered for 1 lead; from 200 on, and where some were worth it and some were not, scores learn from them.
    ");
    team.done().await;
}
