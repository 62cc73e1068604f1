//! `countersign doctor`: what the bot needs, whether it is there, and how to mend what is not.

mod models;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use serde::Serialize;

use models::Asked;

use super::{open_database, say};
use crate::alerts;
use crate::brand::Kit;
use crate::clock::Clock;
use crate::config::{Config, Manifest, Members};
use crate::database;
use crate::slack::{self, Slack};

/// What the app may do, as `manifests/slack.*.yaml` asks for it.
const MANIFEST: &str = include_str!("../../../manifests/slack.http.yaml");

#[derive(clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Ask every model for one word, which costs as much as that costs
    #[arg(long)]
    models: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Good,
    /// Not needed, or not configured: something works less well.
    Note,
    Bad,
}

#[derive(Serialize)]
struct Finding {
    about: &'static str,
    health: Health,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Asked>,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

pub async fn run(config: Config, clock: Clock, args: Args) -> Result<ExitCode> {
    let mut findings = Findings::default();
    let manifest = check_manifest(&config, &mut findings);
    check_brand(&config, &clock, &mut findings);
    check_database(&config, &clock, &mut findings).await;
    check_slack(&config, manifest.as_ref(), &mut findings).await;
    check_agents(&config, manifest.as_ref(), &mut findings);
    check_senders(&config, &mut findings);
    check_releases(&config, &mut findings).await;
    if let Some(manifest) = &manifest {
        models::check(&config, &clock, manifest, args.models, &mut findings).await;
    }

    let is_well = findings.0.iter().all(|finding| finding.health != Health::Bad);
    if args.json {
        say(serde_json::to_string_pretty(&findings.0)?);
    } else {
        findings.0.iter().for_each(|finding| say(finding.to_string()));
        say(if is_well {
            "\nAll that is needed is there."
        } else {
            "\nMend what is marked ✗, and ask again."
        });
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_manifest(config: &Config, findings: &mut Findings) -> Option<Manifest> {
    match Manifest::load(config.manifest.as_deref()) {
        Ok(manifest) => {
            findings.good(
                "manifest",
                format!(
                    "{}: {} agents, {} groups, {} policies, version {}",
                    manifest.team,
                    manifest.agents.len(),
                    manifest.groups.len(),
                    manifest.rules.len(),
                    manifest.version
                ),
            );
            if config.manifest.is_none() {
                findings.note(
                    "manifest",
                    "this is the built-in example; set COUNTERSIGN_MANIFEST to your team's",
                );
            }
            Some(manifest)
        }
        Err(error) => {
            findings.bad("manifest", format!("{error:#}"), "Change that line, and ask again.");
            None
        }
    }
}

fn check_brand(config: &Config, clock: &Clock, findings: &mut Findings) {
    let kit = match Kit::load(config.brand.as_deref()) {
        Ok(kit) => kit,
        Err(error) => {
            let said = format!("{error:#}");
            return findings.bad("brand", said, "Change that line, and ask again.");
        }
    };
    findings.good(
        "brand",
        format!(
            "{}: {} channels, {} proof points, {} banned claims, version {}",
            kit.company,
            kit.channels.len(),
            kit.proofs.len(),
            kit.banned.len(),
            kit.version
        ),
    );
    if config.brand.is_none() {
        findings.note(
            "brand",
            "this is the built-in example; set COUNTERSIGN_BRAND to your company's kit",
        );
    }
    let today = clock.now().to_zoned(TimeZone::UTC).date();
    let expired: Vec<&str> = kit
        .proofs
        .iter()
        .filter(|proof| !proof.is_valid_on(today))
        .map(|proof| proof.name.as_str())
        .collect();
    if !expired.is_empty() {
        findings.note(
            "brand",
            format!(
                "proof points have expired, so that what they prove is refused: {}",
                expired.join(", ")
            ),
        );
    }
}

async fn check_database(config: &Config, clock: &Clock, findings: &mut Findings) {
    // The private Postgres is started and migrated by this, as every subcommand does; a server of
    // somebody else's is only looked at.
    let (url, opened) = match &config.database.url {
        Some(url) => (url.reveal().to_owned(), None),
        None => match open_database(config).await {
            Ok(opened) => (opened.url.clone(), Some(opened)),
            Err(error) => {
                findings.bad(
                    "database",
                    format!("{error:#}"),
                    "Do what the sentence says, or set DATABASE_URL to a server of yours.",
                );
                return;
            }
        },
    };
    let mut settings = database::Settings::new(url);
    settings.patience = Duration::from_secs(3);
    match database::check(&settings, clock).await {
        Ok(facts) => {
            findings.good(
                "database",
                format!(
                    "Postgres {} at {}, round trip {:.1} ms, clock {} ms off ours",
                    facts.version,
                    facts.place,
                    facts.latency.as_secs_f64() * 1000.0,
                    facts.clock_skew.as_millis()
                ),
            );
            for problem in facts.problems() {
                findings.bad("database", problem.what, problem.remedy);
            }
        }
        Err(error) => findings.bad(
            "database",
            format!("{error:#}"),
            "Start the server, or correct DATABASE_URL.",
        ),
    }
    if let Some(opened) = opened {
        opened.close().await;
    }
}

async fn check_slack(config: &Config, manifest: Option<&Manifest>, findings: &mut Findings) {
    let Some(given) = &config.slack else {
        findings.note("slack", "no workspace is connected: `countersign demo` needs none, `serve` does (SLACK_BOT_TOKEN and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET)");
        return;
    };
    let mut settings = slack::Settings::new(given.bot_token.reveal());
    settings.app_token = given.app_token.as_ref().map(|token| token.reveal().to_owned());
    settings.api_url = given.api_url.clone();
    settings.patience = Duration::from_secs(5);
    let slack = match Slack::new(settings.clone()) {
        Ok(slack) => slack,
        Err(error) => {
            return findings.bad(
                "slack",
                format!("{error:#}"),
                "Check this machine's root certificates.",
            );
        }
    };
    match slack.auth_test().await {
        Ok(identity) => {
            findings.good("slack", format!("the token is the bot's in {}", identity.team_name))
        }
        Err(error) => {
            let remedy =
                error.remedy().unwrap_or_else(|| "Check the network and SLACK_API_URL.".to_owned());
            return findings.bad("slack", error.to_string(), remedy);
        }
    }
    check_scopes(&slack, findings).await;
    if given.app_token.is_some() {
        match slack.connections_open().await {
            Ok(_) => findings.good("slack", "Socket Mode opens"),
            Err(error) => findings.bad(
                "slack",
                format!("Socket Mode does not open: {error}"),
                "Enable Socket Mode, and make an App-Level Token with the scope connections:write.",
            ),
        }
    }
    if let Some(manifest) = manifest {
        check_groups(&slack, manifest, findings).await;
        check_channels(&slack, manifest, findings).await;
    }
}

/// Whether what the manifest has posted has a place to go to.
async fn check_channels(slack: &Slack, manifest: &Manifest, findings: &mut Findings) {
    match &manifest.audit {
        Some(witness) => {
            let what = "the day's checkpoint";
            check_channel(slack, ("audit", "[audit]"), &witness.channel, what, findings).await;
        }
        None => findings.note(
            "audit",
            "no channel gets the day's checkpoint of the audit trail; name one under [audit] in the manifest",
        ),
    }
    let watches = manifest.agent(alerts::AGENT).is_some();
    for route in manifest.routes.iter().filter(|_| watches) {
        let what = format!("the alerts of the route {:?}", route.name);
        check_channel(slack, ("alerts", "[[alert]]"), &route.channel, &what, findings).await;
    }
}

async fn check_channel(
    slack: &Slack,
    (about, table): (&'static str, &str),
    named: &str,
    what: &str,
    findings: &mut Findings,
) {
    match slack.channel_named(named).await {
        Ok(Some(channel)) if channel.is_archived => findings.bad(
            about,
            format!("{named}, which is to get {what}, is archived"),
            format!("Unarchive it, or name another one under {table} in the manifest."),
        ),
        Ok(Some(channel)) if channel.is_private && !channel.is_member => findings.bad(
            about,
            format!("the bot is not in {named}, which is to get {what}"),
            "Invite it there with /invite @Countersign.",
        ),
        Ok(Some(_)) => findings.good(about, format!("{named} gets {what}")),
        Ok(None) => findings.bad(
            about,
            format!("there is no channel {named} that the bot sees, so nobody gets {what}"),
            format!("Create it in Slack or invite the bot there, or name another one under {table} in the manifest."),
        ),
        Err(error) => findings.bad(
            about,
            format!("channels cannot be read: {error}"),
            error.remedy().unwrap_or_else(|| "Check the network and ask again.".to_owned()),
        ),
    }
}

async fn check_scopes(slack: &Slack, findings: &mut Findings) {
    let needed = needed_scopes();
    match slack.granted_scopes().await {
        Ok(granted) => {
            let granted: BTreeSet<String> = granted.into_iter().collect();
            let missing: Vec<&str> = needed.difference(&granted).map(String::as_str).collect();
            if missing.is_empty() {
                findings.good("slack", format!("all {} permissions are granted", needed.len()));
            } else {
                findings.bad(
                    "slack",
                    format!("the app lacks {}", missing.join(", ")),
                    "Add them under OAuth & Permissions, or paste manifests/slack.*.yaml again, and install the app again.",
                );
            }
        }
        Err(error) => findings.note("slack", error.to_string()),
    }
}

async fn check_groups(slack: &Slack, manifest: &Manifest, findings: &mut Findings) {
    let groups = match slack.groups().await {
        Ok(groups) => groups,
        Err(error) => {
            return findings.bad(
                "groups",
                format!("user groups cannot be read: {error}"),
                "Grant usergroups:read, or list people in the manifest.",
            );
        }
    };
    for group in &manifest.groups {
        let Members::UserGroup(handle) = &group.members else { continue };
        match groups.iter().find(|one| one.handle == *handle) {
            Some(found) if found.users.is_empty() => findings.bad(
                "groups",
                format!(
                    "the user group @{handle} has no members, so nobody can decide for {}",
                    group.name
                ),
                "Add people to it in Slack.",
            ),
            Some(found) => {
                findings.good("groups", format!("@{handle}: {} members", found.users.len()))
            }
            None => findings.bad(
                "groups",
                format!("the user group @{handle} of {} does not exist", group.name),
                "Create it in Slack, or name another one in the manifest.",
            ),
        }
    }
}

/// Which agents that run elsewhere may put something up; never with what.
fn check_agents(config: &Config, manifest: Option<&Manifest>, findings: &mut Findings) {
    let tokens = &config.agent_tokens;
    if let Some(Err(error)) = manifest.map(|manifest| tokens.check(manifest)) {
        return findings.bad(
            "agents",
            format!("{error:#}"),
            "Change one of the two, and ask again.",
        );
    }
    let agents: Vec<&str> = tokens.agents().into_iter().collect();
    if agents.is_empty() {
        return findings.note(
            "agents",
            "none that runs elsewhere has a token; set COUNTERSIGN_AGENT_TOKENS to let one put up proposals",
        );
    }
    findings
        .good("agents", format!("by their tokens these put up proposals: {}", agents.join(", ")));
}

/// Into which sources documents may be sent; never with what.
fn check_senders(config: &Config, findings: &mut Findings) {
    let sources: Vec<&str> = config.source_tokens.sources().into_iter().collect();
    if sources.is_empty() {
        return findings.note(
            "sources",
            "none has a token; set COUNTERSIGN_SOURCE_TOKENS to let documents and readings be sent in over HTTP",
        );
    }
    findings.good(
        "sources",
        format!("by their tokens documents and readings go into {}", sources.join(", ")),
    );
}

/// Where releases go. Nothing is sent: a receiver is only called upon, and hung up on.
async fn check_releases(config: &Config, findings: &mut Findings) {
    let Some(webhook) = &config.webhook else {
        let folder = config.database.data.join("outbox");
        return findings.note(
            "releases",
            format!(
                "they are written into files in {}; set COUNTERSIGN_WEBHOOK_URL and COUNTERSIGN_WEBHOOK_SECRET to have them sent",
                folder.display()
            ),
        );
    };
    let host = webhook.host();
    let rotation =
        if webhook.keys.len() > 1 { ", signed with the new secret and the old" } else { "" };
    let address = (
        webhook.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
        webhook.url.port_or_known_default().unwrap_or(443),
    );
    let connecting = tokio::net::TcpStream::connect(address);
    match tokio::time::timeout(Duration::from_secs(3), connecting).await {
        Ok(Ok(_)) => {
            findings.good("releases", format!("they go to {host}, which is there{rotation}"))
        }
        Ok(Err(error)) => findings.bad(
            "releases",
            format!("they go to {host}, which cannot be reached: {error}"),
            "Start the receiver, or correct COUNTERSIGN_WEBHOOK_URL; until then releases wait.",
        ),
        Err(_) => findings.bad(
            "releases",
            format!("they go to {host}, which did not answer within three seconds"),
            "Start the receiver, or let this machine through to it; until then releases wait.",
        ),
    }
}

/// The bot scopes that the app's manifest lists.
fn needed_scopes() -> BTreeSet<String> {
    MANIFEST
        .lines()
        .skip_while(|line| line.trim() != "bot:")
        .skip(1)
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .map_while(|line| line.strip_prefix("- "))
        .map(str::to_owned)
        .collect()
}

impl Findings {
    fn good(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(about, Health::Good, says, None, None);
    }

    fn note(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(about, Health::Note, says, None, None);
    }

    fn bad(&mut self, about: &'static str, says: impl Into<String>, remedy: impl Into<String>) {
        self.add(about, Health::Bad, says, Some(remedy.into()), None);
    }

    fn add(
        &mut self,
        about: &'static str,
        health: Health,
        says: impl Into<String>,
        remedy: Option<String>,
        asked: Option<Asked>,
    ) {
        self.0.push(Finding { about, health, says: says.into(), remedy, asked });
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.health {
            Health::Good => "✓",
            Health::Note => "·",
            Health::Bad => "✗",
        };
        write!(f, "{mark} {:<9} {}", self.about, self.says)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n            → {remedy}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apps_manifest_says_what_is_needed() {
        let scopes = needed_scopes();
        for scope in ["commands", "chat:write", "usergroups:read", "users:read"] {
            assert!(scopes.contains(scope), "{scope} is missing in {scopes:?}");
        }
    }
}
