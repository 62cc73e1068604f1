//! A second round with terms from the best documents of the first.
//!
//! Pseudo-relevance feedback after RM3 (Abdul-Jaleel et al., TREC 2004), with terms weighted by how
//! rare they are: what the best documents have in common and others do not have joins the
//! question with less weight than its own words.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::rank::{Best, Ranking, Term, Word};
use super::store;
use crate::error::Result;
use crate::ids::WorkspaceId;

/// Documents that terms are taken from.
pub const DOCUMENTS: usize = 10;

/// Terms that join the question.
const TERMS: usize = 20;

/// What all of them together weigh, where the question's words weigh 1.
const WEIGHT: f32 = 0.4;

/// The question's words, and those of its best documents.
pub async fn expand(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ranking: &mut Ranking,
    words: &[Word],
    best: &[Best],
) -> Result<Vec<Word>> {
    let best = &best[..best.len().min(DOCUMENTS)];
    let mut expanded = words.to_vec();
    if best.len() < 2 {
        return Ok(expanded);
    }
    let (places, of): (Vec<_>, Vec<usize>) = best
        .iter()
        .enumerate()
        .flat_map(|(position, it)| ranking.places(it).map(move |place| (place, position)))
        .unzip();
    let shares: Vec<f32> = best.iter().map(|it| it.score).collect();
    let all: f32 = shares.iter().sum();
    let mut weights: HashMap<Term, f32> = HashMap::new();
    for (position, term, times) in store::terms_of_passages(db, workspace, &places).await? {
        let document = of[position];
        let length = ranking.length(&best[document]).max(1) as f32;
        *weights.entry(term).or_default() += shares[document] / all * times as f32 / length;
    }
    let mut candidates: Vec<(Term, f32)> = weights.into_iter().collect();
    candidates.sort_by(|(a, more), (b, less)| less.total_cmp(more).then(a.cmp(b)));
    candidates.truncate(TERMS);

    let sum: f32 = candidates.iter().map(|(_, weight)| weight).sum();
    let asked: f32 = words.iter().map(|it| it.weight).sum();
    for (term, weight) in candidates {
        let weight = weight / sum * WEIGHT * asked;
        match expanded.iter_mut().find(|it| it.terms.contains(&term)) {
            Some(word) => word.weight += weight,
            None => expanded.push(Word { text: term.clone(), terms: vec![term], weight }),
        }
    }
    Ok(expanded)
}
