//! The team's manifest: groups, agents and policies, declared in one TOML file.

use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::Spanned;

use crate::ids::PersonId;

/// The example that a fresh installation starts with.
const EXAMPLE: &str = include_str!("../../manifests/team.toml");

/// When the day's checkpoint is posted unless the manifest says otherwise.
const MORNING: Time = Time::constant(7, 0, 0, 0);

/// What the team declared, checked as a whole.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub team: String,
    /// The zone of people whose own zone is not known.
    pub zone: TimeZone,
    pub groups: Vec<Group>,
    pub agents: Vec<Agent>,
    pub policies: Vec<Policy>,
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
}

/// Who must decide on a kind of subject before it counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    pub name: String,
    pub on: SubjectKind,
    pub needs: Vec<Need>,
    /// How many rejections end a review.
    pub rejections: u32,
}

/// So many approvals from so many people of a group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Need {
    pub group: String,
    pub count: u32,
}

/// Who keeps the day's checkpoint of the audit trail: people, in a channel, and a file if one is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// `#name`, or Slack's id of the channel.
    pub channel: String,
    /// When it is posted, in the team's zone.
    pub at: Time,
    /// A file that each of them is added to.
    pub file: Option<PathBuf>,
}

/// What can be put before people for a decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SubjectKind {
    Finding,
}

impl SubjectKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finding => "finding",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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

        let groups = raw.group.into_iter().map(RawGroup::into_group).collect();
        let policies = raw.policy.into_iter().map(RawPolicy::into_policy).collect();
        let zone = TimeZone::get(raw.team.zone.get_ref())?;
        let version = hex::encode(Sha256::digest(text))[..12].to_owned();
        let agents = raw.agent.into_iter().map(Spanned::into_inner).collect();
        let audit = raw.audit.map(RawAudit::into_witness);
        let text = text.to_owned();
        Ok(Self { team: raw.team.name, zone, groups, agents, policies, audit, text, version })
    }

    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.name == name)
    }

    /// The policy for a kind of subject. Without one, nobody could decide, so there always is one:
    /// a manifest that lacks it is refused when it is read.
    pub fn policy(&self, on: SubjectKind) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.on == on)
    }
}

impl Agent {
    pub fn may_read(&self, source: &str) -> bool {
        self.sources.iter().any(|allowed| allowed == "*" || allowed == source)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    team: RawTeam,
    #[serde(default)]
    group: Vec<RawGroup>,
    #[serde(default)]
    agent: Vec<Spanned<Agent>>,
    #[serde(default)]
    policy: Vec<RawPolicy>,
    audit: Option<RawAudit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAudit {
    channel: Spanned<String>,
    at: Option<Spanned<String>>,
    file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTeam {
    name: String,
    zone: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    name: Spanned<String>,
    user_group: Option<String>,
    people: Option<Vec<PersonId>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    name: Spanned<String>,
    on: SubjectKind,
    needs: Vec<Spanned<RawNeed>>,
    #[serde(default)]
    rejections: Option<NonZeroU32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNeed {
    group: String,
    count: NonZeroU32,
}

/// What is wrong, and at which byte.
struct Problem {
    at: usize,
    sentence: String,
}

impl Raw {
    fn check(&self) -> std::result::Result<(), Problem> {
        let zone = self.team.zone.get_ref();
        if TimeZone::get(zone).is_err() {
            return problem(
                &self.team.zone,
                format!("no time zone is named {zone:?}; use an IANA name such as Europe/Berlin"),
            );
        }
        for (index, group) in self.group.iter().enumerate() {
            group.check(&self.group[..index])?;
        }
        if let Some(audit) = &self.audit {
            audit.check()?;
        }
        let mut names = Vec::new();
        for agent in &self.agent {
            let (name, owner) = (&agent.get_ref().name, &agent.get_ref().owner);
            if names.contains(&name) {
                return problem(
                    agent,
                    format!("the agent {name:?} is declared twice; rename one of them"),
                );
            }
            if !self.has_group(owner) {
                return problem(
                    agent,
                    format!(
                        "the agent {name:?} is owned by {owner:?}, which is no group of this file; declare it under [[group]]"
                    ),
                );
            }
            names.push(name);
        }
        self.check_policies()
    }

    fn check_policies(&self) -> std::result::Result<(), Problem> {
        for (index, policy) in self.policy.iter().enumerate() {
            let name = policy.name.get_ref();
            if self.policy[..index].iter().any(|other| other.on == policy.on) {
                return problem(
                    &policy.name,
                    format!("the policy {name:?} is a second one on {}; keep one", policy.on),
                );
            }
            if policy.needs.is_empty() {
                return problem(
                    &policy.name,
                    format!("the policy {name:?} asks nobody; list at least one group under needs"),
                );
            }
            for need in &policy.needs {
                let group = &need.get_ref().group;
                if !self.has_group(group) {
                    return problem(
                        need,
                        format!(
                            "the policy {name:?} asks the group {group:?}, which this file does not declare; add it under [[group]]"
                        ),
                    );
                }
            }
        }
        if !self.policy.iter().any(|policy| policy.on == SubjectKind::Finding) {
            return Err(Problem { at: 0, sentence: "no policy says who decides on a finding; add a [[policy]] with on = \"finding\"".to_owned() });
        }
        Ok(())
    }

    fn has_group(&self, name: &str) -> bool {
        self.group.iter().any(|group| group.name.get_ref() == name)
    }
}

impl RawAudit {
    fn check(&self) -> std::result::Result<(), Problem> {
        if self.channel.get_ref().trim_start_matches('#').trim().is_empty() {
            return problem(
                &self.channel,
                "the audit channel has no name; give one such as \"#audit\"".to_owned(),
            );
        }
        match &self.at {
            Some(at) if time_of_day(at.get_ref()).is_none() => {
                problem(at, format!("{:?} is no time of day; write it as \"07:00\"", at.get_ref()))
            }
            _ => Ok(()),
        }
    }

    fn into_witness(self) -> Witness {
        let at = self.at.and_then(|at| time_of_day(at.get_ref()));
        Witness { channel: self.channel.into_inner(), at: at.unwrap_or(MORNING), file: self.file }
    }
}

impl RawGroup {
    fn check(&self, before: &[Self]) -> std::result::Result<(), Problem> {
        let name = self.name.get_ref();
        if before.iter().any(|other| other.name.get_ref() == name) {
            return problem(
                &self.name,
                format!("the group {name:?} is declared twice; rename one of them"),
            );
        }
        match (&self.user_group, &self.people) {
            (Some(_), None) => Ok(()),
            (None, Some(people)) if !people.is_empty() => Ok(()),
            _ => problem(
                &self.name,
                format!(
                    "the group {name:?} must have either user_group (a Slack user group's handle) or people (a list of Slack user ids)"
                ),
            ),
        }
    }

    fn into_group(self) -> Group {
        let members = match self.user_group {
            Some(handle) => Members::UserGroup(handle.trim_start_matches('@').to_owned()),
            None => Members::People(self.people.unwrap_or_default()),
        };
        Group { name: self.name.into_inner(), members }
    }
}

impl RawPolicy {
    fn into_policy(self) -> Policy {
        let needs = self
            .needs
            .into_iter()
            .map(Spanned::into_inner)
            .map(|need| Need { group: need.group, count: need.count.get() })
            .collect();
        Policy {
            name: self.name.into_inner(),
            on: self.on,
            needs,
            rejections: self.rejections.map_or(1, NonZeroU32::get),
        }
    }
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}

fn problem<T>(at: &Spanned<T>, sentence: String) -> std::result::Result<(), Problem> {
    Err(Problem { at: at.span().start, sentence })
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
}
