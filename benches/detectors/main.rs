//! How well the detector of unusual readings judges, and how fast it is.
//!
//! `COUNTERSIGN_EVAL_DATA=DIR cargo bench --bench detectors -- [--nab DIR] [--daily FILE]… [--seed 1]`
//!
//! - `nab`: the Numenta Anomaly Benchmark (folders `data` and `labels`), scored by its own rule in the
//!   standard profile, with the detector's own threshold and with the best one, and the false alarms
//!   beside it. `DIR/nab` is taken where `--nab` is not given.
//! - `incidents`: into real daily series (a table with days, campaigns and metrics) incidents are put:
//!   twice the spend, half as much again for a click, 60 % fewer conversions, an outage. It prints how
//!   many are found within two days, and how many messages the untouched series would have caused.
//! - `speed`: 10,000 synthetic series of 90 days, by the hour, judged on every core.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

mod incidents;
mod nab;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use countersign::detectors::backtest::Run;
use countersign::detectors::{Bad, HOUR_S, Point};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

#[derive(Parser)]
struct Options {
    /// The folder with the data sets.
    #[arg(long, env = "COUNTERSIGN_EVAL_DATA")]
    data: Option<PathBuf>,
    #[arg(long)]
    nab: Option<PathBuf>,
    /// Tables with days, campaigns and metrics.
    #[arg(long)]
    daily: Vec<PathBuf>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Incidents that are put into each series, of each kind.
    #[arg(long, default_value_t = 60)]
    incidents: usize,
    #[arg(long, default_value_t = 10_000)]
    series: usize,
    /// Cargo hands this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let nab = options.nab.or_else(|| options.data.as_ref().map(|it| it.join("nab")));
    match nab.filter(|it| it.join("labels").is_dir()) {
        Some(folder) => nab::measure(&folder),
        None => println!("No benchmark folder was named: NAB is left out."),
    }
    let usual = options
        .data
        .map(|it| it.join("ads/online_advertising_daily/derived_campaign_day.csv"))
        .filter(|it| it.is_file());
    let daily = if options.daily.is_empty() { usual.into_iter().collect() } else { options.daily };
    match daily.as_slice() {
        [] => println!("No daily series were named: incidents are left out."),
        files => incidents::measure(files, options.incidents, options.seed),
    }
    speed(options.series, options.seed);
}

/// Every series is different, so that no branch is learnt by heart.
fn speed(count: usize, seed: u64) {
    const HOURS: i64 = 90 * 24;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let began = Instant::now();
    let messages: usize = std::thread::scope(|scope| {
        let work = |core: usize| {
            let mut messages = 0;
            for number in (core..count).step_by(cores) {
                let mut random = SmallRng::seed_from_u64(seed ^ number as u64);
                let level = random.random_range(1.0..1_000.0);
                let points: Vec<Point> = (0..HOURS)
                    .map(|hour| {
                        let day = (hour as f64 / 24.0 * std::f64::consts::TAU).sin();
                        let noise = random.random_range(0.8..1.2);
                        Point { at: hour * HOUR_S, value: level * (1.0 + 0.4 * day) * noise }
                    })
                    .collect();
                messages += Run::of(&points, Bad::Up, 0.4).messages();
            }
            messages
        };
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || work(core))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).sum()
    });
    println!(
        "speed: {count} series of 90 days by the hour in {:.2} s on {cores} cores (with making \
         them); {messages} messages",
        began.elapsed().as_secs_f64()
    );
}
