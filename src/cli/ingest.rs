//! `countersign ingest`: brings in what the team owns.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use sqlx::PgPool;

use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::evidence::{
    self, DocumentFile, Format, Input, Mapping, Progress, SourceSpec, Summary, Visibility,
};
use crate::ids::WorkspaceId;

#[derive(Clone, Debug, Subcommand)]
pub enum Ingest {
    /// Documents: reviews, tickets, survey answers, notes, pages
    Documents(Documents),
    /// Readings: what advertising platforms export, day by day or hour by hour
    Readings(super::readings::File),
}

#[derive(Clone, Debug, Args)]
pub struct Documents {
    /// A CSV, TSV, JSON lines, Markdown or text file, a folder of Markdown and text files, or `-`
    file: PathBuf,
    /// The source they belong to; it is created when it does not exist
    #[arg(long)]
    source: String,
    /// What the source holds, in a word: reviews, tickets, pages
    #[arg(long)]
    kind: Option<String>,
    /// Who answers for the source
    #[arg(long)]
    owner: Option<String>,
    /// The day by which somebody looks at the source again
    #[arg(long, value_name = "DATE")]
    review_on: Option<Date>,
    /// Days after which an import counts as old
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(1..))]
    fresh_for_days: Option<i32>,
    /// Everyone may see the source (what a new source begins with)
    #[arg(long, conflicts_with_all = ["channels", "groups"])]
    everyone: bool,
    /// Only these channels may see the source, by Slack's ids
    #[arg(long, value_delimiter = ',', conflicts_with = "groups")]
    channels: Vec<String>,
    /// Only these groups may see the source
    #[arg(long, value_delimiter = ',')]
    groups: Vec<String>,
    #[arg(long, value_enum, default_value_t)]
    format: FileFormat,
    /// The column or key that holds the id
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// … the title
    #[arg(long, value_name = "COLUMN")]
    title: Option<String>,
    /// … the text
    #[arg(long, value_name = "COLUMN")]
    text: Option<String>,
    /// … the date
    #[arg(long, value_name = "COLUMN")]
    date: Option<String>,
    /// … the address of the original
    #[arg(long, value_name = "COLUMN")]
    url: Option<String>,
    /// … who wrote it
    #[arg(long, value_name = "COLUMN")]
    author: Option<String>,
    /// How dates are written, as strptime has it: %d/%m/%Y
    #[arg(long, value_name = "FORM")]
    date_format: Option<String>,
    /// The file's encoding, by its name on the web: windows-1252
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum FileFormat {
    #[default]
    Auto,
    Csv,
    Tsv,
    Jsonl,
    Markdown,
    Text,
}

pub async fn run(db: &PgPool, clock: &Clock, workspace: WorkspaceId, ingest: Ingest) -> Result<()> {
    let args = match ingest {
        Ingest::Documents(args) => args,
        Ingest::Readings(file) => return super::readings::ingest(db, clock, workspace, file).await,
    };
    let json = args.json;
    let name = args.source.clone();
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let (spec, file) = args.into_parts();
    let by = Actor::CommandLine(super::account());

    let done =
        evidence::ingest_documents(db, clock, workspace, &by, &spec, &file, |it| show(&bar, it))
            .await;
    bar.finish_and_clear();
    let summary = done?;

    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &summary)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", in_words(&name, &summary))?;
    }
    let taken = summary.new + summary.changed + summary.unchanged;
    if taken == 0 && summary.refused > 0 {
        let sentence = "Nothing was imported: every record was refused.";
        return Err(Refusal::Unreadable(sentence.to_owned()).into());
    }
    Ok(())
}

impl Documents {
    fn into_parts(self) -> (SourceSpec, DocumentFile) {
        let visibility = match () {
            () if self.everyone => Some(Visibility::Everyone),
            () if !self.channels.is_empty() => Some(Visibility::Channels(self.channels)),
            () if !self.groups.is_empty() => Some(Visibility::Groups(self.groups)),
            () => None,
        };
        let spec = SourceSpec {
            name: self.source,
            kind: self.kind,
            owner: self.owner,
            review_on: self.review_on,
            fresh_for_days: self.fresh_for_days,
            visibility,
        };
        let input = match self.file.to_str() {
            Some("-") => Input::Stdin,
            _ => Input::Path(self.file),
        };
        let format = match self.format {
            FileFormat::Auto => Format::Auto,
            FileFormat::Csv => Format::Csv,
            FileFormat::Tsv => Format::Tsv,
            FileFormat::Jsonl => Format::Jsonl,
            FileFormat::Markdown => Format::Markdown,
            FileFormat::Text => Format::Text,
        };
        let mapping = Mapping {
            id: self.id,
            title: self.title,
            text: self.text,
            date: self.date,
            url: self.url,
            author: self.author,
            date_format: self.date_format,
            encoding: self.encoding,
        };
        (spec, DocumentFile { input, format, mapping })
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    if let (Some(total), None) = (progress.bytes_total, bar.length()) {
        let style = "{bar:30} {bytes}/{total_bytes} {msg} {eta}";
        // A template that cannot be read leaves the bar as it was.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_length(total);
    }
    bar.set_position(progress.bytes);
    bar.set_message(format!("{} records", progress.records));
}

fn in_words(source: &str, summary: &Summary) -> String {
    use std::fmt::Write;

    let mut words = format!(
        "{source}: {} new, {} changed, {} unchanged, {} refused; {} passages.\n",
        summary.new, summary.changed, summary.unchanged, summary.refused, summary.passages
    );
    if summary.repeated > 0 {
        let _ = writeln!(words, "  {} repeats of the same id and content.", summary.repeated);
    }
    if summary.resumed_after > 0 {
        let _ = writeln!(words, "  Went on after {} stored records.", summary.resumed_after);
    }
    for note in &summary.notes {
        let _ = writeln!(words, "  {note}");
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
