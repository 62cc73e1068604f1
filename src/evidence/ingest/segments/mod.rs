//! Segments: written with each portion, thinned out when documents retire, merged when there are
//! many small ones.
//!
//! Segments are sorted into tiers, each for eight times as many passages as the one before; when a
//! tier has eight of one source they become one segment of the next tier. So a source that
//! receives a document at a time has few segments, and each passage is indexed anew only once per
//! tier. What was retired is left behind.

mod store;

use std::collections::HashMap;

use sqlx::PgConnection;

use self::store::Size;
use crate::error::Result;
use crate::evidence::index::{self, Slot};
use crate::ids::{IngestId, SegmentId, SourceId, WorkspaceId};

pub use self::store::NewPassages;

const TOGETHER: usize = 8;

/// Passages below which a segment belongs to the tier, from small to large; larger ones stay.
const TIERS: [i32; 4] = [8, 64, 512, 4096];

/// Stores passages and indexes them.
pub async fn write(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
    passages: &NewPassages,
) -> Result<()> {
    let languages = by_frequency(&passages.languages);
    let segment = store::insert_segment(db, workspace, source, ingest, &languages).await?;
    store::insert_passages(db, workspace, segment, passages).await?;
    let (languages, words) = (&passages.languages, &passages.words);
    let lengths = store::index(db, workspace, segment, languages, words).await?;
    let layout = layout(&passages.documents, &lengths);
    store::save_layout(db, workspace, segment, &layout).await
}

/// Takes documents out of the index, and tells how many passages they have there.
pub async fn retire(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    documents: &[i64],
) -> Result<u64> {
    let mut passages = 0;
    for mut outdated in store::outdated_segments(db, workspace, documents).await? {
        passages += outdated.ordinals.len() as u64;
        if index::retire(&mut outdated.layout, outdated.ordinals.into_iter()) {
            store::save_layout(db, workspace, outdated.segment, &outdated.layout).await?;
        } else {
            store::drop_segment(db, workspace, outdated.segment).await?;
        }
    }
    Ok(passages)
}

/// Merges what is ripe. The new segments belong to this import, which must be published with it.
pub async fn merge_small(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
) -> Result<()> {
    for (position, below) in TIERS.into_iter().enumerate() {
        let from = position.checked_sub(1).map_or(0, |it| TIERS[it]);
        let sizes = store::segment_sizes(db, workspace, source, ingest).await?;
        let ripe = tier(&sizes, from, below);
        if ripe.len() >= TOGETHER {
            merge(db, workspace, source, ingest, &ripe).await?;
        }
    }
    Ok(())
}

fn tier(sizes: &[Size], from: i32, below: i32) -> Vec<SegmentId> {
    let of_tier = sizes.iter().filter(|it| (from..below).contains(&it.passages));
    of_tier.map(|it| it.segment).collect()
}

async fn merge(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    source: SourceId,
    ingest: IngestId,
    segments: &[SegmentId],
) -> Result<()> {
    let passages = store::living_passages(db, workspace, segments).await?;
    let languages: Vec<String> = passages.iter().map(|it| it.language.clone()).collect();
    let words: Vec<String> = passages.iter().map(|it| it.words.clone()).collect();
    let documents: Vec<i64> = passages.iter().map(|it| it.document).collect();
    let ids: Vec<i64> = passages.iter().map(|it| it.id).collect();

    let of_all = by_frequency(&languages);
    let merged = store::insert_segment(db, workspace, source, ingest, &of_all).await?;
    store::move_passages(db, workspace, merged, &ids).await?;
    let lengths = store::index(db, workspace, merged, &languages, &words).await?;
    let layout = layout(&documents, &lengths);
    store::save_layout(db, workspace, merged, &layout).await?;
    for segment in segments {
        store::drop_segment(db, workspace, *segment).await?;
    }
    tracing::debug!(source.id = source.0, segments = segments.len(), "merged segments");
    Ok(())
}

fn layout(documents: &[i64], lengths: &[(i32, i64)]) -> Vec<u8> {
    let lengths: HashMap<i32, i64> = lengths.iter().copied().collect();
    let slots = documents.iter().enumerate().map(|(position, document)| {
        let ordinal = i32::try_from(position).unwrap_or(i32::MAX);
        let length = lengths.get(&ordinal).copied().unwrap_or_default();
        Slot {
            length: u16::try_from(length).unwrap_or(u16::MAX),
            first_of_document: position == 0 || documents[position - 1] != *document,
            retired: false,
        }
    });
    index::write_layout(slots)
}

fn by_frequency(languages: &[String]) -> Vec<String> {
    let mut times: HashMap<&String, usize> = HashMap::new();
    for language in languages {
        *times.entry(language).or_default() += 1;
    }
    let mut distinct: Vec<(&String, usize)> = times.into_iter().collect();
    distinct.sort_by(|(a, more), (b, less)| less.cmp(more).then(a.cmp(b)));
    distinct.into_iter().map(|(language, _)| language.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_merged_with_those_of_their_size() {
        let sizes: Vec<Size> = [1, 7, 8, 63, 64, 5_000]
            .into_iter()
            .enumerate()
            .map(|(position, passages)| Size { segment: SegmentId(position as i64), passages })
            .collect();
        let check = |from, below, expected: &[i64]| {
            let found: Vec<i64> = tier(&sizes, from, below).into_iter().map(|it| it.0).collect();
            assert_eq!(found, expected);
        };
        check(0, 8, &[0, 1]);
        check(8, 64, &[2, 3]);
        check(64, 512, &[4]);
        check(512, 4_096, &[]);
    }
}
