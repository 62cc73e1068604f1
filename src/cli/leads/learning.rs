//! `countersign leads learn`, `model` and `use`: the score that learns from what sales says.

use clap::{Args, Subcommand};
use sqlx::PgPool;

use super::super::{account, say};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::config::scoring::Scoring;
use crate::config::{Config, Manifest};
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::leads::digest::sources;
use crate::leads::learning::{self, Choice, Outcome};
use crate::words::count;

/// About the team's own leads.
#[derive(Clone, Debug, Subcommand)]
pub enum Own {
    /// Learn from what sales said of the leads it was given, now instead of in the night
    Learn,
    /// See what leads are scored by: the versions of the learned score, how each fared against the
    /// rules, whether its chances mean what they say, and what changed since
    Model(Shown),
    /// Choose what leads are scored by, such as the version before
    Use(Used),
    /// See from which sources leads are won more seldom, or more often, than from the others
    Sources(Shown),
}

#[derive(Clone, Debug, Args)]
pub struct Shown {
    /// Print all of it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Used {
    /// `rules`, a version that `model` lists, or `newest`: the newest version where it is better than the rules
    choice: String,
}

pub async fn run(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    what: &Own,
) -> Result<()> {
    let manifest = Manifest::load(config.manifest.as_deref())?;
    match what {
        Own::Learn => learn(db, clock, workspace, &manifest.scoring).await,
        Own::Model(args) => show(db, clock, workspace, &manifest.scoring, args).await,
        Own::Use(args) => choose(db, clock, workspace, args).await,
        Own::Sources(args) => {
            super::show(&sources(db, workspace, clock.now()).await?, "source", args.json);
            Ok(())
        }
    }
}

async fn learn(db: &PgPool, clock: &Clock, workspace: WorkspaceId, rules: &Scoring) -> Result<()> {
    let outcome = learning::learn(db, workspace, rules, clock.now()).await?;
    say(match outcome {
        Outcome::TooFew { answers, good, least } => format!(
            "Sales answered for {}, {good} of which were worth it. From {least} on, with at least ten that were and ten that were not, there is something to learn.",
            count(answers, "lead")
        ),
        Outcome::NothingNew { answers } => format!(
            "Nothing was said since the last time, when there were {}.",
            count(answers, "answer")
        ),
        Outcome::Learned(version) => {
            format!("Version {} was learned. {}", version.version, version.comparison.in_words())
        }
    });
    Ok(())
}

async fn show(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    rules: &Scoring,
    args: &Shown,
) -> Result<()> {
    let standing = learning::standing(db, workspace, rules, clock.now()).await?;
    if args.json {
        say(serde_json::to_string_pretty(&standing)?);
    } else {
        learning::in_words(&standing).into_iter().for_each(say);
    }
    Ok(())
}

async fn choose(db: &PgPool, clock: &Clock, workspace: WorkspaceId, args: &Used) -> Result<()> {
    let choice = Choice::read(&args.choice);
    let by = Actor::CommandLine(account());
    learning::choose(db, workspace, &choice, by, clock.now()).await?;
    say("It is so from now on. The leads are scored anew as soon as the bot runs.");
    Ok(())
}
