//! Reviews: people decide on exactly the text they saw.
//!
//! Whatever needs a decision is a **subject**: a finding, a draft, a budget change … Each state that
//! its text was in is a **revision**, whose canonical bytes have a SHA-256 ([`canonical`]). There is
//! one [`Review`] of a subject: it asks for decisions on the newest revision, under the sum of the
//! policies that match ([`Terms`](crate::config::Terms)), of which it keeps a copy. A decision names
//! the revision and its hash, the groups the person sat in, and the policy version.
//!
//! - [`open`] begins a review, in the transaction that makes the subject; [`revise`] puts up another
//!   text, which reopens it: nothing carries over but what the policy says ([`Keep`]).
//! - [`decide`] records a verdict; [`edit`] puts up the wording of somebody who decides, [`rewrite`]
//!   that of whoever asked; [`undo`], [`withdraw`] and [`revoke`] take back. [`check`] says beforehand whether a person could decide.
//! - [`Approved`] is the proof that what may only happen after a decision may happen.
//! - [`due`] and [`attend`] do what happens of itself: reminders, escalation, expiry, release.
//! - [`delegate`] hands a person's place to another.
//! - [`Review`] holds the rules, as pure methods; [`explain`] says them of one case.
//! - [`show`] keeps the card, its copies and what is told in its thread as the review stands.
//!
//! **Invariant:** a decision and its audit entry are committed together, before the click is
//! acknowledged.
//!
//! **Invariant:** a person decides at most once on a revision, unless they took it back: a
//! constraint, not a check.
//!
//! **Invariant:** if membership cannot be read, nobody decides; nothing is guessed.
//!
//! **Invariant:** nothing but approvals approves: no expiry, no silence, no closed form.
//!
//! [`Keep`]: crate::config::Keep

mod approved;
mod attending;
mod content;
mod deciding;
mod delegation;
mod diff;
mod explain;
mod labels;
mod message;
mod opening;
mod review;
mod show;
mod standing;
mod store;
mod waiting;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::{Facts, SubjectKind};
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RevisionId};

pub use approved::{Approved, approved, released};
pub use attending::{attend, due};
pub use content::canonical;
pub use deciding::{
    check, check_concerned, check_revocation, check_rewrite, decide, edit, outdated, revoke,
    rewrite, undo, withdraw,
};
pub use delegation::{Delegation, delegate, delegations, end_delegation};
pub use diff::in_markup as word_diff;
pub use explain::{explain, explain_without_slack};
pub use labels::labels;
pub use message::{
    ANSWERS, REASON, REASON_CODE, ReasonFor, approve_modal, home, outdated_card, questions, queue,
    reason_modal, withdraw_modal,
};
pub use opening::{open, remark, revise, to_revise, to_rework};
pub use review::{Review, State, UNDO};
pub use show::{Beside, Sent, Wording, called, changes_card, post, show};
pub use standing::{Memberships, Places, Standing, groups_of, is_member, members};
pub use store::{
    ChangeRequest, Content, Listed, Made, Queue, content, find, first_hash, made_by, newest_in,
    of_subject, requests, waiting_of,
};
pub use waiting::queue_of;

/// The audit act of a kind of subject, like `draft.approved`.
macro_rules! act {
    ($kind:expr, $past:literal) => {
        match $kind {
            $crate::config::SubjectKind::Finding => concat!("finding.", $past),
            $crate::config::SubjectKind::Draft => concat!("draft.", $past),
            $crate::config::SubjectKind::TestPlan => concat!("test_plan.", $past),
            $crate::config::SubjectKind::HandOff => concat!("hand_off.", $past),
            $crate::config::SubjectKind::BudgetChange => concat!("budget_change.", $past),
            $crate::config::SubjectKind::TestDecision => concat!("test_decision.", $past),
        }
    };
}
pub(crate) use act;

/// What a person says about a revision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Approve,
    RequestChanges,
    Reject,
}

/// Why something is rejected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    Inaccurate,
    Unsupported,
    OffBrand,
    LegalOrPrivacy,
    NotNeeded,
    Other,
}

/// One person's recorded verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub person: PersonId,
    pub verdict: Verdict,
    /// The policy's groups that the person sat in at that moment, and whose places they held.
    pub groups: Vec<String>,
    pub stands_for: Vec<PersonId>,
    /// Why; always there unless the verdict is approval.
    pub comment: Option<String>,
    pub reason: Option<Reason>,
    /// SHA-256 of the bytes that were decided on.
    pub content_hash: [u8; 32],
    /// How long the text had been there, and how long reading it takes, in seconds.
    pub open_s: i32,
    pub reading_s: i32,
    /// The decision on an earlier revision that this one continues.
    pub kept_from: Option<i64>,
    pub at: Timestamp,
}

/// What a person decided with a click or a form, on what they saw.
#[derive(Clone, Debug)]
pub struct Ballot {
    pub review: ReviewId,
    pub saw: RevisionId,
    pub verdict: Verdict,
    pub comment: Option<String>,
    pub reason: Option<Reason>,
    /// Whether each question of the policy was ticked.
    pub answered: bool,
}

/// A person's own wording of what they saw, and whether it is to be their approval as well.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// Slack's id of the form.
    pub delivery: Option<&'a str>,
    pub review: ReviewId,
    pub saw: RevisionId,
    pub person: &'a PersonId,
    /// Whether each question of the policy was ticked.
    pub answered: bool,
}

/// What was checked in a text, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Its name in the code, as in `quotes_verbatim`.
    pub rule: String,
    pub passed: bool,
    /// The outcome as a sentence, without a full stop.
    pub says: String,
}

/// A state of a text, as somebody wrote it.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// What lists call the subject from now on; none: as before.
    pub title: Option<&'a str>,
    /// What is decided on: encoded by [`canonical`].
    pub content: &'a serde_json::Value,
    /// The same as people read it.
    pub text: &'a str,
    pub checks: &'a [Check],
    pub facts: &'a Facts,
    /// Agent, engine, prompt, model and data, as they are shown.
    pub provenance: &'a serde_json::Value,
    pub author: Author<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Author<'a> {
    Agent(&'a str),
    Person(&'a PersonId),
}

/// What a new review is about.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    pub subject: SubjectKind,
    pub subject_id: i64,
    /// What lists call it.
    pub title: &'a str,
    /// The agent that made it; none where a person puts up their own work.
    pub agent: Option<&'a str>,
    pub requested_by: &'a PersonId,
    pub channel: &'a ChannelId,
    pub thread: Option<&'a MessageTs>,
}

/// What the messages that show a subject are kept under: `finding:12`.
pub fn subject(kind: SubjectKind, id: i64) -> String {
    format!("{}:{id}", kind.name())
}

/// The subject that a message shows, by what the message is kept under: `finding:12`.
pub fn subject_named(post: &str) -> Option<(SubjectKind, i64)> {
    let (kind, id) = post.split_once(':')?;
    let kind = SubjectKind::ALL.into_iter().find(|one| one.name() == kind)?;
    // A long card goes on in messages of its own: `finding:12/2`.
    let id = id.split('/').next()?;
    Some((kind, id.parse().ok()?))
}

impl Verdict {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::RequestChanges => "request_changes",
            Self::Reject => "reject",
        }
    }

    pub const fn past(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::RequestChanges => "asked for changes",
            Self::Reject => "rejected",
        }
    }

    const fn act(self, subject: SubjectKind) -> &'static str {
        match self {
            Self::Approve => act!(subject, "approved"),
            Self::RequestChanges => act!(subject, "changes_requested"),
            Self::Reject => act!(subject, "rejected"),
        }
    }
}

impl Reason {
    pub const ALL: [Self; 6] = [
        Self::Inaccurate,
        Self::Unsupported,
        Self::OffBrand,
        Self::LegalOrPrivacy,
        Self::NotNeeded,
        Self::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Inaccurate => "inaccurate",
            Self::Unsupported => "unsupported",
            Self::OffBrand => "off_brand",
            Self::LegalOrPrivacy => "legal_or_privacy",
            Self::NotNeeded => "not_needed",
            Self::Other => "other",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Inaccurate => "Not accurate",
            Self::Unsupported => "A claim without support",
            Self::OffBrand => "Not our voice or brand",
            Self::LegalOrPrivacy => "A legal or privacy risk",
            Self::NotNeeded => "Not needed",
            Self::Other => "Something else",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl Decision {
    /// Whether it is an approval that counts for a group.
    pub fn counts_for(&self, group: &str) -> bool {
        self.verdict == Verdict::Approve && self.groups.iter().any(|one| one == group)
    }

    /// Whether it came faster than the text can be read ([`is_hasty`]). It counts all the same; the trail and the scorecards say so.
    pub fn is_hasty(&self) -> bool {
        self.kept_from.is_none() && is_hasty(self.open_s, self.reading_s)
    }
}

/// Whether so many seconds are too few for a text that takes `reading_s`, even for those who read twice
/// as fast as others.
pub const fn is_hasty(open_s: i32, reading_s: i32) -> bool {
    open_s.saturating_mul(2) < reading_s
}
