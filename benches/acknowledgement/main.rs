//! How long Slack waits for us, and what that costs: `cargo bench --bench acknowledgement`.
//!
//! A signed request comes in; what it asks for is committed; 200 goes out. Measured from outside,
//! for slash commands and for clicks, with everything on one machine:
//!
//! - `place` is where it happens: a private Postgres with fsync on, a local Slack workspace, and
//!   one real command and click, from which all requests are made;
//! - `requests` makes thousands of them, each with ids of its own, signed beforehand; `load` sends
//!   them over kept-alive connections and measures;
//! - `process` is the server under test, with its processor time and memory;
//! - `statements` takes down what the server sends to Postgres for one request, and replays that
//!   through `ceiling` (pgbench: no HTTP, no server, nothing but the SQL) and through the apps in
//!   `counterparts`, made with Slack's own SDKs;
//! - `report` compares. Rounds alternate, so that whatever else the machine does hits all alike.
//!
//! The server under test runs as in production, jobs and sequencer included.

mod ceiling;
mod counterparts;
mod load;
mod place;
mod process;
mod report;
mod requests;
mod statements;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use load::Load;
use place::Place;
use report::{Report, Row};
use requests::Kind;

#[derive(Parser)]
struct Args {
    /// Requests in each measurement.
    #[arg(long, default_value_t = 10_000)]
    requests: usize,

    /// How often each measurement is made; the median is reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Connections to the server under test, and clients of pgbench.
    #[arg(long, value_delimiter = ',', default_values_t = [8, 32])]
    clients: Vec<usize>,

    /// What is asked of the server.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Command, Kind::Click])]
    kinds: Vec<Kind>,

    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Subject::Countersign, Subject::Ceiling])]
    subjects: Vec<Subject>,

    /// Also measures memory after so many idle seconds.
    #[arg(long)]
    idle: Option<u64>,

    /// Where the database and the counterparts' packages are kept.
    #[arg(long, default_value = ".data/bench")]
    data: PathBuf,

    /// Another build of Countersign to measure in place of this one.
    #[arg(long)]
    binary: Option<PathBuf>,

    /// What cargo says to a benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who does the work that is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Subject {
    Countersign,
    /// The same statements by pgbench.
    Ceiling,
    /// The same statements by an app of `@slack/bolt`.
    BoltJs,
    /// The same statements by an app of `slack_bolt`.
    BoltPython,
}

impl Subject {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Countersign => "countersign serve",
            Self::Ceiling => "pgbench, the same SQL",
            Self::BoltJs => "@slack/bolt 5.1.0",
            Self::BoltPython => "slack_bolt 1.30.0",
        }
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let provided = rustls::crypto::ring::default_provider().install_default();
    anyhow::ensure!(provided.is_ok(), "a TLS provider was installed twice");
    let mut place = Place::open(&args.data, args.binary.as_deref()).await?;
    let measured = measure(&args, &mut place).await;
    place.close().await;
    measured?.print();
    Ok(ExitCode::SUCCESS)
}

async fn measure(args: &Args, place: &mut Place) -> Result<Report> {
    let mut report = Report::new(place.conditions().await?);
    if let Some(seconds) = args.idle {
        report.idle = Some(place.idle_memory(Duration::from_secs(seconds)).await?);
    }
    for round in 0..args.rounds {
        for &kind in &args.kinds {
            for &clients in &args.clients {
                for &subject in &args.subjects {
                    place.reset().await?;
                    let load = Load { kind, clients, requests: args.requests };
                    let row = once(place, subject, load).await?;
                    report::progress(round, &row);
                    report.add(row);
                }
            }
        }
    }
    Ok(report)
}

async fn once(place: &mut Place, subject: Subject, load: Load) -> Result<Row> {
    let outcome = match subject {
        Subject::Ceiling => ceiling::run(place, load).await?,
        Subject::Countersign => {
            let server = place.serve(load.clients).await?;
            place.load(server, load).await?
        }
        Subject::BoltJs | Subject::BoltPython => {
            let server = counterparts::start(place, subject, load.clients).await?;
            place.load(server, load).await?
        }
    };
    Ok(Row { subject, kind: load.kind, clients: load.clients, outcome })
}
