//! Many records at once become what they become one by one.

use countersign::audit::Actor;
use countersign::leads::ingest::{self, Input, Summary, Taker};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::harness::Team;

impl Team {
    async fn takes(&self, app: &countersign::app::App, records: &[Value]) -> Summary {
        let taker = Taker {
            db: &app.db,
            clock: &self.app.clock,
            workspace: app.workspace.id,
            scoring: &app.manifest.scoring,
            by: Actor::Bot,
            system: "crm",
        };
        ingest::take(&taker, Input::Objects(records.to_vec())).await.unwrap()
    }

    /// All that is known, whatever numbers leads have: what they are, what they are called, what they did,
    /// and which of them are one.
    async fn knows(&self) -> Vec<Value> {
        sqlx::query_scalar(
            "
            SELECT jsonb_build_object(
                'is', to_jsonb(l) - '{id,workspace_id,added_at,changed_at,erased_at,merged_into,known_as_of,scored_at,is_stale,points,reasons,score_version}'::text[],
                'gone', jsonb_build_array(erased_at IS NOT NULL, merged_into IS NOT NULL),
                'keys', (SELECT jsonb_agg(external_id ORDER BY external_id) FROM lead_keys WHERE lead_id = l.id),
                'did', (SELECT jsonb_agg(detail ORDER BY detail, at) FROM lead_activities WHERE lead_id = l.id),
                'because', (SELECT because FROM lead_merges WHERE merged_id = l.id)
            )
            FROM leads l
            ORDER BY id
            ",
        )
        .fetch_all(self.db())
        .await
        .unwrap()
    }
}

/// Few ids and few addresses, so that leads meet, change addresses, merge and go.
fn records(seed: u64, count: usize) -> Vec<Value> {
    let mut random = SmallRng::seed_from_u64(seed);
    let record = |_| {
        let mut record = json!({});
        let (id, email) = (random.random_range(0..40), random.random_range(0..40));
        if random.random_bool(0.8) {
            record["id"] = json!(id.to_string());
        }
        if record.get("id").is_none() || random.random_bool(0.5) {
            record["email"] = json!(format!("p{email}@x.example"));
        }
        match random.random_range(0..20) {
            0 => record["deleted"] = json!(true),
            1..8 => {
                record["activity"] = json!("page_view");
                record["detail"] = json!(format!("/{}", random.random_range(0..9)));
                record["at"] = json!("2026-11-20T09:00:00Z");
            }
            8 => record["do not contact"] = json!(random.random_bool(0.5)),
            9 => record["consent"] = json!(random.random_bool(0.5)),
            _ => {
                record["company"] = json!(format!("Company {}", random.random_range(0..5)));
                record["plan"] = json!(random.random_range(0..3));
            }
        }
        record
    };
    (0..count).map(record).collect()
}

#[tokio::test]
async fn what_comes_together_is_what_comes_one_by_one() {
    let (together, apart) = tokio::join!(Team::in_sales(), Team::in_sales());
    for seed in 0..8 {
        let records = records(seed, 60);
        let at_once = together.takes(&together.app, &records).await;
        let mut one_by_one = Summary::default();
        for record in &records {
            one_by_one.add(apart.takes(&apart.app, std::slice::from_ref(record)).await);
        }
        assert_eq!(at_once, one_by_one, "the records of the seed {seed}");
        let (one, other) = (together.knows().await, apart.knows().await);
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "the records of the seed {seed}");
        }
        assert_eq!(one.len(), other.len());
    }
    assert!(together.count("SELECT count(*) FROM lead_merges").await > 5);
    together.done().await;
    apart.done().await;
}

#[tokio::test]
async fn replicas_that_take_the_same_leads_in_other_orders_do_not_stop_each_other() {
    let team = Team::in_sales().await;
    let replica = team.another_app().await;
    let lead = |n: usize| json!({"id": n.to_string(), "email": format!("p{n}@x.example"), "company": "Acme"});
    let forth: Vec<Value> = (0..2_500).map(lead).collect();
    let back: Vec<Value> = (0..2_500).rev().map(lead).collect();
    let (one, other) = tokio::join!(team.takes(&team.app, &forth), team.takes(&replica, &back));
    assert_eq!((one.new + other.new, one.unchanged + other.unchanged), (2_500, 2_500));
    assert_eq!(team.count("SELECT count(*) FROM leads").await, 2_500);
    let again = team.takes(&team.app, &forth).await;
    assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 2_500));
    replica.db.close().await;
    team.done().await;
}
