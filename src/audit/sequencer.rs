//! Gives what committed its place in the tree, and signs the tree that results.

use anyhow::{Context, anyhow};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use tlog_tiles::tlog::record_hash;

use super::event::{Record, Searchable};
use super::note::{Checkpoint, Signer};
use super::proof::growth;
use super::store;
use super::tree::Edge;
use crate::error::Result;

/// What one pass takes at most: some megabytes, some tenths of a second.
const PASS: i64 = 16_384;

const REMEDY: &str =
    "nothing is added to the tree before someone has read `countersign audit verify`";

/// One pass: takes what is pending, in the order of its ids, extends the tree by it and signs a
/// checkpoint, in one transaction. Nothing when nothing waited or another process is at it.
///
/// # Errors
///
/// Refuses to build on a tree that does not match its own last checkpoint, or that did not grow out of
/// the one which this process built on before, and on an entry that was deleted while it waited.
/// Entries then go on to be recorded and wait, which [`lag`] shows.
pub async fn sequence(db: &PgPool, signer: &Signer) -> Result<Option<Checkpoint>> {
    // Most passes find nothing, and this is all they cost.
    if !store::is_anything_pending(db).await? {
        return Ok(None);
    }

    let mut tx = db.begin().await?;
    let sealed = seal(&mut tx, signer).await;
    // Not left to `drop`, which would hold the lock for a while after this has returned.
    match &sealed {
        Ok(Some(checkpoint)) => {
            tx.commit().await?;
            signer.witness(checkpoint);
        }
        Ok(None) => tx.rollback().await?,
        // The first error says more than one that follows from it.
        Err(_) => drop(tx.rollback().await),
    }
    sealed
}

/// How far the sequencer is behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lag {
    pub entries: u64,
    /// How long the oldest of them waits; zero when none does.
    pub age: SignedDuration,
}

/// What has committed and is not yet in the tree.
pub async fn lag(db: &PgPool, now: Timestamp) -> Result<Lag> {
    let waiting = store::waiting(db).await?;
    let oldest = waiting.oldest.as_deref().and_then(|payload| Record::read(payload).ok());
    let age = oldest.map_or(SignedDuration::ZERO, |record| now.duration_since(record.at));
    Ok(Lag { entries: waiting.entries.unsigned_abs(), age: age.max(SignedDuration::ZERO) })
}

async fn seal(db: &mut PgConnection, signer: &Signer) -> Result<Option<Checkpoint>> {
    if !store::lock_sequencer(&mut *db).await? {
        return Ok(None);
    }
    let pending = store::take_pending(&mut *db, PASS).await?;
    if pending.is_empty() {
        return Ok(None);
    }

    let mut edge = edge(&mut *db, signer).await?;
    let start = edge.size();
    let mut hashes = Vec::new();
    let mut entries = Vec::with_capacity(pending.len());
    for entry in &pending {
        let payload = entry.payload.as_deref().with_context(|| {
            format!("entry {} of the audit trail was deleted before it had its leaf", entry.id)
        })?;
        edge.push(record_hash(payload), |hash| hashes.extend_from_slice(&hash.0));
        entries.push((entry.id, Searchable::of(payload)));
    }

    let checkpoint = signer.sign(edge.size(), edge.root())?;
    store::insert_leaves(&mut *db, start, &entries).await?;
    store::insert_checkpoint(db, start, &checkpoint, &hashes).await?;
    tracing::debug!(
        audit.entries = entries.len(),
        audit.size = checkpoint.size,
        "sealing audit entries"
    );
    Ok(Some(checkpoint))
}

/// The edge of the stored tree, once it is known to be that of the last checkpoint, and that to go on
/// from what this process has seen.
async fn edge(db: &mut PgConnection, signer: &Signer) -> Result<Edge> {
    let note = store::latest_note(&mut *db).await?;
    let last =
        note.map(|note| Checkpoint::open(&note, signer.keys())).transpose().map_err(|why| {
            anyhow!("the audit trail's last checkpoint cannot be built on: {why}; {REMEDY}")
        })?;
    if let Some(witnessed) = signer.witnessed() {
        let grew = match &last {
            Some(last) => growth(&mut *db, &witnessed, last).await?.is_some(),
            None => false,
        };
        if !grew {
            let size = witnessed.size;
            return Err(anyhow!(
                "the audit trail does not go on from the {size} entries that this process has seen; {REMEDY}"
            )
            .into());
        }
    }

    let Some(last) = last else { return Ok(Edge::empty()) };
    let stored = store::stored_hashes(db, &Edge::positions(last.size)).await?;
    let subtrees = stored.into_iter().collect::<Option<Vec<_>>>();
    match subtrees.map(|subtrees| Edge::new(last.size, subtrees)) {
        Some(edge) if edge.root() == last.root => Ok(edge),
        _ => Err(anyhow!(
            "the audit trail's stored hashes do not add up to its last checkpoint, of {} entries; {REMEDY}",
            last.size
        )
        .into()),
    }
}
