//! The manifests there were: what the team had declared at any time, and which brand kit texts were held
//! against, by the version that decisions name.
//!
//! [`adopt`] and [`adopt_brand`] are called when a process starts to serve. If its manifest is not the one in force, that is
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

/// What a text declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The team: groups, agents, policies.
    Team,
    /// The brand kit: what may be said, and how.
    Brand,
}

/// Brings this process's manifest into force, if it is not.
pub async fn adopt(app: &App) -> Result<()> {
    let (version, text) = (&app.manifest.version, &app.manifest.text);
    bring_into_force(app, Kind::Team, version, text).await
}

/// Brings this process's brand kit into force, if it is not.
pub async fn adopt_brand(app: &App) -> Result<()> {
    bring_into_force(app, Kind::Brand, &app.brand.version, &app.brand.text).await
}

async fn bring_into_force(app: &App, kind: Kind, version: &str, text: &str) -> Result<()> {
    let (workspace, now) = (app.workspace.id, app.now());

    let mut tx = app.db.begin().await?;
    store::take_turn(&mut tx, workspace).await?;
    let former = store::in_force(&mut tx, workspace, kind).await?;
    if former.as_deref() == Some(version) {
        return Ok(());
    }
    store::adopt(&mut tx, workspace, kind, version, text, now).await?;
    let mut details = BTreeMap::from([("to", Value::name(version))]);
    if let Some(former) = &former {
        details.insert("from", Value::name(former));
    }
    let (act, subject) = match kind {
        Kind::Team => ("manifest.changed", "manifest"),
        Kind::Brand => ("brand_kit.changed", "brand_kit"),
    };
    let subject = Subject::new(subject, version);
    let event = Event { workspace, at: now, actor: Actor::Bot, act, subject, details };
    audit::append(&mut tx, event).await?;
    tx.commit().await?;

    tracing::info!(
        manifest.kind = kind.name(),
        manifest.version = version,
        manifest.former = former,
        "a manifest came into force"
    );
    Ok(())
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Brand => "brand",
        }
    }
}

/// What has a version, of which the beginning is enough if it is clear which one is meant; all that were
/// ever in force for an empty one, the newest first.
pub async fn find(
    db: &PgPool,
    workspace: WorkspaceId,
    kind: Kind,
    version: &str,
) -> Result<Vec<Kept>> {
    store::find(db, workspace, kind, version).await
}
