//! The manifest as it stands in the file, and what is checked before it counts.

use std::fmt;
use std::num::NonZeroU32;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::de::{self, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::policy::{Keep, Label, Need, Rule, Tell, Terms};
use super::witness;
use super::{Agent, Group as Declared, Members, SubjectKind};
use super::{alerts, goals, models, numbers, sales, scoring, summaries};
use crate::ids::PersonId;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub team: Team,
    #[serde(default)]
    pub group: Vec<Group>,
    #[serde(default)]
    pub agent: Vec<Spanned<Agent>>,
    #[serde(default)]
    pub model: Vec<models::Raw>,
    #[serde(default)]
    pub policy: Vec<Policy>,
    #[serde(default)]
    pub alert: Vec<alerts::Raw>,
    #[serde(default)]
    pub summary: Vec<summaries::Raw>,
    #[serde(default)]
    pub metric: Vec<numbers::RawMetric>,
    #[serde(default)]
    pub funnel: Vec<numbers::RawFunnel>,
    #[serde(default)]
    pub budget: Vec<numbers::RawBudget>,
    #[serde(default)]
    pub goal: Vec<goals::Raw>,
    #[serde(default)]
    pub scoring: scoring::Raw,
    pub sales: Option<sales::Raw>,
    pub audit: Option<witness::Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Team {
    pub name: String,
    pub zone: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    name: Spanned<String>,
    user_group: Option<String>,
    people: Option<Vec<PersonId>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    name: Spanned<String>,
    #[serde(deserialize_with = "one_or_more")]
    on: Vec<SubjectKind>,
    #[serde(default)]
    agents: Vec<Spanned<String>>,
    #[serde(default)]
    labels: Vec<Label>,
    budget_over: Option<u64>,
    audience_over: Option<u64>,
    needs: Vec<Spanned<RawNeed>>,
    rejections: Option<NonZeroU32>,
    #[serde(default)]
    editor_may_approve: bool,
    #[serde(default)]
    questions: Vec<Spanned<String>>,
    remind_after: Option<Spanned<String>>,
    escalate_after: Option<Spanned<String>>,
    escalate_to: Option<Spanned<String>>,
    expire_after: Option<Spanned<String>>,
    hold: Option<Spanned<String>>,
    #[serde(default)]
    keep: Vec<Spanned<Keep>>,
    #[serde(default)]
    show_in: Vec<Spanned<String>>,
    #[serde(default = "requester")]
    tell: Vec<Tell>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNeed {
    group: String,
    count: NonZeroU32,
}

/// What is wrong, and at which byte.
pub(super) struct Problem {
    pub at: usize,
    pub sentence: String,
}

pub(super) type Checked<T = ()> = Result<T, Problem>;

/// How many questions a form of Slack's holds as boxes to tick.
const QUESTIONS: usize = 10;

impl Raw {
    pub fn check(&self) -> Checked {
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
        self.scoring.check()?;
        let groups: Vec<&str> =
            self.group.iter().map(|group| group.name.get_ref().as_str()).collect();
        if let Some(sales) = &self.sales {
            sales.check(&groups)?;
        }
        for (index, route) in self.alert.iter().enumerate() {
            route.check(&self.alert[..index], &groups)?;
        }
        for (index, summary) in self.summary.iter().enumerate() {
            summary.check(&self.summary[..index])?;
        }
        for (index, metric) in self.metric.iter().enumerate() {
            metric.check(&self.metric[..index])?;
        }
        for (index, funnel) in self.funnel.iter().enumerate() {
            funnel.check(&self.funnel[..index])?;
        }
        for (index, budget) in self.budget.iter().enumerate() {
            budget.check(&self.budget[..index])?;
        }
        for (index, model) in self.model.iter().enumerate() {
            model.check(&self.model[..index])?;
        }
        self.check_agents()?;
        let agents: Vec<&str> = self.agent.iter().map(|it| it.get_ref().name.as_str()).collect();
        for (index, goal) in self.goal.iter().enumerate() {
            goal.check(&self.goal[..index], &agents)?;
        }
        for (index, policy) in self.policy.iter().enumerate() {
            let name = policy.name.get_ref();
            if self.policy[..index].iter().any(|other| other.name.get_ref() == name) {
                return problem(
                    &policy.name,
                    format!("the policy {name:?} is declared twice; rename one of them"),
                );
            }
            policy.check(self)?;
        }
        self.check_that_all_are_decided_on()
    }

    fn check_agents(&self) -> Checked {
        let mut names = Vec::new();
        for agent in &self.agent {
            let (name, owner) = (&agent.get_ref().name, &agent.get_ref().owner);
            if names.contains(&name) {
                return problem(
                    agent,
                    format!("the agent {name:?} is declared twice; rename one of them"),
                );
            }
            if self.group(owner).is_none() {
                return problem(
                    agent,
                    format!(
                        "the agent {name:?} is owned by {owner:?}, which is no group of this file; declare it under [[group]]"
                    ),
                );
            }
            models::check_agent(agent, &self.model)?;
            names.push(name);
        }
        Ok(())
    }

    /// Whatever is made of a kind that has a policy must find one that matches.
    fn check_that_all_are_decided_on(&self) -> Checked {
        for kind in SubjectKind::ALL {
            let name = kind.name();
            let on_it: Vec<&Policy> =
                self.policy.iter().filter(|policy| policy.on.contains(&kind)).collect();
            match on_it.as_slice() {
                [] if kind == SubjectKind::Finding => {
                    return Err(Problem {
                        at: 0,
                        sentence: format!(
                            "no policy says who decides on a {kind}; add a [[policy]] with on = {name:?}"
                        ),
                    });
                }
                [] => {}
                [first, ..] if !on_it.iter().any(|policy| policy.to_rule().is_unconditional()) => {
                    return problem(
                        &first.name,
                        format!(
                            "every policy on a {kind} has a condition, so that some would be decided on by nobody; add one with on = {name:?} that has no agents, labels, budget_over or audience_over"
                        ),
                    );
                }
                [..] => {}
            }
        }
        Ok(())
    }

    fn group(&self, name: &str) -> Option<&Group> {
        self.group.iter().find(|group| group.name.get_ref() == name)
    }
}

impl Group {
    fn check(&self, before: &[Self]) -> Checked {
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

    pub fn into_group(self) -> Declared {
        let members = match self.user_group {
            Some(handle) => Members::UserGroup(handle.trim_start_matches('@').to_owned()),
            None => Members::People(self.people.unwrap_or_default()),
        };
        Declared { name: self.name.into_inner(), members }
    }
}

impl Policy {
    fn check(&self, file: &Raw) -> Checked {
        let name = self.name.get_ref();
        if self.on.is_empty() {
            return problem(
                &self.name,
                format!(
                    "the policy {name:?} is on nothing; name a kind under on, such as \"draft\""
                ),
            );
        }
        self.check_needs(file)?;
        self.check_keep()?;
        for agent in &self.agents {
            let wanted = agent.get_ref();
            if !file.agent.iter().any(|agent| agent.get_ref().name == *wanted) {
                return problem(
                    agent,
                    format!(
                        "the policy {name:?} names the agent {wanted:?}, which this file does not declare; add it under [[agent]]"
                    ),
                );
            }
        }
        if let Some(question) = self.questions.get(QUESTIONS) {
            return problem(
                question,
                format!(
                    "the policy {name:?} has more than {QUESTIONS} questions; a form of Slack's holds no more"
                ),
            );
        }
        if let Some(channel) =
            self.show_in.iter().find(|one| one.get_ref().trim_start_matches('#').is_empty())
        {
            return problem(
                channel,
                format!("the policy {name:?} names no channel here; write one such as \"#brand\""),
            );
        }
        self.check_times(file)
    }

    fn check_needs(&self, file: &Raw) -> Checked {
        let name = self.name.get_ref();
        if self.needs.is_empty() {
            return problem(
                &self.name,
                format!("the policy {name:?} asks nobody; list at least one group under needs"),
            );
        }
        for need in &self.needs {
            let RawNeed { group, count } = need.get_ref();
            let Some(declared) = file.group(group) else {
                return problem(
                    need,
                    format!(
                        "the policy {name:?} asks the group {group:?}, which this file does not declare; add it under [[group]]"
                    ),
                );
            };
            let there = declared.people.as_ref().map(Vec::len);
            if let Some(there) = there.filter(|there| *there < count.get() as usize) {
                return problem(
                    need,
                    format!(
                        "the policy {name:?} asks {count} people of the group {group:?}, which has {there}; ask fewer or add people"
                    ),
                );
            }
        }
        Ok(())
    }

    fn check_keep(&self) -> Checked {
        let name = self.name.get_ref();
        for keep in &self.keep {
            let group = &keep.get_ref().group;
            if !self.needs.iter().any(|need| need.get_ref().group == *group) {
                return problem(
                    keep,
                    format!(
                        "the policy {name:?} keeps approvals of {group:?}, which it does not ask; add the group under needs or take this out"
                    ),
                );
            }
        }
        Ok(())
    }

    fn check_times(&self, file: &Raw) -> Checked {
        let name = self.name.get_ref();
        let times = [&self.remind_after, &self.escalate_after, &self.expire_after, &self.hold];
        for time in times.into_iter().flatten() {
            let text = time.get_ref();
            if seconds(text).is_none() {
                return problem(
                    time,
                    format!(
                        "the policy {name:?} has the duration {text:?}; write one such as \"30m\", \"4h\" or \"2 days\""
                    ),
                );
            }
        }
        match (&self.escalate_after, &self.escalate_to) {
            (Some(after), None) => {
                return problem(
                    after,
                    format!(
                        "the policy {name:?} says when to escalate, not to whom; add escalate_to with a group"
                    ),
                );
            }
            (None, Some(to)) => {
                return problem(
                    to,
                    format!(
                        "the policy {name:?} says whom to escalate to, not when; add escalate_after"
                    ),
                );
            }
            (Some(_), Some(to)) if file.group(to.get_ref()).is_none() => {
                return problem(
                    to,
                    format!(
                        "the policy {name:?} escalates to the group {:?}, which this file does not declare; add it under [[group]]",
                        to.get_ref()
                    ),
                );
            }
            _ => {}
        }
        let Some(expiry) = &self.expire_after else { return Ok(()) };
        for earlier in [&self.remind_after, &self.escalate_after].into_iter().flatten() {
            if seconds(earlier.get_ref()) >= seconds(expiry.get_ref()) {
                return problem(
                    earlier,
                    format!(
                        "the policy {name:?} would do this after {}, when it has expired after {}; make it sooner",
                        earlier.get_ref(),
                        expiry.get_ref()
                    ),
                );
            }
        }
        Ok(())
    }

    /// The rule, once it was checked.
    pub fn to_rule(&self) -> Rule {
        let time =
            |time: &Option<Spanned<String>>| time.as_ref().and_then(|time| seconds(time.get_ref()));
        let name = self.name.get_ref().clone();
        let needs = self.needs.iter().map(Spanned::get_ref);
        Rule {
            on: self.on.clone(),
            agents: texts(&self.agents),
            labels: self.labels.clone(),
            budget_over: self.budget_over,
            audience_over: self.audience_over,
            asks: Terms {
                rules: vec![name.clone()],
                needs: needs
                    .map(|need| Need { group: need.group.clone(), count: need.count.get() })
                    .collect(),
                rejections: self.rejections.map_or(1, NonZeroU32::get),
                editor_may_approve: self.editor_may_approve,
                questions: texts(&self.questions),
                remind_after_s: time(&self.remind_after),
                escalate_after_s: time(&self.escalate_after),
                escalate_to: self.escalate_to.iter().map(|to| to.get_ref().clone()).collect(),
                expire_after_s: time(&self.expire_after),
                hold_s: time(&self.hold).unwrap_or(0),
                keep: self.keep.iter().map(|keep| keep.get_ref().clone()).collect(),
                show_in: texts(&self.show_in),
                tell: self.tell.iter().copied().collect(),
            },
            name,
        }
    }
}

/// `"draft"` or `["draft", "finding"]`. (An untagged enum would not say which words there are.)
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SubjectKind>, D::Error> {
    struct Kinds;

    impl<'de> Visitor<'de> for Kinds {
        type Value = Vec<SubjectKind>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a kind such as \"draft\", or a list of them")
        }

        fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
            SubjectKind::deserialize(word.into_deserializer()).map(|kind| vec![kind])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Self::Value, A::Error> {
            let mut kinds = Vec::new();
            while let Some(kind) = words.next_element()? {
                kinds.push(kind);
            }
            Ok(kinds)
        }
    }

    deserializer.deserialize_any(Kinds)
}

/// A duration as people write it, in seconds; a day has 24 hours. None where it is none, or nothing.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let span: Span = text.parse().ok()?;
    let relative = SpanRelativeTo::days_are_24_hours();
    let duration: SignedDuration = span.to_duration(relative).ok()?;
    (duration.as_secs() > 0).then_some(duration.as_secs())
}

fn texts(spanned: &[Spanned<String>]) -> Vec<String> {
    spanned.iter().map(|one| one.get_ref().clone()).collect()
}

fn requester() -> Vec<Tell> {
    vec![Tell::Requester]
}

pub(super) fn problem<T>(at: &Spanned<T>, sentence: String) -> Checked {
    Err(Problem { at: at.span().start, sentence })
}
