//! How well a learned score tells leads apart, how fast it is, and how fast leads come in.
//!
//! `COUNTERSIGN_EVAL_DATA=DIR cargo bench --bench leads -- [--leads 100000] [--seed 1]`
//!
//! - `quality`: `DIR/leads` holds tables of leads; each `NAME.csv` with the columns `row`, `fold` and
//!   `y` has its leads in a table that is named with `--table NAME=FILE`. Without any this is left out.
//! - `speed`: leads are made from the seed, with numbers and words; a model is learnt from a tenth of
//!   them, then all are scored, with every reason.
//! - `intake`: a CSV file with as many rows, of which four in ten are leads and the others what they did, is
//!   taken into an empty database, and taken again. `DATABASE_URL` names one; without it a private Postgres
//!   is started in a folder that is removed at the end.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use countersign::audit::Actor;
use countersign::cli;
use countersign::clock::Clock;
use countersign::config::scoring::Scoring;
use countersign::database::Settings;
use countersign::database::embedded::{self, Options as Server};
use countersign::ids::WorkspaceId;
use countersign::leads::ingest::{self, Input, Taker};
use countersign::leads::scoring::evaluate::{How, Question, evaluate, read_folds};
use countersign::leads::scoring::learned::{Model, Scale};
use countersign::leads::scoring::table::Table;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

#[derive(Parser)]
struct Options {
    /// The folder with the data sets.
    #[arg(long, env = "COUNTERSIGN_EVAL_DATA")]
    data: Option<PathBuf>,
    /// The folds and the table that they are of, whose column `y` is the outcome.
    #[arg(long, value_name = "NAME=FILE")]
    table: Vec<String>,
    #[arg(long, default_value_t = 100_000)]
    leads: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, env = "DATABASE_URL")]
    database: Option<String>,
    /// Cargo hands this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    match &options.data {
        Some(data) => options.table.iter().for_each(|it| quality(data, it)),
        None => println!("COUNTERSIGN_EVAL_DATA names no folder: quality is left out."),
    }
    speed(options.leads, options.seed);
    intake(&options).await;
}

fn quality(data: &std::path::Path, named: &str) {
    let (name, file) = named.split_once('=').unwrap();
    let folds = Table::read(File::open(data.join("leads").join(format!("{name}.csv"))).unwrap());
    let folds = How::Folds(read_folds(&folds.unwrap()).unwrap());
    for (way, how) in [("fold by fold", folds), ("in order", How::InOrder)] {
        let table = Table::read(File::open(file).unwrap()).unwrap();
        let began = Instant::now();
        let question = Question { target: "y".to_owned(), how, ..Question::default() };
        let it = evaluate(table, &question, &|_| ()).unwrap();
        println!(
            "{name}, {way}: AUC {:.4}, Brier {:.4} (knowing the share: {:.4}), {:.1} s",
            it.figures.auc.value,
            it.figures.brier.value,
            it.figures.base_brier,
            began.elapsed().as_secs_f64()
        );
    }
}

fn speed(count: usize, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut text = "size,visits,opens,score,origin,country,page,won\n".to_owned();
    for _ in 0..count {
        let (size, visits) = (random.random_range(1..5_000), random.random_range(0..20));
        let origin = random.random_range(0..8);
        let chance = 0.02 + 0.01 * f64::from(visits) + if origin == 1 { 0.1 } else { 0.0 };
        let won = u8::from(random.random_bool(chance.min(0.9)));
        writeln!(
            text,
            "{size},{visits},{},{:.3},origin {origin},country {},page {},{won}",
            random.random_range(0..9),
            random.random_range(0.0..1.0_f64),
            random.random_range(0..30),
            random.random_range(0..400),
        )
        .unwrap();
    }
    let began = Instant::now();
    let mut table = Table::read(text.as_bytes()).unwrap();
    let read = began.elapsed();
    let won: Vec<bool> = table.take("won").unwrap().numbers().iter().map(|it| *it == 1.0).collect();
    let tenth: Vec<usize> = (0..count).step_by(10).collect();
    let of_tenth: Vec<bool> = tenth.iter().map(|row| won[*row]).collect();
    let began = Instant::now();
    let model = Model::fit(&table.pick(&tenth), &of_tenth, &|_| ());
    println!("{} leads learnt in {:.2} s", tenth.len(), began.elapsed().as_secs_f64());
    let began = Instant::now();
    let chances = model.chances(&table);
    let scored = began.elapsed();
    let began = Instant::now();
    let scores = model.scores(&table, Scale::default());
    println!(
        "{} leads read in {:.2} s, scored in {:.2} s, and with reasons in words in {:.2} s",
        chances.len().min(scores.len()),
        read.as_secs_f64(),
        scored.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
}

async fn intake(options: &Options) {
    let folder = tempfile::tempdir().unwrap();
    let server = match &options.database {
        Some(_) => None,
        None => {
            let data = folder.path().to_owned();
            let server = Server { data, settings: Vec::new(), binaries: None };
            Some(embedded::start_or_join(&server).await.unwrap())
        }
    };
    let url = options.database.clone().unwrap_or_else(|| server.as_ref().unwrap().url().to_owned());
    let db = cli::prepare(&Settings::new(url)).await.unwrap();
    let id = "INSERT INTO workspaces (slack_id, name, created_at) VALUES ('TLEADS', 'bench', now())
              RETURNING id";
    let workspace = WorkspaceId(sqlx::query_scalar(id).fetch_one(&db).await.unwrap());

    let file = export(options.leads, options.seed);
    for what in ["new", "known"] {
        let (scoring, clock) = (Scoring::default(), Clock::default());
        let (scoring, by) = (&scoring, Actor::Bot);
        let taker = Taker { db: &db, clock: &clock, workspace, scoring, by, system: "bench" };
        let began = Instant::now();
        let summary =
            ingest::take(&taker, Input::Bytes(file.clone().into_bytes().into())).await.unwrap();
        let took = began.elapsed().as_secs_f64();
        println!(
            "{what}: {} records in {took:.2} s, {:.0} a second: {} new, {} unchanged, {} activities, {} known",
            summary.records,
            summary.records as f64 / took,
            summary.new,
            summary.unchanged,
            summary.activities,
            summary.repeated
        );
    }
    db.close().await;
    if let Some(server) = server {
        server.stop().await;
    }
}

/// Leads with ids and emails, and among them what those did, as a website that knows ids exports it.
fn export(count: usize, seed: u64) -> String {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut text =
        "id,email,name,company,industry,employees,country,source,consent,activity,page,at\n"
            .to_owned();
    for row in 0..count {
        if row % 10 < 4 {
            let id = row / 10 * 4 + row % 10;
            let (industry, country) = (random.random_range(0..12), random.random_range(0..30));
            let (employees, source) = (random.random_range(1..5_000), random.random_range(0..8));
            writeln!(
                text,
                "{id},p{id}@company{}.example,Person {id},Company {},industry {industry},{employees},country {country},origin {source},yes,,,",
                id % 9_000,
                id % 9_000
            )
            .unwrap();
        } else {
            let id = random.random_range(0..=row / 10 * 4 + 3);
            let (day, second) = (random.random_range(1..=28), random.random_range(0..86_400_i64));
            let page = random.random_range(0..400);
            writeln!(
                text,
                "{id},,,,,,,,,page_view,/page/{page},2026-10-{day:02}T{:02}:{:02}:{:02}Z",
                second / 3_600,
                second / 60 % 60,
                second % 60
            )
            .unwrap();
        }
    }
    text
}
