//! `countersign reviewers`: what each person decided in the last weeks, and whether there was time to read.

use clap::Args;
use sqlx::PgPool;

use super::say;
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::scorecards;

#[derive(Clone, Debug, Args)]
pub struct Reviewers {
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

pub async fn run(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    Reviewers { json }: Reviewers,
) -> Result<()> {
    let manifest = Manifest::load(config.manifest.as_deref())?;
    let all = scorecards::reviewers::reviewers(db, workspace, &manifest, clock.now()).await?;
    if json {
        for one in &all {
            say(serde_json::to_string(one)?);
        }
    } else {
        say(scorecards::reviewers::plain(&all));
    }
    Ok(())
}
