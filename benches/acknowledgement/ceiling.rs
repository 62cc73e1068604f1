//! The ceiling: the statements of a request and nothing else, sent by pgbench.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign::database::SERVICE_ROLE;
use tokio::process::Command;

use super::load::{Load, Outcome};
use super::place::Place;
use super::process::cpu_of_ended_children;
use super::statements::{Statement, with_parameters};

pub async fn run(place: &Place, load: Load) -> Result<Outcome> {
    let each = load.requests / load.clients;
    let cases = place.cases(each * load.clients).await?;
    let first = cases.first().context("a measurement needs at least one request a client")?;
    let is_in_order = cases
        .windows(2)
        .all(|two| two[1].review == two[0].review + 1 && two[1].revision == two[0].revision + 1);
    ensure!(is_in_order, "somebody else made reviews at the same time");

    let folder = place.data.join("pgbench");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let script = Script::of(&place.act(load.kind)?.statements);
    let file = folder.join("script.sql");
    fs::write(&file, &script.text)?;
    place.tidy().await?;

    let before =
        (place.database_cpu()?, place.recorded(load.kind).await?, cpu_of_ended_children()?);
    let mut command = Command::new(pgbench(place).await?);
    command
        .current_dir(&folder)
        .env("PGOPTIONS", format!("-c role={SERVICE_ROLE}"))
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=1", "--log"])
        .arg(format!("--client={}", load.clients))
        .arg(format!("--transactions={each}"))
        .arg(format!("--file={}", file.display()))
        .arg(format!("--define=clients={}", load.clients))
        .arg(format!("--define=first_review={}", first.review))
        .arg(format!("--define=first_revision={}", first.revision))
        // All were made at once.
        .arg(format!("--define=version={}", place.version_of(first.review).await?))
        .arg("--define=turn=-1");
    for (name, value) in &script.constants {
        command.arg(format!("--define={name}={value}"));
    }
    let output = command.arg(place.url.as_str()).output().await.context("pgbench cannot be run")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && !complaint.contains("ERROR"), "pgbench failed: {complaint}");
    let after = (place.database_cpu()?, place.recorded(load.kind).await?, cpu_of_ended_children()?);
    let done = after.1 - before.1;
    ensure!(done == i64::try_from(cases.len())?, "pgbench recorded {done} of {}", cases.len());

    let per_second = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let per_second = per_second.and_then(|line| line.split_whitespace().next()?.parse().ok());
    let times = times(&folder)?;
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Outcome {
        per_second: per_second.context("pgbench said no number")?,
        p50: at(0.50),
        p99: at(0.99),
        client: (after.2 - before.2) / u32::try_from(cases.len())?,
        database: (after.0 - before.0) / u32::try_from(cases.len())?,
        ..Outcome::default()
    })
}

struct Script {
    text: String,
    constants: Vec<(String, String)>,
}

impl Script {
    fn of(statements: &[Statement]) -> Self {
        let mut constants = Vec::new();
        let mut text = String::from(
            "\\set turn :turn + 1\n\
             \\set n :first_review + :turn * :clients + :client_id\n\
             \\set revision :first_revision + :turn * :clients + :client_id\n",
        );
        for (number, statement) in statements.iter().enumerate() {
            let named: HashMap<usize, String> = (1..)
                .zip(&statement.values)
                .map(|(position, value)| {
                    let constant = format!("s{number}p{position}");
                    let mut keep = |value: String| {
                        constants.push((constant.clone(), value));
                        format!(":{constant}")
                    };
                    let name = match value.as_deref() {
                        None => "NULL".to_owned(),
                        Some("{review}" | "{n}") => ":n".to_owned(),
                        Some("{revision}") => ":revision".to_owned(),
                        Some("{version}") => ":version".to_owned(),
                        // What must be unique is as long as the server sends it, and ends in a number.
                        Some("{hash}") => {
                            format!("({}::text || :n::text)::bytea", keep("0".repeat(32 - DIGITS)))
                        }
                        Some(value) if is_unique(value) && !is_json(value) => {
                            format!("({}::text || :n::text)", keep(beginning(value)))
                        }
                        // What is only stored may be the same each time.
                        Some(value) => keep(without_names(value)),
                    };
                    (position, name)
                })
                .collect();
            let _ = writeln!(text, "{};", with_parameters(&statement.text, &named));
        }
        Self { text, constants }
    }
}

/// What differs from one request to the next.
const UNIQUE: [&str; 4] = ["{review}", "{trigger}", "{hash}", "{n}"];

/// Of a trigger: a time, the team, sixteen bytes.
const TRIGGER: usize = 57;

/// Of an id of a review, in decimals.
const DIGITS: usize = 9;

/// A value that is as long with a number at its end as it is with a trigger in it.
fn beginning(value: &str) -> String {
    let filling = "0".repeat(TRIGGER - DIGITS);
    let value = value.replace("{trigger}", &filling);
    UNIQUE.iter().fold(value, |value, name| value.replace(name, ""))
}

fn without_names(value: &str) -> String {
    UNIQUE.iter().fold(value.to_owned(), |value, name| value.replace(name, "1"))
}

fn is_unique(value: &str) -> bool {
    UNIQUE.iter().any(|name| value.contains(name))
}

fn is_json(value: &str) -> bool {
    value.starts_with("{\"")
}

/// pgbench of the version that the server has.
async fn pgbench(place: &Place) -> Result<PathBuf> {
    let query = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let folder: String = sqlx::query_scalar(query).fetch_one(&place.db).await?;
    Ok(Path::new(&folder).join("pgbench"))
}

/// How long each transaction took, sorted: the third column of pgbench's log, in µs.
fn times(folder: &Path) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("pgbench_log.") {
            continue;
        }
        let log = fs::read_to_string(&path)?;
        let took = |line: &str| line.split_whitespace().nth(2)?.parse().ok();
        times.extend(log.lines().filter_map(took).map(Duration::from_micros));
    }
    ensure!(!times.is_empty(), "pgbench logged nothing");
    times.sort_unstable();
    Ok(times)
}
