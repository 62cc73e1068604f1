//! Leads that Singer taps send.

use countersign::audit::Actor;
use countersign::evidence::Input;
use countersign::taps::{self, LeadsStream, Options, Summary};
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::Team;

fn schema(stream: &str) -> Value {
    json!({"type": "SCHEMA", "stream": stream, "key_properties": ["vid"], "schema": {"properties": {"vid": {}}}})
}

fn record(stream: &str, record: Value) -> Value {
    json!({"type": "RECORD", "stream": stream, "record": record})
}

/// A contact as taps of HubSpot have them.
fn contact() -> Value {
    record(
        "contacts",
        json!({
            "vid": 77, "property_email": {"value": "Anna@Acme.example"}, "property_company": {"value": "Acme"},
            "property_industry": {"value": "retail"}, "property_numberofemployees": {"value": "120"},
            "property_createdate": {"value": "2026-01-02T03:04:05.000000Z"},
        }),
    )
}

fn state(seen: u32) -> Value {
    json!({"type": "STATE", "value": {"seen": seen}})
}

impl Team {
    /// The summary, and the states that came back.
    async fn taps(&self, lines: &[Value]) -> (Summary, Vec<String>) {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let bytes = (lines.join("\n") + "\n").into();
        let input = Input::Bytes { name: "tap".to_owned(), bytes };
        let stream =
            |name: &str| LeadsStream { name: name.to_owned(), system: "hubspot".to_owned() };
        let options = Options {
            leads: vec![stream("contacts"), stream("visits")],
            scoring: self.app.manifest.scoring.clone(),
            ..Options::default()
        };
        let mut states = Vec::new();
        let (db, clock, workspace) = (self.db(), &self.app.clock, self.app.workspace.id);
        let taken = taps::take(db, clock, workspace, &Actor::Bot, &options, &input, |value| {
            states.push(value.to_owned());
            Ok(())
        });
        let taken = taken.await.unwrap();
        self.settle().await;
        (taken, states)
    }

    async fn leads_of_taps(&self) -> Vec<(String, i32)> {
        sqlx::query_as("SELECT coalesce(email, 'erased'), points FROM leads ORDER BY id")
            .fetch_all(self.db())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn contacts_and_what_they_did_are_leads_and_a_state_follows_on_them() {
    let team = Team::in_sales().await;
    let at = (team.app.now() - SignedDuration::from_hours(1)).to_string();
    let visit = |path: &str| json!({"id": "77", "activity": "page view", "url": path, "at": at});
    let lines = [
        schema("contacts"),
        contact(),
        record("contacts", json!({"vid": 78, "property_email": {"value": "nobody"}})),
        schema("visits"),
        record("visits", visit("/pricing")),
        state(1),
        record("visits", visit("/pricing/teams")),
        state(2),
    ];
    let (taken, states) = team.taps(&lines).await;
    assert_eq!(states.last().unwrap(), r#"{"seen":2}"#);
    let contacts = &taken.leads["contacts"];
    assert_eq!((contacts.new, contacts.refused), (1, 1));
    assert_eq!(taken.leads["visits"].activities, 2);
    assert_snapshot!(contacts.refusals[0].reason, @"its email, of 6 characters, is no address");
    assert_eq!(team.leads_of_taps().await, [("anna@acme.example".to_owned(), 50)]);
    let since = "SELECT count(*) FROM leads WHERE added_at = '2026-01-02T03:04:05Z'";
    assert_eq!(team.count(since).await, 1);

    // The same again changes nothing.
    let (again, _) = team.taps(&lines).await;
    assert_eq!((again.leads["contacts"].unchanged, again.leads["visits"].repeated), (1, 2));

    // What is gone there is erased here.
    let gone = record("contacts", json!({"vid": 77, "_sdc_deleted_at": "2026-01-03T00:00:00Z"}));
    let (taken, _) = team.taps(&[schema("contacts"), gone, state(3)]).await;
    assert_eq!(taken.leads["contacts"].deleted, 1);
    assert_eq!(team.leads_of_taps().await, [("erased".to_owned(), 0)]);
    team.done().await;
}

#[tokio::test]
async fn what_a_tap_that_was_cut_off_sent_last_is_not_taken() {
    let team = Team::in_sales().await;
    let other = record("contacts", json!({"vid": 78, "property_email": {"value": "b@x.example"}}));
    let lines = [schema("contacts"), contact(), state(1), other];
    let (taken, states) = team.taps(&lines).await;
    assert_eq!((taken.cut_off, states.len()), (1, 1));
    assert_eq!(team.leads_of_taps().await.len(), 1);
    team.done().await;
}
