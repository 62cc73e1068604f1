//! How fast readings come in, and how fast a series comes out.
//!
//! `cargo bench --bench readings -- [--readings 1000000] [--seed 1]`
//!
//! A Google Ads export of so many readings is made from the seed (campaigns, hours, five metrics),
//! taken, and taken again with corrections; then windows of 90 days are read. `DATABASE_URL` names an
//! empty database; without it a private Postgres is started in a folder that is removed at the end.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::io::Write;
use std::time::{Duration, Instant};

use clap::Parser;
use countersign::alerts;
use countersign::audit::Actor;
use countersign::cli;
use countersign::clock::Clock;
use countersign::config::{Edition, Manifest, Numbers};
use countersign::database::Settings;
use countersign::database::embedded::{self, Options as Server};
use countersign::ids::WorkspaceId;
use countersign::readings::{self, File, Filter, Input, Layout};
use countersign::summaries::moved::{self, About};
use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Span};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;

#[derive(Parser)]
struct Options {
    #[arg(long, env = "DATABASE_URL")]
    database: Option<String>,
    #[arg(long, default_value_t = 1_000_000)]
    readings: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Cargo hands this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

const METRICS: usize = 5;
const HOURS: usize = 90 * 24;
const WINDOWS: usize = 500;

#[tokio::main]
async fn main() {
    let options = Options::parse();
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
    let workspace = workspace(&db).await;

    let rows = (options.readings / METRICS).max(1);
    let first = take(&db, workspace, export(rows, options.seed, 0)).await;
    report("new", rows * METRICS, first);
    let again = take(&db, workspace, export(rows, options.seed, 50)).await;
    report("one in fifty corrected", rows * METRICS, again);
    sqlx::raw_sql("ANALYZE").execute(&db).await.ok();
    windows(&db, workspace, options.seed).await;
    inspection(&db, workspace).await;
    mornings(&db, workspace).await;

    db.close().await;
    if let Some(server) = server {
        server.stop().await;
    }
}

/// Everything that came, looked at by all detectors as after an import.
async fn inspection(db: &PgPool, workspace: WorkspaceId) {
    let end = date(2026, 5, 1).at(0, 0, 0, 0) + Span::new().days(90);
    let now = end.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    let began = Instant::now();
    let looked = alerts::look(db, workspace, &Numbers::default(), 90, now).await.unwrap();
    println!(
        "{} series of 90 days by the hour inspected in {:.2} s, from the database on; {} findings",
        looked.outlines.len(),
        began.elapsed().as_secs_f64(),
        looked.found.len()
    );
}

/// What a daily summary, and one of a week and of four, say of the numbers.
async fn mornings(db: &PgPool, workspace: WorkspaceId) {
    const TIMES: usize = 5;
    let manifest = Manifest::load(None).unwrap();
    let yesterday = date(2026, 5, 1) + Span::new().days(89);
    let zone = jiff::tz::TimeZone::UTC;
    let now = yesterday.tomorrow().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
    for edition in Edition::ALL {
        let about = About { yesterday, edition, zone: zone.clone(), now };
        let mut times: Vec<Duration> = Vec::new();
        let mut lines = 0;
        for _ in 0..TIMES {
            let began = Instant::now();
            let moved = moved::read(db, workspace, &manifest, &about).await.unwrap();
            lines = moved.told(&about).lines.len();
            times.push(began.elapsed());
        }
        times.sort_unstable();
        println!(
            "what moved, {}: {lines} lines; median {:.2} s, longest {:.2} s",
            edition.name(),
            times[TIMES / 2].as_secs_f64(),
            times[TIMES - 1].as_secs_f64()
        );
    }
}

async fn workspace(db: &PgPool) -> WorkspaceId {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO workspaces (slack_id, name, created_at)
         VALUES ('TBENCH', 'bench', now())
         ON CONFLICT (slack_id) DO UPDATE SET name = 'bench'
         RETURNING id",
    )
    .fetch_one(db)
    .await
    .unwrap();
    WorkspaceId(id)
}

/// Campaigns by the hour; with `corrected`, one row in so many has other conversions.
fn export(rows: usize, seed: u64, corrected: usize) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut text = b"Campaign report\nAll time\n\
        Day,Hour of day,Campaign,Currency code,Cost,Impr.,Clicks,Conversions,Conv. value\n"
        .to_vec();
    let start = date(2026, 5, 1);
    for row in 0..rows {
        let (campaign, hour) = (row / HOURS, row % HOURS);
        let day = start + Span::new().days((hour / 24) as i64);
        let clicks = random.random_range(0..500_u32);
        let mut conversions = random.random_range(0..=clicks / 10 + 1);
        if corrected > 0 && row % corrected == 0 {
            conversions += 1;
        }
        writeln!(
            text,
            "{day},{},Campaign {campaign},EUR,\"{}.{:02}\",{},{clicks},{conversions},{}.50",
            hour % 24,
            clicks * 2,
            random.random_range(0..100_u32),
            clicks * 40,
            conversions * 30,
        )
        .unwrap();
    }
    text
}

async fn take(db: &PgPool, workspace: WorkspaceId, bytes: Vec<u8>) -> Duration {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let input = Input::Path(file.path().to_owned());
    let file = File::table(input, Layout::GoogleAds);
    let began = Instant::now();
    let summary = readings::ingest(db, &Clock::default(), workspace, &Actor::Bot, &file, |_| {})
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let took = began.elapsed();
    println!("{} new, {} corrected, {} unchanged", summary.new, summary.changed, summary.unchanged);
    took
}

fn report(what: &str, readings: usize, took: Duration) {
    println!(
        "{what}: {readings} readings in {:.2} s, {:.0} a second",
        took.as_secs_f64(),
        readings as f64 / took.as_secs_f64()
    );
}

async fn windows(db: &PgPool, workspace: WorkspaceId, seed: u64) {
    let series = readings::series(db, workspace, &Filter::default()).await.unwrap();
    let mut random = SmallRng::seed_from_u64(seed);
    let from: DateTime = date(2026, 5, 1).at(0, 0, 0, 0);
    let to = from + SignedDuration::from_hours(90 * 24);
    let mut times: Vec<Duration> = Vec::new();
    let mut read = 0;
    for _ in 0..WINDOWS {
        let id = series[random.random_range(0..series.len())].id;
        let began = Instant::now();
        read += readings::window(db, workspace, id, from, to).await.unwrap().len();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    println!(
        "window of 90 days by the hour ({} readings): median {:.2} ms, 99 % {:.2} ms",
        read / WINDOWS,
        times[WINDOWS / 2].as_secs_f64() * 1e3,
        times[WINDOWS * 99 / 100].as_secs_f64() * 1e3
    );
}
