//! `countersign leads`: how good a score learnt from a table of leads is, which leads are won, and what
//! the team's own leads are scored by.

mod learning;

pub use learning::{Own, run};

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::say;
use crate::error::{Refusal, Result};
use crate::leads::scoring::evaluate::figures::{Figures, Range, calibration_error};
use crate::leads::scoring::evaluate::{Evaluation, How, Question, evaluate, read_folds};
use crate::leads::scoring::segments::{Segment, segments};
use crate::leads::scoring::table::Table;
use crate::words;

#[derive(Clone, Debug, Subcommand)]
pub enum Leads {
    #[command(flatten)]
    OfFile(OfFile),
    #[command(flatten)]
    Own(Own),
}

/// About a table in a file.
#[derive(Clone, Debug, Subcommand)]
pub enum OfFile {
    /// See how well a score that is learnt from a table tells which leads are won
    Evaluate(Evaluate),
    /// See which kinds of leads are won more seldom, or more often, than the others
    Segments(Segments),
}

#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Any table with a line of names: numbers, days and words are told apart by \
what stands in them. Each lead is foreseen by what was learnt from others only. Columns that say \
something about a person's age, gender, family, origin, religion or health are left out, and named."
)]
pub struct Evaluate {
    /// The table
    file: PathBuf,
    /// The column that says whether a lead was won
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// The value that counts as won, where the column does not say it itself
    #[arg(long, value_name = "VALUE")]
    won: Option<String>,
    /// A table with the columns row (from 0 on) and fold; otherwise five folds are made
    #[arg(long, value_name = "FILE", conflicts_with = "in_order")]
    folds: Option<PathBuf>,
    /// Foresee each lead before its outcome is learnt, in the order of the file; the first fifth is only learnt from
    #[arg(long)]
    in_order: bool,
    /// Put the leads in the order of this column first
    #[arg(long, value_name = "COLUMN", requires = "in_order")]
    order_by: Option<String>,
    /// The column with the day on which a lead is to be scored; days after it are left out
    #[arg(long, value_name = "COLUMN")]
    as_of: Option<String>,
    /// Columns that do not count
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    exclude: Vec<String>,
    /// Columns that count although they say something about a person
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    include: Vec<String>,
    /// Print all figures as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Segments {
    /// The table
    file: PathBuf,
    /// The column that says whether a lead was won
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// The value that counts as won, where the column does not say it itself
    #[arg(long, value_name = "VALUE")]
    won: Option<String>,
    /// The column that divides the leads
    #[arg(long, value_name = "COLUMN")]
    by: String,
    /// Print all segments as JSON
    #[arg(long)]
    json: bool,
}

/// How many segments and columns are printed for people.
const SHOWN: usize = 20;
const COLUMNS: usize = 10;
/// A thousandth of the work is a step of the bar.
const STEPS: f64 = 1_000.0;

pub fn run_on_file(what: &OfFile) -> Result<()> {
    match what {
        OfFile::Evaluate(args) => show_evaluation(args),
        OfFile::Segments(args) => show_segments(args),
    }
}

fn show_evaluation(args: &Evaluate) -> Result<()> {
    let table = read(&args.file)?;
    let how = match &args.folds {
        Some(file) => How::Folds(read_folds(&read(file)?)?),
        None if args.in_order => How::InOrder,
        None => How::Divided,
    };
    let question = Question {
        target: args.target.clone(),
        won: args.won.clone(),
        how,
        exclude: args.exclude.clone(),
        include: args.include.clone(),
        as_of: args.as_of.clone(),
        order_by: args.order_by.clone(),
    };
    let style = ProgressStyle::with_template("{wide_bar} {percent} % {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    // Drawn on standard error, and only where somebody looks.
    let bar = ProgressBar::new(STEPS as u64).with_style(style);
    let evaluation = evaluate(table, &question, &|done| bar.set_position((done * STEPS) as u64));
    bar.finish_and_clear();
    let evaluation = evaluation?;
    say(match args.json {
        true => evaluation_as_json(args, &evaluation).to_string(),
        false => evaluation_in_words(args, &evaluation),
    });
    Ok(())
}

fn read(path: &Path) -> Result<Table> {
    let unreadable = |error: std::io::Error| {
        Refusal::Unreadable(format!("{} cannot be opened: {error}.", path.display()))
    };
    Table::read(File::open(path).map_err(unreadable)?)
}

fn evaluation_as_json(args: &Evaluate, it: &Evaluation) -> Value {
    let steps: Vec<Value> = it
        .calibration
        .iter()
        .map(|it| json!({ "rows": it.rows, "foreseen": it.foreseen, "won": it.won }))
        .collect();
    let columns: Vec<Value> =
        it.columns.iter().map(|it| json!({ "column": it.0, "weight": it.1 })).collect();
    json!({
        "target": args.target,
        "how": if args.in_order { "in order" } else { "folds" },
        "rows": it.rows,
        "won": it.won,
        "without_outcome": it.open,
        "foreseen": it.pooled.rows,
        "base_rate": it.won as f64 / it.rows.max(1) as f64,
        "base_rate_foreseen": it.pooled.won as f64 / it.pooled.rows.max(1) as f64,
        "auc": it.figures.auc.value,
        "auc_interval": [it.figures.auc.low, it.figures.auc.high],
        "brier": it.figures.brier.value,
        "brier_interval": [it.figures.brier.low, it.figures.brier.high],
        "base_rate_brier": it.figures.base_brier,
        "pooled": it.pooled,
        "folds": it.parts,
        "calibration": steps,
        "calibration_error": calibration_error(&it.calibration),
        "columns": columns,
        "left_out": it.left_out,
        "suspected_leaks": it.suspected,
    })
}

fn evaluation_in_words(args: &Evaluate, it: &Evaluation) -> String {
    let base = it.pooled.won as f64 / it.pooled.rows.max(1) as f64;
    let way = match args.in_order {
        true => "each foreseen before its outcome was learnt, over the last four fifths",
        false => "each foreseen by what was learnt from the other folds",
    };
    let mut lines = vec![
        format!(
            "{} leads, {} of them won; {way}.",
            words::grouped(it.rows as u64),
            words::grouped(it.won as u64)
        ),
        String::new(),
        format!("AUC    {}", told(&it.figures.auc)),
        format!(
            "Brier  {}; knowing only how often leads are won: {:.4}",
            told(&it.figures.brier),
            it.figures.base_brier
        ),
        format!("Won    {} of those that were foreseen", words::percent(base)),
        String::new(),
        (if args.in_order { "In the order of time:" } else { "Fold by fold:" }).to_owned(),
    ];
    if it.open > 0 {
        let sentence =
            format!("{} without an outcome did not count.", words::count(it.open, "lead"));
        lines.insert(1, sentence);
    }
    lines.extend(it.parts.iter().map(part));
    lines.push(String::new());
    lines.push(format!(
        "Whether chances mean what they say (off by {:.1} points on the whole):",
        calibration_error(&it.calibration) * 100.0
    ));
    lines.extend(it.calibration.iter().map(|step| {
        format!(
            "  foreseen {:>6}, won {:>6} ({} to {}) of {}",
            words::percent(step.foreseen),
            words::percent(step.won.value),
            words::percent(step.won.low),
            words::percent(step.won.high),
            words::grouped(step.rows as u64)
        )
    }));
    lines.push(String::new());
    lines.push("What moves the score most, in log-odds:".to_owned());
    let shown = it.columns.iter().take(COLUMNS);
    lines.extend(shown.map(|(name, weight)| format!("  {weight:.3}  {name}")));
    named(&mut lines, "Left out:", it.left_out.iter().map(|it| (&it.column, &it.why)));
    named(
        &mut lines,
        "May know the outcome; leave it out with --exclude if it was filled in later:",
        it.suspected.iter().map(|it| (&it.column, &it.why)),
    );
    lines.join("\n")
}

fn part(it: &Figures) -> String {
    format!(
        "  {} leads, {} won: AUC {}, Brier {}",
        words::grouped(it.rows as u64),
        words::grouped(it.won as u64),
        told(&it.auc),
        told(&it.brier)
    )
}

fn told(it: &Range) -> String {
    format!("{:.4} ({:.4} to {:.4})", it.value, it.low, it.high)
}

fn named<'a>(
    lines: &mut Vec<String>,
    title: &str,
    of: impl Iterator<Item = (&'a String, &'a String)>,
) {
    let named: Vec<String> = of.map(|(column, why)| format!("  {column}: {why}.")).collect();
    if !named.is_empty() {
        lines.push(String::new());
        lines.push(title.to_owned());
        lines.extend(named);
    }
}

fn show_segments(args: &Segments) -> Result<()> {
    let found = segments(&read(&args.file)?, &args.target, args.won.as_deref(), &args.by)?;
    show(&found, &args.by, args.json);
    Ok(())
}

fn show(found: &[Segment], by: &str, as_json: bool) {
    if as_json {
        let json: Vec<Value> =
            found.iter().map(|it| json!({ "segment": it, "sentence": it.in_words() })).collect();
        say(json!({ "by": by, "segments": json }).to_string());
        return;
    }
    if found.is_empty() {
        say("No lead has been here for a month yet.");
    }
    let (differing, same): (Vec<&Segment>, Vec<&Segment>) = found.iter().partition(|it| it.differs);
    for it in differing.iter().chain(&same).take(SHOWN) {
        say(it.in_words());
    }
    if found.len() > SHOWN {
        say(format!(
            "And {} more, which --json prints.",
            words::count(found.len() - SHOWN, "segment")
        ));
    }
}
