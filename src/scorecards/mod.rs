//! Scorecards: how good the agents are, read from what was recorded elsewhere.
//!
//! [`roster`] is what the manifest declares of each agent (job, owner, goal, what it may read and who
//! decides on what it makes) beside its [`Scorecard`]: outcomes, not activity. Nothing is stored here; every
//! number is counted from runs, calls of models, reviews, decisions and opinions as they stand.
//!
//! - `store` counts, one query a kind of thing, for all agents at once.
//! - `measured` is what can be compared: shares, ratios and medians, each with its interval, so that two
//!   of two is not read as perfection.
//! - [`Version`]s are what wrote an agent's texts for a time, each held [`Against`] the one before it.
//! - [`reviewers`] is what the people carry who decide.
//! - [`Standing`]s are the goals of the manifest: is the agent improving what it exists for?
//! - `message` says it, in Slack and on a terminal; a [`Member`] serialises to the same for programs.
//!
//! **Invariant:** a scorecard counts what an agent made: not the words that a person put in their place.

mod goals;
mod measured;
mod message;
pub mod reviewers;
mod store;
mod versions;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use sqlx::PgPool;

use crate::agents::Cost;
use crate::alerts::{self, RuleCard};
use crate::app::App;
use crate::config::{Agent, AgentTokens, Budget, Manifest, Rule, SubjectKind};
use crate::error::{Error, Refusal, Result};
use crate::ids::{PersonId, WorkspaceId};
use crate::leads::handoffs;
use crate::{drafts, experiments, research, reviews};

pub use goals::{Level, Moves, Progress, Standing};
pub use measured::{Aspect, Change, Compared, Measured, Ratio, Sample, Share, Unit, Waits};
pub use message::{list, one, plain};
pub use versions::{Against, Measure, Version};

/// The agent of the manifest that reports: in summaries and here.
pub const AGENT: &str = "reporting";

/// An agent of the manifest, and how it does.
#[derive(Clone, Debug, Serialize)]
pub struct Member<'a> {
    pub name: &'a str,
    pub job: &'a str,
    pub owner: &'a str,
    pub goal: &'a str,
    /// Names of sources; `*` for all.
    pub sources: &'a [String],
    pub engine: Engine<'a>,
    /// What it may use of models in a day, where that is limited.
    pub budget: Option<Limits>,
    /// Who decides on what it makes.
    pub rules: Vec<Reviewed<'a>>,
    pub scorecard: Scorecard,
}

/// What does its work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine<'a> {
    /// Quotes what it finds, and adds nothing.
    Extract,
    /// Puts approved words together.
    Assembles,
    /// Statistics, without a model.
    Computes,
    /// Statistics, which a model of the manifest, by this name, puts into words.
    Worded(&'a str),
    /// Writes with a model of the manifest, by this name.
    Model(&'a str),
    /// Runs elsewhere, and puts its work up with a token of its own.
    Elsewhere,
    /// Nothing does: it is declared, and has no token.
    Unconnected,
}

/// An agent's budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Limits {
    pub runs: Option<u64>,
    pub tokens: Option<u64>,
}

/// A policy that an agent's work comes under, and how far.
#[derive(Clone, Debug, Serialize)]
pub struct Reviewed<'a> {
    pub policy: &'a str,
    pub on: Vec<SubjectKind>,
    #[serde(skip)]
    pub rule: &'a Rule,
}

/// What came of an agent's work.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Scorecard {
    pub last: Option<Last>,
    pub runs: Runs,
    pub models: Calls,
    /// Of all its versions together.
    #[serde(flatten)]
    pub measured: Measured,
    pub useful: u64,
    pub not_useful: u64,
    /// Disputes that stand, and those that were withdrawn.
    pub disputed: u64,
    pub disputes_withdrawn: u64,
    /// The rules by which it opened alerts.
    pub alerts: Vec<RuleCard>,
    /// What sales made of the leads that it handed over; none where there are none.
    pub hand_offs: Option<HandOffs>,
    /// Tests that were started; none where there are none.
    pub tests: Option<Tests>,
    /// In the order in which they came into use.
    pub versions: Vec<Version>,
    /// What the manifest wants of it.
    pub goals: Vec<Standing>,
    /// What the manifest wants of the team's numbers that it exists to reach.
    pub progress: Vec<Progress>,
}

/// Leads that were handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct HandOffs {
    pub handed_over: u64,
    pub won: u64,
}

/// Tests that were started, and those of them that people decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Tests {
    pub started: u64,
    pub decided: u64,
}

/// What an agent did last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Last {
    pub at: Timestamp,
    /// The state of the run, or of the review of what it put up.
    pub outcome: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Runs {
    pub total: u64,
    /// Since midnight in the team's zone.
    pub today: u64,
    pub answered: u64,
    pub found_nothing: u64,
    pub failed: u64,
    pub stopped: u64,
    pub under_way: u64,
    /// Those whose answer another engine wrote than the manifest names.
    pub fell_back: u64,
}

/// What language models were asked. Tokens and costs are what their providers said.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Calls {
    pub total: u64,
    pub answered: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// One for each currency.
    #[serde(serialize_with = "by_currency")]
    pub costs: Vec<Cost>,
    /// As they count in the budget, since midnight in the team's zone.
    pub runs_today: u64,
    pub tokens_today: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Decisions {
    pub approved: u64,
    pub changes_requested: u64,
    pub rejected: u64,
}

/// Every agent of the manifest, in its order, with what came of its work.
pub async fn roster<'a>(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &'a Manifest,
    tokens: &AgentTokens,
    now: Timestamp,
) -> Result<Vec<Member<'a>>> {
    let mut cards = cards(db, workspace, manifest, now).await?;
    let member = |agent: &'a Agent| Member {
        name: &agent.name,
        job: &agent.job,
        owner: &agent.owner,
        goal: &agent.goal,
        sources: &agent.sources,
        engine: Engine::of(agent, tokens),
        budget: agent.budget.map(Limits::from),
        rules: rules(manifest, agent),
        scorecard: cards.remove(&agent.name).unwrap_or_default(),
    };
    Ok(manifest.agents.iter().map(member).collect())
}

/// What is worth a sentence of how the agents of the manifest do, in markup: where the newest version of
/// one certainly does better or worse than the one before, and goals that are missed or certainly move.
/// Often nothing.
pub async fn worth_reading(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<Vec<String>> {
    let cards = cards(db, workspace, manifest, now).await?;
    let each = manifest.agents.iter().filter_map(|agent| Some((agent, cards.get(&agent.name)?)));
    Ok(each.flat_map(|(agent, card)| message::worth_reading(&agent.name, card)).collect())
}

/// By the agent's name; none of those of whom there is nothing to tell.
async fn cards(
    db: &PgPool,
    workspace: WorkspaceId,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<BTreeMap<String, Scorecard>> {
    let midnight = now.to_zoned(manifest.zone.clone()).start_of_day()?.timestamp();
    // What this very moment brought counts.
    let until = now + SignedDuration::from_millis(1);
    let (mut cards, goals, progress) = tokio::try_join!(
        store::cards(db, workspace, midnight, until),
        goals::standings(db, workspace, manifest, until),
        goals::progress(db, workspace, manifest, until),
    )?;
    for (agent, goals) in goals {
        cards.entry(agent).or_default().goals = goals;
    }
    for (agent, progress) in progress {
        cards.entry(agent).or_default().progress = progress;
    }
    Ok(cards)
}

/// The groups that answer for agents, each once.
fn owners(manifest: &Manifest) -> Vec<String> {
    let mut owners: Vec<String> = manifest.agents.iter().map(|agent| agent.owner.clone()).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// How the agents do that a person answers for, in a few lines; none for anybody else, and while Slack
/// does not say who is in which group.
pub async fn of_owner(app: &App, person: &PersonId) -> Result<Vec<String>> {
    let groups = match reviews::groups_of(app, &owners(&app.manifest), person).await {
        Ok(groups) => groups,
        Err(Error::Refused(_)) => Vec::new(),
        Err(fault) => return Err(fault),
    };
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let (manifest, tokens) = (&app.manifest, &app.agent_tokens);
    let mut roster = roster(&app.db, app.workspace.id, manifest, tokens, app.now()).await?;
    roster.retain(|member| groups.iter().any(|group| group == member.owner));
    Ok(message::lines_of(&roster))
}

/// The one of that name.
///
/// # Errors
///
/// Refuses a name that the manifest does not declare.
pub fn named<'a, 'b>(roster: &'b [Member<'a>], name: &str) -> Result<&'b Member<'a>, Refusal> {
    let found = roster.iter().find(|one| one.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let names: Vec<&str> = roster.iter().map(|one| one.name).collect();
        let there = match names.as_slice() {
            [] => "The manifest declares none.".to_owned(),
            names => format!("There are: {}.", names.join(", ")),
        };
        let name: String = name.chars().take(NAME).collect();
        Refusal::Missing(format!("No agent is named “{name}”. {there}"))
    })
}

/// How much is repeated of a name that somebody typed.
const NAME: usize = 100;

impl<'a> Engine<'a> {
    fn of(agent: &'a Agent, tokens: &AgentTokens) -> Self {
        if agent.name == research::AGENT {
            agent.model.as_deref().map_or(Self::Extract, Self::Model)
        } else if agent.name == drafts::AGENT {
            agent.model.as_deref().map_or(Self::Assembles, Self::Model)
        } else if [experiments::AGENT, handoffs::AGENT, AGENT].contains(&agent.name.as_str()) {
            agent.model.as_deref().map_or(Self::Computes, Self::Worded)
        } else if agent.name == alerts::AGENT {
            Self::Computes
        } else if tokens.agents().contains(agent.name.as_str()) {
            Self::Elsewhere
        } else {
            Self::Unconnected
        }
    }
}

impl From<Budget> for Limits {
    fn from(budget: Budget) -> Self {
        Self { runs: budget.runs.map(u64::from), tokens: budget.tokens }
    }
}

/// `{"EUR": "3.00"}`: amounts as texts, which keep every digit.
fn by_currency<S: Serializer>(costs: &[Cost], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(costs.len()))?;
    for cost in costs {
        map.serialize_entry(&cost.currency, &cost.amount.to_string())?;
    }
    map.end()
}

/// The policies that what it makes comes under: the research agent makes findings, the campaign agent has
/// its part in tests, and those that run elsewhere may put up everything but findings.
fn rules<'a>(manifest: &'a Manifest, agent: &Agent) -> Vec<Reviewed<'a>> {
    let makes = |kind: &SubjectKind| match (kind, agent.name.as_str()) {
        (SubjectKind::Finding, name) => name == research::AGENT,
        (SubjectKind::TestDecision, name) => name == experiments::AGENT,
        (SubjectKind::TestPlan, experiments::AGENT) => true,
        (_, name) => ![AGENT, research::AGENT, experiments::AGENT, alerts::AGENT, handoffs::AGENT]
            .contains(&name),
    };
    let concerns = |rule: &Rule| rule.agents.is_empty() || rule.agents.contains(&agent.name);
    let of_agent = manifest.rules.iter().filter(|rule| concerns(rule));
    of_agent
        .map(|rule| Reviewed {
            policy: &rule.name,
            on: rule.on.iter().copied().filter(makes).collect(),
            rule,
        })
        .filter(|reviewed| !reviewed.on.is_empty())
        .collect()
}
