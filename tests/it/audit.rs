//! The audit trail: appending, sealing, and noticing what was changed.

use std::collections::BTreeMap;

use countersign::audit::{self, Actor, Event, Finding, Keys, Signer, Subject};
use countersign::ids::{PersonId, WorkspaceId};
use sqlx::PgPool;

const WORKSPACE: WorkspaceId = WorkspaceId(7);

fn signer() -> Signer {
    Signer::from_key(&Signer::generate("countersign.local/audit").unwrap()).unwrap()
}

fn act(number: i64) -> Event {
    Event {
        workspace: WORKSPACE,
        at: "2026-11-22T09:00:00Z".parse().unwrap(),
        actor: Actor::Person(PersonId::from("U024BE7LH")),
        act: "draft.approved",
        subject: Subject::new("draft", number % 5),
        details: BTreeMap::from([("number", number.into()), ("verdict", "approve".into())]),
    }
}

async fn record(db: &PgPool, numbers: impl IntoIterator<Item = i64>) {
    let mut tx = db.begin().await.unwrap();
    for number in numbers {
        audit::append(&mut tx, act(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn seal(db: &PgPool, signer: &Signer) {
    while audit::sequence(db, signer).await.unwrap().is_some() {}
}

async fn findings(db: &PgPool, kept: Option<&str>, keys: &Keys) -> Vec<Finding> {
    audit::verify(db, kept, keys, |_, _| {}).await.unwrap().findings
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_recorded_is_sealed_in_order(db: PgPool) {
    let signer = signer();
    assert!(audit::sequence(&db, &signer).await.unwrap().is_none());

    record(&db, 0..3).await;
    let first = audit::sequence(&db, &signer).await.unwrap().unwrap();
    record(&db, 3..10).await;
    let second = audit::sequence(&db, &signer).await.unwrap().unwrap();
    assert_eq!((first.size, second.size), (3, 10));

    let trail = audit::trail(&mut db.acquire().await.unwrap(), WORKSPACE).await.unwrap();
    let leaves: Vec<_> = trail.iter().map(|entry| entry.leaf.unwrap()).collect();
    assert_eq!(leaves, (0..10).collect::<Vec<_>>());

    let report = audit::verify(&db, Some(&first.note), signer.keys(), |_, _| {}).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.checkpoints, report.kept), (10, 2, Some(3)));
}
