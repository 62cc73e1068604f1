//! `countersign audit`: to check the trail, to prove what is in it, to take it elsewhere.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use sqlx::PgPool;

use super::erase::{self, Erase};
use crate::audit::{self, Entry, Keys, Report, Signer};
use crate::commands::grammar;
use crate::error::{Error, Refusal, Result};
use crate::history;
use crate::ids::{EntryId, WorkspaceId};
use crate::workspaces;

/// Check the audit trail, prove what is in it, take it elsewhere.
#[derive(Args, Debug)]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Compute the whole trail again and say what is wrong, if anything is.
    Verify {
        /// Checkpoints that you kept, as copied from the channel or in a file of many: is the trail still
        /// the one that they were signed for?
        #[arg(long, value_name = "CHECKPOINT_FILE")]
        from: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Show the newest signed checkpoint, to be kept somewhere else.
    Checkpoint {
        /// Write it to a file instead.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Write a proof that an entry is in the trail (c2sp.org/tlog-proof@v1).
    Prove {
        /// The number of the entry, as `audit export` shows it.
        entry: i64,
        /// Write it to a file instead, by custom with the ending .tlog-proof.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Write a proof that the trail only grew since a checkpoint (as c2sp.org/tlog-witness takes it).
    ProveConsistency {
        /// A checkpoint that you kept.
        #[arg(long, value_name = "CHECKPOINT_FILE")]
        from: PathBuf,
        /// Write it to a file instead.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Check a proof that an entry is in the trail, without any database.
    VerifyProof {
        file: PathBuf,
        /// The key that must have signed it; otherwise the configured ones count.
        #[arg(long, value_name = "VKEY")]
        key: Vec<String>,
        #[arg(long)]
        json: bool,
    },
    /// Tell what happened to one card: who decided what and when, why, on which exact text.
    History {
        /// The number that the card shows, or a link to its message.
        card: String,
        /// A zone to tell times in as well, such as Europe/Berlin.
        #[arg(long, value_name = "ZONE")]
        zone: Option<String>,
        /// The workspace, by its number in the database; needed only if there are several.
        #[arg(long, value_name = "ID")]
        workspace: Option<i64>,
        #[arg(long)]
        json: bool,
    },
    /// Erase what a person wrote; the trail still verifies.
    Erase(Erase),
    /// Write the entries of some days, in the order of the tree.
    Export {
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// The first day, in UTC (2026-11-01); otherwise from the beginning.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// The last day, in UTC, which is included; otherwise to the end.
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
        /// Only this workspace, by its number in the database.
        #[arg(long, value_name = "ID")]
        workspace: Option<i64>,
    },
    /// Show the public keys whose signatures count, to be given to whoever checks.
    Key {
        /// Make a new signing key instead, for a log of this name (example.com/audit).
        #[arg(long, value_name = "NAME")]
        new: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum Format {
    /// One JSON object a line, with the canonical bytes of the entry as they are.
    Jsonl,
    Csv,
}

/// Runs one subcommand, and takes no offence at a reader that has seen enough.
///
/// `connect` is called by those that need the database, `keys` are the configured
/// ones. The exit code is 1 where the trail is not sound.
pub async fn run(
    audit: Audit,
    connect: impl AsyncFnOnce() -> Result<PgPool>,
    keys: &Keys,
    out: &mut impl Write,
) -> Result<ExitCode> {
    match answer(audit, connect, keys, out).await {
        Err(Error::Fault(fault)) if has_no_reader(&fault) => Ok(ExitCode::SUCCESS),
        answered => answered,
    }
}

fn has_no_reader(fault: &anyhow::Error) -> bool {
    let io = fault.downcast_ref::<io::Error>().map(io::Error::kind);
    let csv = fault.downcast_ref::<csv::Error>().map(csv::Error::kind);
    let csv = csv.and_then(|kind| match kind {
        csv::ErrorKind::Io(error) => Some(error.kind()),
        _ => None,
    });
    io.or(csv) == Some(io::ErrorKind::BrokenPipe)
}

async fn answer(
    audit: Audit,
    connect: impl AsyncFnOnce() -> Result<PgPool>,
    keys: &Keys,
    out: &mut impl Write,
) -> Result<ExitCode> {
    match audit.command {
        Command::Verify { from, json } => {
            return verify(&connect().await?, from.as_deref(), known(keys)?, json, out).await;
        }
        Command::Checkpoint { out: file, json } => {
            let note = checkpoint(&connect().await?, known(keys)?, json).await?;
            put(&note, file.as_deref(), out)?;
        }
        Command::Prove { entry, out: file, json } => {
            let mut db = connect().await?.acquire().await?;
            let proof = audit::prove(&mut db, EntryId(entry), known(keys)?).await?;
            let proof = if json {
                json!({"entry": entry, "proof": proof}).to_string() + "\n"
            } else {
                proof
            };
            put(&proof, file.as_deref(), out)?;
        }
        Command::ProveConsistency { from, out: file, json } => {
            let kept = read(&from)?;
            let kept = audit::checkpoints_in(&kept).pop().unwrap_or(kept);
            let mut db = connect().await?.acquire().await?;
            let proof = audit::prove_consistency(&mut db, &kept, known(keys)?).await?;
            let proof = if json { json!({"proof": proof}).to_string() + "\n" } else { proof };
            put(&proof, file.as_deref(), out)?;
        }
        Command::VerifyProof { file, key, json } => verify_proof(&file, &key, keys, json, out)?,
        Command::History { card, zone, workspace, json } => {
            let zone = zone_named(zone.as_deref())?;
            let named = grammar::card(&card).map_err(Refusal::Unreadable)?;
            let db = connect().await?;
            let workspace = the_workspace(&db, workspace).await?;
            let history = history::find(&db, workspace, &named).await?;
            if json {
                history.entries.iter().try_for_each(|entry| jsonl(entry, out))?;
            } else {
                write!(out, "{}", history::plain(&history, &zone))?;
            }
        }
        Command::Erase(what) => {
            let db = connect().await?;
            let workspace = the_workspace(&db, what.workspace).await?;
            erase::run(&db, workspace, &what, out).await?;
        }
        Command::Export { format, from, to, workspace } => {
            let days = Days { from: beginning(from)?, to: end(to)? };
            let workspace = workspace.map(WorkspaceId);
            export(&connect().await?, format, &days, workspace, out).await?;
        }
        Command::Key { new, json } => {
            let shown: Vec<String> = match new {
                Some(name) => vec![
                    Signer::generate(&name).map_err(|why| Refusal::Unreadable(why.to_string()))?,
                ],
                None => known(keys)?.texts().map(str::to_owned).collect(),
            };
            let shown = if json { json!({"keys": shown}).to_string() } else { shown.join("\n") };
            writeln!(out, "{shown}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(
    db: &PgPool,
    from: Option<&Path>,
    keys: &Keys,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode> {
    let kept = from.map(read).transpose()?;

    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} entries, {eta} left",
    )?);
    let shown = bar.clone();
    let report = audit::verify(db, kept.as_deref(), keys, move |done, all| {
        shown.set_length(all);
        shown.set_position(done);
    })
    .await?;
    bar.finish_and_clear();

    if json {
        writeln!(out, "{}", as_json(&report))?;
    } else {
        write!(out, "{}", sentences(&report))?;
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// At most so many findings are told; `--json` has more of them.
const TOLD: usize = 50;

fn sentences(report: &Report) -> String {
    let Report { entries, pending, checkpoints, .. } = report;
    let mut text = match report.is_sound() {
        true => format!(
            "The audit trail is sound: {entries} entries are what they were when {checkpoints} checkpoints were signed over them.\n"
        ),
        false => {
            let wrong = match report.wrong {
                1 => "One thing is".to_owned(),
                wrong => format!("{wrong} things are"),
            };
            format!(
                "The audit trail is not what was recorded. {wrong} wrong in {entries} entries and {checkpoints} checkpoints:\n"
            )
        }
    };
    for finding in report.findings.iter().take(TOLD) {
        text += &format!("- {finding}\n");
    }
    let told = report.findings.len().min(TOLD) as u64;
    if report.wrong > told {
        text += &format!("- … and {} more\n", report.wrong - told);
    }

    match report.kept {
        Some(kept) if report.is_sound() => {
            text += &format!("It begins with the {kept} entries of the checkpoint you kept.\n");
        }
        Some(_) => {}
        None => {
            text += "Give --from with a checkpoint that was kept elsewhere: without one, nothing shows a history \
                     that was rewritten with the signing key, or a tail that was cut off.\n";
        }
    }
    if *pending > 0 {
        text += &format!("{pending} entries wait for their place in the tree.\n");
    }
    text
}

fn as_json(report: &Report) -> serde_json::Value {
    let finding = |finding: &audit::Finding| {
        let mut value = json!(finding);
        value["sentence"] = json!(finding.to_string());
        value
    };
    let mut value = json!(report);
    value["sound"] = json!(report.is_sound());
    value["findings"] = report.findings.iter().map(finding).collect();
    value
}

async fn checkpoint(db: &PgPool, keys: &Keys, json: bool) -> Result<String> {
    let mut db = db.acquire().await?;
    let Some(checkpoint) = audit::latest_checkpoint(&mut db, keys).await? else {
        let nothing = "Nothing is recorded yet, so there is no checkpoint.".to_owned();
        return Err(Refusal::Missing(nothing).into());
    };
    Ok(match json {
        true => {
            let (size, root) = (checkpoint.size, hex::encode(checkpoint.root()));
            format!("{}\n", json!({ "size": size, "root": root, "note": checkpoint.note }))
        }
        false => checkpoint.note,
    })
}

fn verify_proof(
    file: &Path,
    given: &[String],
    configured: &Keys,
    json: bool,
    out: &mut impl Write,
) -> Result<()> {
    let given = Keys::new(given.iter().map(String::as_str))
        .map_err(|why| Refusal::Unreadable(format!("{why:#}.")))?;
    let keys = if given.is_empty() { known(configured)? } else { &given };

    let proven = audit::verify_proof(&read(file)?, keys)?;
    let size = proven.checkpoint.size;
    let payload = String::from_utf8(proven.payload).context("an entry is text")?;
    if json {
        let shown = Shown {
            holds: true,
            leaf: proven.leaf,
            size,
            checkpoint: &proven.checkpoint.note,
            payload: serde_json::from_str(&payload)?,
        };
        writeln!(out, "{}", serde_json::to_string(&shown)?)?;
    } else {
        writeln!(
            out,
            "The proof holds: this entry is leaf {} of the {size} that the checkpoint in it was signed for.\n{payload}",
            proven.leaf
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown<'a> {
    holds: bool,
    leaf: u64,
    size: u64,
    checkpoint: &'a str,
    payload: &'a RawValue,
}

struct Days {
    from: Timestamp,
    to: Timestamp,
}

async fn export(
    db: &PgPool,
    format: Format,
    days: &Days,
    workspace: Option<WorkspaceId>,
    out: &mut impl Write,
) -> Result<()> {
    let bar = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("{human_pos} entries written")?);
    if matches!(format, Format::Csv) {
        out.write_all(CSV_HEAD.as_bytes())?;
    }

    let mut after = None;
    loop {
        let page = audit::page(db, after, days.from, days.to, workspace).await?;
        let Some(last) = page.last() else { break };
        after = last.leaf;
        bar.inc(page.len() as u64);
        match format {
            Format::Jsonl => page.iter().try_for_each(|entry| jsonl(entry, out))?,
            Format::Csv => csv(&page, out)?,
        }
    }
    bar.finish_and_clear();
    out.flush()?;
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    leaf: Option<u64>,
    entry: EntryId,
    /// Goes through as it is, so that its hash can be taken from the file.
    payload: &'a RawValue,
}

fn jsonl(entry: &Entry, out: &mut impl Write) -> Result<()> {
    let payload = serde_json::from_slice(&entry.payload)?;
    let line = Line { leaf: entry.leaf, entry: entry.id, payload };
    Ok(writeln!(out, "{}", serde_json::to_string(&line)?)?)
}

const CSV_HEAD: &str = "leaf,entry,at,workspace,actor,act,subject_kind,subject_id,details\n";

fn csv(page: &[Entry], out: &mut impl Write) -> Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    for entry in page {
        rows.write_record([
            &entry.leaf.unwrap_or_default().to_string(),
            &entry.id.to_string(),
            &entry.at.to_string(),
            &entry.workspace.to_string(),
            &entry.actor.to_string(),
            &entry.act,
            &entry.subject.kind.to_string(),
            &entry.subject.id,
            &serde_json::to_string(&entry.details)?,
        ])?;
    }
    rows.flush()?;
    Ok(())
}

fn zone_named(zone: Option<&str>) -> Result<TimeZone> {
    let Some(zone) = zone else { return Ok(TimeZone::UTC) };
    let unknown = |_| {
        Refusal::Unreadable(format!(
            "No time zone is named {zone:?}; use a name such as Europe/Berlin."
        ))
    };
    Ok(TimeZone::get(zone).map_err(unknown)?)
}

/// The workspace that is meant: the only one, unless it is named.
async fn the_workspace(db: &PgPool, named: Option<i64>) -> Result<WorkspaceId> {
    match (named, workspaces::all(db).await?.as_slice()) {
        (Some(named), known) if known.contains(&WorkspaceId(named)) => Ok(WorkspaceId(named)),
        (None, [only]) => Ok(*only),
        (Some(named), _) => {
            Err(Refusal::Missing(format!("This database has no workspace {named}.")).into())
        }
        (None, []) => {
            Err(Refusal::Missing("This database has no workspace yet.".to_owned()).into())
        }
        (None, several) => Err(Refusal::Missing(format!(
            "This database has several workspaces; say which one with --workspace: {}.",
            several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ))
        .into()),
    }
}

fn beginning(day: Option<Date>) -> Result<Timestamp> {
    let Some(day) = day else { return Ok(Timestamp::UNIX_EPOCH) };
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}

fn end(day: Option<Date>) -> Result<Timestamp> {
    // Far beyond any entry, and still a time that Postgres has.
    let Some(day) = day else {
        return Ok(Date::constant(9999, 12, 1).to_zoned(TimeZone::UTC)?.timestamp());
    };
    Ok(day.checked_add(1.day())?.to_zoned(TimeZone::UTC)?.timestamp())
}

/// Without a key every signature is one of nobody.
fn known(keys: &Keys) -> Result<&Keys> {
    if keys.is_empty() {
        let none =
            "No audit key is known here: configure one, or give --key where it can be given.";
        return Err(Refusal::Missing(none.to_owned()).into());
    }
    Ok(keys)
}

fn read(file: &Path) -> Result<String> {
    let unreadable =
        |why| Refusal::Unreadable(format!("{} cannot be read: {why}.", file.display()));
    Ok(std::fs::read_to_string(file).map_err(unreadable)?)
}

fn put(text: &str, file: Option<&Path>, out: &mut impl Write) -> Result<()> {
    match file {
        Some(file) => {
            std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))?
        }
        None => out.write_all(text.as_bytes())?,
    }
    Ok(())
}
