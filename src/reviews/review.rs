//! A review and the rules of deciding on it, without a database.

use jiff::{SignedDuration, Timestamp};

use super::{Decision, Standing, Verdict};
use crate::config::{Need, SubjectKind, Terms};
use crate::error::Refusal;
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RevisionId, WorkspaceId};

/// How long a person may take their decision back, as long as nothing was released.
pub const UNDO: SignedDuration = SignedDuration::from_mins(5);

/// When a release that came to nothing is tried again.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How fast people read, in words a minute: the mean of 190 studies of silent reading of English
/// non-fiction (Brysbaert 2019, <https://doi.org/10.1016/j.jml.2019.104047>).
const WORDS_PER_MINUTE: i64 = 238;

/// A request for decisions on a subject's newest revision, with the decisions on that.
#[derive(Clone, Debug)]
pub struct Review {
    pub id: ReviewId,
    pub workspace: WorkspaceId,
    pub subject: SubjectKind,
    pub subject_id: i64,
    pub title: String,
    /// Who made it; none where a person put up their own work.
    pub agent: Option<String>,
    pub revision: RevisionId,
    /// Which revision it is, from one.
    pub number: i32,
    pub content_hash: [u8; 32],
    /// Words of the text.
    pub words: i32,
    /// The person who wrote the revision, where no agent did.
    pub edited_by: Option<PersonId>,
    pub terms: Terms,
    pub policy_version: String,
    pub requested_by: PersonId,
    pub channel: ChannelId,
    pub thread: Option<MessageTs>,
    pub state: State,
    pub opened_at: Timestamp,
    /// When this revision was put up, and when a card first showed it.
    pub asked_at: Timestamp,
    pub shown_at: Option<Timestamp>,
    pub reminders: i32,
    pub escalated_at: Option<Timestamp>,
    /// What is to be known of how it stands.
    pub remark: Option<String>,
    /// On this revision, without those that were taken back.
    pub decisions: Vec<Decision>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Open,
    /// Approved, and not released yet.
    Approved {
        at: Timestamp,
    },
    Released {
        at: Timestamp,
    },
    /// Whoever made it is to change it.
    ChangesRequested {
        at: Timestamp,
    },
    Rejected {
        at: Timestamp,
    },
    /// Taken back by whoever asked.
    Withdrawn {
        at: Timestamp,
    },
    /// Nobody decided in time.
    Expired {
        at: Timestamp,
    },
    /// Released, and called back.
    Revoked {
        at: Timestamp,
    },
}

/// What is to be done of itself at some moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    Nothing,
    Remind,
    Escalate,
    Expire,
    Release,
}

impl State {
    /// Every [`name`](Self::name) there is.
    pub const NAMES: [&str; 8] = [
        "open",
        "approved",
        "released",
        "changes_requested",
        "rejected",
        "withdrawn",
        "expired",
        "revoked",
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved { .. } => "approved",
            Self::Released { .. } => "released",
            Self::ChangesRequested { .. } => "changes_requested",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// As people read it after "This was already".
    pub const fn words(self) -> &'static str {
        match self {
            Self::ChangesRequested { .. } => "sent back for changes",
            other => other.name(),
        }
    }

    /// Since when it is not open any more.
    pub const fn closed_at(self) -> Option<Timestamp> {
        match self {
            Self::Open => None,
            Self::Approved { at }
            | Self::Released { at }
            | Self::ChangesRequested { at }
            | Self::Rejected { at }
            | Self::Withdrawn { at }
            | Self::Expired { at }
            | Self::Revoked { at } => Some(at),
        }
    }

    /// Whether nothing can come of it any more.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Rejected { .. }
                | Self::Withdrawn { .. }
                | Self::Expired { .. }
                | Self::Released { .. }
                | Self::Revoked { .. }
        )
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
            return Err(self.closed());
        }
        if self.revision != saw {
            return Err(Refusal::Outdated);
        }
        self.check_right_of(person, standing)?;
        match self.decisions.iter().find(|decision| decision.person == *person) {
            Some(earlier) => Err(Refusal::AlreadyDecided { verdict: earlier.verdict.past() }),
            None => Ok(()),
        }
    }

    /// Whether `person` is one of those who decide on this revision.
    pub fn check_right_of(&self, person: &PersonId, standing: &Standing) -> Result<(), Refusal> {
        if standing.is_guest || standing.is_bot {
            return Err(Refusal::OnlyMembersDecide);
        }
        if *person == self.requested_by {
            return Err(Refusal::OwnRequest { groups: self.group_names() });
        }
        if self.excludes(person) {
            return Err(Refusal::OwnEdit { groups: self.group_names() });
        }
        if !standing.groups.is_empty() {
            return Ok(());
        }
        Err(match &standing.handed_to {
            Some(to) => Refusal::HandedOver { to: to.clone() },
            None => {
                Refusal::NotInGroup { subject: self.subject.words(), groups: self.group_names() }
            }
        })
    }

    /// Whether somebody never decides on this revision, wherever they stand: whoever asked for it,
    /// and whoever wrote it, unless the policy lets an editor approve.
    pub fn excludes(&self, person: &PersonId) -> bool {
        *person == self.requested_by
            || (self.edited_by.as_ref() == Some(person) && !self.terms.editor_may_approve)
    }

    /// Whether `person` put up their own wording, and it is not their approval as well.
    pub fn edit_needs_others(&self, person: &PersonId) -> bool {
        self.edited_by.as_ref() == Some(person)
            && self.decisions.iter().all(|decision| decision.person != *person)
    }

    /// Whether its text may still be changed by whoever made it or asked for it.
    pub fn check_changeable(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open | State::ChangesRequested { .. } => Ok(()),
            _ => Err(self.closed()),
        }
    }

    /// Whether `person` may word it anew, without deciding on it: whoever asked for it.
    pub fn check_rewrite_by(&self, person: &PersonId, saw: RevisionId) -> Result<(), Refusal> {
        if *person != self.requested_by {
            return Err(Refusal::NotTheProposer { requester: self.requested_by.clone() });
        }
        self.check_changeable()?;
        if self.revision != saw { Err(Refusal::Outdated) } else { Ok(()) }
    }

    /// Whether `person` may take it back.
    pub fn check_withdrawal_by(&self, person: &PersonId) -> Result<(), Refusal> {
        if *person != self.requested_by {
            return Err(Refusal::NotTheRequester { requester: self.requested_by.clone() });
        }
        if self.state.is_final() {
            return Err(self.closed());
        }
        Ok(())
    }

    /// The decision that `person` may take back now.
    pub fn check_undo_by(&self, person: &PersonId, now: Timestamp) -> Result<&Decision, Refusal> {
        let own = self.decisions.iter().find(|decision| decision.person == *person);
        let own = own.ok_or(Refusal::NothingToUndo)?;
        match self.state {
            State::Released { .. }
            | State::Revoked { .. }
            | State::Withdrawn { .. }
            | State::Expired { .. } => return Err(self.closed()),
            State::Open
            | State::Approved { .. }
            | State::ChangesRequested { .. }
            | State::Rejected { .. } => {}
        }
        if own.kept_from.is_some() || now.duration_since(own.at) >= UNDO {
            return Err(Refusal::TooLateToUndo);
        }
        Ok(own)
    }

    /// The state that follows from `decisions`, if nothing else happens.
    pub fn after(&self, decisions: &[Decision]) -> State {
        let last = |verdict| decisions.iter().rfind(|one| one.verdict == verdict);
        let rejections = decisions.iter().filter(|one| one.verdict == Verdict::Reject).count();
        if let Some(decision) = last(Verdict::RequestChanges) {
            return State::ChangesRequested { at: decision.at };
        }
        match (last(Verdict::Reject), last(Verdict::Approve)) {
            (Some(decision), _) if rejections >= self.terms.rejections as usize => {
                State::Rejected { at: decision.at }
            }
            (_, Some(decision)) if missing(&self.terms.needs, decisions).is_empty() => {
                State::Approved { at: decision.at }
            }
            _ => State::Open,
        }
    }

    /// What still has to be approved, and by whom.
    pub fn missing(&self) -> Vec<Need> {
        missing(&self.terms.needs, &self.decisions)
    }

    /// Who approved for a group.
    pub fn approved_for<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Decision> {
        self.decisions.iter().filter(move |one| one.counts_for(group))
    }

    pub fn group_names(&self) -> Vec<String> {
        self.terms.needs.iter().map(|need| need.group.clone()).collect()
    }

    /// When it is over without a decision.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(self.asked_at + self.terms.expire_after()?)
    }

    /// When what is approved is released.
    pub fn release_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Approved { at } => Some(at + self.terms.hold()),
            _ => None,
        }
    }

    /// What is due now; the most far-reaching first.
    pub(super) fn due(&self, now: Timestamp) -> Due {
        let passed = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        match self.state {
            State::Open if passed(self.expires_at()) => Due::Expire,
            State::Open if passed(self.escalates_at()) => Due::Escalate,
            State::Open if passed(self.reminds_at()) => Due::Remind,
            State::Approved { .. } if passed(self.release_at()) => Due::Release,
            _ => Due::Nothing,
        }
    }

    /// When something is due next, so that it is looked at then.
    pub(super) fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let due = match self.state {
            State::Open => [self.expires_at(), self.escalates_at(), self.reminds_at()]
                .into_iter()
                .flatten()
                .min(),
            State::Approved { .. } => {
                self.release_at().map(|at| if at > now { at } else { now + AGAIN })
            }
            _ => None,
        };
        // The card loses a button then.
        let undo = self.undo_until(now);
        due.into_iter().chain(undo).min()
    }

    /// Until when somebody can take a decision back; none if nobody can.
    pub fn undo_until(&self, now: Timestamp) -> Option<Timestamp> {
        let still =
            self.decisions.iter().filter(|one| self.check_undo_by(&one.person, now).is_ok());
        still.map(|decision| decision.at + UNDO).max()
    }

    /// How long reading the text takes, in seconds.
    pub fn reading_s(&self) -> i64 {
        i64::from(self.words) * 60 / WORDS_PER_MINUTE
    }

    /// How long the text has been there to be read, in seconds.
    pub fn open_s(&self, now: Timestamp) -> i64 {
        now.duration_since(self.shown_at.unwrap_or(self.asked_at)).as_secs().max(0)
    }

    fn reminds_at(&self) -> Option<Timestamp> {
        let each = self.terms.remind_after()?;
        self.asked_at.checked_add(each.checked_mul(self.reminders.checked_add(1)?)?).ok()
    }

    fn escalates_at(&self) -> Option<Timestamp> {
        let after = self.terms.escalate_after()?;
        self.escalated_at.is_none().then(|| self.asked_at + after)
    }

    pub(super) fn closed(&self) -> Refusal {
        let decided = matches!(
            self.state,
            State::Approved { .. } | State::ChangesRequested { .. } | State::Rejected { .. }
        );
        let by = self.decisions.last().filter(|_| decided).map(|one| one.person.clone());
        Refusal::ReviewClosed { state: self.state.words(), by }
    }
}

fn missing(needs: &[Need], decisions: &[Decision]) -> Vec<Need> {
    needs
        .iter()
        .filter_map(|need| {
            let have = decisions.iter().filter(|one| one.counts_for(&need.group)).count();
            let short = (need.count as usize).saturating_sub(have);
            let count = u32::try_from(short).unwrap_or(u32::MAX);
            (count > 0).then(|| Need { group: need.group.clone(), count })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn review(needs: &[(&str, u32)], decisions: Vec<Decision>) -> Review {
        Review {
            id: ReviewId(1),
            workspace: WorkspaceId(1),
            subject: SubjectKind::Finding,
            subject_id: 1,
            title: "Why do people cancel?".to_owned(),
            agent: Some("research".to_owned()),
            revision: RevisionId(7),
            number: 1,
            content_hash: [0; 32],
            words: 476,
            edited_by: None,
            terms: Terms {
                rules: vec!["findings".to_owned()],
                needs: needs
                    .iter()
                    .map(|(group, count)| Need { group: (*group).to_owned(), count: *count })
                    .collect(),
                rejections: 2,
                editor_may_approve: false,
                questions: vec![],
                remind_after_s: Some(60),
                escalate_after_s: Some(150),
                escalate_to: vec!["leads".to_owned()],
                expire_after_s: Some(400),
                hold_s: 30,
                keep: vec![],
                show_in: vec![],
                tell: BTreeSet::new(),
            },
            policy_version: "abc".to_owned(),
            requested_by: "UMAYA".into(),
            channel: "C1".into(),
            thread: None,
            state: State::Open,
            opened_at: Timestamp::UNIX_EPOCH,
            asked_at: Timestamp::UNIX_EPOCH,
            shown_at: None,
            reminders: 0,
            escalated_at: None,
            remark: None,
            decisions,
        }
    }

    fn decision(person: &str, verdict: Verdict, groups: &[&str]) -> Decision {
        Decision {
            person: person.into(),
            verdict,
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            stands_for: vec![],
            comment: None,
            reason: None,
            content_hash: [0; 32],
            open_s: 0,
            reading_s: 0,
            kept_from: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn member(groups: &[&str]) -> Standing {
        Standing {
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..Standing::default()
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn who_may_decide() {
        let open = Review { edited_by: Some("ULENA".into()), ..review(&[("brand", 1)], vec![]) };
        let check = |person: &str, standing: Standing, saw: i64, expected: &str| {
            let answer = open.check_decision_by(&person.into(), &standing, RevisionId(saw));
            let said = answer.err().map_or_else(|| "yes".to_owned(), |refusal| refusal.to_string());
            assert!(said.starts_with(expected), "{person}: {said}");
        };
        let brand = || member(&["brand"]);
        check("UDANA", brand(), 7, "yes");
        check("USAM", member(&[]), 7, "This finding needs a decision from brand");
        check("UMAYA", brand(), 7, "You asked for this");
        check("ULENA", brand(), 7, "You wrote this version");
        check("UDANA", brand(), 6, "The text has changed");
        check("UDANA", Standing { is_guest: true, ..brand() }, 7, "Guests and bots");
        check("UDANA", Standing { is_bot: true, ..brand() }, 7, "Guests and bots");
        let away = Standing { handed_to: Some("USAM".into()), ..member(&[]) };
        check("UDANA", away, 7, "You handed your place to <@USAM>");

        let terms = Terms { editor_may_approve: true, ..open.terms.clone() };
        let lenient = Review { terms, ..open.clone() };
        assert_eq!(lenient.check_decision_by(&"ULENA".into(), &brand(), RevisionId(7)), Ok(()));
    }

    #[test]
    fn nobody_decides_twice_or_late() {
        let decided =
            review(&[("brand", 2)], vec![decision("UDANA", Verdict::Approve, &["brand"])]);
        let again = decided.check_decision_by(&"UDANA".into(), &member(&["brand"]), RevisionId(7));
        assert_eq!(again, Err(Refusal::AlreadyDecided { verdict: "approved" }));

        for state in [
            State::Approved { at: at(0) },
            State::Released { at: at(0) },
            State::ChangesRequested { at: at(0) },
            State::Rejected { at: at(0) },
            State::Withdrawn { at: at(0) },
            State::Expired { at: at(0) },
            State::Revoked { at: at(0) },
        ] {
            let closed = Review { state, ..decided.clone() };
            let late = closed.check_decision_by(&"URAJ".into(), &member(&["brand"]), RevisionId(7));
            assert!(matches!(late, Err(Refusal::ReviewClosed { .. })), "{state:?}");
        }
    }

    #[test]
    fn the_state_follows_from_the_decisions() {
        let check =
            |needs: &[(&str, u32)], decisions: &[(&str, Verdict, &[&str])], expected: State| {
                let review = review(needs, vec![]);
                let decisions: Vec<Decision> = decisions
                    .iter()
                    .map(|(person, verdict, groups)| decision(person, *verdict, groups))
                    .collect();
                assert_eq!(review.after(&decisions), expected, "{needs:?} {decisions:?}");
            };
        use Verdict::{Approve, Reject, RequestChanges};
        let start = Timestamp::UNIX_EPOCH;
        let both = [("brand", 1), ("legal", 1)];
        check(&both, &[], State::Open);
        check(&both, &[("U1", Approve, &["brand"])], State::Open);
        check(&both, &[("U1", Approve, &["brand"]), ("U2", Approve, &["brand"])], State::Open);
        check(
            &both,
            &[("U1", Approve, &["brand"]), ("U3", Approve, &["legal"])],
            State::Approved { at: start },
        );
        check(&both, &[("U1", Approve, &["brand", "legal"])], State::Approved { at: start });
        check(&[("brand", 2)], &[("U1", Approve, &["brand"])], State::Open);
        check(&[("brand", 1)], &[("U1", Reject, &["brand"])], State::Open);
        check(
            &[("brand", 1)],
            &[("U1", Reject, &["brand"]), ("U2", Reject, &["brand"])],
            State::Rejected { at: start },
        );
        check(
            &[("brand", 1)],
            &[("U1", RequestChanges, &["brand"])],
            State::ChangesRequested { at: start },
        );
    }

    #[test]
    fn a_decision_is_taken_back_for_five_minutes_and_not_after_release() {
        let dana = decision("UDANA", Verdict::Approve, &["brand"]);
        let held =
            Review { state: State::Approved { at: at(0) }, ..review(&[("brand", 1)], vec![dana]) };
        assert!(held.check_undo_by(&"UDANA".into(), at(299)).is_ok());
        assert_eq!(held.check_undo_by(&"UDANA".into(), at(300)), Err(Refusal::TooLateToUndo));
        assert_eq!(held.check_undo_by(&"URAJ".into(), at(1)), Err(Refusal::NothingToUndo));
        assert_eq!(held.undo_until(at(10)), Some(at(300)));

        let released = Review { state: State::Released { at: at(20) }, ..held };
        let late = released.check_undo_by(&"UDANA".into(), at(21));
        assert!(matches!(late, Err(Refusal::ReviewClosed { state: "released", by: None })));
        assert_eq!(released.undo_until(at(21)), None);
    }

    #[test]
    fn what_is_due_comes_in_its_time() {
        let open = review(&[("brand", 1)], vec![]);
        let check = |review: &Review, now: i64, due: Due, next: Option<i64>| {
            assert_eq!(review.due(at(now)), due, "{now}");
            assert_eq!(review.next_at(at(now)), next.map(at), "{now}");
        };
        check(&open, 59, Due::Nothing, Some(60));
        check(&open, 60, Due::Remind, Some(60));
        let reminded = Review { reminders: 2, ..open.clone() };
        check(&reminded, 149, Due::Nothing, Some(150));
        check(&reminded, 150, Due::Escalate, Some(150));
        let escalated = Review { escalated_at: Some(at(150)), ..reminded };
        check(&escalated, 151, Due::Nothing, Some(180));
        check(&escalated, 400, Due::Expire, Some(180));
        let held = Review { state: State::Approved { at: at(100) }, ..open.clone() };
        check(&held, 129, Due::Nothing, Some(130));
        check(&held, 130, Due::Release, Some(730));
        let expired = Review { state: State::Expired { at: at(400) }, ..open };
        check(&expired, 500, Due::Nothing, None);
    }

    #[test]
    fn a_decision_faster_than_reading_is_told_from_others() {
        let shown = Review { shown_at: Some(at(10)), ..review(&[("brand", 1)], vec![]) };
        assert_eq!((shown.reading_s(), shown.open_s(at(40))), (120, 30));
        let timed = |open_s| Decision {
            open_s,
            reading_s: 120,
            ..decision("U1", Verdict::Approve, &["brand"])
        };
        assert!(timed(59).is_hasty());
        assert!(!timed(60).is_hasty());
    }
}
