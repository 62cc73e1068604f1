//! `countersign policy`: what decisions are taken under, and were.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use sqlx::PgPool;

use super::say;
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::error::{Refusal, Result};
use crate::ids::{ReviewId, WorkspaceId};
use crate::manifests::{self, Kept, Kind};
use crate::reviews;
use crate::slack::plain_text;

#[derive(Clone, Debug, Subcommand)]
pub enum Policy {
    /// Say who may decide on a card, who has, what is missing and why
    Explain {
        /// The number of the review, as its card shows it
        review: String,
        #[arg(long)]
        json: bool,
    },
    /// Read a manifest and say what is wrong with it, by line; nothing if nothing is
    Check {
        /// The file; otherwise the one of COUNTERSIGN_MANIFEST, or the example
        file: Option<PathBuf>,
    },
    /// Print the manifest of a version, as it was in force; without one, say which there were
    Show {
        /// The version that a decision names; its beginning is enough
        #[arg(value_name = "VERSION")]
        of_before: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

/// Checks a manifest, for which no database is needed.
pub fn check(config: &Config, file: Option<&Path>) -> anyhow::Result<()> {
    let manifest = Manifest::load(file.or(config.manifest.as_deref()))?;
    say(format!(
        "The manifest of {} is as it should be: version {}, {} groups, {} agents, {} policies.",
        manifest.team,
        manifest.version,
        manifest.groups.len(),
        manifest.agents.len(),
        manifest.rules.len()
    ));
    Ok(())
}

pub async fn run(
    db: &PgPool,
    workspace: WorkspaceId,
    config: &Config,
    clock: &Clock,
    policy: Policy,
) -> Result<()> {
    match policy {
        Policy::Explain { review, json } => {
            let number = review.trim_start_matches(['R', 'r', '-', '#']).parse();
            let number = number.map_err(|_| {
                Refusal::Missing(format!(
                    "{review:?} is no number of a review; give the one that stands in small letters under its card."
                ))
            })?;
            let manifest = Manifest::load(config.manifest.as_deref())?;
            let (review, now) = (ReviewId(number), clock.now());
            let text =
                reviews::explain_without_slack(db, workspace, &manifest, review, now).await?;
            let text = plain_text(&text);
            say(if json { json!({"review": number, "text": text}).to_string() } else { text });
            Ok(())
        }
        Policy::Check { file } => Ok(check(config, file.as_deref())?),
        Policy::Show { of_before, json } => show(db, workspace, Kind::Team, of_before, json).await,
    }
}

/// Prints what was in force: a manifest, or a brand kit.
pub async fn show(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: Kind,
    version: Option<String>,
    json: bool,
) -> Result<()> {
    let Some(version) = version else {
        let all = manifests::find(db, workspace, kind, "").await?;
        if json {
            say(all.iter().map(as_json).collect::<serde_json::Value>().to_string());
        } else {
            all.iter().for_each(|kept| say(in_force(kept)));
        }
        return Ok(());
    };
    let kept = match manifests::find(db, workspace, kind, &version).await?.as_slice() {
        [kept] => kept.clone(),
        [] => return Err(missing(db, workspace, kind, &version).await?.into()),
        several => {
            let versions: Vec<&str> = several.iter().map(|kept| kept.version.as_str()).collect();
            let sentence =
                format!("Several versions begin with {version}: {}.", versions.join(", "));
            return Err(Refusal::Missing(sentence).into());
        }
    };
    say(if json { as_json(&kept).to_string() } else { kept.text.trim_end().to_owned() });
    Ok(())
}

async fn missing(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: Kind,
    version: &str,
) -> Result<Refusal> {
    let known: Vec<String> = manifests::find(db, workspace, kind, "")
        .await?
        .into_iter()
        .map(|kept| kept.version)
        .collect();
    let known = match known.is_empty() {
        true => "none was ever in force here".to_owned(),
        false => format!("there were {}", known.join(", ")),
    };
    Ok(Refusal::Missing({
        let what = match kind {
            Kind::Team => "manifest",
            Kind::Brand => "brand kit",
        };
        format!("No {what} has the version {version}: {known}.")
    }))
}

fn in_force(kept: &Kept) -> String {
    format!("{} in force from {}", kept.version, kept.adopted_at.strftime("%Y-%m-%d %H:%M UTC"))
}

fn as_json(kept: &Kept) -> serde_json::Value {
    json!({"version": kept.version, "adopted_at": kept.adopted_at.to_string(), "text": kept.text})
}
