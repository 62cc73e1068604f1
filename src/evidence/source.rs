//! Sources: where documents come from, who answers for them and who may see them.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;

use super::store;
use crate::error::Result;
use crate::ids::{SourceId, WorkspaceId};

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

impl Source {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_stale_after_its_limit() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        let check = |days: Option<i32>, imported_at: Option<&str>, expected: bool| {
            let source = Source {
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
            };
            assert_eq!(source.is_stale(now), expected);
        };
        check(None, Some("2020-01-01T00:00:00Z"), false);
        check(Some(7), Some("2026-03-24T12:00:00Z"), false);
        check(Some(7), Some("2026-03-24T11:59:59Z"), true);
        check(Some(7), None, true);
    }
}
