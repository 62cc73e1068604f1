//! `countersign summary`: what a channel's summary says, of today or of a day before.

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use sqlx::PgPool;

use super::say;
use crate::clock::Clock;
use crate::config::{self, Config, Manifest};
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::summaries::{self, Records};

#[derive(Clone, Debug, Args)]
pub struct Summary {
    /// The day of the summary, such as 2026-11-23 [default: today]
    #[arg(long)]
    date: Option<Date>,
    /// The channel whose summary it is [default: the first one under [[summary]]]
    #[arg(long)]
    channel: Option<String>,
    /// How far it looks back [default: as it comes on that day]
    #[arg(long, value_enum)]
    edition: Option<Edition>,
    /// Print one JSON object, with the numbers behind the lines
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print it as Markdown
    #[arg(long)]
    markdown: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Edition {
    Daily,
    Weekly,
    Monthly,
}

pub async fn run(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    wanted: &Summary,
) -> Result<()> {
    let manifest = Manifest::load(config.manifest.as_deref())?;
    let name = |it: &str| it.trim_start_matches('#').to_owned();
    let digest = match &wanted.channel {
        None => manifest.digests.first().cloned(),
        Some(channel) => {
            manifest.digests.iter().find(|it| name(&it.channel) == name(channel)).cloned()
        }
    };
    let digest = digest.ok_or_else(|| {
        let there: Vec<&str> = manifest.digests.iter().map(|it| it.channel.as_str()).collect();
        Refusal::Missing(match there.as_slice() {
            [] => "The manifest declares no summary; add one under [[summary]].".to_owned(),
            there => format!("No summary is for that channel. There are: {}.", there.join(", ")),
        })
    })?;
    let records = Records { db, workspace, manifest: &manifest };
    let edition = wanted.edition.map(|it| match it {
        Edition::Daily => config::Edition::Daily,
        Edition::Weekly => config::Edition::Weekly,
        Edition::Monthly => config::Edition::Monthly,
    });
    let printed = summaries::print(&records, &digest, wanted.date, edition, clock.now()).await?;
    say(match (wanted.json, wanted.markdown) {
        (true, _) => serde_json::to_string(&printed)?,
        (_, true) => printed.markdown(),
        _ => printed.plain(),
    });
    Ok(())
}
