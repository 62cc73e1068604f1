//! `countersign backtest`: what the detector would have said, before a rule is turned on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::DateTime;

use super::charts;
use super::readings::{As, MappingArgs};
use crate::config::{Config, Manifest, Numbers};
use crate::detectors::backtest::Run;
use crate::detectors::unusual::{Judged, Rule};
use crate::detectors::{Bad, Point, civil_of, local_of, rules};
use crate::error::{Refusal, Result};
use crate::readings::{Decimal, Derived, Key, Layout, Mapping, Reader};

#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Every row is judged by what stands before it, by the code that judges live \
readings. A score of 0.5 or more is worth a message; a burst is one. In a benchmark folder \
labels are never read, and every file is judged with the same settings."
)]
pub struct Backtest {
    /// A table: a time and a value, or an export with campaigns and metrics
    #[arg(required_unless_present = "nab")]
    file: Option<PathBuf>,
    /// Whose export it is
    #[arg(long = "as", value_enum, default_value = "csv")]
    layout: As,
    #[command(flatten)]
    mapping: MappingArgs,
    /// A folder in the layout of the Numenta Anomaly Benchmark, in place of a file
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    nab: Option<PathBuf>,
    /// Where the scores are written: a file, for a benchmark a folder
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// A picture of the series that stands out most, with what was expected of it
    #[arg(long, value_name = "FILE.png", conflicts_with = "nab")]
    chart: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// The rates that are judged besides what the columns hold.
const RATES: [Derived; 2] = [Derived::Cpc, Derived::Cpa];

pub fn run(config: &Config, backtest: &Backtest) -> Result<()> {
    match (&backtest.nab, &backtest.file) {
        (Some(nab), _) => benchmark(nab, &backtest.out),
        (None, Some(file)) => {
            let manifest = Manifest::load(config.manifest.as_deref())?;
            one_file(file, backtest, &manifest.numbers)
        }
        (None, None) => Ok(()),
    }
}

/// One line of a file, once judged: the highest score of its metrics.
#[derive(Default)]
struct Scored {
    best: Option<(usize, Judged)>,
    refused: Option<String>,
}

/// One metric, or rate, of one campaign.
struct Judge {
    name: String,
    metric: String,
    rule: Rule,
    /// Lines of the file and their readings.
    lines: Vec<u64>,
    points: Vec<Point>,
}

fn one_file(path: &Path, backtest: &Backtest, numbers: &Numbers) -> Result<()> {
    let read = read(path, backtest, numbers)?;
    let mut lines: BTreeMap<u64, Scored> = BTreeMap::new();
    for (line, reason) in read.refused {
        lines.insert(line, Scored { best: None, refused: Some(reason) });
    }
    let mut messages = 0;
    let mut weeks: f64 = 0.0;
    let mut furthest: Option<(&Judge, Run)> = None;
    for (number, judge) in read.judges.iter().enumerate() {
        let run = Run::of(&judge.points, judge.rule.bad, judge.rule.least);
        messages += run.messages();
        weeks = weeks.max(run.weeks());
        for (line, judged) in judge.lines.iter().zip(&run.judged) {
            let scored = lines.entry(*line).or_default();
            if scored.best.is_none_or(|(_, best)| judged.score > best.score) {
                scored.best = Some((number, *judged));
            }
        }
        if furthest.as_ref().is_none_or(|(_, other)| highest(&run) > highest(other)) {
            furthest = Some((judge, run));
        }
    }
    write_scores(&backtest.out, &lines, &read.judges)?;
    if let (Some(chart), Some((judge, run))) = (&backtest.chart, &furthest) {
        let picture = charts::of_series(&judge.metric, &judge.name, &run.judged);
        charts::write(chart, &picture.png(), &picture.alt())?;
    }

    let per_week = if weeks > 0.0 { messages as f64 / weeks } else { 0.0 };
    let series = read.judges.len();
    if backtest.json {
        super::say(
            serde_json::json!({
                "rows": lines.len(), "series": series, "messages": messages, "weeks": weeks,
                "messages_a_week": per_week,
            })
            .to_string(),
        );
        return Ok(());
    }
    super::say(format!(
        "{} rows, {series} series, {weeks:.1} weeks: {messages} messages, {per_week:.1} a week.",
        lines.len()
    ));
    for (line, scored) in &lines {
        let Some((number, judged)) = scored.best.filter(|it| it.1.fires) else { continue };
        let judge = &read.judges[number];
        let expected = judged.expected.map_or(f64::NAN, |it| it.value);
        super::say(format!(
            "  Line {line}, {}: {} {} was {:.4}, expected {expected:.4} (score {:.2}).",
            civil_of(judged.at),
            judge.metric,
            judge.name,
            judged.value,
            judged.score
        ));
    }
    Ok(())
}

fn highest(run: &Run) -> f64 {
    run.judged.iter().map(|it| it.score).fold(0.0, f64::max)
}

struct Read {
    judges: Vec<Judge>,
    refused: Vec<(u64, String)>,
}

fn read(path: &Path, backtest: &Backtest, numbers: &Numbers) -> Result<Read> {
    let file = open(path)?;
    let layout = Layout::from(backtest.layout);
    let mut mapping = Mapping::from(backtest.mapping.clone());
    mapping.to_the_minute = true;
    // Nothing is added up here, so a currency need not be known.
    mapping.currency.get_or_insert_with(|| "XXX".to_owned());
    mapping.metrics.extend(bare_columns(path, &mapping)?);
    let mut reader = Reader::open(file, layout, &mapping)?;
    let (mut keys, mut refused): (Vec<Key>, Vec<_>) = (Vec::new(), Vec::new());
    let (mut reported, mut rates) = (Vec::new(), Rates::of(numbers));
    while let Some(batch) = reader.next(10_000)? {
        refused.extend(batch.refused);
        reported.extend(batch.keys.iter().map(|it| Judge::of(numbers, &it.metric, place(it))));
        keys.extend(batch.keys);
        for rows in batch.rows.chunk_by(|a, b| a.line == b.line) {
            let at = local_of(rows[0].starts);
            for row in rows {
                let judge: &mut Judge = &mut reported[row.key];
                judge.push(row.line, Point { at, value: row.value.to_f64() });
            }
            let parts: Vec<(&Key, Decimal)> =
                rows.iter().map(|row| (&keys[row.key], row.value)).collect();
            rates.push(rows[0].line, at, &parts);
        }
    }
    reported.extend(rates.judges);
    Ok(Read { judges: reported, refused })
}

/// The rates of the rows so far, by the place that they belong to.
struct Rates<'a> {
    numbers: &'a Numbers,
    judges: Vec<Judge>,
    known: BTreeMap<(String, &'static str), usize>,
}

impl<'a> Rates<'a> {
    fn of(numbers: &'a Numbers) -> Self {
        Self { numbers, judges: Vec::new(), known: BTreeMap::new() }
    }

    fn push(&mut self, line: u64, at: i64, parts: &[(&Key, Decimal)]) {
        for derived in RATES {
            let (above, below) = derived.parts();
            let part = |metric: &str| parts.iter().find(|it| it.0.metric == metric);
            let Some((above, below)) = part(above).zip(part(below)) else { continue };
            let Some(value) = derived.of(above.1, below.1) else { continue };
            let (judges, numbers) = (&mut self.judges, self.numbers);
            let judge = *self.known.entry((place(above.0), derived.name())).or_insert_with(|| {
                judges.push(Judge::of(numbers, derived.name(), place(above.0)));
                judges.len() - 1
            });
            self.judges[judge].push(line, Point { at, value });
        }
    }
}

impl Judge {
    fn of(numbers: &Numbers, metric: &str, name: String) -> Self {
        let rule = rules::rule(numbers, metric, &name, "");
        Self { name, metric: metric.to_owned(), rule, lines: Vec::new(), points: Vec::new() }
    }

    fn push(&mut self, line: u64, point: Point) {
        self.lines.push(line);
        self.points.push(point);
    }
}

fn place(key: &Key) -> String {
    let segment = if key.segment == "{}" { "" } else { key.segment.as_str() };
    let parts = [key.campaign.as_str(), key.ad_set.as_str(), segment];
    parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" / ")
}

/// Columns of a plain table that no export has: a bare value, or a rate.
fn bare_columns(path: &Path, mapping: &Mapping) -> Result<Vec<(String, String)>> {
    use std::io::{BufRead as _, BufReader};

    let mut first = Vec::new();
    BufReader::new(open(path)?).read_until(b'\n', &mut first)?;
    let first = String::from_utf8_lossy(&first).into_owned();
    let cells = first.trim_start_matches('\u{feff}').split([',', ';', '\t']);
    let taken = |name: &str| mapping.metrics.iter().any(|(_, column)| column == name);
    Ok(cells
        .map(|it| it.trim().trim_matches('"').to_owned())
        .filter(|it| it == "value" || Derived::named(it).is_some())
        .filter(|it| !taken(it))
        .map(|it| (it.clone(), it))
        .collect())
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| {
        Refusal::Unreadable(format!("{} cannot be opened: {error}.", path.display())).into()
    })
}

fn write_scores(out: &Path, lines: &BTreeMap<u64, Scored>, judges: &[Judge]) -> Result<()> {
    let mut writer = csv::Writer::from_path(out).map_err(|error| {
        Refusal::Unreadable(format!("{} cannot be written: {error}.", out.display()))
    })?;
    writer.write_record([
        "line",
        "timestamp",
        "of",
        "metric",
        "value",
        "expected",
        "low",
        "high",
        "score",
        "fires",
        "note",
    ])?;
    for (line, scored) in lines {
        let line = line.to_string();
        let Some((number, judged)) = scored.best else {
            let reason = scored.refused.as_deref().unwrap_or_default();
            writer.write_record([&line, "", "", "", "", "", "", "", "0", "0", reason])?;
            continue;
        };
        let judge = &judges[number];
        let part = |part: fn(&crate::detectors::unusual::Expected) -> f64| {
            judged.expected.as_ref().map_or_else(String::new, |it| format!("{:.6}", part(it)))
        };
        writer.write_record([
            line.as_str(),
            &timestamp(civil_of(judged.at)),
            &judge.name,
            &judge.metric,
            &judged.value.to_string(),
            &part(|it| it.value),
            &part(|it| it.low),
            &part(|it| it.high),
            &format!("{:.6}", judged.score),
            if judged.fires { "1" } else { "0" },
            judged.note.map_or("", |it| it.in_words()),
        ])?;
    }
    writer.flush()?;
    Ok(())
}

fn timestamp(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Judges every `data/<category>/<file>.csv` and writes `<category>/countersign_<file>.csv`.
fn benchmark(nab: &Path, out: &Path) -> Result<()> {
    let data = if nab.join("data").is_dir() { nab.join("data") } else { nab.to_owned() };
    let (mut files, mut rows, mut messages) = (0, 0, 0);
    for category in folder(&data)? {
        if !category.is_dir() {
            continue;
        }
        let into = out.join(category.file_name().unwrap_or_default());
        for file in folder(&category)? {
            if file.extension().is_none_or(|it| it != "csv") {
                continue;
            }
            fs::create_dir_all(&into)?;
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (judged, fired) = score_file(&file, &into.join(format!("countersign_{name}")))?;
            files += 1;
            rows += judged;
            messages += fired;
        }
    }
    if files == 0 {
        let sentence = format!("{} holds no data/<category>/<file>.csv.", nab.display());
        return Err(Refusal::Missing(sentence).into());
    }
    super::say(format!("{files} files, {rows} rows: {messages} messages."));
    Ok(())
}

fn score_file(from: &Path, to: &Path) -> Result<(usize, usize)> {
    let unreadable = |line: usize| {
        Refusal::Unreadable(format!("{}: line {line} is no time and value.", from.display()))
    };
    let mut reader = csv::Reader::from_reader(open(from)?);
    let (mut raw, mut points) = (Vec::new(), Vec::new());
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|_| unreadable(number + 2))?;
        let (time, value) =
            (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default().trim());
        let at: DateTime =
            time.trim().replacen(' ', "T", 1).parse().map_err(|_| unreadable(number + 2))?;
        let value: f64 = value.parse().map_err(|_| unreadable(number + 2))?;
        points.push(Point { at: local_of(at), value });
        raw.push((time.to_owned(), record.get(1).unwrap_or_default().to_owned()));
    }
    let unknown = Rule::of_unknown("value");
    let run = Run::of(&points, Bad::Either, unknown.least);
    let mut out = BufWriter::new(File::create(to)?);
    writeln!(out, "timestamp,value,anomaly_score,label")?;
    for ((time, value), judged) in raw.iter().zip(&run.judged) {
        writeln!(out, "{time},{value},{:.8},0", judged.score)?;
    }
    out.flush()?;
    Ok((run.judged.len(), run.messages()))
}

/// What is in a folder, in the order of names.
fn folder(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).map_err(|error| {
        Refusal::Unreadable(format!("{} cannot be opened: {error}.", path.display()))
    })?;
    let mut found: Vec<PathBuf> =
        entries.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>()?;
    found.sort();
    Ok(found)
}
