//! What can be wrong with a trail, each as a sentence that says where.

use std::fmt;

use serde::Serialize;

use crate::audit::note::NotACheckpoint;

/// Leaves are counted from zero, as everywhere in a Merkle tree. The order of the variants is that in
/// which they are told: from what people kept, through the entries, to the tree over them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    CutOff { entries: u64, kept: u64 },
    Rewritten { kept: u64 },
    EntryChanged { leaf: u64, entry: i64 },
    EntryMoved { leaf: u64, entry: i64, belongs: u64 },
    EntryGone { leaf: u64, entry: i64 },
    EntryInserted { entry: i64 },
    PendingEntryGone { entry: i64 },
    PendingAmiss { entry: i64 },
    LeafGone { leaf: u64 },
    LeafTwice { leaf: u64 },
    LeafMislabelled { leaf: u64, entry: i64 },
    LeavesUnsealed { leaf: i64, leaves: i64 },
    LeafHashChanged { leaf: u64 },
    HashChanged { first: u64, last: u64 },
    CheckpointGone { from: u64, to: u64 },
    CheckpointOverlaps { from: u64, to: u64 },
    CheckpointDamaged { size: u64 },
    CheckpointUnsigned { size: u64, why: String },
    CheckpointMislabelled { size: u64, says: u64 },
    CheckpointContradicted { size: u64, after: u64 },
    TextChanged { commitment: String },
}

impl Finding {
    pub(super) fn unsigned(size: u64, why: &NotACheckpoint) -> Self {
        Self::CheckpointUnsigned { size, why: why.to_string() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff { entries, kept } => write!(
                f,
                "The checkpoint you kept covers {kept} entries and the trail has {entries}: its tail was cut off."
            ),
            Self::Rewritten { kept } => write!(
                f,
                "The first {kept} entries are not those that the checkpoint you kept was signed for: history was rewritten."
            ),
            Self::EntryChanged { leaf, entry } => write!(
                f,
                "Entry {entry} (leaf {leaf}) was changed: its content does not have the hash that the tree holds for it."
            ),
            Self::EntryMoved { leaf, entry, belongs } => write!(
                f,
                "Entry {entry} stands at leaf {leaf} and belongs to leaf {belongs}: entries were reordered."
            ),
            Self::EntryGone { leaf, entry } => {
                write!(f, "Entry {entry} (leaf {leaf}) was deleted.")
            }
            Self::EntryInserted { entry } => write!(
                f,
                "Entry {entry} was inserted past the trail: it is no leaf of the tree and does not wait to become one."
            ),
            Self::PendingEntryGone { entry } => {
                write!(f, "Entry {entry} was deleted while it waited for its leaf.")
            }
            Self::PendingAmiss { entry } => {
                write!(f, "Entry {entry} waits for a leaf twice, or although it has one.")
            }
            Self::LeafGone { leaf } => write!(f, "Leaf {leaf} was deleted."),
            Self::LeafTwice { leaf } => write!(f, "Leaf {leaf} is there more than once."),
            Self::LeafMislabelled { leaf, entry } => write!(
                f,
                "Entry {entry} (leaf {leaf}) is filed under a workspace, time or subject that its content does not have."
            ),
            Self::LeavesUnsealed { leaf, leaves } => write!(
                f,
                "No checkpoint covers the {leaves} leaves that stand at {leaf} and after."
            ),
            Self::LeafHashChanged { leaf } => write!(
                f,
                "The stored hash of leaf {leaf} was changed; the entry itself is as it was sealed."
            ),
            Self::HashChanged { first, last } => {
                write!(f, "The stored hash over leaves {first} to {last} was changed.")
            }
            Self::CheckpointGone { from, to } => write!(
                f,
                "The checkpoints over leaves {from} to {} were deleted, and with them the hashes of these leaves.",
                to.saturating_sub(1)
            ),
            Self::CheckpointOverlaps { from, to } => write!(
                f,
                "The checkpoint over leaves {from} to {} covers what others cover already.",
                to.saturating_sub(1)
            ),
            Self::CheckpointDamaged { size } => write!(
                f,
                "The checkpoint of {size} entries does not hold as many hashes as it must."
            ),
            Self::CheckpointUnsigned { size, why } => {
                write!(f, "The checkpoint of {size} entries does not count: {why}.")
            }
            Self::CheckpointMislabelled { size, says } => {
                write!(f, "The checkpoint filed under {size} entries was signed for {says}.")
            }
            Self::CheckpointContradicted { size, after: 0 } => write!(
                f,
                "The checkpoint of {size} entries was signed for other entries than those that are there."
            ),
            Self::CheckpointContradicted { size, after } => write!(
                f,
                "The checkpoint of {size} entries, and {after} after it, were signed for other entries than those that are there."
            ),
            Self::TextChanged { commitment } => write!(
                f,
                "The text kept beside the trail under {commitment} is not the text that the trail means."
            ),
        }
    }
}
