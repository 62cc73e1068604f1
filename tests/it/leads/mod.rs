//! Leads: taken in, scored, handed over, answered.

mod answering;
mod batches;
mod learning;
mod sending;
mod singer;
mod summing_up;
mod waiting;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::config::{Config, LeadSenders};
use countersign::sandbox::{Place, Seed};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::team::readable;
use crate::harness::{Door, Team};

pub const MANIFEST: &str = include_str!("team.toml");
pub const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HUBSPOT: &str = "a-client-secret-of-hubspot";
const PUBLIC: &str = "https://countersign.example";

fn set(config: &mut Config, manifest: &str) {
    let file = config.database.data.join("team.toml");
    std::fs::write(&file, manifest).unwrap();
    config.manifest = Some(file);
    let given = |text: &str| Some(text.to_owned());
    config.lead_senders =
        LeadSenders::parse(given(HUBSPOT), given(PUBLIC), Some(format!("whsec_{KEY}")), None)
            .unwrap();
}

impl Team {
    async fn in_sales() -> Self {
        Self::in_sales_with(MANIFEST, Seed::example()).await
    }

    async fn in_sales_with(manifest: &str, seed: Seed) -> Self {
        Self::start_set(Door::Http, seed, |config| set(config, manifest)).await
    }

    fn post_leads(&self, body: String) -> RequestBuilder {
        let client = Client::builder().build().unwrap();
        client.post(self.bot.join("ingest/leads").unwrap()).body(body)
    }

    /// A request that is signed after Standard Webhooks, at a moment.
    fn signed(&self, body: &str, at: Timestamp) -> RequestBuilder {
        let (id, at) = ("msg_1", at.as_second());
        let signature = mac(&STANDARD.decode(KEY).unwrap(), &format!("{id}.{at}.{body}"));
        self.post_leads(body.to_owned())
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{signature}"))
    }

    /// A request that HubSpot signed, at a moment.
    fn by_hubspot(&self, events: &Value, at: Timestamp) -> RequestBuilder {
        let (body, at) = (events.to_string(), at.as_millisecond());
        let signature = mac(HUBSPOT.as_bytes(), &format!("POST{PUBLIC}/ingest/leads{body}{at}"));
        self.post_leads(body)
            .header("x-hubspot-request-timestamp", at)
            .header("x-hubspot-signature-v3", signature)
    }

    /// Records come in from the CRM, and what follows from them happens.
    async fn has_records(&self, records: Value) -> Value {
        let body = json!({"system": "crm", "records": records}).to_string();
        let (status, answer) = answer(self.signed(&body, self.app.now())).await;
        assert_eq!(status, 200, "{answer}");
        self.settle().await;
        answer
    }

    /// Anna of Acme, who crosses the threshold by asking for a demo.
    async fn has_anna(&self) {
        self.has_records(json!([anna()])).await;
        self.does("77", "demo_request", "").await;
        self.does("77", "page_view", "/pricing").await;
    }

    async fn does(&self, id: &str, kind: &str, detail: &str) {
        let at = self.app.now() - SignedDuration::from_mins(3);
        self.has_records(json!([
            {"id": id, "activity": kind, "detail": detail, "at": at.to_string()}
        ]))
        .await;
    }

    /// #sales as anyone reads it.
    fn sales(&self) -> String {
        without_version(&self.channel("#sales"))
    }

    async fn hand_offs(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT state FROM hand_offs ORDER BY id")
            .fetch_all(self.db())
            .await
            .unwrap()
    }

    async fn points(&self, id: i64) -> i32 {
        let points = sqlx::query_scalar("SELECT points FROM leads WHERE id = $1").bind(id);
        points.fetch_one(self.db()).await.unwrap()
    }

    /// Presses a button of the note, and lets happen what follows.
    async fn presses(&self, handle: &'static str, button: &str) -> String {
        let said = self.member(handle).clicks("#sales", button).await;
        self.settle().await;
        said
    }

    async fn returns(&self, handle: &'static str, why: &str, text: &str) -> String {
        let said = self.member(handle).clicks("#sales", "Return").await;
        if !said.is_empty() {
            return said;
        }
        let said = self
            .member(handle)
            .fills(json!({"Why does it go back?": why, "In your words": text}))
            .await;
        self.settle().await;
        said
    }

    async fn snoozes_lead(&self, handle: &str, until: &str) -> String {
        let place = Place::Channel { channel: "#sales", message: None };
        let outcome = self.sandbox.click(handle, place, "Snooze", Some(&json!(until))).await;
        self.settle().await;
        readable(&outcome.unwrap().text())
    }
}

fn anna() -> Value {
    json!({
        "id": "77", "email": "anna@acme.example", "name": "Anna Köhler", "phone": "+49 30 123456",
        "company": "Acme", "industry": "retail", "employees": 120, "country": "DE",
        "lead source": "paid search", "campaign": "Brand DE", "job title": "Head of Buying",
        "consent": "yes",
    })
}

/// The version of the rules, which is that of the manifest.
fn without_version(text: &str) -> String {
    let version = regex_lite::Regex::new("rules [0-9a-f]{12}").unwrap();
    version.replace_all(text, "rules (version)").into_owned()
}

pub fn mac(key: &[u8], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
