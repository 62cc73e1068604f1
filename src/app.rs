//! What a serving process has: the database, Slack, the manifest, the clock, and its counters.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgPool;
use tokio_util::task::TaskTracker;

use crate::agents::{Books, Models, Prompts};
use crate::audit::Signer;
use crate::brand::Kit;
use crate::clock::Clock;
use crate::config::{AgentTokens, LeadSenders, Manifest, Secret, SourceTokens};
use crate::database::Desk;
use crate::ids::{PersonId, TeamId, WorkspaceId};
use crate::metrics::Metrics;
use crate::releases::Sinks;
use crate::reviews::Memberships;
use crate::slack::Slack;
use crate::slack::inbound::Tenant;

/// Handed to every verb; clones are the same app.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub db: PgPool,
    /// For what a person waits for.
    pub desk: Desk,
    pub slack: Slack,
    pub clock: Clock,
    pub manifest: Manifest,
    /// What the company may say, and how.
    pub brand: Kit,
    pub workspace: Workspace,
    /// Secrets that a request may be signed with; empty when Slack is served by Socket Mode alone.
    pub signing_secrets: Vec<Secret>,
    /// By which agents that run elsewhere are known.
    pub agent_tokens: AgentTokens,
    /// The language models that agents may work with; usually none at first.
    pub models: Models,
    pub prompts: Prompts,
    /// By which those are known who send documents in.
    pub source_tokens: SourceTokens,
    /// By which those are known who send leads in.
    pub lead_senders: LeadSenders,
    pub signer: Signer,
    pub metrics: Arc<Metrics>,
    pub memberships: Memberships,
    /// Where what is released goes.
    pub sinks: Sinks,
    /// What still runs after an answer was given; waited for at the end.
    pub background: TaskTracker,
}

/// The Slack workspace, or organisation, that the bot token belongs to.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub team: TeamId,
    pub enterprise: Option<TeamId>,
    pub name: String,
    /// The bot itself.
    pub bot: PersonId,
}

impl Workspace {
    /// Whether a delivery for `tenant` is for us. An installation for a whole organisation is
    /// delivered to without a team.
    pub fn is_at(&self, tenant: &Tenant) -> bool {
        let is_ours = |tenant: &TeamId, ours: Option<&TeamId>| ours == Some(tenant);
        tenant.team.as_ref().is_some_and(|team| is_ours(team, Some(&self.team)))
            || tenant.enterprise.as_ref().is_some_and(|id| is_ours(id, self.enterprise.as_ref()))
    }
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where calls of models are recorded.
    pub fn books(&self) -> Books<'_> {
        Books {
            db: &self.db,
            clock: &self.clock,
            workspace: self.workspace.id,
            zone: &self.manifest.zone,
        }
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
