//! What is done outside of a review, and is in the trail all the same.

use countersign::audit::{self, Actor, Entry};
use countersign::evidence::{self, Input, SourceSpec, Visibility};
use serde_json::json;

use crate::harness::Team;

impl Team {
    async fn entries(&self) -> Vec<Entry> {
        let mut db = self.db().acquire().await.unwrap();
        audit::trail(&mut db, self.app.workspace.id).await.unwrap()
    }

    async fn brings_in(&self, csv: &str, visibility: Option<Visibility>) {
        let spec = SourceSpec { name: "reviews".to_owned(), visibility, ..SourceSpec::default() };
        let bytes = csv.to_owned().into();
        let file = Input::Bytes { name: "reviews.csv".to_owned(), bytes }.into();
        let by = Actor::CommandLine("lena".to_owned());
        let (db, clock, workspace) = (&self.app.db, &self.app.clock, self.app.workspace.id);
        evidence::ingest_documents(db, clock, workspace, &by, &spec, &file, |_| {}).await.unwrap();
    }
}

#[tokio::test]
async fn documents_that_are_brought_in_by_hand_are_recorded() {
    let team = Team::start().await;
    team.brings_in("id,text\n1,Good.\n2,Bad.\n", None).await;
    team.brings_in("id,text\n1,Good.\n2,Bad.\n", None).await;
    team.brings_in("id,text\n1,Good.\n2,Worse.\n", None).await;
    let hidden = Some(Visibility::Channels(vec!["C0SALES000".to_owned()]));
    team.brings_in("id,text\n1,Good.\n2,Worse.\n", hidden).await;

    let entries = team.entries().await;
    let told: Vec<_> = entries.iter().map(|it| (it.act.as_str(), json!(it.details))).collect();
    assert_eq!(
        told,
        [
            ("source.added", json!({"name": "reviews"})),
            (
                "documents.ingested",
                json!({"changed": 0, "ingest": "1", "name": "reviews", "new": 2})
            ),
            (
                "documents.ingested",
                json!({"changed": 1, "ingest": "3", "name": "reviews", "new": 0})
            ),
            (
                "source.changed",
                json!({"name": "reviews", "visible_to": "channels", "visible_to_whom": ["C0SALES000"]})
            ),
        ]
    );
    assert!(entries.iter().all(|it| it.actor == Actor::CommandLine("lena".to_owned())));
    team.done().await;
}

#[tokio::test]
async fn an_agent_that_finds_nothing_has_read_all_the_same() {
    let team = Team::start().await;
    team.brings_in("id,text\n1,The fabric is soft.\n2,The colour fades.\n", None).await;
    team.member("maya").types("#research", "/research who won the fabric league?").await;
    team.member("maya").types("#research", "/research zzyzx quux plugh?").await;
    team.settle().await;

    let entries = team.entries().await;
    let read: Vec<_> = entries.iter().filter(|it| it.act == "evidence.read").collect();
    assert_eq!(read.len(), 2, "{entries:?}");
    assert!(read.iter().all(|it| it.details["sources"] == json!(["reviews"])));
    team.done().await;
}
