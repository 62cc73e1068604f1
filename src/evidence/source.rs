//! Sources: where documents come from, who answers for them and who may see them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sqlx::{Connection, PgConnection, PgPool};

use super::store;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::ids::{SourceId, WorkspaceId};
use crate::words::count;

/// A source as an import names it. What is `None` stays as it was.
#[derive(Clone, Debug, Default)]
pub struct SourceSpec {
    pub name: String,
    /// What it holds, in a word: `reviews`, `tickets`, `pages` …
    pub kind: Option<String>,
    pub owner: Option<String>,
    pub review_on: Option<Date>,
    pub fresh_for_days: Option<i32>,
    pub visibility: Option<Visibility>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Visibility {
    Everyone,
    /// Only in these channels, by Slack's ids.
    Channels(Vec<String>),
    /// Only for members of these groups, by Slack's ids or the manifest's names.
    Groups(Vec<String>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    pub id: SourceId,
    pub name: String,
    pub kind: String,
    pub owner: Option<String>,
    pub review_on: Option<Date>,
    pub fresh_for_days: Option<i32>,
    pub visibility: Visibility,
    /// When the last import was published.
    pub imported_at: Option<Timestamp>,
    /// The date of its newest document, where documents have one.
    pub newest_document: Option<Timestamp>,
    pub documents: i64,
}

/// Everything this workspace has evidence from, by name.
pub async fn sources(db: &PgPool, workspace: WorkspaceId) -> Result<Vec<Source>> {
    store::sources(db, workspace).await
}

/// Makes a source that has no documents yet, so that it is said whose it is before any come in.
pub async fn add_source(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
) -> Result<Source> {
    if sources(db, workspace).await?.iter().any(|it| it.name == spec.name) {
        let sentence = format!("There is a source “{}” already; leave out --add.", spec.name);
        return Err(Refusal::Unreadable(sentence).into());
    }
    declare_alone(db, clock, workspace, by, spec).await
}

/// Changes what is said of a source that exists. What the spec leaves out stays as it was.
pub async fn change_source(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
) -> Result<Source> {
    let known = sources(db, workspace).await?;
    if !known.iter().any(|it| it.name == spec.name) {
        return Err(no_such_source(&spec.name, known.iter().map(|it| it.name.as_str())).into());
    }
    declare_alone(db, clock, workspace, by, spec).await
}

async fn declare_alone(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
) -> Result<Source> {
    let mut connection = db.acquire().await?;
    let source = declare(&mut connection, clock, workspace, by, spec).await?;
    drop(connection);
    let declared = sources(db, workspace).await?.into_iter().find(|it| it.id == source);
    declared.ok_or_else(|| anyhow::anyhow!("a source went while it was declared").into())
}

/// Creates or changes the source, and records it if that made a difference.
pub(super) async fn declare(
    db: &mut PgConnection,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
) -> Result<SourceId> {
    if spec.name.trim().is_empty() {
        let sentence = "Say which source this belongs to: --source NAME.";
        return Err(Refusal::Unreadable(sentence.to_owned()).into());
    }
    let now = clock.now();
    let mut tx = db.begin().await?;
    let before = store::source_as_it_is(&mut tx, workspace, &spec.name).await?;
    let source = store::save_source(&mut tx, workspace, spec, now).await?;
    let after = store::source_as_it_is(&mut tx, workspace, &spec.name).await?;
    if before != after {
        let act = if before.is_none() { "source.added" } else { "source.changed" };
        let subject = Subject::new("source", source);
        let details = spec.details();
        let event = Event { workspace, at: now, actor: by.clone(), act, subject, details };
        audit::append(&mut tx, event).await?;
    }
    tx.commit().await?;
    Ok(source)
}

impl SourceSpec {
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// What the trail says of it. The owner may be a person's name, so it is not repeated there.
    fn details(&self) -> BTreeMap<&'static str, Value> {
        let mut details = BTreeMap::from([("name", Value::name(&self.name))]);
        if let Some(visibility) = &self.visibility {
            details.insert("visible_to", visibility.kind().into());
            let whom = visibility.visible_to().iter().map(Value::name);
            details.insert("visible_to_whom", Value::list(whom));
        }
        if let Some(kind) = &self.kind {
            details.insert("kind", Value::name(kind));
        }
        if let Some(day) = self.review_on {
            details.insert("review_on", Value::id(day));
        }
        if let Some(days) = self.fresh_for_days {
            details.insert("fresh_for_days", i64::from(days).into());
        }
        if self.owner.is_some() {
            details.insert("owner_set", true.into());
        }
        details
    }
}

impl Source {
    /// What people should know before they rely on it, as a sentence: that it was not brought in for
    /// longer than its limit allows, or that the day of its review has passed.
    pub fn warning(&self, now: Timestamp) -> Option<String> {
        let age = match (self.imported_at, self.fresh_for_days) {
            (Some(at), Some(limit)) if self.is_stale(now) => {
                let days = now.duration_since(at).as_hours() / 24;
                let was = count(days, "day");
                Some(format!("{} was last brought in {was} ago; its limit is {limit}", self.name))
            }
            (None, Some(_)) => Some(format!("{} was never brought in", self.name)),
            _ => None,
        };
        let today = now.to_zoned(TimeZone::UTC).date();
        let review = self.review_on.filter(|_| self.awaits_review(today)).map(|day| {
            let what = match &age {
                Some(_) => "its review".to_owned(),
                None => format!("the review of {}", self.name),
            };
            format!("{what} was due on {}", day.strftime("%-d %b %Y"))
        });
        let parts: Vec<String> = [age, review].into_iter().flatten().collect();
        if parts.is_empty() {
            return None;
        }
        let owner = self.owner.as_ref().map(|owner| format!(" (owner: {owner})"));
        Some(format!("{}{}", parts.join(", and "), owner.unwrap_or_default()))
    }

    /// Whether the last import is longer ago than its freshness limit allows.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        match (self.fresh_for_days, self.imported_at) {
            (Some(days), Some(at)) => {
                now.duration_since(at) > SignedDuration::from_hours(24 * i64::from(days))
            }
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// Whether the day by which somebody was to look at it again has passed.
    pub fn awaits_review(&self, today: Date) -> bool {
        self.review_on.is_some_and(|day| day < today)
    }
}

impl Visibility {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Channels(_) => "channels",
            Self::Groups(_) => "groups",
        }
    }

    pub fn visible_to(&self) -> &[String] {
        match self {
            Self::Everyone => &[],
            Self::Channels(ids) | Self::Groups(ids) => ids,
        }
    }

    pub(super) fn from_row(kind: &str, visible_to: Vec<String>) -> Result<Self> {
        match kind {
            "everyone" => Ok(Self::Everyone),
            "channels" => Ok(Self::Channels(visible_to)),
            "groups" => Ok(Self::Groups(visible_to)),
            other => Err(anyhow::anyhow!("a source has the visibility {other:?}").into()),
        }
    }
}

/// What is said of a source by a name that none has.
fn no_such_source<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Refusal {
    let known: Vec<&str> = known.collect();
    let there = match known.as_slice() {
        [] => "No documents were brought in yet".to_owned(),
        known => format!("There are: {}", known.join(", ")),
    };
    Refusal::Missing(format!("There is no source “{name}”. {there}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(days: Option<i32>, imported_at: Option<&str>) -> Source {
        Source {
            id: SourceId(1),
            name: "reviews".to_owned(),
            kind: "reviews".to_owned(),
            owner: None,
            review_on: None,
            fresh_for_days: days,
            visibility: Visibility::Everyone,
            imported_at: imported_at.map(|it| it.parse().unwrap()),
            newest_document: None,
            documents: 0,
        }
    }

    #[test]
    fn what_is_old_or_was_to_be_looked_at_is_said() {
        let now: Timestamp = "2026-10-12T12:00:00Z".parse().unwrap();
        let check = |source: Source, expected: Option<&str>| {
            assert_eq!(source.warning(now).as_deref(), expected);
        };
        let (old, new) = (Some("2026-09-01T09:00:00Z"), Some("2026-10-12T09:00:00Z"));
        let due = Some("2026-10-03".parse().unwrap());
        check(source(None, old), None);
        check(source(Some(30), new), None);
        check(
            source(Some(30), old),
            Some("reviews was last brought in 41 days ago; its limit is 30"),
        );
        check(source(Some(30), None), Some("reviews was never brought in"));
        check(
            Source { review_on: due, owner: Some("Dana".to_owned()), ..source(Some(30), new) },
            Some("the review of reviews was due on 3 Oct 2026 (owner: Dana)"),
        );
        check(
            Source { review_on: due, ..source(Some(30), old) },
            Some(
                "reviews was last brought in 41 days ago; its limit is 30, and its review was due \
                 on 3 Oct 2026",
            ),
        );
        check(Source { review_on: Some("2026-10-12".parse().unwrap()), ..source(None, new) }, None);
    }

    #[test]
    fn a_source_is_stale_after_its_limit() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        let check = |days: Option<i32>, imported_at: Option<&str>, expected: bool| {
            assert_eq!(source(days, imported_at).is_stale(now), expected);
        };
        check(None, Some("2020-01-01T00:00:00Z"), false);
        check(Some(7), Some("2026-03-24T12:00:00Z"), false);
        check(Some(7), Some("2026-03-24T11:59:59Z"), true);
        check(Some(7), None, true);
    }
}
