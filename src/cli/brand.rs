//! `countersign brand`: texts held against the brand kit, and the kit itself. No database is needed, but
//! for kits of before.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::say;
use crate::brand::{self, Context, Kit, Report};
use crate::clock::Clock;
use crate::config::Config;

#[derive(Clone, Debug, Subcommand)]
pub enum Brand {
    /// Hold a text against the kit: what must change, where, why, and what to write instead
    #[command(after_help = "\
Ends with 1 when something must change, and with 0 when there is nothing or only things to look at.
Places are line:column, in characters; with --json also bytes and characters from the beginning.")]
    Check {
        /// The file with the text; - for standard input
        file: PathBuf,
        /// The channel it is for, so that its limits are checked, such as linkedin
        #[arg(long)]
        channel: Option<String>,
        /// Who is to read it, such as new-visitor
        #[arg(long)]
        audience: Option<String>,
        /// The day on which it goes out, such as 2027-03-01; proof points expire [default: today]
        #[arg(long)]
        on: Option<Date>,
        /// Another text that was sent lately; may be given several times
        #[arg(long, value_name = "FILE")]
        sent: Vec<PathBuf>,
        /// The kit; otherwise the one of COUNTERSIGN_BRAND, or the example
        #[arg(long, value_name = "FILE")]
        kit: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Print the kit that texts are held against; with a version, the one that was in force
    Show {
        /// The version that a card or a record names; its beginning is enough
        #[arg(value_name = "VERSION", conflicts_with_all = ["kit", "text"])]
        of_before: Option<String>,
        /// The kit; otherwise the one of COUNTERSIGN_BRAND, or the example
        #[arg(long, value_name = "FILE")]
        kit: Option<PathBuf>,
        /// The file as it is, every line of it
        #[arg(long, conflicts_with = "json")]
        text: bool,
        #[arg(long)]
        json: bool,
    },
}

pub fn run(config: &Config, clock: &Clock, brand: Brand) -> Result<ExitCode> {
    let load = |kit: Option<PathBuf>| Kit::load(kit.as_deref().or(config.brand.as_deref()));
    let today = clock.now().to_zoned(TimeZone::UTC).date();
    match brand {
        Brand::Check { file, channel, audience, on, sent, kit, json } => {
            let kit = load(kit)?;
            let text = read(&file)?;
            let sent = sent
                .iter()
                .map(|file| Ok(brand::Sent::new(file.display().to_string(), &read(file)?)))
                .collect::<Result<Vec<_>>>()?;
            let mut context = Context { sent: &sent, ..Context::on(on.unwrap_or(today)) };
            if let Some(name) = &channel {
                let all = kit.channels.iter().map(|one| one.name.as_str());
                context.channel =
                    Some(kit.channel(name).with_context(|| unknown("channel", name, all))?);
            }
            if let Some(name) = &audience {
                let all = kit.audiences.iter().map(|one| one.name.as_str());
                context.audience =
                    Some(kit.audience(name).with_context(|| unknown("audience", name, all))?);
            }
            let report = brand::check(&kit, &text, &context);
            say(if json { as_json(&report)? } else { brand::lines(&report, &text) });
            Ok(if report.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        // With a version it is looked up in the database, before this.
        Brand::Show { kit, text, json, .. } => {
            let kit = load(kit)?;
            say(match (text, json) {
                (true, _) => kit.text.trim_end().to_owned(),
                (_, true) => {
                    json!({"company": kit.company, "version": kit.version, "text": kit.text})
                        .to_string()
                }
                _ => shown(&kit, today),
            });
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input cannot be read as UTF-8 text")?;
        return Ok(text);
    }
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)),
        Err(_) => bail!("{} is no UTF-8 text; save it as plain text", file.display()),
    }
}

fn unknown<'a>(what: &str, name: &str, all: impl Iterator<Item = &'a str>) -> String {
    format!("the kit has no {what} {name:?}; it has {}", all.collect::<Vec<_>>().join(", "))
}

fn as_json(report: &Report) -> Result<String> {
    let (passed, tested) = report.score();
    let mut json = serde_json::to_value(report)?;
    json["passes"] = json!(report.passes());
    json["score"] = json!({"passed": passed, "tested": tested});
    Ok(serde_json::to_string_pretty(&json)?)
}

/// The kit in short.
fn shown(kit: &Kit, today: Date) -> String {
    let mut lines = vec![format!("The brand kit of {}, version {}", kit.company, kit.version)];
    let mut list = |title: &str, all: Vec<String>| {
        lines.push(String::new());
        lines.push(format!("{title} ({})", all.len()));
        lines.extend(all.into_iter().map(|one| format!("  {one}")));
    };
    list("Voice", kit.voice.iter().map(|one| one.rule.clone()).collect());
    list(
        "Products",
        kit.products.iter().map(|one| format!("{}: {}", one.name, one.description)).collect(),
    );
    list(
        "Approved messages",
        kit.messages.iter().map(|one| format!("{}: {}", one.name, one.text)).collect(),
    );
    list(
        "Banned claims",
        kit.banned.iter().map(|one| format!("{}: {}", one.name, one.reason)).collect(),
    );
    let proof = |one: &brand::Proof| {
        let until = match one.valid_until {
            None => String::new(),
            Some(day) if one.is_valid_on(today) => format!(", until {day}"),
            Some(day) => format!(", expired on {day}"),
        };
        format!("{}: {} ({}{until})", one.name, one.claim, one.source)
    };
    list("Proof points", kit.proofs.iter().map(proof).collect());
    list(
        "Disclaimers",
        kit.disclaimers.iter().map(|one| format!("{}: {}", one.topic, one.text)).collect(),
    );
    list(
        "Channels",
        kit.channels.iter().map(|one| format!("{}: {}", one.name, limits(one))).collect(),
    );
    list(
        "Audiences",
        kit.audiences.iter().map(|one| format!("{}: {}", one.name, one.title)).collect(),
    );
    list("Stages", kit.stages.iter().map(|one| format!("{}: {}", one.name, one.title)).collect());
    lines.join("\n")
}

fn limits(channel: &brand::Channel) -> String {
    let limits = &channel.limits;
    let named = [
        (limits.characters_max, "characters at most"),
        (limits.words_min, "words at least"),
        (limits.words_max, "words at most"),
        (limits.hashtags_max, "hashtags at most"),
        (limits.links_max, "links at most"),
        (limits.sms_segments_max, "SMS at most"),
        (limits.seconds_max, "seconds at most"),
    ];
    let own = named.into_iter().filter_map(|(limit, words)| Some(format!("{} {words}", limit?)));
    let parts = channel.parts.iter().map(|part| {
        let times = match (part.count_min, part.count_max) {
            (min, Some(max)) if min == max => format!("{min} ×"),
            (min, Some(max)) => format!("{min} to {max} ×"),
            (min, None) => format!("at least {min} ×"),
        };
        format!("{times} {} of {} characters", part.label, part.characters_max)
    });
    own.chain(parts).collect::<Vec<_>>().join(", ")
}
