//! What else is worth an alert: leads that sales do not want, a step that loses, a budget that is missed.

use countersign::readings::Layout;
use insta::assert_snapshot;
use jiff::{SignedDuration, ToSpan};

use super::{campaign, doubled, usual};
use crate::harness::Team;

const FUNNEL: &str = r#"
[[funnel]]
name = "Shop"
steps = ["sessions", "carts", "purchases"]

[[metric]]
name = "purchases"
watch = false
"#;

const HEADER: &str = "Day,Campaign,Currency code,Cost,Clicks,Conversions,Accepted leads\n";

/// Days of two campaigns, of the second of which sales accept this share of the leads.
fn leads(team: &Team, share: f64) -> String {
    let today = team.today();
    let mut csv = HEADER.to_owned();
    for ago in (1..=60).rev() {
        let day = today - ago.days();
        csv += &format!("{day},Brand DE,EUR,2000,900,80,28\n");
        csv += &format!("{day},Brand AT,EUR,1500,700,60,{}\n", (60.0 * share).round());
    }
    csv
}

/// A shop's days, of which the last ones sell this share of the carts.
fn shop(team: &Team, share: f64) -> String {
    let today = team.today();
    let mut csv = "date,sessions,carts,purchases\n".to_owned();
    for ago in (1..=60).rev() {
        let sold = if ago <= 12 { 800.0 * share } else { 800.0 * 0.4 };
        csv += &format!("{},9000,800,{}\n", today - ago.days(), sold.round());
    }
    csv
}

impl Team {
    async fn has_leads(&self, share: f64) {
        self.has_export(leads(self, share), &[("accepted", "Accepted leads")]).await;
        self.settle().await;
    }

    pub(super) async fn with_lines(lines: &str) -> Self {
        let manifest = include_str!("../../../manifests/team.toml");
        let start = manifest.split("[[metric]]\nname").next().unwrap();
        Self::start_with_manifest(&format!("{start}\n{lines}\n")).await.until_noon()
    }

    async fn has_table(&self, csv: String, columns: &[(&str, &str)]) {
        self.has_export_as(Layout::Csv, csv, columns).await;
        self.settle().await;
    }
}

#[tokio::test]
async fn leads_that_sales_do_not_want_are_told_where_it_is_provable() {
    let team = Team::at_noon().await;
    team.has_leads(0.1).await;
    assert_snapshot!(team.alerts(), @"
    countersign: :rotating_light: *Brand AT* takes 42.9 % of the spend and pays (amount) EUR per accepted lead, the others (amount) EUR; it is expensive, and its leads are worse: 10.0 % of its leads are accepted against 35.0 % (difference -27.8 to -22.2 points).
      (image: Cost per accepted lead)
      *Compared since*
      (day)
      *Paid more than the others*
      (amount) EUR
      Did not move: Brand DE
      The interval is that of its own cost per accepted lead, if that of the rest is as it was measured.
      :eyes: @marketing-leads: who looks at it?
      Found by the performance agent · rule waste · data google-ads until (when) · route everything · alert 1
      [Acknowledge] [Snooze ▾] [Resolve] [Not useful] [Investigate] [Propose a change]
    ");

    let raj = team.member("raj");
    raj.clicks("#alerts", "Propose a change").await;
    raj.fills(serde_json::json!({})).await;
    team.settle().await;
    assert!(team.alerts().contains("Shift budget away from Brand AT"), "{}", team.alerts());
    team.done().await;
}

#[tokio::test]
async fn what_is_dear_and_of_the_same_quality_is_no_alert() {
    let team = Team::at_noon().await;
    team.has_leads(0.33).await;
    assert_eq!(team.alert_states().await, Vec::<String>::new(), "{}", team.alerts());
    team.done().await;
}

#[tokio::test]
async fn the_step_that_loses_is_told_once() {
    let team = Team::with_lines(FUNNEL).await;
    let columns = ["sessions", "carts", "purchases"].map(|it| (it, it));
    team.has_table(shop(&team, 0.2), &columns).await;
    assert_snapshot!(team.alerts(), @"
    countersign: :warning: From carts to purchases on *Shop* 20.0 % go on, where 38.6 % did: 48.1 % fewer (between 14.1 and 22.6 points less).
      (image: Shop, the last seven days)
      *Since*
      (day)
      :eyes: @marketing-leads: who looks at it?
      Found by the performance agent · rule drop-off before Purchases · data until (when) · route everything · alert 1
      [Acknowledge] [Snooze ▾] [Resolve] [Not useful] [Investigate]
    ");

    // Who closed it is not told again tomorrow, when the weeks that are compared are others.
    team.member("lena").clicks("#alerts", "Resolve").await;
    team.settle().await;
    team.app.clock.turn(SignedDuration::from_hours(24));
    team.has_table(shop(&team, 0.2), &columns).await;
    assert_eq!(team.alert_states().await, ["resolved"]);
    team.done().await;
}

#[tokio::test]
async fn a_step_that_goes_on_as_before_is_no_alert() {
    let team = Team::with_lines(FUNNEL).await;
    let columns = ["sessions", "carts", "purchases"].map(|it| (it, it));
    team.has_table(shop(&team, 0.37), &columns).await;
    assert_eq!(team.alert_states().await, Vec::<String>::new(), "{}", team.alerts());
    team.done().await;
}

/// A budget of the month around today, of which so many times what is usual is to be spent.
fn budget(team: &Team, factor: f64) -> String {
    let (from, to) = (team.today() - 20.days(), team.today() + 10.days());
    let amount = 31.0 * 2_000.0 / factor;
    format!(
        "[[budget]]\nname = \"Brand\"\namount = \"{amount:.0} EUR\"\ncampaigns = [\"Brand*\"]\nfrom = \"{from}\"\nto = \"{to}\"\n"
    )
}

#[tokio::test]
async fn a_budget_that_is_missed_is_told_either_way() {
    let today = Team::at_noon().await;
    let lines = [budget(&today, 1.5), budget(&today, 0.5), budget(&today, 1.0)];
    today.done().await;
    let mut told = Vec::new();
    for lines in lines {
        let team = Team::with_lines(&lines).await;
        team.has_readings(&campaign("Brand DE", team.today(), usual)).await;
        team.settle().await;
        told.push(team.alerts().lines().next().unwrap_or_default().to_owned());
        team.done().await;
    }
    assert_snapshot!(told.join("\n"), @"
    countersign: :warning: *Brand* will have spent its (amount) EUR by (day), 10 days early: it is at (amount) EUR and heading for (amount) EUR.
    countersign: :warning: *Brand* is heading for (amount) EUR of its (amount) EUR: 50.0 % would not be spent by (day).
    ");
}

#[tokio::test]
async fn a_metric_is_judged_as_the_team_declares_it() {
    let quiet = "[[metric]]\nname = \"spend\"\nwatch = false\n[[metric]]\nname = \"cpc\"\nwatch = false\n[[metric]]\nname = \"cpa\"\nwatch = false\n";
    let patient = "[[metric]]\nname = \"spend\"\nleast = 1.5\n";
    let dear = "[[metric]]\nname = \"spend\"\nleast_cost = 5000\n";
    for lines in [quiet, patient, dear] {
        let team = Team::with_lines(lines).await;
        team.has_readings(&campaign("Brand DE", team.today(), doubled(1))).await;
        team.settle().await;
        assert_eq!(team.alert_states().await, Vec::<String>::new(), "{lines} {}", team.alerts());
        team.done().await;
    }
}
