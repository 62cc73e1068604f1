//! The audit trail: what is recorded, what is refused, what can be shown.

use std::collections::BTreeMap;

use countersign::audit::{self, Actor, Commitment, Event, Finding, Signer, Subject, Value};
use countersign::database::{self, Settings};
use countersign::error::Error;
use countersign::ids::{EntryId, PersonId, WorkspaceId};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;
use url::Url;

use crate::harness::cluster::{self, OwnServer, TestDatabase};

mod keys;
mod mutations;

const WORKSPACE: WorkspaceId = WorkspaceId(7);

/// A trail, and both sides of its database.
struct Trail {
    /// As the service works.
    db: PgPool,
    /// As a superuser does.
    superuser: PgPool,
    key: String,
    signer: Signer,
    _database: TestDatabase,
}

impl Trail {
    async fn start() -> Self {
        let database = cluster::database().await;
        let db = database.pool().await;
        let superuser = PgPool::connect(&database.url).await.unwrap();
        let key = Signer::generate("countersign.local/audit").unwrap();
        let signer = Signer::from_key(&key).unwrap();
        Self { db, superuser, key, signer, _database: database }
    }

    /// One transaction with an entry for each of these.
    async fn record(&self, numbers: impl IntoIterator<Item = i64>) -> Vec<EntryId> {
        let mut tx = self.db.begin().await.unwrap();
        let mut entries = Vec::new();
        for number in numbers {
            entries.push(audit::append(&mut tx, act(number)).await.unwrap());
        }
        tx.commit().await.unwrap();
        entries
    }

    /// Seals what waits, and returns the last checkpoint.
    async fn seal(&self) -> String {
        while audit::sequence(&self.db, &self.signer).await.unwrap().is_some() {}
        let mut db = self.db.acquire().await.unwrap();
        let last = audit::latest_checkpoint(&mut db, self.signer.keys()).await.unwrap();
        last.unwrap().note
    }

    async fn findings(&self, kept: Option<&str>) -> Vec<Finding> {
        audit::verify(&self.db, kept, self.signer.keys(), |_, _| {}).await.unwrap().findings
    }

    /// Does what a superuser can do: with the triggers out of the way.
    async fn tamper(&self, sql: &str) {
        let sql = format!(
            "BEGIN;
             ALTER TABLE audit.entries DISABLE TRIGGER ALL;
             ALTER TABLE audit.leaves DISABLE TRIGGER ALL;
             ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL;
             ALTER TABLE audit.pending DISABLE TRIGGER ALL;
             {sql};
             COMMIT"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.superuser).await.unwrap();
    }

    /// What the trail says about a change, in sentences.
    async fn told(&self, kept: Option<&str>) -> Vec<String> {
        self.findings(kept).await.iter().map(ToString::to_string).collect()
    }

    async fn leaves(&self) -> Vec<(u64, i64)> {
        let mut db = self.db.acquire().await.unwrap();
        let trail = audit::trail(&mut db, WORKSPACE).await.unwrap();
        trail.iter().map(|entry| (entry.leaf.unwrap(), entry.id.0)).collect()
    }
}

fn at() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn act(number: i64) -> Event {
    Event {
        workspace: WORKSPACE,
        at: at(),
        actor: Actor::Person(PersonId::from("U024BE7LH")),
        act: "draft.approved",
        subject: Subject::new("draft", number % 5),
        details: BTreeMap::from([("number", number.into()), ("verdict", "approve".into())]),
    }
}

#[tokio::test]
async fn what_was_recorded_is_sealed_in_order() {
    let trail = Trail::start().await;
    assert!(audit::sequence(&trail.db, &trail.signer).await.unwrap().is_none());

    let entries = trail.record(0..3).await;
    let first = trail.seal().await;
    let entries = [entries, trail.record(3..10).await].concat();
    trail.seal().await;

    let expected: Vec<_> = (0..).zip(entries.iter().map(|entry| entry.0)).collect();
    assert_eq!(trail.leaves().await, expected);
    let keys = trail.signer.keys();
    let report = audit::verify(&trail.db, Some(&first), keys, |_, _| {}).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.checkpoints, report.kept), (10, 2, Some(3)));
}

#[tokio::test]
async fn an_act_that_did_not_happen_leaves_no_entry() {
    let trail = Trail::start().await;
    let mut tx = trail.db.begin().await.unwrap();
    let rolled_back = audit::append(&mut tx, act(1)).await.unwrap();
    tx.rollback().await.unwrap();
    let kept = trail.record([2]).await;
    trail.seal().await;

    assert_eq!(trail.leaves().await, [(0, rolled_back.0 + 1)]);
    assert_eq!(kept, [EntryId(rolled_back.0 + 1)]);
    assert_eq!(trail.findings(None).await, []);
}

#[tokio::test]
async fn what_commits_late_is_sealed_late_and_not_skipped() {
    let trail = Trail::start().await;
    let mut slow = trail.db.begin().await.unwrap();
    let early = audit::append(&mut slow, act(1)).await.unwrap();
    let late = trail.record([2]).await[0];
    trail.seal().await;
    slow.commit().await.unwrap();
    trail.seal().await;

    assert_eq!(trail.leaves().await, [(0, late.0), (1, early.0)]);
    assert_eq!(trail.findings(None).await, []);
}

#[tokio::test]
async fn many_append_and_several_seal_at_once() {
    let trail = Trail::start().await;
    let (done, is_done) = tokio::sync::watch::channel(false);
    let mut sealing = JoinSet::new();
    for _ in 0..3 {
        let (db, is_done) = (trail.db.clone(), is_done.clone());
        let signer = Signer::from_key(&trail.key).unwrap();
        sealing.spawn(async move {
            while !*is_done.borrow() {
                audit::sequence(&db, &signer).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    let mut appending = JoinSet::new();
    for client in 0..8 {
        let db = trail.db.clone();
        appending.spawn(async move {
            let mut committed = Vec::new();
            for number in 0..40 {
                let mut tx = db.begin().await.unwrap();
                let entry = audit::append(&mut tx, act(client * 100 + number)).await.unwrap();
                if number % 4 == 1 {
                    tx.rollback().await.unwrap();
                } else {
                    tx.commit().await.unwrap();
                    committed.push(entry.0);
                }
            }
            committed
        });
    }
    let mut committed = appending.join_all().await.concat();
    done.send(true).unwrap();
    sealing.join_all().await;
    trail.seal().await;

    let leaves = trail.leaves().await;
    assert!(leaves.iter().map(|(leaf, _)| *leaf).eq(0..8 * 30));
    let mut sealed: Vec<_> = leaves.iter().map(|(_, entry)| *entry).collect();
    sealed.sort();
    committed.sort();
    assert_eq!(sealed, committed);
    assert_eq!(trail.findings(None).await, []);
}

#[tokio::test]
async fn lag_is_how_long_the_oldest_entry_waits() {
    let trail = Trail::start().await;
    let now = at() + SignedDuration::from_secs(90);
    assert_eq!(audit::lag(&trail.db, now).await.unwrap().age, SignedDuration::ZERO);

    trail.record(0..3).await;
    let lag = audit::lag(&trail.db, now).await.unwrap();
    assert_eq!((lag.entries, lag.age), (3, SignedDuration::from_secs(90)));

    trail.seal().await;
    assert_eq!(audit::lag(&trail.db, now).await.unwrap().entries, 0);
}

#[tokio::test]
async fn the_history_of_a_subject_has_what_waits_too() {
    let trail = Trail::start().await;
    trail.record(0..7).await;
    trail.seal().await;
    trail.record([12, 13]).await;

    let mut db = trail.db.acquire().await.unwrap();
    let subject = Subject::new("draft", 2);
    let history = audit::history(&mut db, WORKSPACE, &subject).await.unwrap();
    let numbers: Vec<_> = history.iter().map(|entry| entry.details["number"].clone()).collect();
    assert_eq!(numbers, [2, 12]);
    assert!(audit::history(&mut db, WorkspaceId(8), &subject).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_rewrites_the_trail_by_accident() {
    let trail = Trail::start().await;
    trail.record(0..3).await;
    trail.seal().await;

    async fn check(db: &PgPool, sql: String, expected: &str) {
        let mut db = db.acquire().await.unwrap().detach();
        let error = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut db).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{sql}: {error}");
    }
    for (table, column) in
        [("entries", "payload = ''"), ("leaves", "subject = ''"), ("checkpoints", "note = ''")]
    {
        let ways = [
            format!("UPDATE audit.{table} SET {column}"),
            format!("DELETE FROM audit.{table}"),
            format!("TRUNCATE audit.{table}"),
        ];
        for sql in ways {
            check(&trail.db, sql.clone(), "permission denied").await;
            let refused = "the audit trail is only ever added to";
            check(&trail.superuser, sql.clone(), refused).await;
            let as_owner = format!("BEGIN; SET LOCAL ROLE countersign_owner; {sql}");
            check(&trail.superuser, as_owner, refused).await;
            let as_replica = format!("BEGIN; SET LOCAL session_replication_role = replica; {sql}");
            check(&trail.superuser, as_replica, refused).await;
        }
        let disable = format!("ALTER TABLE audit.{table} DISABLE TRIGGER ALL");
        check(&trail.db, disable, "must be owner").await;
        check(&trail.db, format!("DROP TABLE audit.{table}"), "must be owner").await;
    }
    check(&trail.db, "UPDATE audit.pending SET entry_id = 1".to_owned(), "permission denied").await;
    assert_eq!(trail.findings(None).await, []);
}

#[tokio::test]
async fn the_tree_only_grows() {
    let trail = Trail::start().await;
    trail.record(0..3).await;
    trail.seal().await;

    for sql in [
        "INSERT INTO audit.leaves (index, entry_id) VALUES (2, 99)",
        "INSERT INTO audit.leaves (index, entry_id) VALUES (4, 99)",
        "INSERT INTO audit.leaves (index, entry_id) VALUES (3, 98), (5, 99)",
        "INSERT INTO audit.checkpoints (size, start, note, hashes) VALUES (2, 1, '', sha256(''))",
        "INSERT INTO audit.checkpoints (size, start, note, hashes) VALUES (4, 3, '', sha256(''))",
    ] {
        assert!(sqlx::raw_sql(sql).execute(&trail.db).await.is_err(), "{sql}");
    }
    assert_eq!(trail.findings(None).await, []);
}

#[tokio::test]
async fn a_payload_that_is_not_ours_stops_nothing() {
    let trail = Trail::start().await;
    sqlx::raw_sql(
        r"WITH entry AS (
              INSERT INTO audit.entries (payload) VALUES ('\x00ff'), (''), ('{}') RETURNING id
          )
          INSERT INTO audit.pending SELECT id FROM entry",
    )
    .execute(&trail.db)
    .await
    .unwrap();
    trail.record([1]).await;
    trail.seal().await;

    assert_eq!(trail.leaves().await.len(), 1);
    assert_eq!(trail.findings(None).await, []);
}

#[tokio::test]
async fn nothing_is_sealed_on_top_of_a_tree_that_was_changed() {
    let trail = Trail::start().await;
    trail.record(0..3).await;
    trail.seal().await;
    trail
        .tamper(
            "UPDATE audit.checkpoints SET hashes = set_bit(hashes, 600, 1 - get_bit(hashes, 600))",
        )
        .await;
    trail.record([3]).await;

    let error = audit::sequence(&trail.db, &trail.signer).await.unwrap_err().to_string();
    assert!(error.contains("do not add up to its last checkpoint"), "{error}");
    assert_eq!(audit::lag(&trail.db, at()).await.unwrap().entries, 1);
}

#[tokio::test]
async fn a_key_can_be_succeeded_by_another() {
    let trail = Trail::start().await;
    trail.record(0..3).await;
    trail.seal().await;
    trail.record([3]).await;

    let next = Signer::generate("countersign.local/audit").unwrap();
    let stranger = Signer::from_key(&next).unwrap();
    let error = audit::sequence(&trail.db, &stranger).await.unwrap_err().to_string();
    assert!(error.contains("not signed by a known key"), "{error}");

    let next = Signer::from_key(&next).unwrap().succeeding(trail.signer.keys());
    assert_eq!(audit::sequence(&trail.db, &next).await.unwrap().unwrap().size, 4);
    let report = audit::verify(&trail.db, None, next.keys(), |_, _| {}).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(
        trail.told(None).await,
        ["The checkpoint of 4 entries does not count: it is not signed by a known key."]
    );
}

#[tokio::test]
async fn every_entry_can_be_proved_to_anyone() {
    let trail = Trail::start().await;
    let mut entries = Vec::new();
    for batch in [0..1, 1..4, 4..11] {
        entries.extend(trail.record(batch).await);
        trail.seal().await;
    }
    let waits = trail.record([11]).await[0];

    let keys = trail.signer.keys();
    let mut db = trail.db.acquire().await.unwrap();
    for (leaf, entry) in (0..).zip(entries) {
        let proof = audit::prove(&mut db, entry, keys).await.unwrap();
        let proven = audit::verify_proof(&proof, keys).unwrap();
        assert_eq!((proven.leaf, proven.checkpoint.size), (leaf, 11));
        let payload: serde_json::Value = serde_json::from_slice(&proven.payload).unwrap();
        assert_eq!(payload["details"]["number"], leaf);
    }

    let refusal = audit::prove(&mut db, waits, keys).await.unwrap_err();
    assert!(matches!(refusal, Error::Refused(_)));
    assert_eq!(
        refusal.to_string(),
        "Entry 12 has no place in the tree yet; try again in a second."
    );
    let refusal = audit::prove(&mut db, EntryId(99), keys).await.unwrap_err();
    assert_eq!(refusal.to_string(), "The audit trail has no entry 99.");
}

#[tokio::test]
async fn growth_since_a_kept_checkpoint_can_be_proved() {
    let trail = Trail::start().await;
    let mut kept = Vec::new();
    for batch in [0..1, 1..4, 4..11] {
        trail.record(batch).await;
        kept.push(trail.seal().await);
    }

    let keys = trail.signer.keys();
    let mut db = trail.db.acquire().await.unwrap();
    for (kept, (size, hashes)) in kept.iter().zip([(1, 4), (4, 2), (11, 0)]) {
        let proof = audit::prove_consistency(&mut db, kept, keys).await.unwrap();
        let (path, newest) = proof.split_once("\n\n").unwrap();
        let mut lines = path.lines();
        assert_eq!(lines.next().unwrap(), format!("old {size}"));
        assert_eq!(lines.count(), hashes);
        assert!(newest.starts_with("countersign.local/audit\n11\n"));
    }

    let other = Trail::start().await;
    other.record(0..20).await;
    let elsewhere = other.seal().await;
    let refusal = audit::prove_consistency(&mut db, &elsewhere, other.signer.keys()).await;
    assert!(refusal.is_err());
}

#[tokio::test]
async fn a_text_can_be_erased_and_the_trail_still_verifies() {
    let trail = Trail::start().await;
    let (maya, dana) = (PersonId::from("U1"), PersonId::from("U2"));
    let mut tx = trail.db.begin().await.unwrap();
    let mut commitments = Vec::new();
    for (person, text) in [(&maya, "Too long."), (&dana, "Call me on 555-0100.")] {
        let commitment = audit::keep_text(&mut tx, WORKSPACE, Some(person), text).await.unwrap();
        let details = BTreeMap::from([("comment", Value::from(commitment))]);
        audit::append(&mut tx, Event { details, ..act(1) }).await.unwrap();
        commitments.push(commitment);
    }
    tx.commit().await.unwrap();
    let kept = trail.seal().await;

    let mut db = trail.db.acquire().await.unwrap();
    assert_eq!(audit::erase_texts(&mut db, WORKSPACE, &dana).await.unwrap(), 1);
    let mut texts = Vec::new();
    for commitment in &commitments {
        texts.push(audit::text(&mut db, WORKSPACE, commitment).await.unwrap());
    }
    assert_eq!(texts, [Some("Too long.".to_owned()), None]);
    assert_eq!(trail.findings(Some(&kept)).await, []);

    trail.tamper("UPDATE audit.texts SET text = 'Too short.'").await;
    let Commitment(commitment) = commitments[0];
    let commitment = hex::encode(commitment);
    assert_eq!(
        trail.told(None).await,
        [format!(
            "The text kept beside the trail under {commitment} is not the text that the trail means."
        )]
    );
}

fn login(server: &OwnServer, database: &str) -> Settings {
    let mut url = Url::parse(server.url()).unwrap();
    url.set_username("ours").unwrap();
    url.set_password(Some("ours")).unwrap();
    url.set_path(database);
    Settings::new(url)
}

#[tokio::test]
async fn a_login_that_is_no_superuser_migrates_several_databases_at_once() {
    let server = OwnServer::empty().await;
    let superuser = PgPool::connect(server.url()).await.unwrap();
    for sql in [
        "CREATE ROLE ours LOGIN CREATEROLE PASSWORD 'ours'",
        "CREATE DATABASE one OWNER ours",
        "CREATE DATABASE two OWNER ours",
        "CREATE DATABASE three OWNER ours",
    ] {
        sqlx::raw_sql(sql).execute(&superuser).await.unwrap();
    }
    let [one, two, three] = ["one", "two", "three"].map(|database| login(&server, database));
    let migrated =
        tokio::join!(database::migrate(&one), database::migrate(&two), database::migrate(&three));
    migrated.0.and(migrated.1).and(migrated.2).unwrap();

    let db = database::connect(&two).await.unwrap();
    let signer = Signer::from_key(&Signer::generate("countersign.local/audit").unwrap()).unwrap();
    let mut tx = db.begin().await.unwrap();
    audit::append(&mut tx, act(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(audit::sequence(&db, &signer).await.unwrap().unwrap().size, 1);
    let refused = sqlx::raw_sql("DELETE FROM audit.entries").execute(&db).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
}

#[tokio::test]
async fn a_login_that_may_not_make_the_roles_is_told_who_may() {
    let server = OwnServer::empty().await;
    let superuser = PgPool::connect(server.url()).await.unwrap();
    for sql in ["CREATE ROLE ours LOGIN PASSWORD 'ours'", "CREATE DATABASE one OWNER ours"] {
        sqlx::raw_sql(sql).execute(&superuser).await.unwrap();
    }
    let error = database::migrate(&login(&server, "one")).await.unwrap_err();
    let remedy = "GRANT countersign_owner, countersign_service TO ours;";
    assert!(format!("{error:#}").contains(remedy), "{error:#}");
}
