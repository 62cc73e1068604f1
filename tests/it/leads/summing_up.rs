//! Leads that the crm agent sums up with a model: checked against the record.

use countersign::config::Config;
use countersign::sandbox::Seed;
use insta::assert_snapshot;
use serde_json::json;

use super::{MANIFEST, set};
use crate::fake_model::{Answer, FakeModel};
use crate::harness::{Door, Team};

const AGENT: &str = r#"
[[agent]]
name = "crm"
job = "Says which leads are worth a call, and why."
owner = "sales"
goal = "Calls that are worth making."
model = "fake"
"#;

impl Team {
    async fn in_sales_with_a_model(model: &FakeModel) -> Self {
        let declared = model.manifest("");
        let declared = &declared[declared.find("[[model]]\nname = \"fake\"").unwrap()..];
        let manifest = format!("{MANIFEST}\n{AGENT}\n{declared}");
        Self::start_set(Door::Http, Seed::example(), |config: &mut Config| {
            set(config, &manifest);
            config.model_keys = model.keys();
        })
        .await
    }

    async fn is_summed_up_as(&self, model: &FakeModel, summary: &str) {
        model.answer(Answer::Json(json!({"summary": summary})));
        self.has_records(json!([super::anna()])).await;
        self.does("77", "demo_request", "").await;
    }
}

#[tokio::test]
async fn what_stands_in_the_record_is_shown_and_where_it_comes_from() {
    let model = FakeModel::start().await;
    let team = Team::in_sales_with_a_model(&model).await;
    let summary =
        "Acme is in retail and has 120 people. They came by Brand DE and asked for a demo.";
    team.is_summed_up_as(&model, summary).await;
    let note = team.sales();
    assert!(note.contains(&format!("*In short:* {summary}")), "{note}");
    let made = note.lines().find(|line| line.contains("Scored by")).unwrap().trim();
    assert_snapshot!(made, @"Scored by the crm agent · rules (version) · 60 points hand a lead over · lead 1 · summed up with fake-1-20261122 by prompt crm.summary@2, checked against the record");

    // Nothing that names or reaches the person goes out.
    let asked = model.asked()[0].body.to_string();
    assert!(asked.contains("Acme"), "{asked}");
    for secret in ["Anna", "Köhler", "anna@", "123456"] {
        assert!(!asked.contains(secret), "{secret} in {asked}");
    }

    // The trail tells it, by the link to the note too.
    let posted = team.newest("#sales");
    let (channel, ts) = (posted["channel"].as_str().unwrap(), posted["ts"].as_str().unwrap());
    let link = format!("https://larch.slack.com/archives/{channel}/p{}", ts.replace('.', ""));
    let told = team.member("sam").types("#sales", &format!("/countersign audit {link}")).await;
    assert!(told.contains("summed up with"), "{told}");
    assert!(told.contains("handed lead 1 over to sales"), "{told}");

    let told = team.member("lena").types("#sales", "/countersign agents crm").await;
    assert!(told.contains("computes; the model fake words it"), "{told}");

    // It goes with the lead.
    team.has_records(json!([{"id": "77", "deleted": true}])).await;
    assert!(!team.sales().contains("120 people"), "{}", team.sales());
    assert_eq!(team.count("SELECT count(*) FROM hand_offs WHERE summary IS NOT NULL").await, 0);
    team.done().await;
}

#[tokio::test]
async fn what_does_not_stand_in_the_record_is_not_shown_and_the_trail_says_so() {
    let model = FakeModel::start().await;
    let team = Team::in_sales_with_a_model(&model).await;
    team.is_summed_up_as(&model, "Acme has 12,000 people and compares us with Dunemoor.").await;
    assert!(!team.sales().contains("In short"), "{}", team.sales());
    assert!(team.sales().contains("A lead worth a call"), "{}", team.sales());
    let trail = team.trail().await;
    assert!(trail.contains("agent crm lead.summed_up lead"), "{trail}");
    team.done().await;
}
