//! `countersign ingest leads`: exports of a CRM, and what leads did.

use std::io::{Read, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::PgPool;

use crate::audit::Actor;
use crate::clock::Clock;
use crate::config::Manifest;
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::leads::ingest::{self, Input, Progress, Summary, Taker};
use crate::words::count;

#[derive(Clone, Debug, Args)]
#[command(
    after_help = "A row is a lead, or something that one did: then it has a column \"activity\" \
and a column \"at\". Whose it is, its id says or its email. Taking a file twice changes nothing; what was \
taken when it is stopped stays, and taking the file again brings the rest. \
Attributes that say something protected of a person, such as gender or age, are not kept."
)]
pub struct Leads {
    /// A CSV or JSON lines file with a header line, or `-`
    file: PathBuf,
    /// Whose export it is: ids are told apart by it
    #[arg(long = "as", value_enum)]
    layout: As,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum As {
    Hubspot,
    Salesforce,
    /// A table of your own
    Csv,
}

pub async fn run(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    manifest: &Manifest,
    args: Leads,
) -> Result<()> {
    let input = match args.file.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            Input::Bytes(bytes.into())
        }
        _ => Input::Path(args.file),
    };
    let system = match args.layout {
        As::Hubspot => "hubspot",
        As::Salesforce => "salesforce",
        As::Csv => "csv",
    };
    let by = Actor::CommandLine(crate::cli::account());
    let taker = Taker { db, clock, workspace, scoring: &manifest.scoring, by, system };
    let bar = if args.json { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let taken = ingest::take_telling(&taker, input, |it| tell(&bar, it)).await;
    bar.finish_and_clear();
    let summary = taken?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &summary)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", in_words(system, &summary))?;
    }
    if summary.refused > 0 && summary.refused == summary.records {
        let sentence = "Nothing was imported: every record was refused.";
        return Err(Refusal::Unreadable(sentence.to_owned()).into());
    }
    Ok(())
}

fn tell(bar: &ProgressBar, progress: Progress) {
    if bar.length().is_none() {
        // A template that cannot be read leaves the bar as it was.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} records {eta}") {
            bar.set_style(style);
        }
        bar.set_length(progress.records);
    }
    bar.set_position(progress.taken);
}

pub fn in_words(system: &str, summary: &Summary) -> String {
    use std::fmt::Write;

    let mut words = format!(
        "{system}: {} new, {} changed, {} unchanged, {} new ({} known), {} merged, {} deleted, {} refused.\n",
        count(summary.new, "lead"),
        summary.changed,
        summary.unchanged,
        activities(summary.activities),
        summary.repeated,
        summary.merged,
        summary.deleted,
        summary.refused
    );
    if summary.left_out > 0 {
        let _ = writeln!(words, "  {} left out: about leads that were deleted.", summary.left_out);
    }
    for it in &summary.refusals {
        let _ = writeln!(words, "  Line {}: {}.", it.line, it.reason);
    }
    let more = summary.refused - summary.refusals.len() as u64;
    if more > 0 {
        let _ = writeln!(words, "  … {more} more were refused.");
    }
    words
}

fn activities(number: u64) -> String {
    match number {
        1 => "1 activity".to_owned(),
        number => format!("{number} activities"),
    }
}
