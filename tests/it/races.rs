//! Many people at once, from several replicas, and time itself among them: one outcome.

use std::collections::BTreeMap;

use countersign::reviews;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::harness::Team;

/// Two of four must approve; two rejections end it.
const MANIFEST: &str = r#"
[team]
name = "Larch & Loom"
zone = "Europe/Berlin"

[[group]]
name = "deciders"
people = ["U0DANA0000", "U0SAM00000", "U0LENA0000", "U0RAJ00000"]

[[agent]]
name = "research"
job = "Answers questions."
owner = "deciders"
goal = "Decisions that start from what customers said."
sources = ["*"]

[[policy]]
name = "findings"
on = "finding"
needs = [{ group = "deciders", count = 2 }]
rejections = 2
expire_after = "2h"
"#;

const PEOPLE: [&str; 4] = ["U0DANA0000", "U0SAM00000", "U0LENA0000", "U0RAJ00000"];

impl Team {
    /// A team of which two of four decide on a finding that waits, with two further replicas.
    async fn with_three_doors() -> (Self, Vec<Url>, String) {
        let team = Self::start_with_manifest(MANIFEST).await;
        team.has_documents("reviews", "id,text\nR-1,The sound is tinny.\n").await;
        team.member("maya").types("#research", "/research what about the sound?").await;
        team.settle().await;
        let doors = vec![team.bot.clone(), team.replica().await, team.replica().await];
        let newest = team.newest("#research");
        let blocks = newest["blocks"].as_array().unwrap();
        let deciding = |block: &&Value| block["elements"][0]["action_id"] == "review.approve";
        let actions = blocks.iter().find(deciding).unwrap();
        let value = actions["elements"][0]["value"].as_str().unwrap().to_owned();
        (team, doors, value)
    }

    /// One click of one person, signed as Slack signs; `number` makes it a click of its own.
    async fn click_at(&self, door: &Url, person: &str, value: &str, number: usize) -> u16 {
        let tenant = &self.sandbox.seed().team_id;
        let body = json!({
            "type": "block_actions", "team": {"id": tenant},
            "user": {"id": person, "team_id": tenant},
            "channel": {"id": "C0RESEARCH"}, "trigger_id": format!("{number}.7.7"),
            "actions": [{"type": "button", "action_id": "review.approve", "block_id": "b", "value": value}],
        });
        let body = serde_urlencoded::to_string([("payload", body.to_string())]).unwrap();
        let signed = self.sandbox.sign(body.as_bytes(), self.app.now());
        let client =
            reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build().unwrap();
        let request = client.post(door.join("slack/interactivity").unwrap());
        let request =
            signed.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(body).send().await.unwrap().status().as_u16()
    }

    async fn decided_by(&self) -> BTreeMap<String, i64> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT person_id, count(*) FROM decisions WHERE undone_at IS NULL GROUP BY person_id",
        )
        .fetch_all(self.db())
        .await
        .unwrap();
        rows.into_iter().collect()
    }

    async fn how_it_stands(&self) -> String {
        sqlx::query_scalar("SELECT state FROM reviews").fetch_one(self.db()).await.unwrap()
    }
}

#[tokio::test]
async fn hundreds_of_clicks_by_several_people_at_three_replicas_are_the_allowed_decisions() {
    let (team, doors, value) = Team::with_three_doors().await;
    let clicks = (0..240).map(|number| {
        // Each click arrives three times, each time at another replica.
        let (click, door) = (number / 3, &doors[number % 3]);
        team.click_at(door, PEOPLE[click % 4], &value, click)
    });
    let answers = join_all(clicks).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    team.settle().await;

    let decided = team.decided_by().await;
    assert_eq!(decided.values().sum::<i64>(), 2, "exactly the decisions it needs: {decided:?}");
    assert!(decided.values().all(|count| *count == 1), "one each: {decided:?}");
    assert_eq!(team.how_it_stands().await, "released");
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 1);
    assert_eq!(team.count("SELECT count(*) FROM dispatches").await, 1);
    let entries = "SELECT count(*) FROM audit.entries WHERE convert_from(payload, 'UTF8') LIKE '%finding.approved%'";
    assert_eq!(team.count(entries).await, 2);
    let shown: Vec<Value> = team.sandbox.messages("maya", "#research").unwrap();
    let cards = shown.iter().filter(|one| !one["bot_id"].is_null() && one["ephemeral"] != true);
    assert_eq!(
        cards.filter(|one| one["blocks"].as_array().is_some_and(|b| b.len() > 2)).count(),
        1
    );
    team.done().await;
}

#[tokio::test]
async fn a_click_and_an_expiry_at_the_same_instant_are_one_outcome() {
    for round in 0..6 {
        let (team, doors, value) = Team::with_three_doors().await;
        assert_eq!(team.click_at(&doors[0], PEOPLE[0], &value, 1_000 + round).await, 200);
        team.app.clock.turn(SignedDuration::from_hours(3));
        let review = sqlx::query_scalar("SELECT id FROM reviews").fetch_one(team.db()).await;
        let review = countersign::ids::ReviewId(review.unwrap());

        let (answer, attended) = tokio::join!(
            team.click_at(&doors[1], PEOPLE[1], &value, 2_000 + round),
            reviews::attend(&team.app, review),
        );
        assert_eq!(answer, 200);
        attended.unwrap();
        team.settle().await;

        let (state, decided) = (team.how_it_stands().await, team.decided_by().await.len());
        let one_outcome = [("released", 2), ("expired", 1)];
        assert!(one_outcome.contains(&(state.as_str(), decided)), "{state} after {decided}");
        let channel = team.channel("#research");
        let shows = if state == "released" { "*Approved and released*" } else { "*Expired*" };
        assert!(channel.contains(shows), "{channel}");
        team.done().await;
    }
}

#[tokio::test]
async fn a_decision_and_its_being_taken_back_at_once_are_one_outcome() {
    let (team, doors, value) = Team::with_three_doors().await;
    let dana = "U0DANA0000";
    assert_eq!(team.click_at(&doors[0], dana, &value, 1).await, 200);
    team.settle().await;
    let review = countersign::ids::ReviewId(
        sqlx::query_scalar("SELECT id FROM reviews").fetch_one(team.db()).await.unwrap(),
    );
    let dana = countersign::ids::PersonId::from(dana);
    let (answer, undone) = tokio::join!(
        team.click_at(&doors[1], PEOPLE[1], &value, 2),
        reviews::undo(&team.app, Some("undo"), review, &dana),
    );
    assert_eq!(answer, 200);
    team.settle().await;
    // Either the second approval was the last that was needed, or the first was gone by then.
    let expected =
        if undone.is_ok() && team.decided_by().await.len() == 1 { "open" } else { "released" };
    assert_eq!(team.how_it_stands().await, expected);
    team.done().await;
}
