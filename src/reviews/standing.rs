//! Where a person stands: which of a policy's groups they are in, read from Slack, and whose places
//! they hold.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::Review;
use crate::app::App;
use crate::config::Members;
use crate::error::{Refusal, Result};
use crate::ids::{GroupId, PersonId};

/// How old a membership that was read from Slack may be at a decision.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// A person, as a review sees them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Standing {
    /// The review's groups that the person is in, by themselves or in somebody's place.
    pub groups: Vec<String>,
    /// Whose places they hold in those groups.
    pub stands_for: Vec<PersonId>,
    /// Who holds their own place.
    pub handed_to: Option<PersonId>,
    pub is_guest: bool,
    pub is_bot: bool,
}

/// The places that were handed over, from and to a person.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Places {
    pub holds: Vec<PersonId>,
    pub handed_to: Option<PersonId>,
}

impl Places {
    /// Out of the delegations that `person` gave or was given, each from whom to whom.
    pub(super) fn of(
        person: &PersonId,
        delegations: impl IntoIterator<Item = (PersonId, PersonId)>,
    ) -> Self {
        let mut places = Self::default();
        for (from, to) in delegations {
            if from == *person {
                places.handed_to = Some(to);
            } else {
                places.holds.push(from);
            }
        }
        places
    }
}

/// What was read from Slack lately, so that not every click costs a call.
#[derive(Debug, Default)]
pub struct Memberships {
    /// User groups by handle, all read at once.
    groups: Mutex<Option<(Timestamp, Groups)>>,
    people: Mutex<HashMap<PersonId, (Timestamp, Kind)>>,
}

/// User groups, by their handles.
type Groups = HashMap<String, UserGroup>;

#[derive(Clone, Debug)]
struct UserGroup {
    id: GroupId,
    users: Vec<PersonId>,
}

#[derive(Clone, Copy, Debug)]
struct Kind {
    is_guest: bool,
    is_bot: bool,
}

/// Where `person` stands towards `review`. If Slack cannot be asked, that is a refusal, not a guess.
pub(super) async fn of(
    app: &App,
    review: &Review,
    person: &PersonId,
    places: &Places,
) -> Result<Standing> {
    read(app, &review.group_names(), &with_places(person, places)).await?;
    known(app, review, person, places)?.ok_or_else(|| Refusal::MembershipUnknown.into())
}

/// The same from what was read lately, without asking Slack; none where that is not enough.
pub(super) fn known(
    app: &App,
    review: &Review,
    person: &PersonId,
    places: &Places,
) -> Result<Option<Standing>> {
    let excluded = |person: &PersonId| review.excludes(person);
    known_in(app, &review.group_names(), person, places, excluded)
}

/// Where `person` stands in `groups`, of a review of which no more is known.
pub(super) async fn in_groups(
    app: &App,
    groups: &[String],
    person: &PersonId,
    places: &Places,
) -> Result<Standing> {
    read(app, groups, &with_places(person, places)).await?;
    known_in(app, groups, person, places, |_| false)?
        .ok_or_else(|| Refusal::MembershipUnknown.into())
}

/// Whether a person belongs to the team: no guest, no bot, nobody of another organisation.
pub async fn is_member(app: &App, person: &PersonId) -> Result<bool> {
    let standing = in_groups(app, &[], person, &Places::default()).await?;
    Ok(!standing.is_guest && !standing.is_bot)
}

/// Those of these groups that a person is in by themselves; guests and bots are in none.
pub async fn groups_of(app: &App, groups: &[String], person: &PersonId) -> Result<Vec<String>> {
    let standing = in_groups(app, groups, person, &Places::default()).await?;
    let counts = !standing.is_guest && !standing.is_bot;
    Ok(if counts { standing.groups } else { Vec::new() })
}

/// Who is in a group of the manifest, and how the group is mentioned where Slack knows it.
pub async fn members(app: &App, group: &str) -> Result<(Vec<PersonId>, Option<GroupId>)> {
    match app.manifest.group(group).map(|group| &group.members) {
        None => Ok((Vec::new(), None)),
        Some(Members::People(people)) => Ok((people.clone(), None)),
        Some(Members::UserGroup(handle)) => {
            read(app, &[group.to_owned()], &[]).await?;
            let group = app.memberships.group(handle)?;
            Ok((group.users, Some(group.id)))
        }
    }
}

/// Asks Slack for what is not known, or not any more.
async fn read(app: &App, groups: &[String], people: &[PersonId]) -> Result<()> {
    let now = app.now();
    for person in people {
        if app.memberships.kind(person, now).is_none() {
            read_kind(app, person, now).await?;
        }
    }
    if needs_user_groups(app, groups) && !app.memberships.has_groups(now) {
        read_groups(app, now).await?;
    }
    Ok(())
}

fn with_places(person: &PersonId, places: &Places) -> Vec<PersonId> {
    [person].into_iter().chain(&places.holds).cloned().collect()
}

fn known_in(
    app: &App,
    groups: &[String],
    person: &PersonId,
    places: &Places,
    excluded: impl Fn(&PersonId) -> bool,
) -> Result<Option<Standing>> {
    let now = app.now();
    if needs_user_groups(app, groups) && !app.memberships.has_groups(now) {
        return Ok(None);
    }
    let Some(kind) = app.memberships.kind(person, now) else { return Ok(None) };
    let mut standing = Standing {
        handed_to: places.handed_to.clone(),
        is_guest: kind.is_guest,
        is_bot: kind.is_bot,
        ..Standing::default()
    };
    // Whoever handed their place over does not sit in it; what they hold of others, they keep.
    if places.handed_to.is_none() {
        standing.groups = inside(app, groups, person)?;
    }
    for other in &places.holds {
        let Some(kind) = app.memberships.kind(other, now) else { return Ok(None) };
        if kind.is_guest || kind.is_bot || excluded(other) {
            continue;
        }
        let theirs = inside(app, groups, other)?;
        if theirs.is_empty() {
            continue;
        }
        standing.stands_for.push(other.clone());
        let new: Vec<String> =
            theirs.into_iter().filter(|group| !standing.groups.contains(group)).collect();
        standing.groups.extend(new);
    }
    Ok(Some(standing))
}

/// Those of `groups` that `person` is in.
fn inside(app: &App, groups: &[String], person: &PersonId) -> Result<Vec<String>> {
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
    Ok(inside)
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
        let group = groups.as_ref().and_then(|(_, groups)| groups.get(handle));
        Ok(group.ok_or_else(|| unknown(handle))?.users.contains(person))
    }

    fn group(&self, handle: &str) -> Result<UserGroup> {
        let groups = lock(&self.groups);
        let group = groups.as_ref().and_then(|(_, groups)| groups.get(handle));
        Ok(group.cloned().ok_or_else(|| unknown(handle))?)
    }
}

fn unknown(handle: &str) -> Refusal {
    Refusal::UnknownUserGroup { handle: handle.to_owned() }
}

async fn read_groups(app: &App, now: Timestamp) -> Result<()> {
    let read = app.slack.groups().await.map_err(|error| {
        tracing::warn!("user groups cannot be read: {error}");
        Refusal::MembershipUnknown
    })?;
    let groups = read
        .into_iter()
        .map(|group| (group.handle, UserGroup { id: group.id, users: group.users }))
        .collect();
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
