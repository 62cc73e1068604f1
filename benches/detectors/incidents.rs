//! Incidents in real daily series.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use countersign::config::Numbers;
use countersign::detectors::backtest::Run;
use countersign::detectors::{DAY_S, Point, local_of, rules};
use countersign::readings::{Derived, Layout, Mapping, Reader};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Days of history before the first incident, and before alarms are counted.
const HISTORY: usize = 28;
/// Days that a series must have to be measured.
const LEAST_DAYS: usize = 60;
/// Days that an incident lasts, and within which it must be found.
const LASTS: usize = 5;
const WITHIN: usize = 2;

/// Name, metric, and what the metric is multiplied by.
const INCIDENTS: [(&str, &str, f64); 5] = [
    ("spend × 2", "spend", 2.0),
    ("CPC + 50 %", "cpc", 1.5),
    ("conversions − 60 %", "conversions", 0.4),
    ("outage (clicks)", "clicks", 0.0),
    ("outage (conversions)", "conversions", 0.0),
];

pub fn measure(files: &[PathBuf], count: usize, seed: u64) {
    let mut series: Vec<(String, String, Vec<Point>)> = Vec::new();
    for file in files {
        series.extend(read(file).into_iter().filter(|it| it.2.len() >= LEAST_DAYS));
    }
    let (mut alarms, mut months) = (0, 0.0);
    let mut worst: (f64, String) = (0.0, String::new());
    for (campaign, metric, points) in &series {
        let fired = fires(metric, points).split_off(HISTORY);
        let fired = fired.iter().filter(|it| **it).count();
        let span = (points.len() - HISTORY) as f64 / 30.0;
        if fired as f64 / span > worst.0 {
            worst = (fired as f64 / span, format!("{metric} of {campaign}"));
        }
        alarms += fired;
        months += span;
    }
    println!(
        "incidents: {} series, {alarms} messages in {months:.1} months without an incident, {:.2} \
         per series and month (most: {:.2}, {})",
        series.len(),
        alarms as f64 / months,
        worst.0,
        worst.1
    );
    let mut random = SmallRng::seed_from_u64(seed);
    let (mut all, mut all_found) = (0, 0);
    for (name, wanted, factor) in INCIDENTS {
        let (mut tried, mut found) = (0, 0);
        for (_, metric, points) in series.iter().filter(|it| it.1 == wanted) {
            for _ in 0..count {
                let day = random.random_range(HISTORY..points.len() - WITHIN);
                let mut points = points[..(day + LASTS).min(points.len())].to_vec();
                points[day..].iter_mut().for_each(|it| it.value *= factor);
                tried += 1;
                found += usize::from(fires(metric, &points)[day..day + WITHIN].contains(&true));
            }
        }
        println!(
            "  {name}: {found} of {tried} found within {WITHIN} days ({:.1} %)",
            part(found, tried)
        );
        all += tried;
        all_found += found;
    }
    println!("  all: {all_found} of {all} ({:.1} %)", part(all_found, all));
}

fn part(found: usize, all: usize) -> f64 {
    100.0 * found as f64 / all.max(1) as f64
}

fn fires(metric: &str, points: &[Point]) -> Vec<bool> {
    let rule = rules::rule(&Numbers::default(), metric, "", "");
    Run::of(points, rule.bad, rule.least).judged.iter().map(|it| it.fires).collect()
}

/// Campaign, metric or rate, and its days.
fn read(path: &PathBuf) -> Vec<(String, String, Vec<Point>)> {
    let mapping = Mapping { currency: Some("XXX".to_owned()), ..Mapping::default() };
    let file = File::open(path).unwrap();
    let mut reader = Reader::open(file, Layout::Csv, &mapping).unwrap_or_else(|it| panic!("{it}"));
    let mut keys = Vec::new();
    let mut days: BTreeMap<(String, String), BTreeMap<i64, f64>> = BTreeMap::new();
    while let Some(batch) = reader.next(10_000).unwrap_or_else(|it| panic!("{it}")) {
        keys.extend(batch.keys.iter().map(|it| (it.campaign.clone(), it.metric.clone())));
        for row in batch.rows {
            let at = local_of(row.starts).div_euclid(DAY_S) * DAY_S;
            let sums = days.entry(keys[row.key].clone()).or_default();
            *sums.entry(at).or_default() += row.value.to_f64();
        }
    }
    let (above, below) = Derived::Cpc.parts();
    let campaigns: Vec<String> = days.keys().map(|it| it.0.clone()).collect();
    for campaign in campaigns {
        let of = |metric: &str| days.get(&(campaign.clone(), metric.to_owned()));
        let Some((spend, clicks)) = of(above).zip(of(below)) else { continue };
        let rate = spend
            .iter()
            .filter_map(|(at, spend)| Some((*at, spend / clicks.get(at).filter(|it| **it > 0.0)?)))
            .collect();
        days.insert((campaign, Derived::Cpc.name().to_owned()), rate);
    }
    days.into_iter()
        .map(|((campaign, metric), days)| {
            let points = days.into_iter().map(|(at, value)| Point { at, value }).collect();
            (campaign, metric, points)
        })
        .collect()
}
