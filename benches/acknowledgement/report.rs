//! The comparison, as a table that can stand in a README.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::cli::say;

use super::Subject;
use super::load::Outcome;
use super::requests::Kind;

pub struct Report {
    pub idle: Option<u64>,
    conditions: Vec<(String, String)>,
    rows: BTreeMap<(Kind, usize, Subject), Vec<Outcome>>,
}

/// One measurement.
pub struct Row {
    pub subject: Subject,
    pub kind: Kind,
    pub clients: usize,
    pub outcome: Outcome,
}

impl Report {
    pub fn new(conditions: Vec<(String, String)>) -> Self {
        Self { idle: None, conditions, rows: BTreeMap::new() }
    }

    pub fn add(&mut self, row: Row) {
        self.rows.entry((row.kind, row.clients, row.subject)).or_default().push(row.outcome);
    }

    pub fn print(&self) {
        for (name, value) in &self.conditions {
            say(format!("{name}: {value}"));
        }
        if let Some(idle) = self.idle {
            say(format!("idle memory: {:.1} MB", megabytes(idle)));
        }
        say(
            "\n| request | clients | by | per second | of the ceiling | p50 | p99 | client CPU | server CPU | Postgres CPU | memory |",
        );
        say("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        for ((kind, clients, subject), outcomes) in &self.rows {
            let of_ceiling = self
                .rows
                .get(&(*kind, *clients, Subject::Ceiling))
                .filter(|_| *subject != Subject::Ceiling)
                .map_or("".to_owned(), |ceiling| share(outcomes, ceiling));
            let middle = middle(outcomes);
            say(format!(
                "| {} | {clients} | {} | {:.0} | {of_ceiling} | {} | {} | {} | {} | {} | {} |",
                kind.name(),
                subject.name(),
                middle.per_second,
                millis(middle.p50),
                millis(middle.p99),
                micros(middle.client),
                middle.server.map_or("".to_owned(), micros),
                micros(middle.database),
                middle.memory.map_or("".to_owned(), |it| format!("{:.0} MB", megabytes(it))),
            ));
        }
    }
}

/// What a long run says while it runs.
pub fn progress(round: usize, row: &Row) {
    say(format!(
        "round {}: {}, {} clients, {}: {:.0} a second, p50 {}, p99 {}, CPU: client {}, server {}, Postgres {}",
        round + 1,
        row.kind.name(),
        row.clients,
        row.subject.name(),
        row.outcome.per_second,
        millis(row.outcome.p50),
        millis(row.outcome.p99),
        micros(row.outcome.client),
        row.outcome.server.map_or("–".to_owned(), micros),
        micros(row.outcome.database),
    ));
}

/// The median of the shares of each round, and the range: rounds stand beside each other in time,
/// which makes shares steadier than the figures they are made of.
fn share(outcomes: &[Outcome], ceiling: &[Outcome]) -> String {
    let mut shares: Vec<f64> = outcomes
        .iter()
        .zip(ceiling)
        .map(|(one, ceiling)| 100.0 * one.per_second / ceiling.per_second)
        .collect();
    shares.sort_by(f64::total_cmp);
    match shares.as_slice() {
        [] => String::new(),
        [one] => format!("{one:.0} %"),
        [least, .., most] => {
            format!("{:.0} % ({least:.0}–{most:.0})", shares[shares.len() / 2])
        }
    }
}

/// The median of each figure.
fn middle(outcomes: &[Outcome]) -> Outcome {
    Outcome {
        per_second: median(outcomes, |it| it.per_second),
        p50: duration(outcomes, |it| Some(it.p50)).unwrap_or_default(),
        p99: duration(outcomes, |it| Some(it.p99)).unwrap_or_default(),
        client: duration(outcomes, |it| Some(it.client)).unwrap_or_default(),
        server: duration(outcomes, |it| it.server),
        database: duration(outcomes, |it| Some(it.database)).unwrap_or_default(),
        memory: outcomes.iter().filter_map(|it| it.memory).max(),
    }
}

fn duration(outcomes: &[Outcome], of: impl Fn(&Outcome) -> Option<Duration>) -> Option<Duration> {
    let mut all: Vec<Duration> = outcomes.iter().filter_map(of).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    let mut all: Vec<f64> = outcomes.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn micros(duration: Duration) -> String {
    format!("{} µs", duration.as_micros())
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
