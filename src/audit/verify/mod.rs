//! Says whether the stored trail is the one that was recorded, and if not, what is wrong where.
//!
//! Everything is computed again: each entry's hash from its payload, the tree from these, and what
//! each checkpoint was signed for. The trail is cut into segments of whole checkpoints, which are read
//! and checked side by side ([`segment`] says why that is the same as checking them in a row).

mod finding;
mod segment;
mod store;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use anyhow::Context;
use futures_util::{TryStreamExt, pin_mut};
use serde::Serialize;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::task::{JoinSet, spawn_blocking};

pub use self::finding::Finding;
use self::segment::{Found, Mismatch, Segment};
use super::kept::checkpoints_in;
use super::note::{Checkpoint, Keys, NotACheckpoint};
use super::texts::{Salt, commitment};
use super::tree::Edge;
use crate::error::{Refusal, Result};

/// How many leaves are read and checked at once: some ten megabytes for each connection.
const SEGMENT: u64 = 16_384;

/// How many signatures at once, where the leaves are few under each.
const SIGNATURES: usize = 1_024;

/// How many findings a report names; the rest is counted.
const NAMED: usize = 1_000;

/// What verification found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How many entries the tree holds.
    pub entries: u64,
    /// How many entries wait for their place in it.
    pub pending: u64,
    pub checkpoints: u64,
    /// How many entries the checkpoint covers that someone kept, the largest if several were given.
    pub kept: Option<u64>,
    /// How many things are wrong.
    pub wrong: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.wrong == 0
    }
}

/// Checks the whole trail as it stands, and against every checkpoint in `kept`, the text of one or more
/// that someone kept. `progress` is told how many entries were checked, and of how many.
///
/// # Errors
///
/// Refuses a `kept` without a checkpoint, or with one that none of `keys` signed. What is wrong with
/// the trail is no error.
pub async fn verify(
    db: &PgPool,
    kept: Option<&str>,
    keys: &Keys,
    progress: impl Fn(u64, u64) + Send + Sync + 'static,
) -> Result<Report> {
    let kept = kept.map(|text| read_kept(text, keys)).transpose()?.unwrap_or_default();
    let mut first = store::begin(db).await?;
    let covered = store::covered(&mut first).await?;
    let pending = store::pending(&mut first).await?;

    let Plan { stretches, entries, mut findings } = plan(&covered);
    let beyond = kept.iter().filter(|kept| kept.size > entries);
    findings.extend(beyond.map(|kept| Finding::CutOff { entries, kept: kept.size }));

    let more = connections(db).min(stretches.len()).saturating_sub(1);
    let others = store::join(db, &mut first, more).await?;
    let kept_size = kept.iter().map(|kept| kept.size).max();
    let work = Arc::new(Work {
        stretches,
        entries,
        taken: AtomicUsize::new(0),
        done: AtomicU64::new(0),
        keys: keys.clone(),
        kept,
        progress: Box::new(progress),
    });
    let mut workers = JoinSet::new();
    workers.spawn(Arc::clone(&work).besides_the_tree(first));
    for connection in others {
        workers.spawn(Arc::clone(&work).stretches(connection));
    }
    let mut all = Found::default();
    while let Some(found) = workers.join_next().await {
        all.add(found.context("checking the audit trail")??);
    }

    findings.append(&mut all.findings);
    findings.extend(explain(all.mismatches));
    findings.extend(all.contradicted.iter().min().map(|&size| Finding::CheckpointContradicted {
        size,
        after: all.contradicted.len() as u64 - 1,
    }));
    findings.sort();
    findings.dedup();
    let wrong = findings.len() as u64;
    findings.truncate(NAMED);
    Ok(Report {
        entries,
        pending: pending.unsigned_abs(),
        checkpoints: covered.len() as u64,
        kept: kept_size,
        wrong,
        findings,
    })
}

fn read_kept(text: &str, keys: &Keys) -> Result<Vec<Checkpoint>, Refusal> {
    let refuse = |why: NotACheckpoint| {
        Refusal::Unreadable(format!("This checkpoint cannot be verified against: {why}."))
    };
    let notes = checkpoints_in(text);
    if notes.is_empty() {
        return Err(refuse(NotACheckpoint::Malformed));
    }
    notes.iter().map(|note| Checkpoint::open(note, keys).map_err(refuse)).collect()
}

/// No more than half of what the pool may open, because a serving process needs the rest, and no more
/// than help.
fn connections(db: &PgPool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.min(db.options().get_max_connections() as usize / 2).clamp(1, 8)
}

struct Plan {
    /// From which leaf, up to which not any more.
    stretches: Vec<(u64, u64)>,
    entries: u64,
    findings: Vec<Finding>,
}

/// Cuts the trail at checkpoints, and sees whether each starts where the one before it ended.
fn plan(covered: &[(i64, i64)]) -> Plan {
    let mut plan = Plan { stretches: Vec::new(), entries: 0, findings: Vec::new() };
    let mut checkpoints = 0;
    for &(start, size) in covered {
        let (Ok(from), Ok(to)) = (u64::try_from(start), u64::try_from(size)) else {
            plan.findings.push(Finding::CheckpointDamaged { size: size.unsigned_abs() });
            continue;
        };
        if from >= to {
            plan.findings.push(Finding::CheckpointDamaged { size: to });
            continue;
        }

        if from > plan.entries {
            plan.findings.push(Finding::CheckpointGone { from: plan.entries, to: from });
        } else if from < plan.entries {
            plan.findings.push(Finding::CheckpointOverlaps { from, to });
        }
        checkpoints += 1;
        match plan.stretches.last_mut() {
            Some((first, last))
                if *last == from && from - *first < SEGMENT && checkpoints <= SIGNATURES =>
            {
                *last = to;
            }
            _ => {
                checkpoints = 1;
                plan.stretches.push((from, to));
            }
        }
        plan.entries = plan.entries.max(to);
    }
    plan
}

/// What the connections do between them, each taking the next stretch when it is done with one.
struct Work {
    stretches: Vec<(u64, u64)>,
    entries: u64,
    taken: AtomicUsize,
    done: AtomicU64,
    keys: Keys,
    kept: Vec<Checkpoint>,
    progress: Box<dyn Fn(u64, u64) + Send + Sync>,
}

impl Work {
    async fn besides_the_tree(
        self: Arc<Self>,
        mut db: Transaction<'static, Postgres>,
    ) -> Result<Found> {
        let mut findings = besides_the_tree(&mut db, self.entries).await?;
        let mut found = self.stretches(db).await?;
        found.findings.append(&mut findings);
        Ok(found)
    }

    async fn stretches(self: Arc<Self>, mut db: Transaction<'static, Postgres>) -> Result<Found> {
        let mut found = Found::default();
        while let Some(&(from, to)) = self.stretches.get(self.taken.fetch_add(1, Ordering::Relaxed))
        {
            let segment = read(&mut db, from, to).await?;
            let work = Arc::clone(&self);
            let check = move || segment::check(segment, &work.keys, &work.kept);
            let here = spawn_blocking(check).await.context("checking a stretch of the trail")?;
            found.add(here);

            let done = self.done.fetch_add(to - from, Ordering::Relaxed) + to - from;
            (self.progress)(done, self.entries);
        }
        Ok(found)
    }
}

async fn read(db: &mut PgConnection, from: u64, to: u64) -> Result<Segment> {
    let edge = super::store::stored_hashes(db, &Edge::positions(from)).await?;
    let edge = edge.into_iter().collect::<Option<Vec<_>>>();
    let leaves = store::leaves(&mut *db, from, to).await?;
    let entries: Vec<_> = leaves.iter().map(|leaf| leaf.entry).collect();
    Ok(Segment {
        edge: edge.map(|subtrees| Edge::new(from, subtrees)),
        checkpoints: store::checkpoints(&mut *db, from, to).await?,
        leaves,
        payloads: store::payloads(db, &entries).await?,
    })
}

/// What is recorded and in no checkpoint, and what is kept beside the trail.
async fn besides_the_tree(db: &mut PgConnection, entries: u64) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if let Some((leaf, leaves)) = store::leaves_outside(db, entries).await? {
        findings.push(Finding::LeavesUnsealed { leaf, leaves });
    }
    for entry in store::inserted(db).await? {
        findings.push(Finding::EntryInserted { entry });
    }
    for pending in store::amiss_pending(db).await? {
        let entry = pending.entry;
        findings.push(match pending.is_gone {
            true => Finding::PendingEntryGone { entry },
            false => Finding::PendingAmiss { entry },
        });
    }

    let texts = store::texts(db);
    pin_mut!(texts);
    while let Some(kept) = texts.try_next().await? {
        let means = kept.salt.as_slice().try_into().ok().map(Salt::from_bytes);
        let means = means.map(|salt| commitment(&salt, &kept.text));
        if means.is_none_or(|means| means.0.as_slice() != kept.commitment) {
            findings.push(Finding::TextChanged { commitment: hex::encode(&kept.commitment) });
        }
    }
    Ok(findings)
}

/// Content that stands where another's hash is, and whose own hash stands elsewhere, was moved.
fn explain(mismatches: Vec<Mismatch>) -> impl Iterator<Item = Finding> {
    let places: HashMap<[u8; 32], u64> =
        mismatches.iter().map(|found| (found.stored.0, found.leaf)).collect();
    mismatches.into_iter().map(move |found| match places.get(&found.content.0) {
        Some(&belongs) => Finding::EntryMoved { leaf: found.leaf, entry: found.entry, belongs },
        None => Finding::EntryChanged { leaf: found.leaf, entry: found.entry },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trail_is_cut_into_stretches_of_whole_checkpoints() {
        let check = |covered: &[(i64, i64)], stretches: &[(u64, u64)], findings: &[Finding]| {
            let plan = plan(covered);
            assert_eq!(
                (plan.stretches.as_slice(), plan.findings.as_slice()),
                (stretches, findings)
            );
        };

        check(&[], &[], &[]);
        check(&[(0, 5), (5, 9)], &[(0, 9)], &[]);
        check(&[(0, 20_000), (20_000, 20_001)], &[(0, 20_000), (20_000, 20_001)], &[]);
        let many: Vec<_> = (0..1_500).map(|n| (n, n + 1)).collect();
        check(&many, &[(0, 1_024), (1_024, 1_500)], &[]);

        let gone = Finding::CheckpointGone { from: 5, to: 7 };
        check(&[(0, 5), (7, 9)], &[(0, 5), (7, 9)], &[gone]);
        let overlaps = Finding::CheckpointOverlaps { from: 3, to: 9 };
        check(&[(0, 5), (3, 9)], &[(0, 5), (3, 9)], &[overlaps]);
        check(&[(4, 4)], &[], &[Finding::CheckpointDamaged { size: 4 }]);
        check(&[(-1, 4)], &[], &[Finding::CheckpointDamaged { size: 4 }]);
    }
}
