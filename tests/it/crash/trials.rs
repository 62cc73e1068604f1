//! The bot is killed while a test is planned, counted and decided, and started again.

use std::time::Duration;

use countersign::sandbox::Place;
use serde_json::{Value, json};
use url::Url;

use super::people::is_taken;
use crate::harness::Deployment;
use crate::harness::hold::Step::{self, Before, Calling, Committing, Unanswered};

const PLACE: &str = "#campaigns";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

killed! {
    // The start.
    before_a_test_starts: Before("UPDATE ON experiments WHEN old.started_at IS NULL");
    after_a_test_has_started: Committing("UPDATE ON experiments WHEN old.started_at IS NULL");

    // The counts.
    before_counts_commit: Before("INSERT ON observations");
    after_counts_commit_and_before_they_are_acknowledged: Committing("INSERT ON observations");
    before_the_picture_is_uploaded: Calling("files.completeUploadExternal");
    after_the_picture_is_uploaded: Unanswered("files.completeUploadExternal");

    // The decision.
    before_a_decision_is_put_up: Before("INSERT ON experiment_decisions");
    after_a_decision_is_put_up: Committing("INSERT ON experiment_decisions");
    before_a_decision_ends_the_test: Before("UPDATE ON experiments WHEN new.ended_at IS NOT NULL");
    after_a_decision_has_ended_the_test: Committing("UPDATE ON experiments WHEN new.ended_at IS NOT NULL");
    before_what_it_taught_is_kept: Before("INSERT ON documents");
}

/// One test, counted and decided once, wherever the bot was killed on its way.
async fn survives(step: Step) {
    let mut team = Deployment::start().await;
    team.set("COUNTERSIGN_SOURCE_TOKENS", &format!("web={TOKEN}"));
    let bot = team.bot().await;
    let url = bot.url.clone();
    team.plans().await;
    let mut held = team.hold(step).await;

    let ((), bot) = tokio::join!(team.goes_on(&url), held.kills(bot));
    drop(held);
    team.settles().await;

    for (table, expected, sql) in [
        ("experiments", 1, "SELECT count(*) FROM experiments WHERE ended_at IS NOT NULL"),
        ("observations", 2, "SELECT count(*) FROM observations"),
        ("revisions of them", 0, "SELECT count(*) FROM observation_revisions"),
        ("decisions", 1, "SELECT count(*) FROM experiment_decisions"),
        ("documents", 1, "SELECT count(*) FROM documents"),
        ("cards", 1, "SELECT count(*) FROM posts WHERE ts IS NOT NULL AND subject = 'test:1'"),
    ] {
        assert_eq!(team.count(sql).await, expected, "{table}");
    }
    let trail = team.trail().await;
    for act in ["started", "counted", "decided"] {
        assert_eq!(trail.matches(&format!("test_plan.{act} ")).count(), 1, "{trail}");
    }
    let channel = team.channel(PLACE);
    assert_eq!(channel.matches("countersign: Test 1:").count(), 1, "{channel}");
    assert!(channel.contains(":checkered_flag: *Decided"), "{channel}");
    team.done(bot).await;
}

impl Deployment {
    async fn plans(&self) {
        let typed = "/test Subject line: urgency v benefit";
        self.sandbox.command("maya", PLACE, typed).await.unwrap();
        let known = json!({"What is the metric today?": "12 %", "How many users a day?": "4,000"});
        let outcome = self.sandbox.submit("maya", known.as_object().unwrap()).await.unwrap();
        assert!(is_taken(&outcome), "{}", outcome.text());
        self.until("the plan is up", async || {
            self.channel(PLACE).contains("[Approve]").then_some(())
        })
        .await;
    }

    /// From the approval of the plan to that of the decision, for as often as it needs to be tried.
    async fn goes_on(&self, bot: &Url) {
        self.agrees("SELECT count(*) FROM experiments WHERE started_at IS NOT NULL").await;
        self.until("the test has a card", async || {
            self.hurry().await;
            self.channel(PLACE).contains("[Stop]").then_some(())
        })
        .await;
        self.until("the counts are taken", async || self.counts(bot).await.then_some(())).await;
        self.until("the card shows them", async || {
            self.hurry().await;
            self.channel(PLACE).contains("Counted up to").then_some(())
        })
        .await;
        self.until("a decision is up", async || self.asks_to_stop().await.then_some(())).await;
        self.until("its card is up", async || {
            self.hurry().await;
            self.channel(PLACE).contains("[Approve]").then_some(())
        })
        .await;
        self.agrees("SELECT count(*) FROM experiments WHERE ended_at IS NOT NULL").await;
        self.until("the card shows it", async || {
            self.hurry().await;
            self.channel(PLACE).contains(":checkered_flag: *Decided").then_some(())
        })
        .await;
    }

    /// Raj presses until what follows from it is there.
    async fn agrees(&self, sql: &'static str) {
        self.until("the approval is carried out", async || {
            self.hurry().await;
            if self.channel(PLACE).contains("[Approve]") {
                let place = Place::Channel { channel: PLACE, message: None };
                let _is_tried_again = self.sandbox.click("raj", place, "Approve", None).await;
            }
            (self.count(sql).await == 1).then_some(())
        })
        .await;
    }

    /// Sends today's counts; whether they are acknowledged.
    async fn counts(&self, bot: &Url) -> bool {
        let day: String = sqlx::query_scalar("SELECT starts_on::text FROM experiments")
            .fetch_one(&self.db)
            .await
            .unwrap();
        let csv = format!("date,arm,users,conversions\n{day},urgency,90,9\n{day},benefit,91,12\n");
        let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build().unwrap();
        let address = bot.join("ingest/observations?test=1").unwrap();
        let request = client.post(address).bearer_auth(TOKEN).header("Content-Type", "text/csv");
        match request.body(csv).send().await {
            Ok(answer) if answer.status().is_success() => {
                let said: Value = answer.json().await.unwrap_or_default();
                said["test"] == 1
            }
            _ => false,
        }
    }

    /// Maya fills the form in from the beginning, as long as nothing is up.
    async fn asks_to_stop(&self) -> bool {
        if self.count("SELECT count(*) FROM experiment_decisions").await == 1 {
            return true;
        }
        let place = Place::Channel { channel: PLACE, message: None };
        if self.sandbox.click("maya", place, "Stop", None).await.is_err() {
            return false;
        }
        let why = json!({"Why?": "It is enough."});
        let _is_looked_at_below = self.sandbox.submit("maya", why.as_object().unwrap()).await;
        self.count("SELECT count(*) FROM experiment_decisions").await == 1
    }
}
