//! How fast each check is, and what the checks find of the table of cases.
//!
//! `cargo bench --bench brand`
//!
//! It prints the time of each check on a text of 2,000 words (the median and the slowest of many runs), and
//! precision and recall over `tests/it/brand/cases.toml`, limits that are known included. A finding counts
//! as right when its rule and the very words are those of the table.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where, and stops")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

#[path = "../tests/it/brand/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use countersign::brand::{self, Context, Kit, Rule, Sent, Text};
use jiff::civil::date;

const WORDS: usize = 2_000;
const RUNS: usize = 200;

fn main() {
    let kit = Kit::load(None).unwrap();
    times(&kit);
    figures(&kit);
}

fn times(kit: &Kit) {
    let text = long_text(kit);
    let sent: Vec<Sent> = (0..50).map(|n| Sent::new(format!("text {n}"), &text[n..])).collect();
    let context = Context {
        channel: kit.channel("blog"),
        audience: kit.audience("new-visitor"),
        sent: &sent,
        ..Context::on(date(2026, 11, 22))
    };
    println!("{WORDS} words, {} bytes, {RUNS} runs", text.len());
    println!("{:<22} {:>10} {:>10}", "check", "median", "slowest");
    line(
        "(read and fold)",
        measure(|| black_box(Text::of(&text, kit, context.channel)).sentences.len()),
    );
    for rule in Rule::ALL {
        // Made anew each time, because what several checks need is kept in it.
        let mut texts: Vec<Text<'_>> =
            (0..=RUNS).map(|_| Text::of(&text, kit, context.channel)).collect();
        line(
            rule.name(),
            measure(|| {
                let text = texts.pop().unwrap();
                let passing = brand::test(rule, kit, &text, &context);
                usize::from(matches!(passing, brand::Passing::Passed))
            }),
        );
    }
    line("all of it", measure(|| brand::check(kit, &text, &context).findings.len()));
    let loading = measure(|| Kit::load(None).unwrap().channels.len());
    line("(reading the kit)", loading);
}

fn measure(mut act: impl FnMut() -> usize) -> Vec<Duration> {
    black_box(act());
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(act());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn line(name: &str, times: Vec<Duration>) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{name:<22} {:>7.3} ms {:>7.3} ms",
        ms(times[times.len() / 2]),
        ms(times[times.len() - 1])
    );
}

/// The texts of the table one after the other, as often as it takes.
fn long_text(kit: &Kit) -> String {
    let cases = table::cases();
    let own = kit.products.iter().map(|one| one.description.as_str());
    let all: Vec<&str> = cases.iter().map(|case| case.text.as_str()).chain(own).collect();
    let words: Vec<&str> = all.iter().flat_map(|text| text.split_inclusive(' ')).collect();
    let mut text = String::new();
    for (index, word) in words.iter().cycle().take(WORDS).enumerate() {
        text.push_str(word);
        if !word.ends_with([' ', '\n']) {
            text.push_str(if index % 7 == 0 { "\n\n" } else { " " });
        }
    }
    text
}

fn figures(kit: &Kit) {
    let cases = table::cases();
    let known = cases.iter().filter(|case| case.known.is_some()).count();
    let negatives = cases.iter().filter(|case| case.finds.is_empty()).count();
    let mut rules: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let rule_of = |one: &String| one.split(':').next().unwrap().to_owned();
    for case in &cases {
        let found = case.found(kit);
        for rule in Rule::ALL {
            let of_rule = |all: &[String]| -> Vec<String> {
                all.iter().filter(|one| rule_of(one) == rule.name()).cloned().collect()
            };
            let (found, expected) = (of_rule(&found), of_rule(&case.finds));
            let counts = rules.entry(rule.name().to_owned()).or_default();
            counts.0 += table::right(&found, &expected);
            counts.1 += found.len();
            counts.2 += expected.len();
        }
    }
    println!("\n{} cases, {negatives} of them hard negatives, {known} known limits", cases.len());
    println!("{:<22} {:>9} {:>9} {:>9} {:>9}", "rule", "expected", "found", "precision", "recall");
    let mut all = (0, 0, 0);
    for (rule, counts) in &rules {
        print_figures(rule, *counts);
        all = (all.0 + counts.0, all.1 + counts.1, all.2 + counts.2);
    }
    print_figures("all", all);
}

fn print_figures(name: &str, (right, found, expected): (usize, usize, usize)) {
    let share = |of: usize| {
        if of == 0 { "-".to_owned() } else { format!("{:.3}", right as f64 / of as f64) }
    };
    println!("{name:<22} {expected:>9} {found:>9} {:>9} {:>9}", share(found), share(expected));
}
