//! The scoring rule of the Numenta Anomaly Benchmark (A. Lavin, S. Ahmad, *Evaluating Real-time Anomaly
//! Detection Algorithms*, ICMLA 2015; NAB 1.1), standard profile: the first detection in a window counts
//! by how early it is, a missed window costs one, a false alarm up to 0.11 by how far it lies behind a
//! window. 0 is what a detector gets that says nothing, 100 is perfect.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use countersign::detectors::backtest::Run;
use countersign::detectors::unusual::FIRES;
use countersign::detectors::{Bad, Point, local_of};
use jiff::civil::DateTime;

const FALSE_ALARM: f64 = 0.11;
/// The part of a file, and the rows at most, in which nothing is counted.
const PROBATION: f64 = 0.15;
const PROBATION_ROWS: f64 = 5_000.0;

struct File {
    category: String,
    scores: Vec<f64>,
    /// What a detection at a row is worth, and the window that the row lies in.
    worth: Vec<f64>,
    window: Vec<Option<usize>>,
    windows: usize,
    begins: usize,
}

#[derive(Default)]
struct Count {
    raw: f64,
    windows: usize,
    /// Windows that are not over before rows are counted.
    counted: usize,
    caught: usize,
    alarms: usize,
    rows: usize,
}

pub fn measure(folder: &Path) {
    let labels = fs::read_to_string(folder.join("labels/combined_windows.json")).unwrap();
    let labels: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&labels).unwrap();
    let files: Vec<File> = labels
        .iter()
        .filter(|(name, _)| folder.join("data").join(name).is_file())
        .map(|(name, windows)| load(folder, name, windows))
        .collect();
    let all: Vec<&File> = files.iter().collect();
    println!("NAB: {} files", files.len());
    say("own threshold", &all, FIRES);
    say("best threshold", &all, best(&all));
    let mut categories: Vec<&str> = files.iter().map(|it| it.category.as_str()).collect();
    categories.dedup();
    for category in categories {
        let some: Vec<&File> = files.iter().filter(|it| it.category == category).collect();
        say(category, &some, FIRES);
    }
}

fn say(what: &str, files: &[&File], threshold: f64) {
    let count = count(files, threshold);
    let silent = -(count.counted as f64);
    let perfect = count.windows as f64;
    let score = 100.0 * (count.raw - silent) / (perfect - silent);
    let score = if count.windows > 0 { format!("{score:.1}") } else { "no windows".to_owned() };
    println!(
        "  {what}: {score} (threshold {threshold:.4}), {} of {} windows, {} false-alarm runs, \
         {:.2} per 1,000 rows",
        count.caught,
        count.windows,
        count.alarms,
        1_000.0 * count.alarms as f64 / count.rows as f64
    );
}

fn count(files: &[&File], threshold: f64) -> Count {
    let mut count = Count::default();
    for file in files {
        let mut best: BTreeMap<usize, f64> = BTreeMap::new();
        let (mut hit, mut alarm) = (vec![false; file.windows], false);
        for row in file.begins..file.scores.len() {
            let fires = file.scores[row] >= threshold;
            match file.window[row] {
                Some(window) => {
                    let best = best.entry(window).or_insert(-1.0);
                    if fires {
                        *best = best.max(file.worth[row]);
                        hit[window] = true;
                    }
                    alarm = false;
                }
                None => {
                    if fires {
                        count.raw += FALSE_ALARM * file.worth[row];
                        count.alarms += usize::from(!alarm);
                    }
                    alarm = fires;
                }
            }
        }
        count.raw += best.values().sum::<f64>();
        count.windows += file.windows;
        count.counted += best.len();
        count.caught += hit.iter().filter(|it| **it).count();
        count.rows += file.scores.len() - file.begins;
    }
    count
}

/// The threshold with the best score, among those that make a difference.
fn best(files: &[&File]) -> f64 {
    let mut thresholds: Vec<f64> = files
        .iter()
        .flat_map(|file| file.scores[file.begins..].iter().copied())
        .filter(|it| *it > 0.45)
        .collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let raw = |threshold: &f64| count(files, *threshold).raw;
    thresholds.into_iter().max_by(|a, b| raw(a).total_cmp(&raw(b))).unwrap_or(FIRES)
}

fn load(folder: &Path, name: &str, windows: &[(String, String)]) -> File {
    let mut times = Vec::new();
    let mut points = Vec::new();
    let mut reader = csv::Reader::from_path(folder.join("data").join(name)).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let at: DateTime = record[0].replacen(' ', "T", 1).parse().unwrap();
        times.push(at);
        points.push(Point { at: local_of(at), value: record[1].parse().unwrap() });
    }
    let scores: Vec<f64> =
        Run::of(&points, Bad::Either, 0.25).judged.iter().map(|it| it.score).collect();
    let row = |time: &str| {
        let time: DateTime = time.replacen(' ', "T", 1).parse().unwrap();
        times.iter().position(|it| *it == time).unwrap()
    };
    let mut windows: Vec<(usize, usize)> = windows.iter().map(|(a, b)| (row(a), row(b))).collect();
    windows.sort_unstable();
    let begins = (PROBATION * scores.len() as f64).floor().min(PROBATION * PROBATION_ROWS) as usize;
    let (worth, window) = worth(scores.len(), &windows);
    let category = name.split('/').next().unwrap_or_default().to_owned();
    File { category, scores, worth, window, windows: windows.len(), begins }
}

fn worth(rows: usize, windows: &[(usize, usize)]) -> (Vec<f64>, Vec<Option<usize>>) {
    let (mut worth, mut inside) = (vec![-1.0; rows], vec![None; rows]);
    for (number, (first, last)) in windows.iter().enumerate() {
        let width = (last - first + 1) as f64;
        for row in *first..=*last {
            worth[row] = sigmoid(-((last - row + 1) as f64) / width) / sigmoid(-1.0);
            inside[row] = Some(number);
        }
        let next = windows.get(number + 1).map_or(rows, |it| it.0);
        for (past, worth) in worth[last + 1..next].iter_mut().enumerate() {
            *worth = sigmoid((past + 1) as f64 / (width - 1.0));
        }
    }
    (worth, inside)
}

fn sigmoid(position: f64) -> f64 {
    if position > 3.0 { -1.0 } else { 2.0 / (1.0 + (5.0 * position).exp()) - 1.0 }
}
