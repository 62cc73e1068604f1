//! The sample company's leads, and what they did lately.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::Actor;
use crate::leads::ingest::{self, Input, Taker};

/// What the sample company's CRM is called.
const SYSTEM: &str = "demo";

/// Id, name, company, industry, people there, country, source, campaign, role.
type Sample = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i64,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const LEADS: [Sample; 4] = [
    (
        "1",
        "Jonas Albrecht",
        "Nordlicht Interiors",
        "retail",
        240,
        "DE",
        "paid search",
        "Brand DE",
        "Head of Buying",
    ),
    (
        "2",
        "Mira Okafor",
        "Okafor & Daughters",
        "fashion",
        75,
        "AT",
        "paid search",
        "Brand AT",
        "Founder",
    ),
    (
        "3",
        "Piet de Vries",
        "Dijk Wonen",
        "home textiles",
        410,
        "NL",
        "webinar",
        "Speakers DE",
        "Category Manager",
    ),
    (
        "4",
        "Salma Haddad",
        "Haddad Logistics",
        "logistics",
        1_900,
        "DE",
        "social",
        "",
        "Office Manager",
    ),
];

/// Whose it is, what, of what, and how many hours ago.
const ACTS: [(&str, &str, &str, i64); 9] = [
    ("1", "page_view", "/headphones", 50),
    ("1", "page_view", "/pricing", 26),
    ("1", "page_view", "/pricing/teams", 3),
    ("1", "demo_request", "", 2),
    ("2", "page_view", "/pricing", 70),
    ("2", "page_view", "/pricing", 20),
    ("3", "webinar", "Linen in hotels", 90),
    ("3", "email_click", "Case study: Hotel Sonne", 30),
    ("4", "page_view", "/careers", 12),
];

/// Brings them in, once: one has crossed the threshold, the others have not.
pub async fn bring_in(app: &App) -> crate::error::Result<()> {
    let workspace = app.workspace.id;
    if ingest::is_known(&app.db, workspace, SYSTEM).await? {
        return Ok(());
    }
    let leads = LEADS.iter().map(|(id, name, company, industry, people, country, source, campaign, role)| {
        let first = name.split(' ').next().unwrap_or(name).to_lowercase();
        json!({
            "id": id, "name": name, "email": format!("{first}@lead-{id}.example"), "company": company,
            "industry": industry, "employees": people, "country": country, "lead source": source,
            "campaign": campaign, "job title": role, "consent": "yes", "phone": format!("+49 30 555 010{id}"),
        })
    });
    let acts = ACTS.iter().map(|(id, kind, detail, hours)| {
        let at = app.now() - SignedDuration::from_hours(*hours);
        json!({"id": id, "activity": kind, "detail": detail, "at": at.to_string()})
    });
    let records: Vec<Value> = leads.chain(acts).collect();
    let taker = Taker {
        db: &app.db,
        clock: &app.clock,
        workspace,
        scoring: &app.manifest.scoring,
        by: Actor::Bot,
        system: SYSTEM,
    };
    ingest::take(&taker, Input::Objects(records)).await?;
    Ok(())
}
