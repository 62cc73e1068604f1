//! What this process was told: the environment ([`Config`]) and the team's manifest ([`Manifest`]).
//!
//! Both are read once, at start, and refused with a sentence that says what to change.
//!
//! **Invariant:** nothing else reads the environment.

mod agents;
mod leads;
mod manifest;
mod models;
mod sources;
mod tokens;
mod webhook;

use std::env;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use url::Url;

pub use agents::AgentTokens;
pub use leads::{HubSpot, LeadSenders};
pub use manifest::{
    AdBudget, Agent, Bad, Bound, Change, Digest, Edition, Every, Facts, Funnel, Goal, Group, Keep,
    Label, Length, Manifest, Measure, Members, MetricRule, Need, Numbers, Of, Period, Quiet, Route,
    Rule, Sales, Section, Seller, Severity, SubjectKind, Tell, Terms, Verbosity, What, Witness,
    WorkingTime, protected, scoring,
};
pub use models::{Budget, Key, MaxTokensField, Model, ModelKeys, Price, Protocol};
pub use sources::SourceTokens;
pub use webhook::{Webhook, WebhookKey};

/// What is logged unless COUNTERSIGN_LOG says otherwise.
pub const DEFAULT_LOG: &str = "info,graphile_worker=error,slack_morphism=warn,sqlx=warn";

/// Everything that a process takes from its environment.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: Database,
    /// Absent until a token is set: commands that do not speak to Slack work without.
    pub slack: Option<Slack>,
    /// Where health, metrics and (in HTTP mode) Slack's requests are served.
    pub listen: SocketAddr,
    /// The team's manifest; the built-in example when absent.
    pub manifest: Option<PathBuf>,
    /// The brand kit; the built-in example when absent.
    pub brand: Option<PathBuf>,
    /// The key that signs checkpoints of the audit trail, instead of the one kept in the data folder.
    pub audit_key: Option<Secret>,
    /// The public keys that signed checkpoints before it, which go on to count.
    pub former_audit_keys: Vec<String>,
    /// The name under which checkpoints are signed.
    pub audit_name: String,
    /// How long a replica may be silent before its jobs are taken over.
    pub recovery: Duration,
    /// Who is told of releases; without one they are written into files in the data folder.
    pub webhook: Option<Webhook>,
    /// By which agents that run elsewhere are known.
    pub agent_tokens: AgentTokens,
    /// The keys of the models that the manifest declares.
    pub model_keys: ModelKeys,
    /// A folder with prompts that replace the built-in ones of the same names.
    pub prompts: Option<PathBuf>,
    /// By which those are known who send documents in.
    pub source_tokens: SourceTokens,
    /// By which those are known who send leads in.
    pub lead_senders: LeadSenders,
}

#[derive(Clone, Debug)]
pub struct Database {
    /// A server to use; without one the process runs a private Postgres in `data`.
    pub url: Option<Secret>,
    /// Where the private Postgres and the keys are kept.
    pub data: PathBuf,
    /// Where Postgres is installed, when it is not where it usually is.
    pub bin: Option<PathBuf>,
    pub connections: u32,
}

#[derive(Clone, Debug)]
pub struct Slack {
    pub bot_token: Secret,
    /// Present in Socket Mode.
    pub app_token: Option<Secret>,
    /// The current signing secret first, then one that is being rotated out. Empty without HTTP.
    pub signing_secrets: Vec<Secret>,
    pub api_url: Url,
}

/// A value that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// How this process writes its log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// Filter directives, such as `info` or `countersign=debug,warn`.
    pub filter: String,
    pub json: bool,
}

impl Config {
    /// Reads the environment. Every error names the variable and says what it must hold.
    pub fn from_env() -> Result<Self> {
        Ok(Self {
            database: Database {
                url: read("DATABASE_URL").map(Secret),
                data: read("COUNTERSIGN_DATA").unwrap_or_else(|| ".data".to_owned()).into(),
                bin: read("PG_BIN").map(PathBuf::from),
                connections: number("COUNTERSIGN_DB_CONNECTIONS", 16)?,
            },
            slack: Slack::from_env()?,
            listen: match read("COUNTERSIGN_LISTEN") {
                None => SocketAddr::from(([127, 0, 0, 1], 8080)),
                Some(text) => text.parse().with_context(|| {
                    format!("COUNTERSIGN_LISTEN is {text:?}; give an address and a port, such as 127.0.0.1:8080")
                })?,
            },
            manifest: read("COUNTERSIGN_MANIFEST").map(PathBuf::from),
            brand: read("COUNTERSIGN_BRAND").map(PathBuf::from),
            audit_key: read("COUNTERSIGN_AUDIT_KEY").map(Secret),
            former_audit_keys: read("COUNTERSIGN_AUDIT_KEYS_OLD")
                .unwrap_or_default()
                .split(|c: char| c == ',' || c.is_whitespace())
                .filter(|key| !key.is_empty())
                .map(str::to_owned)
                .collect(),
            audit_name: read("COUNTERSIGN_AUDIT_NAME")
                .unwrap_or_else(|| "countersign.local/audit".to_owned()),
            recovery: Duration::from_secs(number("COUNTERSIGN_RECOVERY_S", 60)?),
            webhook: Webhook::from_env()?,
            agent_tokens: AgentTokens::from_env()?,
            model_keys: ModelKeys::Environment,
            prompts: read("COUNTERSIGN_PROMPTS").map(PathBuf::from),
            source_tokens: SourceTokens::from_env()?,
            lead_senders: LeadSenders::from_env()?,
        })
    }
}

impl Slack {
    fn from_env() -> Result<Option<Self>> {
        let Some(bot_token) = read("SLACK_BOT_TOKEN") else {
            if read("SLACK_APP_TOKEN").is_some() || read("SLACK_SIGNING_SECRET").is_some() {
                bail!(
                    "SLACK_BOT_TOKEN is not set; copy the Bot User OAuth Token (xoxb-…) from your app's OAuth & Permissions page"
                );
            }
            return Ok(None);
        };
        if !bot_token.starts_with("xoxb-") {
            bail!(
                "SLACK_BOT_TOKEN does not begin with xoxb-; it must be the Bot User OAuth Token, not a user or app token"
            );
        }
        let app_token = read("SLACK_APP_TOKEN");
        if app_token.as_ref().is_some_and(|token| !token.starts_with("xapp-")) {
            bail!(
                "SLACK_APP_TOKEN does not begin with xapp-; make an App-Level Token with the scope connections:write"
            );
        }
        let signing_secrets: Vec<Secret> = ["SLACK_SIGNING_SECRET", "SLACK_SIGNING_SECRET_OLD"]
            .into_iter()
            .filter_map(read)
            .map(Secret)
            .collect();
        if app_token.is_none() && signing_secrets.is_empty() {
            bail!(
                "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP) is set; set one, so that Slack can reach the bot"
            );
        }
        let api_url = read("SLACK_API_URL").unwrap_or_else(|| "https://slack.com/api/".to_owned());
        let mut api_url: Url = api_url.parse().with_context(|| {
            format!("SLACK_API_URL is {api_url:?}; give a URL such as https://slack.com/api/")
        })?;
        if !api_url.path().ends_with('/') {
            api_url.set_path(&format!("{}/", api_url.path()));
        }
        Ok(Some(Self {
            bot_token: Secret(bot_token),
            app_token: app_token.map(Secret),
            signing_secrets,
            api_url,
        }))
    }
}

impl Log {
    pub fn from_env() -> Result<Self> {
        let json = match read("COUNTERSIGN_LOG_FORMAT").as_deref() {
            None | Some("human") => false,
            Some("json") => true,
            Some(other) => bail!("COUNTERSIGN_LOG_FORMAT is {other:?}; it must be json or human"),
        };
        let filter = read("COUNTERSIGN_LOG").unwrap_or_else(|| DEFAULT_LOG.to_owned());
        Ok(Self { filter, json })
    }
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> Result<T> {
    match read(name) {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(number) => Ok(number),
            Err(_) => bail!("{name} is {text:?}; it must be a whole number"),
        },
    }
}

/// An empty variable counts as none: deployment files often leave them so.
fn read(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the place it belongs")]
    env::var(name).ok().filter(|value| !value.is_empty())
}
