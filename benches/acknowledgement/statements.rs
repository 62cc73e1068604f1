//! What a server sends to Postgres for one request, taken down from the log of Postgres itself, so
//! that others can be measured doing exactly the same.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

/// One statement and its parameters.
///
/// A parameter that differs between two requests has a placeholder in it: `{review}`, `{revision}`,
/// `{trigger}`, `{hash}` for 32 bytes that are unique, `{n}` for a number that is. Another, `{version}`,
/// is the version of the row that the request is about, as Postgres numbers it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Statement {
    pub text: String,
    pub values: Vec<Option<String>>,
}

/// The log of Postgres, while it takes down every statement.
pub struct Log {
    db: PgPool,
    file: PathBuf,
    read: usize,
}

#[derive(Deserialize)]
struct Line {
    pid: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: String,
}

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);

impl Log {
    /// With what Postgres must be started.
    pub fn settings() -> Vec<(String, String)> {
        [
            ("logging_collector", "on"),
            ("log_destination", "jsonlog"),
            ("log_directory", "log"),
            ("log_filename", "postgres.log"),
            ("log_rotation_age", "0"),
            ("log_rotation_size", "0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub async fn open(db: &PgPool) -> Result<Self> {
        let folder: String = sqlx::query_scalar("SHOW data_directory").fetch_one(db).await?;
        let file = PathBuf::from(folder).join("log/postgres.json");
        let read = fs::metadata(&file).map_or(0, |file| file.len());
        set(db, "ALTER SYSTEM SET log_statement = 'all'").await?;
        Ok(Self { db: db.clone(), file, read: usize::try_from(read)? })
    }

    /// Passes over what stands there by now.
    pub async fn skip(&mut self) -> Result<()> {
        // Postgres writes a moment after it acts.
        tokio::time::sleep(PAUSE).await;
        self.read = usize::try_from(fs::metadata(&self.file)?.len())?;
        Ok(())
    }

    pub async fn close(self) -> Result<()> {
        set(&self.db, "ALTER SYSTEM RESET log_statement").await
    }

    /// The statements of the act that was recorded last: those of its transaction, and what was
    /// asked about these ids before. In a parameter an id becomes its name.
    pub async fn act(&mut self, ids: &[(&str, i64)], version: &str) -> Result<Vec<Statement>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let all = fs::read_to_string(&self.file)
                .with_context(|| format!("{} cannot be read", self.file.display()))?;
            let new = all.get(self.read..).unwrap_or_default();
            let lines: Vec<Line> =
                new.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            if let Some(statements) = act_in(&lines, ids, version) {
                self.read = all.len();
                return Ok(statements);
            }
            if Instant::now() > deadline {
                bail!("the act does not stand in {}", self.file.display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn set(db: &PgPool, statement: &'static str) -> Result<()> {
    sqlx::query(statement).execute(db).await?;
    sqlx::query("SELECT pg_reload_conf()").execute(db).await?;
    // Each process of Postgres takes notice when it next waits for something.
    tokio::time::sleep(PAUSE).await;
    Ok(())
}

/// None until the act's transaction is complete.
fn act_in(lines: &[Line], ids: &[(&str, i64)], version: &str) -> Option<Vec<Statement>> {
    let delivery = lines.iter().position(|line| line.message.contains("INSERT INTO deliveries"))?;
    let (begin, commit) = transaction(lines, delivery)?;
    let pid = lines[delivery].pid;

    let trigger = values(&lines[delivery])
        .into_iter()
        .flatten()
        .find_map(|value| value.strip_prefix("trigger:").map(str::to_owned))?;
    let names_one = |line: &Line| {
        values(line)
            .into_iter()
            .flatten()
            .any(|value| ids.iter().any(|(_, id)| value == id.to_string()))
    };
    let before = lines[..begin].iter().filter(|line| names_one(line));
    let within = lines[begin..=commit].iter().filter(|line| line.pid == pid);
    let statements = before.chain(within).filter_map(|line| {
        let values = values(line).into_iter();
        let values =
            values.map(|value| value.map(|value| generalise(value, ids, version, &trigger)));
        Some(Statement { text: text(line)?.to_owned(), values: values.collect() })
    });
    Some(statements.collect())
}

/// From where to where the transaction goes that a line is in: from BEGIN to COMMIT, or no further
/// than itself.
fn transaction(lines: &[Line], at: usize) -> Option<(usize, usize)> {
    let of_process = |line: &&Line| line.pid == lines[at].pid;
    let is = |line: &Line, word: &str| line.pid == lines[at].pid && text(line) == Some(word);
    let last = lines[..at].iter().rev().filter(of_process).find_map(|line| match text(line) {
        Some("BEGIN") => Some(true),
        Some("COMMIT" | "ROLLBACK") => Some(false),
        _ => None,
    });
    if last != Some(true) {
        return Some((at, at));
    }
    let begin = lines[..at].iter().rposition(|line| is(line, "BEGIN"))?;
    let commit = at + lines[at..].iter().position(|line| is(line, "COMMIT"))?;
    Some((begin, commit))
}

/// The statement in a line such as `execute sqlx_s_1: SELECT …`.
fn text(line: &Line) -> Option<&str> {
    let message = &line.message;
    let text = message
        .strip_prefix("statement: ")
        .or_else(|| message.strip_prefix("execute ")?.split_once(": ").map(|(_, text)| text))?;
    Some(text.trim().trim_end_matches(';'))
}

/// The parameters in a line such as `parameters: $1 = 'it''s', $2 = NULL`.
fn values(line: &Line) -> Vec<Option<String>> {
    let Some((_, mut rest)) = line.detail.split_once("arameters: ") else { return Vec::new() };
    let mut values = Vec::new();
    while let Some((_, value)) = rest.split_once(" = ") {
        let Some(quoted) = value.strip_prefix('\'') else {
            values.push(None);
            rest = value.split_once(", ").map_or("", |(_, rest)| rest);
            continue;
        };
        let mut text = String::new();
        let mut characters = quoted.char_indices().peekable();
        let mut end = quoted.len();
        while let Some((at, character)) = characters.next() {
            // A quotation mark within is written twice.
            if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
                end = at + 1;
                break;
            }
            text.push(character);
        }
        values.push(Some(text));
        rest = quoted.get(end..).unwrap_or_default();
    }
    values
}

fn generalise(value: String, ids: &[(&str, i64)], version: &str, trigger: &str) -> String {
    if value == version {
        return "{version}".to_owned();
    }
    let is_hash = value.len() == 66 && value.starts_with("\\x");
    if is_hash {
        return "{hash}".to_owned();
    }
    let value = value.replace(trigger, "{trigger}");
    ids.iter().fold(value, |value, (name, id)| value.replace(&id.to_string(), name))
}

/// Makes each `$n` of a text what `named` says.
pub fn with_parameters(text: &str, named: &HashMap<usize, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.find(|it: char| !it.is_ascii_digit()).unwrap_or(after.len());
        out.push_str(before);
        match after[..digits].parse().ok().and_then(|number: usize| named.get(&number)) {
            Some(name) => out.push_str(name),
            None => out.push_str(&format!("${}", &after[..digits])),
        }
        rest = &after[digits..];
    }
    out.push_str(rest);
    out
}
