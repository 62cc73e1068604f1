//! `countersign policy`: what decisions are taken under, and were.

use clap::Subcommand;
use serde_json::json;
use sqlx::PgPool;

use super::say;
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::manifests::{self, Kept};

#[derive(Clone, Debug, Subcommand)]
pub enum Policy {
    /// Print the manifest of a version, as it was in force; without one, say which there were
    Show {
        /// The version that a decision names; its beginning is enough
        version: Option<String>,
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(db: &PgPool, workspace: WorkspaceId, policy: Policy) -> Result<()> {
    let Policy::Show { version, json } = policy;
    let Some(version) = version else {
        let all = manifests::all(db, workspace).await?;
        if json {
            say(all.iter().map(as_json).collect::<serde_json::Value>().to_string());
        } else {
            all.iter().for_each(|kept| say(in_force(kept)));
        }
        return Ok(());
    };
    let kept = match manifests::find(db, workspace, &version).await?.as_slice() {
        [kept] => kept.clone(),
        [] => return Err(missing(db, workspace, &version).await?.into()),
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

async fn missing(db: &PgPool, workspace: WorkspaceId, version: &str) -> Result<Refusal> {
    let known: Vec<String> =
        manifests::all(db, workspace).await?.into_iter().map(|kept| kept.version).collect();
    let known = match known.is_empty() {
        true => "none was ever in force here".to_owned(),
        false => format!("there were {}", known.join(", ")),
    };
    Ok(Refusal::Missing(format!("No manifest has the version {version}: {known}.")))
}

fn in_force(kept: &Kept) -> String {
    format!("{} in force from {}", kept.version, kept.adopted_at.strftime("%Y-%m-%d %H:%M UTC"))
}

fn as_json(kept: &Kept) -> serde_json::Value {
    json!({"version": kept.version, "adopted_at": kept.adopted_at.to_string(), "text": kept.text})
}
