//! The audit trail: what happened here, in a form that cannot be changed without its being noticed.
//!
//! It is a Merkle log in Postgres, the construction of Certificate Transparency (RFC 6962) and Go's
//! checksum database, in the formats of C2SP: signed notes, checkpoints, `tlog-proof`.
//!
//! # How the parts fit
//!
//! An act calls [`append`] in its own transaction. That writes two rows in one statement: the
//! **entry**, whose payload is the record itself, and its id in `pending`. It takes no lock, reads
//! nothing and keeps one index; the hash, the place in the tree and what entries are searched by come
//! later. (Measured at 32 clients against the same transaction: a stored hash column costs a tenth of
//! the throughput, an index on `pending` an eighth.)
//!
//! Several times a second some replica calls [`sequence`]. One at a time takes what is pending in the
//! order of its ids, gives it the next **leaf** indices, extends the tree, and signs a **checkpoint**,
//! all in one transaction: one row holds the signed note and the hashes which that pass added, in the
//! order of `tlog.StoredHashIndex`. Ids have gaps where a transaction rolled back or the server
//! crashed; leaf indices have none. Because `pending` says what waits, not the ids, a transaction that
//! commits late is sequenced late and never skipped. [`lag`] tells how far behind the sequencer is.
//!
//! [`verify`] computes all of it again from the payloads. [`prove`] writes a file that shows one entry
//! to be in the log, to anyone, offline. [`history`], [`trail`] and [`page`] read.
//!
//! # The encoding of an entry
//!
//! JSON after RFC 8785 (JCS): UTF-8, no whitespace, keys ordered by UTF-16 code units, minimal escapes.
//! Numbers are integers within ±(2⁵³ − 1); there are no fractions and no nulls. Version 1 has
//!
//! ```json
//! {"act":"draft.approved","actor":{"person":"U024BE7LH"},"at":"2026-11-22T09:00:00.123456Z","details":{"revision":3,"verdict":"approve"},"subject":{"id":"42","kind":"draft"},"v":1,"workspace":7}
//! ```
//!
//! where `actor` is one of `person` (Slack's id), `agent` (its name), `bot` (always `countersign`) or
//! `command_line` (the account), and `at` has six digits of a second. The leaf hash is SHA-256 of a
//! zero byte and these bytes. The bytes are stored as `bytea`, because `jsonb` does not keep what it is
//! given.
//!
//! # Personal data
//!
//! None enters a payload. It holds ids, words of the code, names from the configuration, hashes of what
//! is not personal, and [`Commitment`]s to the rest: [`keep_text`] puts a text beside the trail with a
//! random salt and returns what the trail holds of it. [`erase_texts`] deletes text and salt, and the
//! trail still verifies. [`Value`] has no conversion from a `String`, so that this takes no discipline.
//!
//! # What the database refuses, and what it cannot
//!
//! The tables belong to `countersign_owner`, which cannot log in. The service works as
//! `countersign_service`, which may insert into them and read them; triggers that stay on in every
//! session refuse UPDATE, DELETE and TRUNCATE to everyone, and let leaves and checkpoints only continue
//! where the last one ended. That stops the service, and whoever makes it run SQL of his.
//!
//! It does not stop a superuser, nor whoever can act as the owner: the login that migrates is a member
//! of it, so that a site that wants more separation serves with a login that is a member of
//! `countersign_service` alone. Such a person can drop the triggers and
//! - **change, delete, insert or reorder entries**: [`verify`] says which, because the tree and the
//!   signed checkpoints no longer agree with them;
//! - **make the tree agree as well**: then the signatures fail, unless he also has the signing key,
//!   which is not in the database;
//! - **make everything agree, with the key, or cut off the tail**: inside the database nothing shows it.
//!   A process that has sealed before refuses to go on from it until it is restarted (and, by the same
//!   rule, after a restore from a backup). What shows it for ever is any checkpoint that someone kept. That is why each day's is posted to a channel:
//!   `countersign audit verify --from CHECKPOINT` proves that the trail still begins with what that
//!   checkpoint was signed for;
//! - **remove an entry before it has its leaf**, within the fraction of a second until the next pass.
//!   Nothing shows that but the gap in the ids, which a rolled-back transaction leaves, too.
//!
//! # Invariants
//!
//! **Invariant:** an act and its entry commit together or not at all.
//! **Invariant:** leaf indices are dense from zero, and each entry has at most one.
//! **Invariant:** a checkpoint is signed only over a tree that begins with the one before it, and with
//! every one that the signing process has seen.

mod canonical;
mod event;
mod kept;
mod note;
mod proof;
mod read;
mod sequencer;
mod store;
mod texts;
mod tree;
mod verify;

use sqlx::PgConnection;

pub use event::{Actor, Event, Subject, Value};
pub use kept::checkpoints_in;
pub use note::{Checkpoint, Keys, NotACheckpoint, Signer};
pub use proof::{Proven, prove, prove_consistency, verify_proof};
pub use read::{Entry, history, latest_checkpoint, page, trail};
pub use sequencer::{Lag, lag, sequence};
pub use texts::{Commitment, Salt, commitment, erase_texts, keep_text, keep_text_with, text};
pub use verify::{Finding, Report, verify};

use crate::database::Writes;
use crate::error::Result;
use crate::ids::EntryId;

/// Records an act in the transaction of the act: it is in the trail if and only if it happened.
pub async fn append(db: &mut PgConnection, event: Event) -> Result<EntryId> {
    Ok(store::insert_entry(db, &event.payload()?).await?)
}

/// The same among the other writes of the act.
pub fn append_with(writes: &mut Writes, event: Event) -> Result<()> {
    store::add_entry(writes, &event.payload()?);
    Ok(())
}
