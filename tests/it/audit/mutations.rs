//! What was changed behind the trail's back: each way once with its sentence, and a thousand at random.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// Twelve entries, leaves 0 to 11 under checkpoints of 5, 9 and 12, and entry 13, which waits.
async fn twelve() -> (Trail, String) {
    let trail = Trail::start().await;
    let mut kept = String::new();
    for batch in [0..5, 5..9, 9..12] {
        trail.record(batch).await;
        kept = trail.seal().await;
    }
    trail.record([12]).await;
    assert_eq!(trail.findings(Some(&kept)).await, []);
    (trail, kept)
}

#[tokio::test]
async fn a_changed_entry_is_named() {
    let (trail, _) = twelve().await;
    trail.tamper("UPDATE audit.entries SET payload = replace(convert_from(payload, 'UTF8'), 'approve\"', 'reject\"')::bytea WHERE id = 4").await;
    assert_eq!(
        trail.told(None).await,
        [
            "Entry 4 (leaf 3) was changed: its content does not have the hash that the tree holds for it."
        ]
    );
}

#[tokio::test]
async fn a_changed_entry_is_noticed_with_its_leaf_hash_changed_as_well() {
    let (trail, _) = twelve().await;
    trail.tamper("UPDATE audit.entries SET payload = '{}' WHERE id = 1; UPDATE audit.checkpoints SET hashes = overlay(hashes PLACING sha256('\\x007b7d') FROM 1) WHERE size = 5").await;
    assert_eq!(
        trail.told(None).await,
        [
            "Entry 1 (leaf 0) is filed under a workspace, time or subject that its content does not have.",
            "The stored hash over leaves 0 to 1 was changed.",
            "The stored hash over leaves 0 to 3 was changed.",
            "The stored hash over leaves 0 to 7 was changed.",
            "The checkpoint of 5 entries, and 2 after it, were signed for other entries than those that are there.",
        ]
    );
}

#[tokio::test]
async fn deleted_entries_leaves_and_checkpoints_are_named() {
    let (trail, _) = twelve().await;
    trail.tamper("DELETE FROM audit.entries WHERE id = 4").await;
    assert_eq!(trail.told(None).await, ["Entry 4 (leaf 3) was deleted."]);
    trail.tamper("DELETE FROM audit.leaves WHERE entry_id = 4").await;
    assert_eq!(trail.told(None).await, ["Leaf 3 was deleted."]);
    trail.tamper("DELETE FROM audit.checkpoints WHERE size = 5").await;
    assert_eq!(
        trail.told(None).await,
        [
            "The checkpoints over leaves 0 to 4 were deleted, and with them the hashes of these leaves."
        ]
    );
    trail.tamper("DELETE FROM audit.entries WHERE id = 13").await;
    assert_eq!(trail.told(None).await[0], "Entry 13 was deleted while it waited for its leaf.");
}

#[tokio::test]
async fn inserted_entries_are_named() {
    let (trail, _) = twelve().await;
    trail
        .tamper(
            "INSERT INTO audit.entries (payload) SELECT payload FROM audit.entries WHERE id = 4",
        )
        .await;
    let inserted = "Entry 14 was inserted past the trail: it is no leaf of the tree and does not wait to become one.";
    assert_eq!(trail.told(None).await, [inserted]);
    trail.tamper("INSERT INTO audit.leaves SELECT 12, 14, workspace_id, at, subject FROM audit.leaves WHERE index = 3").await;
    assert_eq!(
        trail.told(None).await,
        ["No checkpoint covers the 1 leaves that stand at 12 and after."]
    );
}

#[tokio::test]
async fn reordered_entries_are_named() {
    let (trail, _) = twelve().await;
    trail
        .tamper(
            "UPDATE audit.leaves SET entry_id = -entry_id WHERE index IN (2, 10);
             UPDATE audit.leaves SET entry_id = CASE index WHEN 2 THEN 11 ELSE 3 END WHERE index IN (2, 10)",
        )
        .await;
    assert_eq!(
        trail.told(None).await,
        [
            "Entry 11 stands at leaf 2 and belongs to leaf 10: entries were reordered.",
            "Entry 3 stands at leaf 10 and belongs to leaf 2: entries were reordered.",
        ]
    );
}

#[tokio::test]
async fn changed_hashes_are_told_from_changed_entries() {
    let (trail, _) = twelve().await;
    trail.tamper("UPDATE audit.checkpoints SET hashes = set_bit(hashes, 3, 1 - get_bit(hashes, 3)) WHERE size = 5").await;
    assert_eq!(
        trail.told(None).await,
        ["The stored hash of leaf 0 was changed; the entry itself is as it was sealed."]
    );
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_missed_by_who_kept_a_checkpoint() {
    let (trail, kept) = twelve().await;
    trail
        .tamper(
            "DELETE FROM audit.checkpoints WHERE size = 12; DELETE FROM audit.leaves WHERE index >= 9;
             DELETE FROM audit.pending; DELETE FROM audit.entries WHERE id >= 10",
        )
        .await;
    assert_eq!(trail.findings(None).await, [], "nobody can see it from inside");
    assert_eq!(
        trail.told(Some(&kept)).await,
        ["The checkpoint you kept covers 12 entries and the trail has 9: its tail was cut off."]
    );
}

#[tokio::test]
async fn a_history_rewritten_with_the_key_is_missed_by_who_kept_a_checkpoint() {
    let (trail, kept) = twelve().await;
    trail
        .tamper(
            "DELETE FROM audit.checkpoints; DELETE FROM audit.leaves;
             UPDATE audit.entries SET payload = replace(convert_from(payload, 'UTF8'), 'approve\"', 'reject\"')::bytea
             WHERE id = 4;
             INSERT INTO audit.pending SELECT id FROM audit.entries WHERE id < 13",
        )
        .await;
    let error = audit::sequence(&trail.db, &trail.signer).await.unwrap_err().to_string();
    let seen = "the audit trail does not go on from the 12 entries that this process has seen";
    assert!(error.contains(seen), "{error}");

    let restarted = Signer::from_key(&trail.key).unwrap();
    audit::sequence(&trail.db, &restarted).await.unwrap();
    assert_eq!(trail.findings(None).await, [], "nobody can see it from inside");
    assert_eq!(
        trail.told(Some(&kept)).await,
        [
            "The first 12 entries are not those that the checkpoint you kept was signed for: history was rewritten."
        ]
    );
}

/// A trail to be damaged at random, and put back together from a copy.
struct Target {
    trail: Trail,
    kept: String,
    rng: StdRng,
}

const ENTRIES: i64 = 60;
const SIZES: [i64; 6] = [7, 8, 24, 40, 57, 60];

impl Target {
    async fn start(seed: u64) -> Self {
        let trail = Trail::start().await;
        let (mut start, mut kept) = (0, String::new());
        for size in SIZES {
            trail.record(start..size).await;
            kept = trail.seal().await;
            start = size;
        }
        trail.record(ENTRIES..ENTRIES + 4).await;
        let mut db = trail.db.acquire().await.unwrap();
        for text in ["one", "two", "three"] {
            audit::keep_text(&mut db, WORKSPACE, None, text).await.unwrap();
        }

        // Whoever changes the trail is not stopped by what holds it together either.
        trail
            .tamper(
                "ALTER TABLE audit.entries ALTER COLUMN id DROP IDENTITY;
                 ALTER TABLE audit.leaves DROP CONSTRAINT leaves_pkey;
                 ALTER TABLE audit.leaves DROP CONSTRAINT leaves_hold_an_entry_once;
                 ALTER TABLE audit.leaves DROP CONSTRAINT leaves_count_from_zero;
                 ALTER TABLE audit.checkpoints DROP CONSTRAINT checkpoints_pkey;
                 ALTER TABLE audit.checkpoints DROP CONSTRAINT checkpoints_start_where_one_ended;
                 ALTER TABLE audit.checkpoints DROP CONSTRAINT checkpoints_grow;
                 ALTER TABLE audit.checkpoints DROP CONSTRAINT checkpoints_hold_their_hashes;
                 CREATE SCHEMA copy;
                 CREATE TABLE copy.entries AS TABLE audit.entries;
                 CREATE TABLE copy.leaves AS TABLE audit.leaves;
                 CREATE TABLE copy.checkpoints AS TABLE audit.checkpoints;
                 CREATE TABLE copy.pending AS TABLE audit.pending;
                 CREATE TABLE copy.texts AS TABLE audit.texts",
            )
            .await;
        drop(db);
        Self { trail, kept, rng: StdRng::seed_from_u64(seed) }
    }

    /// The triggers are out of the way since the start.
    async fn execute(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.trail.superuser).await.unwrap();
    }

    /// Does `change` to the table so many times, each time to the trail as it was.
    async fn endure(&mut self, table: &str, times: usize, change: fn(&mut StdRng) -> String) {
        assert_eq!(self.trail.findings(Some(&self.kept)).await, []);
        for _ in 0..times {
            let change = change(&mut self.rng);
            self.execute(&change).await;
            assert_ne!(self.trail.findings(Some(&self.kept)).await, [], "unnoticed: {change}");
            let restore =
                format!("DELETE FROM audit.{table}; INSERT INTO audit.{table} TABLE copy.{table}");
            self.execute(&restore).await;
        }
        assert_eq!(self.trail.findings(Some(&self.kept)).await, []);
    }
}

/// Two that differ, below `bound`.
fn two(rng: &mut StdRng, bound: i64) -> (i64, i64) {
    let one = rng.random_range(0..bound);
    (one, (one + rng.random_range(1..bound)) % bound)
}

/// An expression for the column with one bit changed.
fn flipped(column: &str, rng: &mut StdRng) -> String {
    let bit = format!("{} % bit_length({column})", rng.random_range(0..1_000_000));
    format!("set_bit({column}, {bit}, 1 - get_bit({column}, {bit}))")
}

#[tokio::test]
async fn every_random_change_of_entries_is_noticed() {
    let change = |rng: &mut StdRng| {
        let (one, other) = two(rng, ENTRIES);
        let (one, other) = (one + 1, other + 1);
        let set = |to: String| format!("UPDATE audit.entries SET payload = {to} WHERE id = {one}");
        match rng.random_range(0..9) {
            0..=2 => set(flipped("payload", rng)),
            3 => set("substring(payload FROM 2)".to_owned()),
            4 => set(r"payload || '\x20'".to_owned()),
            5 => set(format!("(SELECT payload FROM copy.entries WHERE id = {other})")),
            6 => format!("DELETE FROM audit.entries WHERE id = {one}"),
            7 => format!(
                "INSERT INTO audit.entries SELECT {}, payload FROM copy.entries WHERE id = {one}",
                rng.random_range(65..999)
            ),
            _ => format!(
                "UPDATE audit.entries SET id = -id WHERE id = {one};
                 UPDATE audit.entries SET id = {one} WHERE id = {other};
                 UPDATE audit.entries SET id = {other} WHERE id = -{one}"
            ),
        }
    };
    Target::start(1).await.endure("entries", 250, change).await;
}

#[tokio::test]
async fn every_random_change_of_leaves_is_noticed() {
    let change = |rng: &mut StdRng| {
        let (one, other) = two(rng, ENTRIES);
        let set = |to: String| format!("UPDATE audit.leaves SET {to} WHERE index = {one}");
        match rng.random_range(0..10) {
            0 => format!("DELETE FROM audit.leaves WHERE index = {one}"),
            1 => set(format!("entry_id = {}", other + 1)),
            2 => set(format!("entry_id = {}", rng.random_range(61..999))),
            3 => set(format!(
                "index = {}",
                rng.random_range(-9..ENTRIES) + if one == 0 { 100 } else { 60 }
            )),
            4 => format!(
                "UPDATE audit.leaves SET index = {one} + {other} - index WHERE index IN ({one}, {other})"
            ),
            5 => set(format!("workspace_id = {}", rng.random_range(8..99))),
            6 => set(format!("at = at + {} * interval '1 microsecond'", rng.random_range(1..999))),
            7 => set(format!("subject = 'draft:{}'", rng.random_range(5..99))),
            8 => set("subject = NULL".to_owned()),
            _ => format!("INSERT INTO audit.leaves SELECT * FROM copy.leaves WHERE index = {one}"),
        }
    };
    Target::start(2).await.endure("leaves", 250, change).await;
}

#[tokio::test]
async fn every_random_change_of_checkpoints_is_noticed() {
    let change = |rng: &mut StdRng| {
        let (one, other) = two(rng, SIZES.len() as i64);
        let (one, other) = (SIZES[one as usize], SIZES[other as usize]);
        let set = |to: String| format!("UPDATE audit.checkpoints SET {to} WHERE size = {one}");
        let copied = |column: &str| {
            format!("{column} = (SELECT {column} FROM copy.checkpoints WHERE size = {other})")
        };
        match rng.random_range(0..12) {
            0..=2 => set(format!("hashes = {}", flipped("hashes", rng))),
            3 => set("hashes = substring(hashes FROM 33)".to_owned()),
            4 => set(r"hashes = hashes || '\x00'".to_owned()),
            5 => format!("DELETE FROM audit.checkpoints WHERE size = {one}"),
            6 => set(format!("size = size + {}", rng.random_range(1..i64::MAX - 60))),
            7 => set(format!("start = start - {}", rng.random_range(1..99))),
            8 => set(copied("note")),
            9 => set(copied("hashes")),
            10 => set(format!(
                "note = overlay(note PLACING '#' FROM 1 + {} % length(note))",
                rng.random_range(0..9999)
            )),
            _ => set("note = note || 'x'".to_owned()),
        }
    };
    Target::start(3).await.endure("checkpoints", 250, change).await;
}

#[tokio::test]
async fn every_random_change_beside_the_tree_is_noticed() {
    let mut target = Target::start(4).await;
    let pending = |rng: &mut StdRng| {
        let one = rng.random_range(61..65);
        match rng.random_range(0..4) {
            0 => format!("DELETE FROM audit.pending WHERE entry_id = {one}"),
            1 => format!("INSERT INTO audit.pending VALUES ({})", rng.random_range(1..99)),
            2 => format!("UPDATE audit.pending SET entry_id = entry_id + 4 WHERE entry_id = {one}"),
            _ => {
                format!("UPDATE audit.pending SET entry_id = entry_id - 60 WHERE entry_id = {one}")
            }
        }
    };
    target.endure("pending", 150, pending).await;
    let text = |rng: &mut StdRng| {
        let columns = ["commitment", "salt"];
        let one =
            "WHERE commitment = (SELECT commitment FROM copy.texts ORDER BY commitment LIMIT 1)";
        match rng.random_range(0..3) {
            column @ 0..2 => {
                let column = columns[column];
                format!("UPDATE audit.texts SET {column} = {} {one}", flipped(column, rng))
            }
            _ => format!(
                "UPDATE audit.texts SET text = text || chr({}) {one}",
                rng.random_range(32..999)
            ),
        }
    };
    target.endure("texts", 100, text).await;
}
