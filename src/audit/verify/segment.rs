//! A stretch of the trail, checked by itself.
//!
//! Every stored hash is either a leaf's or that of two others. A segment checks those that its own
//! leaves completed, taking the earlier ones from storage, where their own segments check them. So
//! segments can be checked in any order, and together they have checked the whole tree.

use std::collections::HashMap;

use jiff::Timestamp;
use tlog_tiles::tlog::{Hash, record_hash, split_stored_hash_index};

use super::finding::Finding;
use crate::audit::event::Searchable;
use crate::audit::note::{Checkpoint, Keys, NotACheckpoint};
use crate::audit::tree::{Edge, stored};

/// Checkpoints that follow each other, and the leaves that they cover, in their order.
pub struct Segment {
    /// The edge before the first of them, unless hashes of it are missing.
    pub edge: Option<Edge>,
    pub checkpoints: Vec<CheckpointRow>,
    pub leaves: Vec<LeafRow>,
    /// Of the leaves' entries, by their ids.
    pub payloads: HashMap<i64, Vec<u8>>,
}

pub struct CheckpointRow {
    pub start: u64,
    pub size: u64,
    pub note: String,
    pub hashes: Vec<u8>,
}

pub struct LeafRow {
    pub index: u64,
    pub entry: i64,
    pub workspace: Option<i64>,
    pub at: Option<Timestamp>,
    pub subject: Option<String>,
}

type Opened = Result<Checkpoint, NotACheckpoint>;

/// What is wrong in a segment.
#[derive(Default)]
pub struct Found {
    pub findings: Vec<Finding>,
    /// Still to be explained, because only the whole trail shows what was moved where.
    pub mismatches: Vec<Mismatch>,
    /// The sizes of checkpoints that were signed for something else: usually all after a change.
    pub contradicted: Vec<u64>,
}

/// A leaf whose entry does not have the stored hash, and it is the entry that was changed.
pub struct Mismatch {
    pub leaf: u64,
    pub entry: i64,
    pub content: Hash,
    pub stored: Hash,
}

impl Found {
    pub fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.mismatches.extend(other.mismatches);
        self.contradicted.extend(other.contradicted);
    }
}

pub fn check(segment: Segment, keys: &Keys, kept: &[Checkpoint]) -> Found {
    let (edge, payloads) = (segment.edge, &segment.payloads);
    let mut check = Check { edge, payloads, kept, found: Found::default() };
    let notes = segment.checkpoints.iter().map(|row| row.note.as_str());
    let opened = Checkpoint::open_all(notes, keys);
    let mut leaves = segment.leaves.as_slice();
    for (checkpoint, opened) in segment.checkpoints.iter().zip(opened) {
        let own = leaves.partition_point(|leaf| leaf.index < checkpoint.size);
        let (own, rest) = leaves.split_at(own);
        leaves = rest;
        check.checkpoint(checkpoint, opened, own);
    }
    check.found
}

struct Check<'a> {
    edge: Option<Edge>,
    payloads: &'a HashMap<i64, Vec<u8>>,
    kept: &'a [Checkpoint],
    found: Found,
}

impl Check<'_> {
    fn checkpoint(&mut self, row: &CheckpointRow, opened: Opened, leaves: &[LeafRow]) {
        let signed = self.signed(row, opened);
        let (hashes, rest) = row.hashes.as_chunks::<32>();
        if hashes.len() as u64 != stored(row.size) - stored(row.start) || !rest.is_empty() {
            // Which hash is whose can no longer be told, so neither can the edge after it.
            self.found.findings.push(Finding::CheckpointDamaged { size: row.size });
            self.edge = None;
            return;
        }

        let hashes = Hashes { start: stored(row.start), hashes };
        let mismatches = self.entries(row, leaves, &hashes);
        self.tree(row, &hashes, mismatches, signed);
    }

    /// The checkpoint as it was signed, if it was.
    fn signed(&mut self, row: &CheckpointRow, opened: Opened) -> Option<Checkpoint> {
        match opened {
            Ok(signed) if signed.size == row.size => Some(signed),
            Ok(signed) => {
                self.found
                    .findings
                    .push(Finding::CheckpointMislabelled { size: row.size, says: signed.size });
                None
            }
            Err(why) => {
                self.found.findings.push(Finding::unsigned(row.size, &why));
                None
            }
        }
    }

    /// Every leaf is there, once; its entry has the stored hash and is filed under what it says.
    fn entries(
        &mut self,
        row: &CheckpointRow,
        leaves: &[LeafRow],
        hashes: &Hashes<'_>,
    ) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        let mut leaves = leaves.iter().peekable();
        for index in row.start..row.size {
            let Some(leaf) = leaves.next_if(|leaf| leaf.index == index) else {
                self.found.findings.push(Finding::LeafGone { leaf: index });
                continue;
            };
            while leaves.next_if(|leaf| leaf.index == index).is_some() {
                self.found.findings.push(Finding::LeafTwice { leaf: index });
            }
            let Some(payload) = self.payloads.get(&leaf.entry) else {
                self.found.findings.push(Finding::EntryGone { leaf: index, entry: leaf.entry });
                continue;
            };

            let (content, stored) = (record_hash(payload), hashes.of_leaf(index));
            if content != stored {
                mismatches.push(Mismatch { leaf: index, entry: leaf.entry, content, stored });
            } else if !is_filed_as_it_says(leaf, payload) {
                self.found
                    .findings
                    .push(Finding::LeafMislabelled { leaf: index, entry: leaf.entry });
            }
        }
        mismatches
    }

    /// The stored hashes are those of the tree, and the tree is the one that was signed.
    ///
    /// Where an entry does not have its stored hash, one of the two was changed. The signature tells
    /// which: the tree is grown from the stored hashes, and if that is not what was signed, from what
    /// the entries hash to.
    fn tree(
        &mut self,
        row: &CheckpointRow,
        hashes: &Hashes<'_>,
        mut mismatches: Vec<Mismatch>,
        signed: Option<Checkpoint>,
    ) {
        let Some(edge) = self.edge.take().filter(|edge| edge.size() == row.start) else {
            self.found.mismatches.extend(mismatches);
            return;
        };
        let is_signed =
            |grown: &Grown| signed.as_ref().is_none_or(|signed| grown.edge.root() == signed.root);

        let kept = self.kept.iter().filter(|kept| row.start < kept.size && kept.size <= row.size);
        let kept: Vec<&Checkpoint> = kept.collect();
        let mut grown = grow(&edge, row, hashes, &HashMap::new(), &kept);
        if !mismatches.is_empty() && !is_signed(&grown) {
            let contents: HashMap<u64, Hash> =
                mismatches.iter().map(|mismatch| (mismatch.leaf, mismatch.content)).collect();
            let from_contents = grow(&edge, row, hashes, &contents, &kept);
            if is_signed(&from_contents) {
                grown = from_contents;
                let changed = mismatches.drain(..).map(|found| found.leaf);
                let changed = changed.map(|leaf| Finding::LeafHashChanged { leaf });
                self.found.findings.extend(changed);
            }
        }
        self.found.mismatches.append(&mut mismatches);

        if !is_signed(&grown) {
            self.found.contradicted.push(row.size);
        }
        self.found.findings.append(&mut grown.rewritten);
        self.found.findings.append(&mut grown.changed);
        self.edge = Some(grown.edge);
    }
}

struct Grown {
    edge: Edge,
    /// Of the checkpoints that someone kept, those that were signed for other entries.
    rewritten: Vec<Finding>,
    changed: Vec<Finding>,
}

/// Grows the tree by the leaves of one checkpoint, from their stored hashes but for those `instead`,
/// and compares what that completes with what is stored.
fn grow(
    edge: &Edge,
    row: &CheckpointRow,
    hashes: &Hashes<'_>,
    instead: &HashMap<u64, Hash>,
    kept: &[&Checkpoint],
) -> Grown {
    let (rewritten, changed) = (Vec::new(), Vec::new());
    let mut grown = Grown { edge: edge.clone(), rewritten, changed };
    let mut position = stored(row.start);
    for index in row.start..row.size {
        let leaf = instead.get(&index).copied().unwrap_or_else(|| hashes.of_leaf(index));
        let changed = &mut grown.changed;
        grown.edge.push(leaf, |hash| {
            let (level, n) = split_stored_hash_index(position);
            if level > 0 && hashes.at(position) != hash {
                let (first, last) = (n << level, ((n + 1) << level) - 1);
                changed.push(Finding::HashChanged { first, last });
            }
            position += 1;
        });
        for kept in kept.iter().filter(|kept| kept.size == index + 1) {
            if kept.root != grown.edge.root() {
                grown.rewritten.push(Finding::Rewritten { kept: kept.size });
            }
        }
    }
    grown
}

fn is_filed_as_it_says(leaf: &LeafRow, payload: &[u8]) -> bool {
    match Searchable::of(payload) {
        Some(says) => {
            leaf.workspace == Some(says.workspace)
                && leaf.at == Some(says.at)
                && leaf.subject.as_deref() == Some(says.subject.as_str())
        }
        None => leaf.workspace.is_none() && leaf.at.is_none() && leaf.subject.is_none(),
    }
}

/// The hashes of one checkpoint, by their positions in the whole tree.
struct Hashes<'a> {
    start: u64,
    hashes: &'a [[u8; 32]],
}

impl Hashes<'_> {
    fn at(&self, position: u64) -> Hash {
        Hash(self.hashes[(position - self.start) as usize])
    }

    fn of_leaf(&self, index: u64) -> Hash {
        // Before leaf n stand all hashes of the tree of n leaves.
        self.at(stored(index))
    }
}
