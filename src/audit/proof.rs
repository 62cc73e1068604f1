//! Files that show something about the log to anyone who has its public key.
//!
//! That an entry is in it: the format is [`c2sp.org/tlog-proof@v1`](https://c2sp.org/tlog-proof): the index of the leaf, the
//! hashes on the way to the root, and a signed checkpoint. Its `extra` line, which the format leaves to
//! the application and which nothing authenticates by itself, carries the entry's canonical bytes; the
//! verifier hashes them, so that the proof fails if they are not the ones in the log.
//!
//! That it only grew since an older checkpoint: the format is that of a request to a witness
//! ([`c2sp.org/tlog-witness`](https://c2sp.org/tlog-witness), `add-checkpoint`), so that it can be sent
//! to one as it is.

use anyhow::anyhow;
use base64::prelude::{BASE64_STANDARD, Engine};
use sqlx::PgConnection;
use tlog_tiles::tlog::{Hash, check_record, check_tree, prove_record, prove_tree, record_hash};

use super::note::{Checkpoint, Keys};
use super::read::latest_checkpoint;
use super::store;
use super::tree::{Fetched, positions_read};
use crate::error::{Refusal, Result};
use crate::ids::EntryId;

const FORMAT: &str = "c2sp.org/tlog-proof@v1";

/// What a proof has shown.
#[derive(Clone, Debug)]
pub struct Proven {
    pub leaf: u64,
    /// The canonical bytes of the entry.
    pub payload: Vec<u8>,
    pub checkpoint: Checkpoint,
}

/// The text of a proof that this entry is in the log, under the newest checkpoint.
///
/// # Errors
///
/// Refuses an entry that is not there or has no leaf yet. Fails rather than hand out a proof that does
/// not hold.
pub async fn prove(db: &mut PgConnection, entry: EntryId, keys: &Keys) -> Result<String> {
    let Some(row) = store::entry(&mut *db, entry).await? else {
        return Err(Refusal::Missing(format!("The audit trail has no entry {entry}.")).into());
    };
    let (Some(leaf), Some(note)) = (row.index, store::latest_note(&mut *db).await?) else {
        let soon = format!("Entry {entry} has no place in the tree yet; try again in a second.");
        return Err(Refusal::Missing(soon).into());
    };
    let leaf = u64::try_from(leaf)?;
    let unsound =
        || anyhow!("the trail does not bear out entry {entry}: run `countersign audit verify`");
    let checkpoint = Checkpoint::open(&note, keys).map_err(|why| unsound().context(why))?;

    let positions = positions_read(|asked| prove_record(checkpoint.size, leaf, asked))?;
    let hashes = store::stored_hashes(db, &positions).await?;
    let hashes = hashes.into_iter().collect::<Option<Vec<_>>>().ok_or_else(unsound)?;
    let path = prove_record(checkpoint.size, leaf, &Fetched(hashes))?;

    let content = record_hash(&row.payload);
    check_record(&path, checkpoint.size, checkpoint.root, leaf, content).map_err(|_| unsound())?;
    Ok(write(&Proof { leaf, payload: row.payload, path, note }))
}

/// The text of a proof that the log under its newest checkpoint begins with what `kept` was signed for.
///
/// # Errors
///
/// Refuses a `kept` that none of `keys` signed, or that the log does not begin with.
pub async fn prove_consistency(db: &mut PgConnection, kept: &str, keys: &Keys) -> Result<String> {
    let refuse = |why: String| Refusal::Unreadable(format!("Nothing can be proved: {why}."));
    let kept = Checkpoint::open(kept, keys)
        .map_err(|why| refuse(format!("about the checkpoint you kept, {why}")))?;
    let Some(newest) = latest_checkpoint(&mut *db, keys).await?.filter(|new| new.size >= kept.size)
    else {
        return Err(refuse(format!("the trail has fewer than {} entries", kept.size)).into());
    };

    let Some(path) = growth(db, &kept, &newest).await? else {
        let why = "the trail does not begin with what your checkpoint was signed for";
        return Err(refuse(why.to_owned()).into());
    };
    Ok(format!("old {}\n{}\n{}", kept.size, lines(&path), newest.note))
}

/// Whether the proof holds, without any database.
///
/// # Errors
///
/// Refuses with what is wrong with it.
pub fn verify_proof(text: &str, keys: &Keys) -> Result<Proven, Refusal> {
    let refuse = |why: &str| Refusal::Unreadable(format!("The proof does not hold: {why}."));
    let proof = read(text).ok_or_else(|| {
        Refusal::Unreadable(format!(
            "This is not a proof in the form {FORMAT}, or not a whole one."
        ))
    })?;

    let checkpoint = Checkpoint::open(&proof.note, keys)
        .map_err(|why| refuse(&format!("about its checkpoint, {why}")))?;
    let content = record_hash(&proof.payload);
    check_record(&proof.path, checkpoint.size, checkpoint.root, proof.leaf, content).map_err(
        |_| {
            refuse("the entry in it is not the one that the signed checkpoint covers at that place")
        },
    )?;
    Ok(Proven { leaf: proof.leaf, payload: proof.payload, checkpoint })
}

/// The hashes that show `new` to be `old` with entries added; nothing if it is not.
pub(super) async fn growth(
    db: &mut PgConnection,
    old: &Checkpoint,
    new: &Checkpoint,
) -> Result<Option<Vec<Hash>>> {
    if old.size > new.size {
        return Ok(None);
    }
    // Everything begins with nothing, and of that there is no proof.
    if old.size == 0 {
        return Ok(Some(Vec::new()));
    }
    let positions = positions_read(|asked| prove_tree(new.size, old.size, asked))?;
    let hashes = store::stored_hashes(db, &positions).await?;
    let Some(hashes) = hashes.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let path = prove_tree(new.size, old.size, &Fetched(hashes))?;
    let holds = check_tree(&path, new.size, new.root, old.size, old.root).is_ok();
    Ok(holds.then_some(path))
}

struct Proof {
    leaf: u64,
    payload: Vec<u8>,
    path: Vec<Hash>,
    note: String,
}

fn write(proof: &Proof) -> String {
    let extra = BASE64_STANDARD.encode(&proof.payload);
    let path = lines(&proof.path);
    format!("{FORMAT}\nextra {extra}\nindex {}\n{path}\n{}", proof.leaf, proof.note)
}

fn lines(path: &[Hash]) -> String {
    path.iter().map(|hash| format!("{hash}\n")).collect()
}

fn read(text: &str) -> Option<Proof> {
    let (proof, note) = text.split_once("\n\n")?;
    let mut lines = proof.split('\n');
    if lines.next()? != FORMAT {
        return None;
    }
    let payload = BASE64_STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
    let index = lines.next()?.strip_prefix("index ")?;
    let leaf: u64 = index.parse().ok()?;
    // One spelling of a number only.
    if leaf.to_string() != index {
        return None;
    }
    let path = lines.map(|line| Hash::parse_hash(line).ok()).collect::<Option<Vec<_>>>()?;
    Some(Proof { leaf, payload, path, note: note.to_owned() })
}

#[cfg(test)]
mod tests {
    use tlog_tiles::tlog::node_hash;

    use super::*;
    use crate::audit::Signer;

    /// Leaf 1 of the two leaves "one", "two".
    fn proof(signer: &Signer) -> String {
        let (one, two) = (record_hash(b"one"), record_hash(b"two"));
        let checkpoint = signer.sign(2, node_hash(one, two)).unwrap();
        let payload = b"two".to_vec();
        write(&Proof { leaf: 1, payload, path: vec![one], note: checkpoint.note })
    }

    fn signer() -> Signer {
        Signer::from_key(&Signer::generate("countersign.local/audit").unwrap()).unwrap()
    }

    #[test]
    fn a_proof_holds_by_itself() {
        let signer = signer();
        let text = proof(&signer);
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra dHdv\nindex 1\n"));

        let proven = verify_proof(&text, signer.keys()).unwrap();
        assert_eq!((proven.leaf, proven.payload.as_slice()), (1, b"two".as_slice()));
    }

    #[test]
    fn a_proof_holds_for_nothing_else() {
        let signer = signer();
        let text = proof(&signer);
        let check = |text: &str, keys: &Keys, expected: &str| {
            let refusal = verify_proof(text, keys).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{refusal}");
        };

        let other = self::signer();
        check(&text, other.keys(), "not signed by a known key");
        let changed = text.replace("dHdv", "b25l");
        check(&changed, signer.keys(), "not the one that the signed checkpoint covers");
        let elsewhere = text.replace("index 1", "index 0");
        check(&elsewhere, signer.keys(), "not the one that the signed checkpoint covers");
        check(&text.replace("index 1", "index 2"), signer.keys(), "does not hold");
        check(&text.replace("index 1", "index 01"), signer.keys(), "not a proof in the form");
        check(&text[..40], signer.keys(), "not a whole one");
        check("", signer.keys(), "not a proof in the form");
    }
}
