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

/// Passages of a document that are read.
const PASSAGES: usize = 20;

/// Terms that are looked at, those first of which the documents have most.
const LOOKED_AT: usize = 50;

/// Segments in which it is counted how rare they are.
const SAMPLE: usize = 12;

/// Terms that join the question.
const TERMS: usize = 20;

/// What all of them together weigh, where the question's words weigh 1.
const WEIGHT: f32 = 0.15;

/// The question's words, and those of its best documents.
pub async fn expand(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ranking: &Ranking,
    words: &[Word],
    best: &[Best],
) -> Result<Vec<Word>> {
    let best = &best[..best.len().min(DOCUMENTS)];
    let mut expanded = words.to_vec();
    if best.len() < 2 {
        return Ok(expanded);
    }
    let mut candidates = common_terms(db, workspace, ranking, best).await?;
    let terms: Vec<Term> = candidates.iter().map(|(term, _)| term.clone()).collect();
    let (sample, times) = ranking.sample(SAMPLE);
    let holding = store::passages_holding(db, workspace, sample.into_iter(), &terms).await?;
    for (term, weight) in &mut candidates {
        let holding = holding.get(term).copied().unwrap_or_default() as f32 * times;
        *weight *= ranking.rarity(holding as usize).sqrt();
    }
    candidates.sort_by(|(a, more), (b, less)| less.total_cmp(more).then(a.cmp(b)));
    candidates.truncate(TERMS);

    let sum: f32 = candidates.iter().map(|(_, weight)| weight).sum();
    let asked: f32 = words.iter().map(|it| it.weight).sum();
    for (term, weight) in candidates {
        let weight = weight / sum * WEIGHT * asked;
        match expanded.iter_mut().find(|it| it.terms.contains(&term)) {
            Some(word) => word.weight += weight,
            None => expanded.push(Word::new(term.clone(), vec![term], weight)),
        }
    }
    Ok(expanded)
}

/// The terms that most of the best documents' text consists of, with their shares of it.
async fn common_terms(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    ranking: &Ranking,
    best: &[Best],
) -> Result<Vec<(Term, f32)>> {
    let (places, of): (Vec<_>, Vec<usize>) = best
        .iter()
        .enumerate()
        .flat_map(|(position, it)| {
            ranking.places(it).take(PASSAGES).map(move |place| (place, position))
        })
        .unzip();
    let all: f32 = best.iter().map(|it| it.score).sum();
    let mut shares: HashMap<Term, f32> = HashMap::new();
    for (position, term, times) in store::terms_of_passages(db, workspace, &places).await? {
        let document = &best[of[position]];
        let length = ranking.length(document).max(1) as f32;
        *shares.entry(term).or_default() += document.score / all * times as f32 / length;
    }
    let mut candidates: Vec<(Term, f32)> = shares.into_iter().collect();
    candidates.sort_by(|(a, more), (b, less)| less.total_cmp(more).then(a.cmp(b)));
    candidates.truncate(LOOKED_AT);
    Ok(candidates)
}
