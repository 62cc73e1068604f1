//! `countersign draft`: a brief becomes texts, assembled from what the brand kit approves. No database
//! and no model is needed.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::say;
use crate::brand::Kit;
use crate::clock::Clock;
use crate::config::Config;
use crate::drafts::Brief;
use crate::drafts::compose::{self, Aim, Checked, Piece, Variant};

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
What is made is complete, correct and dull: approved messages, proof points and disclaimers in the
channel's form. Ends with 1 when something in it must change before it can go out.")]
pub struct Draft {
    /// The channel, what it is about, and whom it is for: \"linkedin Spring launch for repeat-buyer\"
    brief: String,
    /// Versions side by side, at most three
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    variants: u8,
    /// The day on which it goes out, such as 2027-03-01; proof points expire [default: today]
    #[arg(long)]
    on: Option<Date>,
    /// The kit; otherwise the one of COUNTERSIGN_BRAND, or the example
    #[arg(long, value_name = "FILE")]
    kit: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub fn run(config: &Config, clock: &Clock, draft: &Draft) -> Result<ExitCode> {
    let kit = Kit::load(draft.kit.as_deref().or(config.brand.as_deref()))?;
    let on = draft.on.unwrap_or_else(|| clock.now().to_zoned(TimeZone::UTC).date());
    let brief = Brief::from_short(&draft.brief, &kit).map_err(|sentence| anyhow!(sentence))?;
    let problems = brief.problems(&kit, on);
    if !problems.is_empty() {
        let sentences: Vec<String> = problems.into_iter().map(|(_, sentence)| sentence).collect();
        bail!(sentences.join(" "));
    }
    let mut made = Vec::new();
    for channel in &brief.channels {
        for audience in &brief.audiences {
            for variant in Variant::ALL.into_iter().take(draft.variants.into()) {
                let aim = Aim::new(&kit, &brief, channel, audience, variant, on)
                    .map_err(|sentence| anyhow!(sentence))?;
                let piece = compose::assemble(&aim);
                let checked = compose::check(&aim, &piece.text());
                made.push((piece, checked));
            }
        }
    }
    say(if draft.json { as_json(&made).to_string() } else { in_words(&made) });
    let passes = made.iter().all(|(_, checked)| checked.passes());
    Ok(if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn as_json(made: &[(Piece, Checked)]) -> serde_json::Value {
    let pieces = made.iter().map(|(piece, checked)| {
        json!({
            "piece": piece,
            "text": piece.text(),
            "passes": checked.passes(),
            "says": checked.sentences(),
        })
    });
    pieces.collect()
}

fn in_words(made: &[(Piece, Checked)]) -> String {
    let told = made.iter().map(|(piece, checked)| {
        let mut lines = vec![
            format!("{} for {}, variant {:?}", piece.channel, piece.audience, piece.variant),
            String::new(),
            piece.text(),
            String::new(),
        ];
        lines.extend(piece.open.iter().map(|open| format!("Open: {open}")));
        match checked.errors() {
            0 => lines.push("It keeps the rules of the brand kit.".to_owned()),
            errors => lines.push(format!("{errors} must change before it goes out.")),
        }
        lines.extend(checked.sentences());
        lines.join("\n")
    });
    told.collect::<Vec<_>>().join("\n\n---\n\n")
}
