//! Alerts: what opens them, what people do about them, and what ends them.

mod causes;
mod life;
mod places;

use countersign::audit::Actor;
use countersign::readings::{self, File, Input, Layout, Mapping};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use crate::harness::Team;

/// What a campaign came to on one day.
#[derive(Clone, Copy)]
pub struct Day {
    pub cost: f64,
    pub clicks: f64,
    pub conversions: f64,
}

const USUAL: Day = Day { cost: 2_000.0, clicks: 1_000.0, conversions: 60.0 };

/// How many days of history campaigns have.
const DAYS: i32 = 60;

/// Days of a campaign up to yesterday; `bend` changes a usual one by how many days ago it was.
pub fn campaign(name: &str, today: Date, bend: impl Fn(i32, Day) -> Option<Day>) -> String {
    let mut rows = String::new();
    for ago in (1..=DAYS).rev() {
        let wobble = 1.0 + f64::from(ago * 37 % 11 - 5) / 100.0;
        let usual = Day {
            cost: (USUAL.cost * wobble).round(),
            clicks: (USUAL.clicks * wobble).round(),
            conversions: (USUAL.conversions * wobble).round(),
        };
        let Some(day) = bend(ago, usual) else { continue };
        let date = today - ago.days();
        // What did not come is an empty cell.
        let conversions = Some(day.conversions).filter(|it| !it.is_nan());
        let conversions = conversions.map(|it| it.to_string()).unwrap_or_default();
        rows += &format!("{date},{name},EUR,{:.2},{},{conversions}\n", day.cost, day.clicks);
    }
    rows
}

pub fn usual(_: i32, day: Day) -> Option<Day> {
    Some(day)
}

/// Twice the money for the same, on the last days.
pub fn doubled(last: i32) -> impl Fn(i32, Day) -> Option<Day> {
    move |ago, day| {
        let factor = if ago <= last { 2.0 } else { 1.0 };
        Some(Day { cost: day.cost * factor, clicks: day.clicks * factor, ..day })
    }
}

impl Team {
    fn today(&self) -> Date {
        self.app.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// A team at noon, when nobody is left in peace.
    async fn at_noon() -> Self {
        Self::with_lines("").await
    }

    fn until_noon(self) -> Self {
        let here = self.app.now().to_zoned(self.app.manifest.zone.clone());
        self.turn_to_noon_of(here.date().tomorrow().unwrap());
        self
    }

    fn turn_to_noon_of(&self, day: Date) {
        let noon = day.at(12, 0, 0, 0).to_zoned(self.app.manifest.zone.clone()).unwrap();
        self.app.clock.turn(noon.timestamp().duration_since(self.app.now()));
    }

    /// An alert whose card is the same on every day.
    pub async fn with_an_alert_on(day: Date) -> Self {
        let team = Self::with_lines("").await;
        team.turn_to_noon_of(day);
        team.has_doubled(1).await;
        team
    }

    async fn has_readings(&self, rows: &str) {
        let csv = format!("Day,Campaign,Currency code,Cost,Clicks,Conversions\n{rows}");
        self.has_export(csv, &[]).await;
    }

    /// An export, with columns that no layout knows.
    async fn has_export(&self, csv: String, columns: &[(&str, &str)]) {
        self.has_export_as(Layout::GoogleAds, csv, columns).await;
    }

    async fn has_export_as(&self, layout: Layout, csv: String, columns: &[(&str, &str)]) {
        let input = Input::Bytes { name: "export.csv".to_owned(), bytes: csv.into() };
        let own = |(metric, column): &(&str, &str)| ((*metric).to_owned(), (*column).to_owned());
        let metrics = columns.iter().map(own).collect();
        let mapping = Mapping { metrics, ..Mapping::default() };
        let file = File { mapping, ..File::table(input, layout) };
        let app = &self.app;
        let workspace = app.workspace.id;
        readings::ingest(&app.db, &app.clock, workspace, &Actor::Bot, &file, |_| {}).await.unwrap();
    }

    /// A team in whose #alerts it stands that a campaign spends twice the usual.
    async fn with_an_alert() -> Self {
        let team = Self::at_noon().await;
        team.has_doubled(1).await;
        team
    }

    async fn has_doubled(&self, last: i32) {
        let today = self.today();
        let rows = campaign("Brand DE", today, doubled(last)) + &campaign("Brand AT", today, usual);
        self.has_readings(&rows).await;
        self.settle().await;
    }

    /// #alerts, without the days, on which the suite may run.
    fn alerts(&self) -> String {
        let text = self.channel("#alerts");
        let day = regex_lite::Regex::new(r"\d{1,2} [A-Z][a-z]{2} \d{4}").unwrap();
        let text = day.replace_all(&text, "(day)");
        let picture = regex_lite::Regex::new(r"\(image: ([^.]*)\. .*\)").unwrap();
        let text = picture.replace_all(&text, "(image: $1)");
        let weekday = regex_lite::Regex::new(r"for a \w+day").unwrap();
        let text = weekday.replace_all(&text, "for a (weekday)");
        let amount = regex_lite::Regex::new(r"\d[\d,]*\.?\d*( EUR| a day)").unwrap();
        amount.replace_all(&text, "(amount)$1").into_owned()
    }

    /// The lines of #alerts that say how it stands.
    fn standing(&self) -> String {
        let text = self.alerts();
        let says = |line: &&str| {
            [":eyes:", ":zzz:", ":crescent", "resolved it", "as expected again", "find it useful"]
                .iter()
                .any(|mark| line.contains(mark))
        };
        text.lines().filter(says).map(str::trim).collect::<Vec<_>>().join("\n")
    }

    async fn alert_states(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT state FROM alerts ORDER BY id")
            .fetch_all(self.db())
            .await
            .unwrap()
    }

    async fn snoozes(&self, handle: &str, until: &str) -> String {
        let place = countersign::sandbox::Place::Channel { channel: "#alerts", message: None };
        let outcome = self.sandbox.click(handle, place, "Snooze", Some(&json!(until))).await;
        self.settle().await;
        outcome.unwrap().text()
    }
}
