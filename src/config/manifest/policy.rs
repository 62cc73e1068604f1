//! Policies: who must decide on what an agent prepared, and by when.
//!
//! Each `[[policy]]` of the manifest is a [`Rule`]: it matches on the kind of subject, on the agent,
//! and on what checks found in the text. Rules add up: what is asked for something is the sum of all
//! that match, its [`Terms`], in which the strictest word counts. So a rule can only ever ask for
//! more, and a team writes "whatever names a price needs finance, too" once.
//!
//! **Invariant:** a rule that matches is never weakened by another.

use std::collections::BTreeSet;
use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::SubjectKind;

/// So many approvals from so many people of a group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Need {
    pub group: String,
    pub count: u32,
}

/// What a check found a text to be about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// It names a price, a discount or an offer.
    Pricing,
    /// It promises or compares in a way that law looks at.
    LegalClaim,
    /// It holds data of a person.
    CustomerData,
    /// It is meant for people outside the team.
    Public,
}

/// What is known of a text when it is asked who decides on it.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Facts {
    #[serde(default)]
    pub labels: BTreeSet<Label>,
    /// Money that it spends, in whole units of the team's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// People whom it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<u64>,
}

/// One `[[policy]]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    pub name: String,
    pub on: Vec<SubjectKind>,
    /// Agents; none named: whoever made it.
    pub agents: Vec<String>,
    /// Labels; it matches where there is one of them. None named: whatever it is about.
    pub labels: Vec<Label>,
    pub budget_over: Option<u64>,
    pub audience_over: Option<u64>,
    pub asks: Terms,
}

/// What a review asks for: the sum of the rules that matched. A review keeps its own copy, so that a
/// later change of the manifest changes no review that is under way. Durations are in seconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    /// The names of the rules.
    pub rules: Vec<String>,
    pub needs: Vec<Need>,
    /// How many people's rejections end it.
    pub rejections: u32,
    /// Whether the approval of whoever edited the text counts.
    pub editor_may_approve: bool,
    /// What a person must have asked themselves before they approve.
    pub questions: Vec<String>,
    pub remind_after_s: Option<i64>,
    pub escalate_after_s: Option<i64>,
    pub escalate_to: Vec<String>,
    pub expire_after_s: Option<i64>,
    /// How long what is approved waits before it is released.
    pub hold_s: i64,
    pub keep: Vec<Keep>,
    /// Channels that show a copy of the card.
    pub show_in: Vec<String>,
    pub tell: BTreeSet<Tell>,
}

/// Which group's approvals survive which kind of change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    pub group: String,
    pub through: Change,
}

/// How far two texts are apart; the later includes the earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The same words in the same order, but for spaces, punctuation and capitals.
    Typography,
    /// Any other.
    Wording,
}

/// Who is told in the card's thread how it ended, or that it still waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// Whoever asked for it, once it is decided.
    Requester,
    /// The groups that decide, when it is put up and when they are reminded.
    Deciders,
}

impl Label {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pricing => "pricing",
            Self::LegalClaim => "legal claim",
            Self::CustomerData => "customer data",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Rule {
    /// Whether it matches every subject of its kinds, whatever is found in it.
    pub fn is_unconditional(&self) -> bool {
        self.agents.is_empty()
            && self.labels.is_empty()
            && self.budget_over.is_none()
            && self.audience_over.is_none()
    }

    pub fn matches(&self, on: SubjectKind, agent: Option<&str>, facts: &Facts) -> bool {
        let over = |limit: Option<u64>, amount: Option<u64>| {
            limit.is_none_or(|limit| amount.is_some_and(|amount| amount > limit))
        };
        self.on.contains(&on)
            && (self.agents.is_empty()
                || agent.is_some_and(|agent| self.agents.iter().any(|one| one == agent)))
            && (self.labels.is_empty()
                || self.labels.iter().any(|label| facts.labels.contains(label)))
            && over(self.budget_over, facts.budget)
            && over(self.audience_over, facts.audience)
    }
}

impl Terms {
    /// The sum of the terms of several rules; none where there is no rule.
    pub fn sum<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Option<Self> {
        let mut rules = rules.into_iter();
        let first = rules.next()?.asks.clone();
        Some(rules.fold(first, |sum, rule| sum.and(&rule.asks)))
    }

    pub fn remind_after(&self) -> Option<SignedDuration> {
        self.remind_after_s.map(SignedDuration::from_secs)
    }

    pub fn escalate_after(&self) -> Option<SignedDuration> {
        self.escalate_after_s.map(SignedDuration::from_secs)
    }

    pub fn expire_after(&self) -> Option<SignedDuration> {
        self.expire_after_s.map(SignedDuration::from_secs)
    }

    pub fn hold(&self) -> SignedDuration {
        SignedDuration::from_secs(self.hold_s)
    }

    /// Whether an approval by members of `groups` survives a change of this size: for every need of
    /// theirs, or not at all.
    pub fn keeps(&self, groups: &[String], change: Change) -> bool {
        let kept = |group: &String| {
            self.keep.iter().any(|keep| keep.group == *group && keep.through >= change)
        };
        !groups.is_empty() && groups.iter().all(kept)
    }

    fn and(mut self, other: &Self) -> Self {
        // Kept is what every rule lets be kept that asks the group at all.
        let lets = |terms: &Self, keep: &Keep| {
            !terms.needs.iter().any(|need| need.group == keep.group)
                || terms
                    .keep
                    .iter()
                    .any(|one| one.group == keep.group && one.through >= keep.through)
        };
        let mut keep: Vec<Keep> = self
            .keep
            .iter()
            .filter(|keep| lets(other, keep))
            .chain(other.keep.iter().filter(|keep| lets(&self, keep)))
            .cloned()
            .collect();
        keep.sort();
        keep.dedup();
        self.keep = keep;
        for need in &other.needs {
            match self.needs.iter_mut().find(|one| one.group == need.group) {
                Some(one) => one.count = one.count.max(need.count),
                None => self.needs.push(need.clone()),
            }
        }
        add(&mut self.rules, &other.rules);
        add(&mut self.questions, &other.questions);
        add(&mut self.escalate_to, &other.escalate_to);
        add(&mut self.show_in, &other.show_in);
        self.tell.extend(&other.tell);
        self.rejections = self.rejections.min(other.rejections);
        self.editor_may_approve &= other.editor_may_approve;
        self.remind_after_s = sooner(self.remind_after_s, other.remind_after_s);
        self.escalate_after_s = sooner(self.escalate_after_s, other.escalate_after_s);
        self.expire_after_s = sooner(self.expire_after_s, other.expire_after_s);
        self.hold_s = self.hold_s.max(other.hold_s);
        self
    }
}

fn add(to: &mut Vec<String>, more: &[String]) {
    for one in more {
        if !to.contains(one) {
            to.push(one.clone());
        }
    }
}

fn sooner(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(rule: &str, needs: &[(&str, u32)]) -> Terms {
        Terms {
            rules: vec![rule.to_owned()],
            needs: needs
                .iter()
                .map(|(group, count)| Need { group: (*group).to_owned(), count: *count })
                .collect(),
            rejections: 2,
            editor_may_approve: true,
            questions: vec![],
            remind_after_s: None,
            escalate_after_s: None,
            escalate_to: vec![],
            expire_after_s: None,
            hold_s: 0,
            keep: vec![],
            show_in: vec![],
            tell: BTreeSet::new(),
        }
    }

    fn rule(asks: Terms) -> Rule {
        Rule {
            name: asks.rules[0].clone(),
            on: vec![SubjectKind::Draft],
            agents: vec![],
            labels: vec![],
            budget_over: None,
            audience_over: None,
            asks,
        }
    }

    #[test]
    fn a_rule_matches_on_kind_agent_labels_and_amounts() {
        let any = rule(terms("any", &[("brand", 1)]));
        let check = |rule: &Rule, facts: Facts, agent: Option<&str>, expected: bool| {
            assert_eq!(
                rule.matches(SubjectKind::Draft, agent, &facts),
                expected,
                "{rule:?} {facts:?}"
            );
        };
        let priced = Facts { labels: [Label::Pricing].into(), ..Facts::default() };
        check(&any, Facts::default(), None, true);
        assert!(!any.matches(SubjectKind::Finding, None, &Facts::default()));

        let labels = Rule { labels: vec![Label::Pricing, Label::Public], ..any.clone() };
        check(&labels, Facts::default(), None, false);
        check(&labels, priced.clone(), None, true);

        let agents = Rule { agents: vec!["content".to_owned()], ..any.clone() };
        check(&agents, Facts::default(), Some("content"), true);
        check(&agents, Facts::default(), Some("crm"), false);
        check(&agents, Facts::default(), None, false);

        let budget = Rule { budget_over: Some(500), audience_over: Some(10), ..any };
        let of = |budget, audience| Facts { budget, audience, ..priced.clone() };
        check(&budget, of(Some(501), Some(11)), None, true);
        check(&budget, of(Some(500), Some(11)), None, false);
        check(&budget, of(Some(501), None), None, false);
    }

    #[test]
    fn rules_add_up_and_the_strictest_word_counts() {
        let first = Terms {
            rejections: 2,
            remind_after_s: Some(60),
            hold_s: 30,
            questions: vec!["Accurate?".to_owned()],
            keep: vec![
                Keep { group: "brand".to_owned(), through: Change::Wording },
                Keep { group: "press".to_owned(), through: Change::Wording },
            ],
            ..terms("drafts", &[("brand", 1), ("press", 1)])
        };
        let second = Terms {
            rejections: 1,
            remind_after_s: Some(30),
            expire_after_s: Some(90),
            editor_may_approve: false,
            questions: vec!["Accurate?".to_owned(), "Legal?".to_owned()],
            keep: vec![Keep { group: "brand".to_owned(), through: Change::Typography }],
            ..terms("prices", &[("brand", 2), ("finance", 1)])
        };
        let sum = Terms::sum([&rule(first), &rule(second)]).unwrap();
        assert_eq!(sum.rules, ["drafts", "prices"]);
        let needs: Vec<_> =
            sum.needs.iter().map(|need| (need.group.as_str(), need.count)).collect();
        assert_eq!(needs, [("brand", 2), ("press", 1), ("finance", 1)]);
        assert_eq!((sum.rejections, sum.editor_may_approve, sum.hold_s), (1, false, 30));
        assert_eq!((sum.remind_after_s, sum.expire_after_s), (Some(30), Some(90)));
        assert_eq!(sum.questions, ["Accurate?", "Legal?"]);
        assert!(sum.keeps(&["brand".to_owned()], Change::Typography));
        assert!(!sum.keeps(&["brand".to_owned()], Change::Wording));
        assert!(sum.keeps(&["press".to_owned()], Change::Wording));
        assert!(!sum.keeps(&["brand".to_owned(), "finance".to_owned()], Change::Typography));
        assert!(!sum.keeps(&[], Change::Typography));
        assert_eq!(Terms::sum([]), None);
    }
}
