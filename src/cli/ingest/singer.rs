//! `countersign ingest singer`
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::WorkspaceId;
use clap::Args;
use sqlx::PgPool;
#[derive(Clone, Debug, Args)]
pub struct Singer {}
pub async fn run(_: &PgPool, _: &Clock, _: WorkspaceId, _: Singer) -> Result<()> {
    Ok(())
}
