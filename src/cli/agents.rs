//! `countersign agents`: the agents of the manifest, and how they do.

use clap::Args;
use sqlx::PgPool;

use super::say;
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::scorecards;

#[derive(Clone, Debug, Args)]
pub struct Agents {
    /// One agent, by its name in the manifest
    name: Option<String>,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

pub async fn run(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    Agents { name, json }: Agents,
) -> Result<()> {
    let manifest = Manifest::load(config.manifest.as_deref())?;
    let tokens = &config.agent_tokens;
    let mut roster = scorecards::roster(db, workspace, &manifest, tokens, clock.now()).await?;
    if let Some(name) = name {
        roster = vec![scorecards::named(&roster, &name)?.clone()];
    }
    if json {
        for member in &roster {
            say(serde_json::to_string(member)?);
        }
    } else if roster.is_empty() {
        say("The manifest declares no agents; add one under [[agent]].");
    } else {
        say(scorecards::plain(&roster));
    }
    Ok(())
}
