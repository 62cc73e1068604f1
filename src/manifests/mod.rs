//! The manifests there were: what the team had declared at any time, by the version that decisions name.
//!
//! [`adopt`] is called when a process starts to serve. If its manifest is not the one in force, that is
//! recorded, and the text is kept, so that what a decision was taken under can be read years later.
//!
//! **Invariant:** the manifest that a serving process decides under is kept before it decides anything.

mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgPool;

use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::error::Result;
use crate::ids::WorkspaceId;

/// A manifest as it was in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    pub version: String,
    pub text: String,
    /// When it last came into force.
    pub adopted_at: Timestamp,
}

/// Brings this process's manifest into force, if it is not.
pub async fn adopt(app: &App) -> Result<()> {
    let (workspace, manifest, now) = (app.workspace.id, &app.manifest, app.now());

    let mut tx = app.db.begin().await?;
    store::take_turn(&mut tx, workspace).await?;
    let former = store::in_force(&mut tx, workspace).await?;
    if former.as_ref() == Some(&manifest.version) {
        return Ok(());
    }
    store::adopt(&mut tx, workspace, &manifest.version, &manifest.text, now).await?;
    let mut details = BTreeMap::from([("to", Value::name(&manifest.version))]);
    if let Some(former) = &former {
        details.insert("from", Value::name(former));
    }
    let event = Event {
        workspace,
        at: now,
        actor: Actor::Bot,
        act: "manifest.changed",
        subject: Subject::new("manifest", &manifest.version),
        details,
    };
    audit::append(&mut tx, event).await?;
    tx.commit().await?;

    tracing::info!(
        manifest.version = manifest.version,
        manifest.former = former,
        "the manifest came into force"
    );
    Ok(())
}

/// The manifest of a version, of which the beginning is enough if it is clear which one is meant.
pub async fn find(db: &PgPool, workspace: WorkspaceId, version: &str) -> Result<Vec<Kept>> {
    store::find(db, workspace, version).await
}

/// All that were ever in force, the newest first.
pub async fn all(db: &PgPool, workspace: WorkspaceId) -> Result<Vec<Kept>> {
    store::find(db, workspace, "").await
}
