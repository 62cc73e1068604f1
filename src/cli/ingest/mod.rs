//! `countersign ingest`: brings in what the team owns.

mod documents;
mod leads;
mod singer;
mod source;

use clap::Subcommand;
use sqlx::PgPool;

use super::readings;
use crate::clock::Clock;
use crate::config::Manifest;
use crate::error::Result;
use crate::evidence::Summary;
use crate::ids::WorkspaceId;

pub use self::source::SourceOptions;

#[derive(Clone, Debug, Subcommand)]
pub enum Ingest {
    /// Documents: reviews, tickets, survey answers, notes, pages
    Documents(documents::Documents),
    /// What a Singer tap writes: TAP --config … | countersign ingest singer >> state.jsonl
    Singer(singer::Singer),
    /// Leads, and what they did: what a CRM or a website exports
    Leads(leads::Leads),
    /// Readings: what advertising platforms export, day by day or hour by hour
    Readings(readings::File),
}

pub async fn run(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    manifest: &Manifest,
    ingest: Ingest,
) -> Result<()> {
    match ingest {
        Ingest::Documents(args) => documents::run(db, clock, workspace, args).await,
        Ingest::Leads(args) => leads::run(db, clock, workspace, manifest, args).await,
        Ingest::Singer(args) => singer::run(db, clock, workspace, manifest, args).await,
        Ingest::Readings(args) => readings::ingest(db, clock, workspace, args).await,
    }
}

fn in_words(source: &str, summary: &Summary) -> String {
    use std::fmt::Write;

    let mut words = format!(
        "{source}: {} new, {} changed, {} unchanged, {} refused; {} passages.\n",
        summary.new, summary.changed, summary.unchanged, summary.refused, summary.passages
    );
    if summary.records == 0 {
        words.push_str("  There was no record in it.\n");
    }
    if summary.retired > 0 {
        let _ = writeln!(words, "  {} retired: they are not there any more.", summary.retired);
    }
    if summary.repeated > 0 {
        let _ = writeln!(words, "  {} repeats of an id.", summary.repeated);
    }
    if summary.resumed_after > 0 {
        let _ = writeln!(words, "  Went on after {} stored records.", summary.resumed_after);
    }
    for note in &summary.notes {
        let _ = writeln!(words, "  {note}");
    }
    let refusals = summary.refusals.iter().map(|it| (it.line, it.reason.as_str()));
    words + &refused(refusals, summary.refused)
}

/// The lines that were refused first, and how many more there are.
pub fn refused<'a>(first: impl Iterator<Item = (u64, &'a str)>, all: u64) -> String {
    let lines: Vec<String> =
        first.map(|(line, reason)| format!("  Line {line}: {reason}.\n")).collect();
    let more = all - lines.len() as u64;
    let mut words = lines.concat();
    if more > 0 {
        words.push_str(&format!("  … {more} more were refused.\n"));
    }
    words
}
