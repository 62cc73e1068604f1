//! The growing edge of the tree: RFC 6962, section 2.1, with the stored hashes of Go's `tlog`.

use tlog_tiles::tlog::{
    EMPTY_HASH, Error as TlogError, Hash, HashReader, node_hash, split_stored_hash_index,
    sub_tree_index,
};

/// The complete subtrees that a tree consists of, the largest first: one for every one in the binary
/// form of its size. All that is needed to add to the tree and to tell its root.
#[derive(Clone, Debug)]
pub struct Edge {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Edge {
    pub fn empty() -> Self {
        Self { size: 0, subtrees: Vec::new() }
    }

    /// From the stored hashes at [`Edge::positions`], in that order.
    pub fn new(size: u64, subtrees: Vec<Hash>) -> Self {
        debug_assert_eq!(subtrees.len(), size.count_ones() as usize);
        Self { size, subtrees }
    }

    /// Where the subtrees of a tree of `size` leaves are among the stored hashes.
    pub fn positions(size: u64) -> Vec<u64> {
        sub_tree_index(0, size, Vec::new())
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. What it completes is handed to `completed` in the order of storage: the leaf
    /// hash itself, then each subtree that it closes, from the lowest up.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(Hash)) {
        let mut hash = leaf;
        completed(hash);
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(left, hash);
                completed(hash);
            }
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        let Some(&last) = subtrees.next() else { return EMPTY_HASH };
        subtrees.fold(last, |right, &left| node_hash(left, right))
    }
}

/// How many hashes are stored for a tree of `size` leaves.
pub fn stored(size: u64) -> u64 {
    2 * size - u64::from(size.count_ones())
}

/// The leaf whose arrival completed the hash at `position`, and so the row that holds it.
pub fn completed_by(position: u64) -> u64 {
    let (level, n) = split_stored_hash_index(position);
    ((n + 1) << level) - 1
}

/// Learns which stored hashes a computation reads, so that they can be fetched before it runs.
///
/// `tlog_tiles` reads through a blocking trait, and asks for everything in one call that depends on
/// the numbers only.
pub fn positions_read(
    computation: impl Fn(&Asked) -> Result<Vec<Hash>, TlogError>,
) -> Result<Vec<u64>, TlogError> {
    let asked = Asked::default();
    computation(&asked)?;
    Ok(asked.0.into_inner())
}

#[derive(Default)]
pub struct Asked(std::cell::RefCell<Vec<u64>>);

impl HashReader for Asked {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, TlogError> {
        self.0.borrow_mut().extend_from_slice(positions);
        Ok(vec![EMPTY_HASH; positions.len()])
    }
}

/// Answers with hashes that were fetched, in the order in which they were asked for.
pub struct Fetched(pub Vec<Hash>);

impl HashReader for Fetched {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, TlogError> {
        if positions.len() == self.0.len() {
            Ok(self.0.clone())
        } else {
            Err(TlogError::IndexesNotInTree)
        }
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::tlog::{record_hash, stored_hash_count, stored_hashes, tree_hash};

    use super::*;

    struct All(Vec<Hash>);

    impl HashReader for All {
        fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, TlogError> {
            Ok(positions.iter().map(|&position| self.0[position as usize]).collect())
        }
    }

    #[test]
    fn the_edge_grows_the_same_tree_as_tlog() {
        let mut edge = Edge::empty();
        let (mut ours, mut theirs) = (Vec::new(), All(Vec::new()));

        for n in 0..300u64 {
            let data = n.to_string();
            edge.push(record_hash(data.as_bytes()), |hash| ours.push(hash));
            let added = stored_hashes(n, data.as_bytes(), &theirs).unwrap();
            theirs.0.extend(added);

            assert_eq!(ours, theirs.0);
            assert_eq!(edge.root(), tree_hash(n + 1, &theirs).unwrap());
            assert_eq!(stored(n + 1), stored_hash_count(n + 1));

            let positions = Edge::positions(n + 1);
            let again = Edge::new(n + 1, theirs.read_hashes(&positions).unwrap());
            assert_eq!(again.root(), edge.root());
        }
        assert_eq!(Edge::empty().root(), EMPTY_HASH);
    }

    #[test]
    fn a_hash_is_in_the_row_of_the_leaf_that_completed_it() {
        // Positions 0..7 of four leaves: 0, 1, (0,1), 2, 3, (2,3), (0..4).
        let leaves: Vec<u64> = (0..7).map(completed_by).collect();
        assert_eq!(leaves, [0, 1, 1, 2, 3, 3, 3]);
    }
}
