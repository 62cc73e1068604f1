//! The bot is killed while it takes a lead in, hands it over, or is told who calls; and started again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::clock::Clock;
use countersign::sandbox::Place;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use url::Url;

use crate::harness::Deployment;
use crate::harness::hold::Step::{self, Before, Calling, Committing, Unanswered};
use crate::leads::{KEY, mac};

killed! {
    before_a_lead_commits: Before("INSERT ON leads");
    after_a_lead_commits_and_before_it_is_acknowledged: Committing("INSERT ON leads");
    before_a_score_commits: Before("INSERT ON lead_scores");
    after_a_score_commits: Committing("INSERT ON lead_scores");
    before_a_lead_is_handed_over: Before("INSERT ON hand_offs");
    after_a_lead_was_handed_over: Committing("INSERT ON hand_offs");
    before_the_note_is_posted: Calling("chat.postMessage");
    when_the_note_was_posted_and_nobody_knows: Unanswered("chat.postMessage");
    before_a_claim_commits: Before("UPDATE ON hand_offs WHEN new.state = 'claimed'");
    after_a_claim_commits_and_before_it_is_acknowledged: Committing("UPDATE ON hand_offs WHEN new.state = 'claimed'");
}

/// One lead, handed over once in one note and claimed once, wherever the bot was killed on its way.
async fn survives(step: Step) {
    let mut team = Deployment::start().await;
    team.set("COUNTERSIGN_LEADS_SECRET", &format!("whsec_{KEY}"));
    let bot = team.bot().await;
    let url = bot.url.clone();
    let mut held = team.hold(step).await;
    let ((), bot) = tokio::join!(team.hands_over(&url), held.kills(bot));
    drop(held);
    team.settles().await;

    for (what, sql) in [
        ("leads", "SELECT count(*) FROM leads"),
        ("activities", "SELECT count(*) FROM lead_activities"),
        ("scores", "SELECT count(*) FROM lead_scores WHERE points = 65"),
        ("hand-offs", "SELECT count(*) FROM hand_offs"),
        ("answers", "SELECT count(*) FROM lead_feedback"),
        ("notes", "SELECT count(*) FROM posts WHERE ts IS NOT NULL AND subject LIKE 'lead_note:%'"),
    ] {
        assert_eq!(team.count(sql).await, 1, "{what}");
    }
    let trail = team.trail().await;
    // Who has claimed a lead reads how to reach it, on record.
    for act in ["handed_over", "claimed", "revealed"] {
        assert_eq!(trail.matches(&format!("lead.{act} ")).count(), 1, "{trail}");
    }
    let channel = team.channel("#sales");
    assert_eq!(channel.matches("A lead worth a call").count(), 1, "{channel}");
    assert!(channel.contains("@sam has claimed it"), "{channel}");
    team.done(bot).await;
}

impl Deployment {
    /// From the webhook to the claim, for as often as each needs to be tried.
    async fn hands_over(&self, bot: &Url) {
        let asked = Clock::default().now() - SignedDuration::from_hours(1);
        self.until("the lead is taken", async || Self::sends_lead(bot, asked).await.then_some(()))
            .await;
        self.until("somebody has claimed it", async || {
            self.hurry().await;
            if self.channel("#sales").contains("[Claim]") {
                let place = Place::Channel { channel: "#sales", message: None };
                let _is_tried_again = self.sandbox.click("sam", place, "Claim", None).await;
            }
            self.channel("#sales").contains("@sam has claimed it").then_some(())
        })
        .await;
    }

    /// Whether the lead and what it did were acknowledged.
    async fn sends_lead(bot: &Url, asked: Timestamp) -> bool {
        let now = Clock::default().now();
        let body = json!({"system": "crm", "records": [
            {"id": "77", "email": "anna@acme.example", "company": "Acme", "industry": "retail", "employees": 120},
            {"id": "77", "activity": "demo_request", "at": asked.to_string()},
        ]});
        let (body, at) = (body.to_string(), now.as_second());
        let signature = mac(&STANDARD.decode(KEY).unwrap(), &format!("msg_1.{at}.{body}"));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build().unwrap();
        let request = client.post(bot.join("ingest/leads").unwrap()).body(body);
        let request = request
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{signature}"));
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }
}
