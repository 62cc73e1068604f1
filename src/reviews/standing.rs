//! What a person may do: which of a policy's groups they are in, read from Slack.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::Review;
use crate::app::App;
use crate::config::Members;
use crate::error::{Refusal, Result};
use crate::ids::PersonId;

/// How old a membership that was read from Slack may be at a decision.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// A person, as a review sees them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The review's groups that the person is in.
    pub groups: Vec<String>,
    pub is_guest: bool,
    pub is_bot: bool,
}

/// What was read from Slack lately, so that not every click costs a call.
#[derive(Debug, Default)]
pub struct Memberships {
    /// User groups by handle, all read at once.
    groups: Mutex<Option<(Timestamp, Groups)>>,
    people: Mutex<HashMap<PersonId, (Timestamp, Kind)>>,
}

/// Who is in which user group, by its handle.
type Groups = HashMap<String, Vec<PersonId>>;

#[derive(Clone, Copy, Debug)]
struct Kind {
    is_guest: bool,
    is_bot: bool,
}

/// Where `person` stands towards `review`. If Slack cannot be asked, that is a refusal, not a guess.
pub(super) async fn of(app: &App, review: &Review, person: &PersonId) -> Result<Standing> {
    in_groups(app, &review.group_names(), person).await
}

/// The same from what was read lately, without asking Slack; none where that is not enough.
pub(super) fn known(app: &App, review: &Review, person: &PersonId) -> Result<Option<Standing>> {
    known_in(app, &review.group_names(), person, app.now())
}

/// Which of `groups` `person` is in.
pub(super) async fn in_groups(app: &App, groups: &[String], person: &PersonId) -> Result<Standing> {
    let now = app.now();
    if app.memberships.kind(person, now).is_none() {
        read_kind(app, person, now).await?;
    }
    if needs_user_groups(app, groups) && !app.memberships.has_groups(now) {
        read_groups(app, now).await?;
    }
    known_in(app, groups, person, now)?.ok_or_else(|| Refusal::MembershipUnknown.into())
}

fn known_in(
    app: &App,
    groups: &[String],
    person: &PersonId,
    now: Timestamp,
) -> Result<Option<Standing>> {
    let Some(kind) = app.memberships.kind(person, now) else { return Ok(None) };
    if needs_user_groups(app, groups) && !app.memberships.has_groups(now) {
        return Ok(None);
    }
    let mut inside = Vec::new();
    for name in groups {
        let is_member = match app.manifest.group(name).map(|group| &group.members) {
            // The manifest no longer has the group that this review was opened with.
            None => false,
            Some(Members::People(people)) => people.contains(person),
            Some(Members::UserGroup(handle)) => app.memberships.is_member(handle, person)?,
        };
        if is_member {
            inside.push(name.clone());
        }
    }
    Ok(Some(Standing { groups: inside, is_guest: kind.is_guest, is_bot: kind.is_bot }))
}

fn needs_user_groups(app: &App, groups: &[String]) -> bool {
    groups
        .iter()
        .filter_map(|name| app.manifest.group(name))
        .any(|group| matches!(group.members, Members::UserGroup(_)))
}

impl Memberships {
    fn kind(&self, person: &PersonId, now: Timestamp) -> Option<Kind> {
        let people = lock(&self.people);
        let (read_at, kind) = people.get(person)?;
        is_fresh(*read_at, now).then_some(*kind)
    }

    fn has_groups(&self, now: Timestamp) -> bool {
        lock(&self.groups).as_ref().is_some_and(|(read_at, _)| is_fresh(*read_at, now))
    }

    fn is_member(&self, handle: &str, person: &PersonId) -> Result<bool> {
        let groups = lock(&self.groups);
        let members = groups.as_ref().and_then(|(_, groups)| groups.get(handle));
        let unknown = || Refusal::UnknownUserGroup { handle: handle.to_owned() };
        Ok(members.ok_or_else(unknown)?.contains(person))
    }
}

async fn read_groups(app: &App, now: Timestamp) -> Result<()> {
    let read = app.slack.groups().await.map_err(|error| {
        tracing::warn!("user groups cannot be read: {error}");
        Refusal::MembershipUnknown
    })?;
    let groups = read.into_iter().map(|group| (group.handle, group.users)).collect();
    *lock(&app.memberships.groups) = Some((now, groups));
    Ok(())
}

async fn read_kind(app: &App, person: &PersonId, now: Timestamp) -> Result<()> {
    let user = app.slack.person(person).await.map_err(|error| {
        tracing::warn!("a person's profile cannot be read: {error}");
        Refusal::MembershipUnknown
    })?;
    let kind = Kind {
        is_guest: user.is_guest || user.is_stranger || user.is_deactivated,
        is_bot: user.is_bot,
    };
    let mut people = lock(&app.memberships.people);
    people.retain(|_, (read_at, _)| is_fresh(*read_at, now));
    people.insert(person.clone(), (now, kind));
    Ok(())
}

fn is_fresh(read_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(read_at) < FRESH
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
