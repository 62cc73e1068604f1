//! How well the statistics agree with other tools, and how fast they are.
//!
//! `COUNTERSIGN_EVAL_DATA=DIR cargo bench --bench experiments`
//!
//! `DIR` holds, at any depth of two, files `*vectors*.json` as `countersign experiment analyze` reads
//! them, in which each case has what it should come to as `expected`, and the file its `tolerances`.
//! A result agrees if every field of `expected` does, or every field of another accepted result that
//! the case names (`growthbook_head`). `second_tool` is compared as well where it is there. Least
//! effects (`mde_mean`) are right here and not in `statsmodels`, whose search stops early; where one does
//! not agree, the power that the expected one has is printed beside the power that was asked for.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser;
use countersign::experiments::statistics::cases;
use countersign::experiments::statistics::power::Design;
use serde_json::Value;

#[derive(Parser)]
struct Options {
    /// The folder with the files of cases.
    #[arg(long, env = "COUNTERSIGN_EVAL_DATA")]
    data: Option<PathBuf>,
    /// Print every case that does not agree.
    #[arg(long)]
    verbose: bool,
    /// Cargo hands this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let Some(data) = &options.data else {
        println!("COUNTERSIGN_EVAL_DATA names no folder with cases: nothing to measure.");
        return;
    };
    let files = files(data, 2);
    if files.is_empty() {
        println!("{} holds no file of cases: nothing to measure.", data.display());
    }
    for file in files {
        measure(&file, options.verbose);
    }
}

fn measure(file: &Path, verbose: bool) {
    let text = fs::read_to_string(file).unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let results = cases::analyze(&text).unwrap();
    println!("{}", file.file_name().unwrap().to_string_lossy());
    for block in ["ab", "srm", "power", "always_valid", "multiple"] {
        let Some(block_cases) = cases[block].as_array() else { continue };
        let mut agreeing = 0;
        let mut worst: f64 = 0.0;
        for case in block_cases {
            let id = case["id"].as_str().unwrap();
            match compare(case, &results[id], &cases["tolerances"]) {
                Ok(deviation) => {
                    agreeing += 1;
                    worst = worst.max(deviation);
                }
                Err(fields) if verbose => println!("  {id}: {fields}{}", power_of_expected(case)),
                Err(_) => {}
            }
        }
        let all = block_cases.len();
        println!("  {block:<13} {agreeing:>3} of {all:>3} agree; deviation {worst:.1e} at most");
    }
    println!("  all of them take {:.2?}", time(&text));
}

/// The median of some rounds.
fn time(text: &str) -> Duration {
    let round = || {
        let began = Instant::now();
        cases::analyze(text).unwrap();
        began.elapsed()
    };
    let mut times: Vec<Duration> = (0..25).map(|_| round()).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// The largest relative deviation of an agreeing case, or the fields that do not agree.
fn compare(case: &Value, result: &Value, tolerances: &Value) -> Result<f64, String> {
    let accepted = ["growthbook_head", "expected"];
    let mut outcome = Err("nothing is expected".to_owned());
    for expected in accepted.iter().filter_map(|it| case.get(it)) {
        let mut comparison = Comparison { case, tolerances, worst: 0.0, wrong: Vec::new() };
        comparison.values("", result, expected);
        if let (Some(is), Some(should)) = (result.get("second_tool"), case.get("second_tool")) {
            comparison.values("second_tool", is, should);
        }
        let Comparison { worst, wrong, .. } = comparison;
        outcome = if wrong.is_empty() { return Ok(worst) } else { Err(wrong.join("; ")) };
    }
    outcome
}

/// What a least effect that does not agree is worth.
fn power_of_expected(case: &Value) -> String {
    let number = |name: &str| case[name].as_f64();
    let power = || {
        let design =
            Design { alpha: number("alpha")?, power: number("power")?, ratio: number("ratio")? };
        let effect = case["expected"]["delta_t_statsmodels"].as_f64()? / number("sd")?;
        design.power_by_t(effect, number("n1")?).ok()
    };
    let told = |power| format!("; at what is expected the power is {power:.9}");
    power().map(told).unwrap_or_default()
}

struct Comparison<'a> {
    case: &'a Value,
    tolerances: &'a Value,
    worst: f64,
    wrong: Vec<String>,
}

impl Comparison<'_> {
    fn values(&mut self, name: &str, is: &Value, should: &Value) {
        match should {
            Value::Object(fields) => {
                for (field, should) in fields.iter().filter(|(field, _)| *field != "tool") {
                    self.values(&format!("{name}/{field}"), &is[field], should);
                }
            }
            Value::Array(values) => {
                for (place, should) in values.iter().enumerate() {
                    self.values(&format!("{name}/{place}"), &is[place], should);
                }
            }
            Value::Number(_) => self.number(name, is, should.as_f64().unwrap()),
            _ if is == should => {}
            _ => self.wrong.push(format!("{name} is {is}, not {should}")),
        }
    }

    fn number(&mut self, name: &str, is: &Value, should: f64) {
        let relative = self.relative(name);
        let Some(number) = is.as_f64() else {
            self.wrong.push(format!("{name} is {is}, not {should}"));
            return;
        };
        let deviation = (number - should).abs();
        let is_p = name.contains("p_value") && !name.contains("exact");
        let absolute =
            if is_p { self.tolerances["p_value_absolute"].as_f64().unwrap() } else { 0.0 };
        let grid = name.contains("betting");
        // A grid's tolerance is a step of it; a difference that is zero has the last digits of its parts.
        let allowed = if grid { relative * 1.000_001 } else { relative * should.abs() };
        if deviation > allowed.max(absolute).max(1e-15) {
            let times = deviation / should.abs();
            self.wrong.push(format!("{name} is {number}, not {should} (off by {times:.1e})"));
        } else if !grid && !is_p && should != 0.0 {
            self.worst = self.worst.max(deviation / should.abs());
        }
    }

    fn relative(&self, name: &str) -> f64 {
        let key = match self.case["kind"].as_str() {
            Some("group_sequential") => "spotify_group_sequential",
            Some("sequence_01") if name.contains("betting") => "sequence_01_betting_grid",
            Some("sequence_01" | "msprt_normal") => "default_relative",
            Some(kind) if kind.contains("bound") || kind.contains("interval") => "confseq",
            _ => "default_relative",
        };
        self.tolerances[key].as_f64().unwrap()
    }
}

fn files(folder: &Path, depth: u32) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && depth > 0 {
            found.extend(files(&path, depth - 1));
        } else if name.contains("vectors") && name.ends_with(".json") {
            found.push(path);
        }
    }
    found
}
