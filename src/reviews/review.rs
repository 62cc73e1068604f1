//! A review and the rules of deciding on it, without a database.

use jiff::Timestamp;

use super::{Decision, Standing, Verdict};
use crate::config::{Need, SubjectKind};
use crate::error::Refusal;
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RevisionId, WorkspaceId};

/// A request for decisions on one revision, with the decisions there are.
#[derive(Clone, Debug)]
pub struct Review {
    pub id: ReviewId,
    pub workspace: WorkspaceId,
    pub subject: SubjectKind,
    pub subject_id: i64,
    pub title: String,
    pub revision: RevisionId,
    pub content_hash: [u8; 32],
    pub policy: String,
    pub policy_version: String,
    pub needs: Vec<Need>,
    pub rejections: u32,
    pub requested_by: PersonId,
    pub channel: ChannelId,
    pub thread: Option<MessageTs>,
    pub state: State,
    pub opened_at: Timestamp,
    pub decisions: Vec<Decision>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Open,
    Approved { at: Timestamp },
    ChangesRequested { at: Timestamp },
    Rejected { at: Timestamp },
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved { .. } => "approved",
            Self::ChangesRequested { .. } => "changes_requested",
            Self::Rejected { .. } => "rejected",
        }
    }

    pub const fn closed_at(self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Approved { at } | Self::ChangesRequested { at } | Self::Rejected { at } => {
                Some(at)
            }
        }
    }
}

impl Review {
    /// Whether `person` may decide now, on the revision they saw.
    pub fn check_decision_by(
        &self,
        person: &PersonId,
        standing: &Standing,
        saw: RevisionId,
    ) -> Result<(), Refusal> {
        if self.state != State::Open {
            return Err(Refusal::ReviewClosed { state: self.state.name(), by: self.closed_by() });
        }
        if self.revision != saw {
            return Err(Refusal::Outdated);
        }
        if standing.is_guest || standing.is_bot {
            return Err(Refusal::OnlyMembersDecide);
        }
        if *person == self.requested_by {
            return Err(Refusal::OwnRequest { groups: self.group_names() });
        }
        if standing.groups.is_empty() {
            return Err(Refusal::NotInGroup {
                subject: self.subject.name(),
                groups: self.group_names(),
            });
        }
        if let Some(earlier) = self.decisions.iter().find(|decision| decision.person == *person) {
            return Err(Refusal::AlreadyDecided { verdict: earlier.verdict.past() });
        }
        Ok(())
    }

    /// The state that follows from `decision` beside those there are.
    pub fn after(&self, decision: &Decision) -> State {
        let at = decision.at;
        match decision.verdict {
            Verdict::Approve if self.missing_after(decision).is_empty() => State::Approved { at },
            Verdict::Approve => State::Open,
            Verdict::RequestChanges => State::ChangesRequested { at },
            Verdict::Reject => {
                let before = self.decisions.iter().filter(|one| one.verdict == Verdict::Reject);
                if before.count() + 1 >= self.rejections as usize {
                    State::Rejected { at }
                } else {
                    State::Open
                }
            }
        }
    }

    /// What still has to be approved, and by whom.
    pub fn missing(&self) -> Vec<Need> {
        missing(&self.needs, self.decisions.iter())
    }

    fn missing_after(&self, decision: &Decision) -> Vec<Need> {
        missing(&self.needs, self.decisions.iter().chain([decision]))
    }

    pub fn group_names(&self) -> Vec<String> {
        self.needs.iter().map(|need| need.group.clone()).collect()
    }

    fn closed_by(&self) -> Option<PersonId> {
        self.decisions.last().map(|decision| decision.person.clone())
    }
}

fn missing<'a>(needs: &[Need], decisions: impl Iterator<Item = &'a Decision> + Clone) -> Vec<Need> {
    needs
        .iter()
        .filter_map(|need| {
            let have = decisions
                .clone()
                .filter(|one| one.verdict == Verdict::Approve && one.groups.contains(&need.group))
                .count();
            let short = (need.count as usize).saturating_sub(have);
            let count = u32::try_from(short).unwrap_or(u32::MAX);
            (count > 0).then(|| Need { group: need.group.clone(), count })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(needs: &[(&str, u32)], decisions: Vec<Decision>) -> Review {
        Review {
            id: ReviewId(1),
            workspace: WorkspaceId(1),
            subject: SubjectKind::Finding,
            subject_id: 1,
            title: "Why do people cancel?".to_owned(),
            revision: RevisionId(7),
            content_hash: [0; 32],
            policy: "findings".to_owned(),
            policy_version: "abc".to_owned(),
            needs: needs
                .iter()
                .map(|(group, count)| Need { group: (*group).to_owned(), count: *count })
                .collect(),
            rejections: 2,
            requested_by: "UMAYA".into(),
            channel: "C1".into(),
            thread: None,
            state: State::Open,
            opened_at: Timestamp::UNIX_EPOCH,
            decisions,
        }
    }

    fn decision(person: &str, verdict: Verdict, groups: &[&str]) -> Decision {
        Decision {
            person: person.into(),
            verdict,
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            comment: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn member(groups: &[&str]) -> Standing {
        Standing {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            is_guest: false,
            is_bot: false,
        }
    }

    #[test]
    fn who_may_decide() {
        let open = review(&[("brand", 1)], vec![]);
        let check = |person: &str, standing: Standing, saw: i64, expected: &str| {
            let answer = open.check_decision_by(&person.into(), &standing, RevisionId(saw));
            let said = answer.err().map_or_else(|| "yes".to_owned(), |refusal| refusal.to_string());
            assert!(said.starts_with(expected), "{person}: {said}");
        };
        check("UDANA", member(&["brand"]), 7, "yes");
        check("USAM", member(&[]), 7, "This finding needs a decision from brand");
        check("UMAYA", member(&["brand"]), 7, "You asked for this");
        check("UDANA", member(&["brand"]), 6, "The text has changed");
        check("UDANA", Standing { is_guest: true, ..member(&["brand"]) }, 7, "Guests and bots");
        check("UDANA", Standing { is_bot: true, ..member(&["brand"]) }, 7, "Guests and bots");
    }

    #[test]
    fn nobody_decides_twice_or_late() {
        let decided =
            review(&[("brand", 2)], vec![decision("UDANA", Verdict::Approve, &["brand"])]);
        let again = decided.check_decision_by(&"UDANA".into(), &member(&["brand"]), RevisionId(7));
        assert_eq!(again, Err(Refusal::AlreadyDecided { verdict: "approved" }));

        let closed = Review { state: State::Approved { at: Timestamp::UNIX_EPOCH }, ..decided };
        let late = closed.check_decision_by(&"URAJ".into(), &member(&["brand"]), RevisionId(7));
        assert!(matches!(late, Err(Refusal::ReviewClosed { .. })));
    }

    #[test]
    fn approval_needs_so_many_of_every_group() {
        let at = Timestamp::UNIX_EPOCH;
        let first = decision("U1", Verdict::Approve, &["brand"]);
        let both = review(&[("brand", 1), ("legal", 1)], vec![first.clone()]);
        assert_eq!(both.missing(), [Need { group: "legal".to_owned(), count: 1 }]);
        assert_eq!(both.after(&decision("U2", Verdict::Approve, &["brand"])), State::Open);
        assert_eq!(
            both.after(&decision("U3", Verdict::Approve, &["legal"])),
            State::Approved { at }
        );

        let two = review(&[("brand", 2)], vec![]);
        assert_eq!(two.after(&first), State::Open);
    }

    #[test]
    fn so_many_rejections_end_it() {
        let at = Timestamp::UNIX_EPOCH;
        let none = review(&[("brand", 1)], vec![]);
        assert_eq!(none.after(&decision("U1", Verdict::Reject, &["brand"])), State::Open);
        let one = review(&[("brand", 1)], vec![decision("U1", Verdict::Reject, &["brand"])]);
        assert_eq!(one.after(&decision("U2", Verdict::Reject, &["brand"])), State::Rejected { at });
        assert_eq!(
            none.after(&decision("U1", Verdict::RequestChanges, &["brand"])),
            State::ChangesRequested { at }
        );
    }
}
