//! Tests of one thing against another, from their plan to their decision.

mod by_readings;
mod counting;
mod deciding;
mod planning;
mod showing;
mod wording;

use std::fmt::Write as _;
use std::time::Duration;

use countersign::config::SourceTokens;
use countersign::sandbox::Seed;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use crate::harness::answers::answer;
use crate::harness::{Door, Member, Team};

const PLACE: &str = "#campaigns";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// What everybody fills in who knows the rate and the traffic.
fn known() -> Value {
    json!({
        "What is the metric today?": "12 %",
        "How many users a day?": "4,000",
        "Guardrails": "unsubscribe rate, conversion rate, up at most 50 %",
    })
}

/// The same, with other answers.
fn known_but(other: Value) -> Value {
    let mut values = known();
    values.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    values
}

/// A day's counts: users and conversions of each arm, with a calm guardrail.
type Counts = [(u32, u32); 2];

/// Nothing differs.
const EVEN: Counts = [(2_000, 240), (2_000, 242)];
/// The second arm is much better.
const BETTER: Counts = [(2_000, 240), (2_000, 330)];

impl Team {
    async fn for_tests() -> Self {
        Self::start_set(Door::Http, Seed::example(), |config| {
            let tokens = format!("web={TOKEN},shop={OTHER}");
            config.source_tokens = SourceTokens::parse(&tokens).unwrap();
        })
        .await
    }

    /// A test of a subject line that was approved and runs.
    async fn with_a_test(values: Value) -> Self {
        let team = Self::for_tests().await;
        team.member("maya").plans("Subject line: urgency v benefit", values).await;
        team.settle().await;
        team.member("raj").clicks(PLACE, "Approve").await;
        team.settle().await;
        team
    }

    /// A day of the only running test, from zero.
    async fn day(&self, number: i64) -> Date {
        let starts: jiff_sqlx::Date = sqlx::query_scalar(
            "SELECT starts_on FROM experiments WHERE started_at IS NOT NULL ORDER BY id DESC LIMIT 1",
        )
        .fetch_one(self.db())
        .await
        .unwrap();
        starts.to_jiff() + number.days()
    }

    /// Lets days pass, and has the same counts come of each, from the first on.
    async fn runs_for(&self, days: i64, counts: Counts) {
        self.wait(SignedDuration::from_hours(24 * days)).await;
        let csv = self.csv(0..days, counts).await;
        let (status, said) = self.counts(csv).await;
        assert_eq!(status, 200, "{said}");
        self.settle().await;
    }

    async fn csv(&self, days: std::ops::Range<i64>, counts: Counts) -> String {
        let mut csv = "date,arm,users,conversions,unsubscribe rate.conversions\n".to_owned();
        for day in days {
            let date = self.day(day).await;
            for (arm, (users, conversions)) in ["urgency", "benefit"].iter().zip(counts) {
                writeln!(csv, "{date},{arm},{users},{conversions},{}", users / 100).unwrap();
            }
        }
        csv
    }

    async fn counts(&self, csv: impl Into<String>) -> (u16, Value) {
        self.counts_at(&self.bot, TOKEN, csv).await
    }

    async fn counts_at(&self, door: &Url, token: &str, csv: impl Into<String>) -> (u16, Value) {
        let test: i64 = sqlx::query_scalar("SELECT max(id) FROM experiments")
            .fetch_one(self.db())
            .await
            .unwrap();
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        let address = door.join(&format!("ingest/observations?test={test}")).unwrap();
        let request = client.post(address).bearer_auth(token).header("Content-Type", "text/csv");
        answer(request.body(csv.into())).await
    }

    /// The card of the newest test, as people read it.
    fn card(&self) -> String {
        let channel = self.shown();
        let at = channel.rfind("countersign: Test ");
        let at = at.unwrap_or_else(|| panic!("the test has no card:\n{channel}"));
        let card = &channel[at..];
        let end = card[1..].find("\ncountersign: ").map_or(card.len(), |end| end + 1);
        card[..end].trim_end().to_owned()
    }

    /// The channel without what differs from day to day.
    fn shown(&self) -> String {
        undated(&self.channel(PLACE))
    }

    /// Presses a button of the test's card and gives a reason.
    async fn asks_to(&self, handle: &'static str, button: &str, reason: &str) -> String {
        let member = self.member(handle);
        let said = member.clicks(PLACE, button).await;
        if !said.is_empty() {
            return said;
        }
        let said = member.fills(json!({"Why?": reason})).await;
        self.settle().await;
        said
    }

    async fn agrees(&self, handle: &'static str) {
        assert_eq!(self.member(handle).clicks(PLACE, "Approve").await, "");
        self.settle().await;
    }

    /// The acts of a test's own, in their order.
    async fn what_happened(&self) -> String {
        let trail = self.trail().await;
        let told = |line: &&str| {
            ["checked", "policy.evaluated", "release."].iter().all(|it| !line.contains(it))
        };
        trail.lines().filter(told).collect::<Vec<_>>().join("\n")
    }
}

impl Member<'_> {
    /// Plans a test with the short form.
    async fn plans(&self, what: &str, values: Value) -> String {
        assert_eq!(self.types(PLACE, &format!("/test {what}")).await, "");
        self.fills(values).await
    }
}

/// The sentences of the record, without when and which bytes.
fn told(record: &str) -> String {
    let hash = regex_lite::Regex::new("[0-9a-f]{64}").unwrap();
    let version = regex_lite::Regex::new("version [0-9a-f]{12}").unwrap();
    let sentences = record.lines().filter(|line| line.starts_with("*Entry"));
    let sentences = sentences.filter_map(|line| Some(line.splitn(3, " · ").nth(2)?.to_owned()));
    // What is sent goes out beside the rest, sooner or later.
    let sentences = sentences.filter(|line| !line.contains("was delivered to"));
    let told = sentences.collect::<Vec<_>>().join("\n");
    let told = hash.replace_all(&told, "(hash)");
    undated(&version.replace_all(&told, "version (version)"))
}

fn undated(text: &str) -> String {
    let day = regex_lite::Regex::new(r"\d{1,2} [A-Z][a-z]{2,8} \d{4}").unwrap();
    let text = day.replace_all(text, "(day)");
    let short = regex_lite::Regex::new(r"at \d{1,2} [A-Z][a-z]{2}\b").unwrap();
    let text = short.replace_all(&text, "at (day)");
    let iso = regex_lite::Regex::new(r"\d{4}-\d{2}-\d{2}").unwrap();
    iso.replace_all(&text, "(date)").into_owned()
}
