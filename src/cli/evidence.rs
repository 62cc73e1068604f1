//! `countersign evidence`: looks into what was imported.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::ingest::SourceOptions;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::evidence::{self, Hit, Question, Rights, Searched, Source};
use crate::ids::WorkspaceId;

#[derive(Clone, Debug, Subcommand)]
pub enum Evidence {
    /// Find the passages that answer a question
    Search(Search),
    /// The sources, with their owners and their age
    Sources {
        #[arg(long)]
        json: bool,
    },
    /// Change who answers for a source, when it is looked at again, and who may see it
    #[command(arg_required_else_help = true)]
    Source {
        name: String,
        /// Make it: it has no documents yet
        #[arg(long)]
        add: bool,
        #[command(flatten)]
        about: SourceOptions,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Search {
    #[arg(required_unless_present = "queries")]
    question: Option<String>,
    /// Documents at most
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Answer every query of this file (a JSON object a line with `_id` and `text`) with lines
    /// `query_id,document_id,rank,score`
    #[arg(long, value_name = "FILE", conflicts_with = "question")]
    queries: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub async fn run(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    evidence: Evidence,
) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout());
    match evidence {
        Evidence::Search(Search { queries: Some(file), limit, .. }) => {
            answer_file(db, workspace, &file, limit as usize, &mut out).await?;
        }
        Evidence::Search(Search { question, limit, json, .. }) => {
            let question = question.unwrap_or_default();
            let rights = Rights::of_operator();
            let question = Question::new(&question, limit as usize);
            let searched = evidence::search(db, workspace, &rights, question).await?;
            if json {
                serde_json::to_writer(&mut out, &SearchedJson::from(&searched))?;
                writeln!(out)?;
            } else {
                write_hits(&mut out, &searched)?;
            }
        }
        Evidence::Source { name, add, about } => {
            if about.is_empty() && !add {
                let sentence = "Say what to change of it: --owner, --review-on, --channels …";
                return Err(Refusal::Unreadable(sentence.to_owned()).into());
            }
            let by = Actor::CommandLine(super::account());
            let spec = about.spec(&name);
            let source = match add {
                true => evidence::add_source(db, clock, workspace, &by, &spec).await?,
                false => evidence::change_source(db, clock, workspace, &by, &spec).await?,
            };
            write_source(&mut out, &source, clock)?;
        }
        Evidence::Sources { json } => {
            let sources = evidence::sources(db, workspace).await?;
            for source in &sources {
                if json {
                    serde_json::to_writer(&mut out, &SourceJson::of(source, clock))?;
                    writeln!(out)?;
                } else {
                    write_source(&mut out, source, clock)?;
                }
            }
        }
    }
    out.flush()?;
    Ok(())
}

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "_id")]
    id: Id,
    text: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

async fn answer_file(
    db: &PgPool,
    workspace: WorkspaceId,
    file: &Path,
    limit: usize,
    out: &mut impl Write,
) -> Result<()> {
    let unreadable = |why: String| Refusal::Unreadable(format!("{}: {why}", file.display()));
    let lines = BufReader::new(File::open(file).map_err(|it| unreadable(it.to_string()))?).lines();
    let mut writer = csv::Writer::from_writer(out);
    for (number, line) in lines.enumerate() {
        let line = line.map_err(|it| unreadable(it.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let query: Query = serde_json::from_str(&line)
            .map_err(|it| unreadable(format!("line {} is no query: {it}", number + 1)))?;
        let id = match query.id {
            Id::Text(id) => id,
            Id::Number(id) => id.to_string(),
        };
        let question = Question::new(&query.text, limit);
        let searched = evidence::search(db, workspace, &Rights::of_operator(), question).await?;
        for (rank, hit) in searched.hits.iter().enumerate() {
            let (rank, score) = ((rank + 1).to_string(), format!("{:.5}", hit.score));
            writer.write_record([id.as_str(), &hit.external_id, &rank, &score])?;
        }
    }
    writer.flush()?;
    Ok(())
}

fn write_hits(out: &mut impl Write, searched: &Searched) -> Result<()> {
    let words: Vec<&str> = searched.words.iter().map(|it| it.text.as_str()).collect();
    if searched.hits.is_empty() {
        writeln!(
            out,
            "Nothing found for {} in {} documents of {} sources.",
            words.join(", "),
            searched.documents,
            searched.sources.len()
        )?;
    }
    for (number, hit) in searched.hits.iter().enumerate() {
        let date = hit.written_at.map(|it| format!(", {}", it.strftime("%Y-%m-%d")));
        writeln!(
            out,
            "{}. {} {} ({:.2}{})",
            number + 1,
            hit.source_name,
            if hit.title.is_empty() { &hit.external_id } else { &hit.title },
            hit.score,
            date.unwrap_or_default()
        )?;
        writeln!(out, "   {}\n", hit.text.replace('\n', "\n   "))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct SearchedJson<'a> {
    documents_searched: usize,
    documents_matching: usize,
    sources: &'a [String],
    words: Vec<&'a str>,
    hits: Vec<HitJson<'a>>,
}

#[derive(Serialize)]
struct HitJson<'a> {
    document: &'a str,
    source: &'a str,
    passage: i64,
    score: f32,
    title: &'a str,
    text: &'a str,
    starts: usize,
    ends: usize,
    language: &'a str,
    date: Option<String>,
    url: Option<&'a str>,
    author: Option<&'a str>,
}

impl<'a> From<&'a Searched> for SearchedJson<'a> {
    fn from(searched: &'a Searched) -> Self {
        Self {
            documents_searched: searched.documents,
            documents_matching: searched.matching,
            sources: &searched.sources,
            words: searched.words.iter().map(|it| it.text.as_str()).collect(),
            hits: searched.hits.iter().map(HitJson::from).collect(),
        }
    }
}

impl<'a> From<&'a Hit> for HitJson<'a> {
    fn from(hit: &'a Hit) -> Self {
        Self {
            document: &hit.external_id,
            source: &hit.source_name,
            passage: hit.passage.0,
            score: hit.score,
            title: &hit.title,
            text: &hit.text,
            starts: hit.chars.0,
            ends: hit.chars.1,
            language: hit.language.as_str(),
            date: hit.written_at.map(|it| it.to_string()),
            url: hit.url.as_deref(),
            author: hit.author.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct SourceJson<'a> {
    name: &'a str,
    kind: &'a str,
    documents: i64,
    owner: Option<&'a str>,
    imported_at: Option<String>,
    newest_document: Option<String>,
    review_on: Option<String>,
    fresh_for_days: Option<i32>,
    stale: bool,
    /// What people should know before they rely on it.
    warning: Option<String>,
    visibility: &'a str,
    visible_to: &'a [String],
}

impl<'a> SourceJson<'a> {
    fn of(source: &'a Source, clock: &Clock) -> Self {
        Self {
            name: &source.name,
            kind: &source.kind,
            documents: source.documents,
            owner: source.owner.as_deref(),
            imported_at: source.imported_at.map(|it| it.to_string()),
            newest_document: source.newest_document.map(|it| it.to_string()),
            review_on: source.review_on.map(|it| it.to_string()),
            fresh_for_days: source.fresh_for_days,
            stale: source.is_stale(clock.now()),
            warning: source.warning(clock.now()),
            visibility: source.visibility.kind(),
            visible_to: source.visibility.visible_to(),
        }
    }
}

fn write_source(out: &mut impl Write, source: &Source, clock: &Clock) -> Result<()> {
    let now = clock.now();
    let day = |it: jiff::Timestamp| it.strftime("%Y-%m-%d").to_string();
    let ago = |it: jiff::Timestamp| match now.duration_since(it).as_hours() / 24 {
        0 => format!("imported {} (today)", day(it)),
        1 => format!("imported {} (a day ago)", day(it)),
        days => format!("imported {} ({days} days ago)", day(it)),
    };
    let visible = match source.visibility.visible_to() {
        [] => source.visibility.kind().to_owned(),
        whom => format!("{} {}", source.visibility.kind(), whom.join(", ")),
    };
    writeln!(
        out,
        "{} ({}): {} documents, owner {}, {}, newest document {}, visible to {visible}",
        source.name,
        source.kind,
        source.documents,
        source.owner.as_deref().unwrap_or("nobody"),
        source.imported_at.map_or_else(|| "never imported".to_owned(), ago),
        source.newest_document.map_or_else(|| "without date".to_owned(), day),
    )?;
    if let Some(warning) = source.warning(now) {
        writeln!(out, "  Take care: {warning}.")?;
    }
    Ok(())
}
