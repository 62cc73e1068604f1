//! How leads come in: signed, once, and gone when they are deleted.

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use super::{anna, answer};
use crate::harness::Team;

#[tokio::test]
async fn the_same_webhook_ten_times_is_one_lead() {
    let team = Team::in_sales().await;
    let body = json!({"system": "crm", "records": [
        anna(), {"id": "77", "activity": "Page View", "url": "/pricing", "at": "2026-11-20T09:00:00Z"},
    ]});
    let body = body.to_string();
    let all = (0..10).map(|_| answer(team.signed(&body, team.app.now())));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    let new: u64 = answers.iter().map(|(_, it)| it["new"].as_u64().unwrap()).sum();
    let acts: u64 = answers.iter().map(|(_, it)| it["activities"].as_u64().unwrap()).sum();
    assert_eq!((new, acts), (1, 1));
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM leads").await, 1);
    assert_eq!(team.count("SELECT count(*) FROM lead_activities").await, 1);
    assert_snapshot!(team.trail().await, @"bot leads.ingested lead_source");
    team.done().await;
}

#[tokio::test]
async fn what_is_forged_stale_or_unsigned_is_refused_in_a_sentence() {
    let team = Team::in_sales().await;
    let now = team.app.now();
    let body = json!({"records": [anna()]}).to_string();
    let said = async |request| {
        let (status, answer) = answer(request).await;
        format!("{status} {}", answer["error"].as_str().unwrap())
    };
    assert_snapshot!(said(team.post_leads(body.clone())).await, @"401 This address takes leads that are signed: by HubSpot (X-HubSpot-Signature-v3 and X-HubSpot-Request-Timestamp), or after Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature). A header is missing or cannot be read.");
    let forged = team.signed(&body, now).body(body.replace("Anna", "Anne"));
    assert_snapshot!(said(forged).await, @"401 The signature does not match the body. Check that the sender has the secret of COUNTERSIGN_LEADS_SECRET.");
    for minutes in [-6, 6] {
        let at = now + SignedDuration::from_mins(minutes);
        let stale = said(team.signed(&body, at)).await;
        assert_eq!(
            stale,
            "401 The request's time is more than five minutes from this server's clock. Check the clock, or send it anew."
        );
    }
    let events = json!([{"subscriptionType": "contact.creation", "objectId": 1}]);
    let forged = team.by_hubspot(&events, now).body("[]");
    assert_snapshot!(said(forged).await, @"401 The signature is not HubSpot's for this address. Check that COUNTERSIGN_HUBSPOT_SECRET is the app's client secret, and COUNTERSIGN_PUBLIC_URL the address that HubSpot calls.");
    let stale = team.by_hubspot(&events, now - SignedDuration::from_mins(6));
    assert!(said(stale).await.starts_with("401 The request's time"));
    let unread = team.signed("{\"records\": 1}", now);
    assert_snapshot!(said(unread).await, @r#"422 The body is not understood: invalid type: integer `1`, expected a sequence at line 1 column 13. Send {"system": "crm", "records": [{"id": "77", "email": "…"}]}."#);
    assert_eq!(team.count("SELECT count(*) FROM leads").await, 0);
    team.done().await;
}

#[tokio::test]
async fn hubspot_tells_changes_in_any_order() {
    let team = Team::in_sales().await;
    let now = team.app.now();
    let change = |name: &str, value: &str, second: i64| {
        json!({
            "subscriptionType": "contact.propertyChange", "objectId": 501, "propertyName": name,
            "propertyValue": value, "occurredAt": now.as_millisecond() + 1_000 * second,
        })
    };
    let events = json!([
        {"subscriptionType": "contact.creation", "objectId": 501, "occurredAt": now.as_millisecond()},
        change("email", "Anna@Acme.example", 1),
        change("industry", "retail", 9),
        change("industry", "fishing", 5),
        change("gender", "f", 5),
        {"subscriptionType": "deal.creation", "objectId": 9, "occurredAt": now.as_millisecond()},
    ]);
    let (status, told) = answer(team.by_hubspot(&events, now)).await;
    assert_eq!(status, 200, "{told}");
    assert_snapshot!(told, @r#"{"records":4,"new":1,"changed":2,"unchanged":1,"activities":0,"repeated":0,"merged":0,"deleted":0,"left_out":2,"refused":0,"refusals":[]}"#);
    team.settle().await;
    assert_eq!(team.points(1).await, 20, "the later word on the industry counts");
    assert_eq!(team.count("SELECT count(*) FROM leads WHERE attributes ? 'gender'").await, 0);

    let deleted =
        json!([{"subscriptionType": "contact.privacyDeletion", "objectId": 501, "occurredAt": 1}]);
    answer(team.by_hubspot(&deleted, now)).await;
    // What was on its way does not bring it back.
    let (_, told) =
        answer(team.by_hubspot(&json!([change("email", "anna@acme.example", 20)]), now)).await;
    assert_eq!(told["left_out"], 1);
    assert_eq!(team.count("SELECT count(*) FROM leads WHERE email IS NOT NULL").await, 0);
    team.done().await;
}

#[tokio::test]
async fn two_that_are_one_are_merged_on_record() {
    let team = Team::in_sales().await;
    team.has_records(
        json!([{"id": "1", "company": "Acme"}, {"email": "anna@acme.example", "phone": "123"}]),
    )
    .await;
    assert_eq!(team.count("SELECT count(*) FROM leads").await, 2);
    team.has_records(json!([
        {"email": "anna@acme.example", "activity": "page_view", "detail": "/pricing", "at": "2026-11-20"},
        {"id": "1", "email": "anna@acme.example"},
    ]))
    .await;
    let kept = "SELECT count(*) FROM leads WHERE id = 1 AND phone = '123' AND company = 'Acme' AND email IS NOT NULL";
    assert_eq!(team.count(kept).await, 1);
    let merged = "SELECT count(*) FROM leads WHERE merged_into = 1 AND phone IS NULL";
    assert_eq!(team.count(merged).await, 1);
    assert_eq!(team.count("SELECT count(*) FROM lead_merges WHERE because = 'email'").await, 1);
    assert_eq!(team.count("SELECT count(*) FROM lead_activities WHERE lead_id = 1").await, 1);
    assert!(team.trail().await.contains("bot lead.merged lead"));
    team.done().await;
}

#[tokio::test]
async fn a_lead_that_the_crm_deletes_in_the_middle_is_gone_from_its_note() {
    let team = Team::in_sales().await;
    team.has_anna().await;
    team.presses("sam", "Claim").await;
    team.has_records(json!([{"id": "77", "deleted": true}])).await;
    assert_eq!(team.hand_offs().await, ["gone"]);
    let note = team.sales();
    assert!(!note.contains("Acme") && !note.contains("A. K."), "{note}");
    assert_snapshot!(note, @"
    countersign: This lead was deleted. What was known of it is erased here, too.
      Scored by the crm agent · rules (version) · 60 points hand a lead over · lead 1
    ");
    let personal = team.places_with("anna@acme").await;
    assert_eq!(personal, Vec::<String>::new());
    assert_eq!(team.places_with("Köhler").await, Vec::<String>::new());
    team.done().await;
}

#[tokio::test]
async fn nobody_is_handed_over_who_does_not_want_to_be_contacted() {
    let team = Team::in_sales().await;
    let mut quiet = anna();
    quiet["consent"] = "no".into();
    team.has_records(json!([quiet])).await;
    team.does("77", "demo_request", "").await;
    assert!(team.points(1).await >= 60);
    assert_eq!(team.hand_offs().await, Vec::<String>::new());

    // Consent comes, and goes while it waits.
    team.has_records(json!([anna()])).await;
    assert_eq!(team.hand_offs().await, ["waiting"]);
    team.has_records(json!([{"id": "77", "do not contact": true}])).await;
    assert_eq!(team.hand_offs().await, ["gone"]);
    assert!(team.sales().contains("does not want to be contacted any more"));
    team.done().await;
}
