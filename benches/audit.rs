//! What the audit trail costs, and how fast it is verified.
//!
//! `DATABASE_URL=… cargo bench --bench audit -- [--entries N] [--seconds N] [--rounds N]`, on an empty
//! database of a server that does nothing else, with `pgbench` in the path. It measures
//!
//! - transactions a second of an act (a decision, its review, a job) without and with its entry, in
//!   alternating rounds on the same server, while the sequencer seals five times a second;
//! - appending, sealing and verifying a million entries;
//! - verifying as many that trickled in, under a checkpoint for each, as a sequencer makes them that
//!   finds one entry in each pass: four a second for three days.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use countersign::audit::{self, Actor, Event, Signer, Subject, Value};
use countersign::ids::{PersonId, WorkspaceId};
use signed_note::{Note, StandardSigner};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tlog_tiles::tlog;
use tokio::task::JoinSet;

#[derive(Parser)]
struct Options {
    #[arg(long, env = "DATABASE_URL")]
    database: String,
    #[arg(long, default_value_t = 1_000_000)]
    entries: i64,
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Signs the checkpoints; otherwise a new key does.
    #[arg(long, env = "COUNTERSIGN_AUDIT_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Only fill the trail, verify it and stop.
    #[arg(long)]
    fill: bool,
    /// Only the trail that trickled in, with so many entries under each checkpoint.
    #[arg(long, value_name = "ENTRIES")]
    trickle: Option<u64>,
    /// Cargo hands this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let db = PgPoolOptions::new().max_connections(16).connect(&options.database).await.unwrap();
    sqlx::migrate!("./migrations").run(&db).await.unwrap();
    let key = options.key.clone();
    let key = key.unwrap_or_else(|| Signer::generate("bench.local/audit").unwrap());
    let signer = Arc::new(Signer::from_key(&key).unwrap());

    if let Some(each) = options.trickle {
        return trickle(&db, &key, &signer, &options, each).await;
    }
    if !options.fill {
        for clients in [8, 32] {
            cost(&db, &signer, &options, clients).await;
        }
    }
    speed(&db, &signer, &options).await;
    sqlx::raw_sql(
        "ALTER TABLE audit.entries DISABLE TRIGGER ALL;
         ALTER TABLE audit.leaves DISABLE TRIGGER ALL;
         ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL;
         TRUNCATE audit.entries, audit.leaves, audit.checkpoints",
    )
    .execute(&db)
    .await
    .unwrap();
    trickle(&db, &key, &signer, &options, 1).await;
}

const ACT: &str = "
BEGIN;
INSERT INTO bench.decisions (review, person, verdict, content) VALUES (:review, 'U024BE7LH', 'approve', sha256('x'));
UPDATE bench.reviews SET decisions = decisions + 1 WHERE id = :review;
INSERT INTO bench.jobs (payload) VALUES ('{\"show_review\": 4711}');
";

/// As `audit::append` sends it, with the bytes of one act.
fn append() -> String {
    let payload = concat!(
        r#"{"act":"draft.approved","actor":{"person":"U024BE7LH"},"at":"2026-11-22T09:00:00.123456Z","#,
        r#""details":{"content":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","#,
        r#""policy":"default@3","revision":4711,"verdict":"approve"},"#,
        r#""subject":{"id":"42","kind":"draft"},"v":1,"workspace":7}"#
    );
    format!(
        "WITH entry AS (INSERT INTO audit.entries (payload) VALUES ('\\x{}') RETURNING id)
         INSERT INTO audit.pending (entry_id) SELECT id FROM entry RETURNING entry_id;",
        hex::encode(payload)
    )
}

async fn cost(db: &PgPool, signer: &Arc<Signer>, options: &Options, clients: u32) {
    sqlx::raw_sql(
        "DROP SCHEMA IF EXISTS bench CASCADE;
         CREATE SCHEMA bench;
         CREATE TABLE bench.decisions (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, review bigint,
             person text, verdict text, content bytea, at timestamptz DEFAULT now());
         CREATE TABLE bench.reviews (id bigint PRIMARY KEY, decisions int NOT NULL DEFAULT 0)
             WITH (fillfactor = 50);
         INSERT INTO bench.reviews SELECT n FROM generate_series(1, 100000) n;
         CREATE TABLE bench.jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload json);",
    )
    .execute(db)
    .await
    .unwrap();
    let script = |name: &str, last: &str| {
        let path = std::env::temp_dir().join(name);
        let text = format!("\\set review random(1, 100000){ACT}{last}\nCOMMIT;\n");
        fs::write(&path, text).unwrap();
        path
    };
    let (without, with) = (script("without.sql", ""), script("with.sql", &append()));

    let sealing = tokio::spawn({
        let (db, signer) = (db.clone(), Arc::clone(signer));
        async move {
            loop {
                while audit::sequence(&db, &signer).await.unwrap().is_some() {}
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    });
    let (mut bare, mut recorded) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        bare.push(pgbench(options, clients, &without).await);
        recorded.push(pgbench(options, clients, &with).await);
    }
    sealing.abort();

    let (bare, recorded) = (median(bare), median(recorded));
    println!(
        "{clients} clients: {bare:.0} acts/s without the trail, {recorded:.0} with it: {:.0} %",
        100.0 * recorded / bare
    );
}

/// Transactions a second.
async fn pgbench(options: &Options, clients: u32, script: &Path) -> f64 {
    let mut command = Command::new("pgbench");
    command
        .args(["-n", "-M", "prepared", "-j", "4", "-T", &options.seconds.to_string()])
        .args(["-c", &clients.to_string(), "-f"])
        .arg(PathBuf::from(script))
        .arg(&options.database);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = tps.and_then(|tps| tps.split(' ').next());
    tps.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr))).parse().unwrap()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

async fn speed(db: &PgPool, signer: &Signer, options: &Options) {
    append_all(db, options).await;

    let started = Instant::now();
    let mut sealed = None;
    while let Some(checkpoint) = audit::sequence(db, signer).await.unwrap() {
        sealed = Some(checkpoint);
    }
    report("sealed", options.entries, started);
    let kept = sealed.map(|checkpoint| checkpoint.note);
    verify(db, signer, options, kept.as_deref()).await;
}

async fn append_all(db: &PgPool, options: &Options) {
    let started = Instant::now();
    let mut appending = JoinSet::new();
    for part in 0..8 {
        let (db, entries) = (db.clone(), options.entries / 8);
        appending.spawn(async move {
            for batch in 0..=entries / 1_000 {
                let mut tx = db.begin().await.unwrap();
                for number in batch * 1_000..entries.min((batch + 1) * 1_000) {
                    audit::append(&mut tx, event(part * entries + number)).await.unwrap();
                }
                tx.commit().await.unwrap();
            }
        });
    }
    appending.join_all().await;
    report("appended", options.entries, started);
}

async fn verify(db: &PgPool, signer: &Signer, options: &Options, kept: Option<&str>) {
    sqlx::raw_sql("VACUUM ANALYZE").execute(db).await.unwrap();
    for _ in 0..options.rounds {
        let started = Instant::now();
        let report = audit::verify(db, kept, signer.keys(), |_, _| {}).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        let took = started.elapsed().as_secs_f64();
        println!(
            "verified {} entries under {} checkpoints in {took:.2} s",
            report.entries, report.checkpoints
        );
    }
}

/// The same entries under a checkpoint for every few, put there as the sequencer would have in days.
async fn trickle(db: &PgPool, key: &str, signer: &Signer, options: &Options, each: u64) {
    append_all(db, options).await;
    sqlx::raw_sql(
        "ALTER TABLE audit.leaves DISABLE TRIGGER ALL;
         ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL;
         DELETE FROM audit.pending",
    )
    .execute(db)
    .await
    .unwrap();
    let key = StandardSigner::new(key).unwrap();
    let mut hashes = Stored(Vec::new());
    let (mut leaf, mut start, mut after) = (0_u64, 0_u64, 0_i64);
    let mut kept = String::new();
    loop {
        let page: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT id, payload FROM audit.entries WHERE id > $1 ORDER BY id LIMIT 20000",
        )
        .bind(after)
        .fetch_all(db)
        .await
        .unwrap();
        let Some((last, _)) = page.last() else { break };
        after = *last;
        let first = leaf as i64;
        let (mut sizes, mut starts, mut notes, mut rows) = (vec![], vec![], vec![], vec![]);
        let ids: Vec<i64> = page.iter().map(|(id, _)| *id).collect();
        for (_, payload) in page {
            let added = tlog::stored_hashes(leaf, &payload, &hashes).unwrap();
            hashes.0.extend(added);
            leaf += 1;
            if leaf % each == 0 || leaf == options.entries as u64 {
                let from = tlog::stored_hash_count(start) as usize;
                rows.push(hashes.0[from..].iter().flat_map(|hash| hash.0).collect::<Vec<u8>>());
                kept = note(&key, signer, leaf, &hashes);
                notes.push(kept.clone());
                starts.push(start as i64);
                sizes.push(leaf as i64);
                start = leaf;
            }
        }
        sqlx::query(
            "INSERT INTO audit.leaves (index, entry_id, workspace_id, at, subject)
             SELECT $1 + place - 1, id, (record->>'workspace')::bigint, (record->>'at')::timestamptz,
                    (record->'subject'->>'kind') || ':' || (record->'subject'->>'id')
             FROM UNNEST($2::bigint[]) WITH ORDINALITY AS leaf (entry, place)
             JOIN audit.entries ON id = entry,
             LATERAL (SELECT convert_from(payload, 'UTF8')::jsonb AS record) AS read",
        )
        .bind(first)
        .bind(&ids)
        .execute(db)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO audit.checkpoints (size, start, note, hashes)
             SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::text[], $4::bytea[])",
        )
        .bind(&sizes)
        .bind(&starts)
        .bind(&notes)
        .bind(&rows)
        .execute(db)
        .await
        .unwrap();
    }
    verify(db, signer, options, Some(&kept)).await;
}

fn note(key: &StandardSigner, signer: &Signer, size: u64, hashes: &Stored) -> String {
    let origin = signer.verifier_key().split('+').next().unwrap();
    let root = tlog::tree_hash(size, hashes).unwrap();
    let text = tlog_tiles::Checkpoint::new(origin, size, root, "").unwrap().to_bytes();
    let mut note = Note::new(&text, &[]).unwrap();
    note.add_sigs(&[key]).unwrap();
    String::from_utf8(note.to_bytes()).unwrap()
}

/// All hashes of the tree, in the order of storage.
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(positions.iter().map(|&position| self.0[position as usize]).collect())
    }
}

fn report(what: &str, entries: i64, started: Instant) {
    let took = started.elapsed().as_secs_f64();
    println!("{what} {entries} entries in {took:.1} s: {:.0} a second", entries as f64 / took);
}

fn event(number: i64) -> Event {
    Event {
        workspace: WorkspaceId(7),
        at: "2026-11-22T09:00:00.123456Z".parse().unwrap(),
        actor: Actor::Person(PersonId::from("U024BE7LH")),
        act: "draft.approved",
        subject: Subject::new("draft", number / 10),
        details: BTreeMap::from([
            ("content", Value::hash(&[number as u8; 32])),
            ("policy", Value::name("default@3")),
            ("revision", number.into()),
            ("verdict", "approve".into()),
        ]),
    }
}
