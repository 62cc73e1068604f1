//! The best of many, in their order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::rank::Best;

/// The best so many, without sorting all.
pub struct Top {
    limit: usize,
    worst_first: BinaryHeap<Reversed>,
}

struct Reversed(Best);

impl Top {
    pub fn new(limit: usize) -> Self {
        Self { limit, worst_first: BinaryHeap::with_capacity(limit + 1) }
    }

    pub fn offer(&mut self, best: Best) {
        let full = self.worst_first.len() >= self.limit;
        if full && self.worst_first.peek().is_none_or(|worst| best.score <= worst.0.score) {
            return;
        }
        self.worst_first.push(Reversed(best));
        if self.worst_first.len() > self.limit {
            self.worst_first.pop();
        }
    }

    pub fn in_order(self) -> Vec<Best> {
        self.worst_first.into_sorted_vec().into_iter().map(|it| it.0).collect()
    }
}

impl Ord for Reversed {
    /// Worse is greater; among equals the later one, so that a ranking is always the same.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |it: &Best| (it.segment, it.document);
        other.0.score.total_cmp(&self.0.score).then(place(&self.0).cmp(&place(&other.0)))
    }
}

impl PartialOrd for Reversed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Reversed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reversed {}
