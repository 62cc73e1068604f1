//! `countersign releases`: what has left the house, and how far it came.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;

use super::{account, say};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::{DispatchId, WorkspaceId};
use crate::releases::{self, Dispatch, Released, State};

#[derive(Clone, Debug, Subcommand)]
pub enum Releases {
    /// What was released, the newest first, and what became of each message about it
    List(List),
    /// Send a message again that was given up
    SendAgain {
        /// As `list` shows it
        id: i64,
    },
}

#[derive(Clone, Debug, Args)]
pub struct List {
    /// Releases at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

pub async fn run(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    releases: Releases,
) -> Result<()> {
    match releases {
        Releases::List(List { limit, json }) => {
            let all = releases::list(db, workspace, limit.into()).await?;
            if all.is_empty() && !json {
                say("Nothing was released yet.");
            }
            for released in &all {
                say(if json { line(released)? } else { in_words(released) });
            }
        }
        Releases::SendAgain { id } => {
            let mut tx = db.begin().await?;
            let actor = Actor::CommandLine(account());
            releases::revive(&mut tx, workspace, DispatchId(id), actor, clock.now()).await?;
            tx.commit().await?;
            say(
                "It is sent again as soon as the bot runs; `countersign releases list` shows what came of it.",
            );
        }
    }
    Ok(())
}

fn in_words(Released { release, dispatches }: &Released) -> String {
    let mut text = format!(
        "release {} · {} {} revision {}, SHA-256 {} · {}",
        release.id,
        release.subject.name(),
        release.subject_id,
        release.number,
        hex::encode(&release.content_hash[..6]),
        at(release.at)
    );
    if let Some(by) = &release.revoked {
        let _ = write!(text, " · called back {} by {}", at(by.at), by.by);
    }
    for dispatch in dispatches {
        let Dispatch { id, event, sink, attempts, address, .. } = dispatch;
        let to = address.as_deref().unwrap_or(sink.name());
        let _ = write!(text, "\n  {id} {} to {to}: {}", event.name(), dispatch.state.name());
        let _ = match &dispatch.state {
            State::Waiting { error: Some(error), next_at: Some(next) } => {
                write!(text, ", {error}; next attempt {}", at(*next))
            }
            State::Waiting { error: Some(error), next_at: None } => write!(text, ", {error}"),
            State::Waiting { error: None, .. } => Ok(()),
            State::Dead { error, .. } => {
                write!(
                    text,
                    " after {attempts} attempts, {error}; send it again with: countersign releases send-again {id}"
                )
            }
            State::Delivered { at: when } | State::Cancelled { at: when } => {
                write!(text, " {}", at(*when))
            }
        };
    }
    text
}

fn at(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[derive(Serialize)]
struct ReleaseJson<'a> {
    release: i64,
    review: i64,
    kind: &'static str,
    id: i64,
    revision: i32,
    content_sha256: String,
    released_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<&'a str>,
    dispatches: Vec<DispatchJson<'a>>,
}

#[derive(Serialize)]
struct DispatchJson<'a> {
    dispatch: i64,
    event: &'static str,
    sink: &'static str,
    webhook_id: &'a str,
    state: &'static str,
    attempts: i32,
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
}

fn line(Released { release, dispatches }: &Released) -> Result<String> {
    let line = ReleaseJson {
        release: release.id.0,
        review: release.review.0,
        kind: release.subject.name(),
        id: release.subject_id,
        revision: release.number,
        content_sha256: hex::encode(release.content_hash),
        released_at: release.at,
        revoked_at: release.revoked.as_ref().map(|by| by.at),
        revoked_by: release.revoked.as_ref().map(|by| by.by.as_str()),
        dispatches: dispatches.iter().map(DispatchJson::of).collect(),
    };
    Ok(serde_json::to_string(&line)?)
}

impl<'a> DispatchJson<'a> {
    fn of(dispatch: &'a Dispatch) -> Self {
        let (error, next_at, ended_at) = match &dispatch.state {
            State::Waiting { error, next_at } => (error.as_deref(), *next_at, None),
            State::Dead { at, error } => (Some(error.as_str()), None, Some(*at)),
            State::Delivered { at } | State::Cancelled { at } => (None, None, Some(*at)),
        };
        Self {
            dispatch: dispatch.id.0,
            event: dispatch.event.name(),
            sink: dispatch.sink.name(),
            webhook_id: &dispatch.webhook_id,
            state: dispatch.state.name(),
            attempts: dispatch.attempts,
            address: dispatch.address.as_deref(),
            error,
            next_at,
            ended_at,
        }
    }
}
