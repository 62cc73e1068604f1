//! `countersign ingest documents`: files as people have them.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::PgPool;

use super::{SourceOptions, in_words};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::evidence::{self, Absent, DocumentFile, Format, Input, Mapping, Progress, SourceSpec};
use crate::ids::WorkspaceId;

#[derive(Clone, Debug, Args)]
pub struct Documents {
    /// A CSV, TSV, JSON lines, Markdown or text file, a folder of Markdown and text files, or `-`
    file: PathBuf,
    /// The source they belong to; it is created when it does not exist
    #[arg(long)]
    source: String,
    #[command(flatten)]
    about: SourceOptions,
    /// This is the whole source: documents that it does not have are retired
    #[arg(long)]
    complete: bool,
    /// … even if they are most of the source
    #[arg(long, requires = "complete")]
    retire_most: bool,
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

pub async fn run(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    args: Documents,
) -> Result<()> {
    let json = args.json;
    let name = args.source.clone();
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let (spec, file) = args.into_parts();
    let by = Actor::CommandLine(crate::cli::account());

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
        let spec = self.about.spec(&self.source);
        let absent = match (self.complete, self.retire_most) {
            (false, _) => Absent::Stay,
            (true, false) => Absent::Retire,
            (true, true) => Absent::RetireEvenMost,
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
        (spec, DocumentFile { input, format, mapping, absent })
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
