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

/// Where `person` stands towards `review`.
pub(super) async fn of(app: &App, review: &Review, person: &PersonId) -> Result<Standing> {
    in_groups(app, &review.group_names(), person).await
}

/// Which of `groups` `person` is in. If Slack cannot be asked, that is a refusal, not a guess.
pub(super) async fn in_groups(app: &App, groups: &[String], person: &PersonId) -> Result<Standing> {
    let kind = kind(app, person).await?;
    let mut inside = Vec::new();
    for name in groups {
        let Some(group) = app.manifest.group(name) else {
            // The manifest no longer has the group that this review was opened with.
            continue;
        };
        let is_member = match &group.members {
            Members::People(people) => people.contains(person),
            Members::UserGroup(handle) => user_group(app, handle).await?.contains(person),
        };
        if is_member {
            inside.push(name.clone());
        }
    }
    Ok(Standing { groups: inside, is_guest: kind.is_guest, is_bot: kind.is_bot })
}

async fn user_group(app: &App, handle: &str) -> Result<Vec<PersonId>> {
    let now = app.now();
    if let Some((read_at, groups)) = &*lock(&app.memberships.groups)
        && now.duration_since(*read_at) < FRESH
    {
        return groups.get(handle).cloned().ok_or_else(|| unknown_group(handle));
    }
    let read = app.slack.groups().await.map_err(|error| {
        tracing::warn!("user groups cannot be read: {error}");
        Refusal::MembershipUnknown
    })?;
    let groups: Groups = read.into_iter().map(|group| (group.handle, group.users)).collect();
    let members = groups.get(handle).cloned();
    *lock(&app.memberships.groups) = Some((now, groups));
    members.ok_or_else(|| unknown_group(handle))
}

async fn kind(app: &App, person: &PersonId) -> Result<Kind> {
    let now = app.now();
    if let Some((read_at, kind)) = lock(&app.memberships.people).get(person)
        && now.duration_since(*read_at) < FRESH
    {
        return Ok(*kind);
    }
    let user = app.slack.person(person).await.map_err(|error| {
        tracing::warn!("a person's profile cannot be read: {error}");
        Refusal::MembershipUnknown
    })?;
    let kind = Kind {
        is_guest: user.is_guest || user.is_stranger || user.is_deactivated,
        is_bot: user.is_bot,
    };
    let mut people = lock(&app.memberships.people);
    people.retain(|_, (read_at, _)| now.duration_since(*read_at) < FRESH);
    people.insert(person.clone(), (now, kind));
    Ok(kind)
}

fn unknown_group(handle: &str) -> crate::error::Error {
    Refusal::UnknownUserGroup { handle: handle.to_owned() }.into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
