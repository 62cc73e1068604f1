//! The team's manifest: groups, agents, models and policies, declared in one TOML file.

mod alerts;
mod goals;
mod models;
mod numbers;
mod policy;
pub mod protected;
mod raw;
mod sales;
pub mod scoring;
mod summaries;
mod witness;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::models::{Budget, Model};
use crate::ids::PersonId;

pub use alerts::{Quiet, Route, Severity, Verbosity};
pub use goals::{Bound, Every, Goal, Measure, What};
pub use numbers::{AdBudget, Bad, Funnel, MetricRule, Numbers, Of, Period};
pub use policy::{Change, Facts, Keep, Label, Need, Rule, Tell, Terms};
use raw::Raw;
pub use sales::{Sales, Seller, WorkingTime};
use scoring::Scoring;
pub use summaries::{Digest, Edition, Length, Section};
pub use witness::Witness;

/// The example that a fresh installation starts with.
const EXAMPLE: &str = include_str!("../../../manifests/team.toml");

/// What the team declared, checked as a whole.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub team: String,
    /// The zone of people whose own zone is not known.
    pub zone: TimeZone,
    pub groups: Vec<Group>,
    pub agents: Vec<Agent>,
    /// The language models that agents may work with; usually none at first.
    pub models: Vec<Model>,
    pub rules: Vec<Rule>,
    /// Where alerts go: the first that takes one.
    pub routes: Vec<Route>,
    /// What leads are worth.
    pub scoring: Scoring,
    /// Who gets those worth a call; nobody where the file has no such table.
    pub sales: Option<Sales>,
    /// Which channels read a daily summary.
    pub digests: Vec<Digest>,
    /// How the team's numbers are judged.
    pub numbers: Numbers,
    /// What it wants to reach.
    pub goals: Vec<Goal>,
    /// Where each day's checkpoint of the audit trail goes, if anywhere.
    pub audit: Option<Witness>,
    /// The file as it was read, which is kept under its version.
    pub text: String,
    /// The first 12 hex digits of the file's SHA-256: the version that decisions are taken under.
    pub version: String,
}

/// People who decide together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: String,
    pub members: Members,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Members {
    /// A Slack user group, by its handle, without the at sign.
    UserGroup(String),
    People(Vec<PersonId>),
}

/// An agent: one clear job, a person who answers for it, and what it may read.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    pub name: String,
    pub job: String,
    /// The group that answers for it.
    pub owner: String,
    /// What it exists to improve.
    pub goal: String,
    /// Names of the sources it may read; `*` for all.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The name of the model that it works with; without one it works without.
    pub model: Option<String>,
    /// What it may use up in a day; without one as much as it takes.
    pub budget: Option<Budget>,
    /// How many drafts a channel is asked for in a day, where the agent writes drafts.
    pub drafts_a_day: Option<u32>,
}

/// What can be put before people for a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SubjectKind {
    Finding,
    Draft,
    TestPlan,
    HandOff,
    BudgetChange,
    /// To ship or stop a test that runs.
    TestDecision,
}

impl SubjectKind {
    pub const ALL: [Self; 6] = [
        Self::Finding,
        Self::Draft,
        Self::TestPlan,
        Self::HandOff,
        Self::BudgetChange,
        Self::TestDecision,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Draft => "draft",
            Self::TestPlan => "test_plan",
            Self::HandOff => "hand_off",
            Self::BudgetChange => "budget_change",
            Self::TestDecision => "test_decision",
        }
    }

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Draft => "draft",
            Self::TestPlan => "test plan",
            Self::HandOff => "hand-off",
            Self::BudgetChange => "budget change",
            Self::TestDecision => "test decision",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Manifest {
    /// Reads a manifest file; the example when no file is named.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Self::parse(EXAMPLE, "manifests/team.toml");
        };
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("the manifest {} cannot be read; check COUNTERSIGN_MANIFEST", path.display())
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Checks `text`; errors name `file`, the line and the remedy.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            anyhow!("{file}, line {line}: {}", error.message())
        })?;
        raw.check().map_err(|problem| {
            anyhow!("{file}, line {}: {}", line_of(text, problem.at), problem.sentence)
        })?;

        let rules = raw.policy.iter().map(|policy| policy.to_rule()).collect();
        let groups = raw.group.into_iter().map(raw::Group::into_group).collect();
        let zone = TimeZone::get(raw.team.zone.get_ref())?;
        let version = hex::encode(Sha256::digest(text))[..12].to_owned();
        let agents = raw.agent.into_iter().map(Spanned::into_inner).collect();
        let models = raw.model.into_iter().map(models::Raw::into_model).collect();
        let audit = raw.audit.map(witness::Raw::into_witness);
        let routes = raw.alert.into_iter().map(alerts::Raw::into_route).collect();
        let scoring = raw.scoring.into_scoring();
        let sales = raw.sales.map(|sales| sales.into_sales(&zone));
        let digests = raw.summary.into_iter().map(|one| one.into_digest(&zone)).collect();
        let numbers = Numbers {
            metrics: raw.metric.into_iter().map(numbers::RawMetric::into_metric).collect(),
            funnels: raw.funnel.into_iter().map(numbers::RawFunnel::into_funnel).collect(),
            budgets: raw.budget.into_iter().map(numbers::RawBudget::into_budget).collect(),
        };
        let goals = raw.goal.into_iter().filter_map(goals::Raw::into_goal).collect();
        let (team, text) = (raw.team.name, text.to_owned());
        Ok(Self {
            team,
            zone,
            groups,
            agents,
            models,
            rules,
            routes,
            scoring,
            sales,
            digests,
            numbers,
            goals,
            audit,
            text,
            version,
        })
    }

    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.name == name)
    }

    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// Who must decide on a subject, and how: the sum of the rules that match; none where none does.
    pub fn terms(&self, on: SubjectKind, agent: Option<&str>, facts: &Facts) -> Option<Terms> {
        Terms::sum(self.rules.iter().filter(|rule| rule.matches(on, agent, facts)))
    }
}

impl Agent {
    pub fn may_read(&self, source: &str) -> bool {
        self.sources.iter().any(|allowed| allowed == "*" || allowed == source)
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_valid() {
        let manifest = Manifest::load(None).unwrap();
        assert!(manifest.agent("research").unwrap().may_read("reviews"));
        assert_eq!(manifest.version.len(), 12);
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_remedy() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Manifest::parse(text, "team.toml").unwrap_err().to_string(), expected);
        };
        let team = "[team]\nname = \"Larch\"\nzone = \"Europe/Berlin\"\n";

        check(
            "[team]\nname = \"Larch\"\nzone = \"Europe/Atlantis\"\n",
            "team.toml, line 3: no time zone is named \"Europe/Atlantis\"; use an IANA name such as Europe/Berlin",
        );
        check(
            &format!("{team}colour = \"red\"\n"),
            "team.toml, line 4: unknown field `colour`, expected `name` or `zone`",
        );
        check(
            &format!("{team}[[group]]\nname = \"brand\"\n"),
            "team.toml, line 5: the group \"brand\" must have either user_group (a Slack user group's handle) or people (a list of Slack user ids)",
        );
        check(
            &format!(
                "{team}[[policy]]\nname = \"findings\"\non = \"finding\"\nneeds = [{{ group = \"brand\", count = 1 }}]\n"
            ),
            "team.toml, line 7: the policy \"findings\" asks the group \"brand\", which this file does not declare; add it under [[group]]",
        );
        check(
            &format!("{team}[audit]\nchannel = \"#\"\n"),
            "team.toml, line 5: the audit channel has no name; give one such as \"#audit\"",
        );
        check(
            &format!("{team}[audit]\nchannel = \"#audit\"\nat = \"7 o'clock\"\n"),
            "team.toml, line 6: \"7 o'clock\" is no time of day; write it as \"07:00\"",
        );
        check(
            team,
            "team.toml, line 1: no policy says who decides on a finding; add a [[policy]] with on = \"finding\"",
        );
    }

    #[test]
    fn a_policy_that_cannot_hold_is_refused() {
        let start = "[team]\nname = \"Larch\"\nzone = \"Europe/Berlin\"\n\
            [[group]]\nname = \"brand\"\npeople = [\"U1\", \"U2\"]\n\
            [[policy]]\nname = \"findings\"\non = \"finding\"\nneeds = [{ group = \"brand\", count = 1 }]\n\
            [[policy]]\nname = \"copy\"\n";
        let check = |lines: &str, expected: &str| {
            let text = format!("{start}{lines}\n");
            let said = Manifest::parse(&text, "team.toml").map(|_| ()).map_err(|e| e.to_string());
            assert_eq!(said.err().unwrap_or_default(), expected, "{lines}");
        };
        let good = "on = \"draft\"\nneeds = [{ group = \"brand\", count = 2 }]\n";
        check(good, "");
        check(
            "on = \"poem\"\nneeds = []",
            "team.toml, line 13: unknown variant `poem`, expected one of `finding`, `draft`, `test_plan`, `hand_off`, `budget_change`, `test_decision`",
        );
        check(
            "on = [\"draft\"]\nneeds = [{ group = \"brand\", count = 3 }]",
            "team.toml, line 14: the policy \"copy\" asks 3 people of the group \"brand\", which has 2; ask fewer or add people",
        );
        check(
            "on = \"draft\"\nneeds = []",
            "team.toml, line 12: the policy \"copy\" asks nobody; list at least one group under needs",
        );
        check(
            "on = []\nneeds = []",
            "team.toml, line 12: the policy \"copy\" is on nothing; name a kind under on, such as \"draft\"",
        );
        let with = |line: &str, expected: &str| check(&format!("{good}{line}"), expected);
        with(
            "labels = [\"price\"]",
            "team.toml, line 15: unknown variant `price`, expected one of `pricing`, `legal_claim`, `customer_data`, `public`",
        );
        with(
            "labels = [\"pricing\"]",
            "team.toml, line 12: every policy on a draft has a condition, so that some would be decided on by nobody; add one with on = \"draft\" that has no agents, labels, budget_over or audience_over",
        );
        with(
            "agents = [\"writer\"]",
            "team.toml, line 15: the policy \"copy\" names the agent \"writer\", which this file does not declare; add it under [[agent]]",
        );
        with(
            "remind_after = \"soon\"",
            "team.toml, line 15: the policy \"copy\" has the duration \"soon\"; write one such as \"30m\", \"4h\" or \"2 days\"",
        );
        with(
            "escalate_after = \"4h\"",
            "team.toml, line 15: the policy \"copy\" says when to escalate, not to whom; add escalate_to with a group",
        );
        with(
            "escalate_to = \"brand\"",
            "team.toml, line 15: the policy \"copy\" says whom to escalate to, not when; add escalate_after",
        );
        with(
            "escalate_after = \"4h\"\nescalate_to = \"board\"",
            "team.toml, line 16: the policy \"copy\" escalates to the group \"board\", which this file does not declare; add it under [[group]]",
        );
        with(
            "remind_after = \"2 days\"\nexpire_after = \"36h\"",
            "team.toml, line 15: the policy \"copy\" would do this after 2 days, when it has expired after 36h; make it sooner",
        );
        let route = "[[alert]]\nname = \"all\"\nchannel = \"#alerts\"\n";
        with(
            &format!("{route}owner = \"board\""),
            "team.toml, line 18: the alert route \"all\" calls the group \"board\", which this file does not declare; add it under [[group]]",
        );
        with(
            &format!("{route}quiet = \"at night\""),
            "team.toml, line 18: the alert route \"all\" has the quiet hours \"at night\"; write them as \"22:00-07:00\"",
        );
        with(
            &format!("{route}escalate_after = \"4h\""),
            "team.toml, line 18: the alert route \"all\" says when to escalate, not to whom; add escalate_to with a group",
        );
        with(
            "keep = [{ group = \"legal\", through = \"typography\" }]",
            "team.toml, line 15: the policy \"copy\" keeps approvals of \"legal\", which it does not ask; add the group under needs or take this out",
        );
        with(
            "tell = [\"everyone\"]",
            "team.toml, line 15: unknown variant `everyone`, expected `requester` or `deciders`",
        );
        with(
            "[[policy]]\nname = \"copy\"\non = \"draft\"\nneeds = [{ group = \"brand\", count = 1 }]",
            "team.toml, line 16: the policy \"copy\" is declared twice; rename one of them",
        );
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let manifest = Manifest::load(None).unwrap();
        let copy = manifest.rules.iter().find(|rule| rule.name == "copy").unwrap();
        assert_eq!(copy.asks.remind_after_s, Some(4 * 3_600));
        assert_eq!(copy.asks.expire_after_s, Some(7 * 86_400));
        assert_eq!(copy.asks.hold_s, 60);
    }
}
