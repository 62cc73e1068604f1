//! The `posts` table.

use anyhow::Context;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};

use super::show::{Place, Shown};
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, WorkspaceId};

/// Which message is meant.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    pub workspace: WorkspaceId,
    pub subject: &'a str,
    pub place: &'a Place,
}

/// What is known of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    Absent,
    /// A request went out, or was about to; whether it took effect is unknown.
    Attempted {
        since: Timestamp,
    },
    /// It stands in Slack; without a hash it is unknown what it shows.
    There {
        ts: MessageTs,
        hash: Option<[u8; 32]>,
    },
}

struct Row {
    attempted_at: Option<jiff_sqlx::Timestamp>,
    ts: Option<String>,
    content_hash: Option<Vec<u8>>,
}

impl TryFrom<Row> for State {
    type Error = anyhow::Error;

    fn try_from(row: Row) -> anyhow::Result<Self> {
        match (row.ts, row.attempted_at) {
            (None, None) => Ok(Self::Absent),
            (None, Some(since)) => Ok(Self::Attempted { since: since.to_jiff() }),
            (Some(ts), None) => {
                let hash = row.content_hash.map(<[u8; 32]>::try_from).transpose();
                let hash = hash.ok().context("a post's content hash is not one")?;
                Ok(Self::There { ts: MessageTs(ts), hash })
            }
            (Some(_), Some(_)) => anyhow::bail!("a post is both there and attempted"),
        }
    }
}

pub async fn state(connection: &mut PgConnection, key: Key<'_>) -> Result<State> {
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT
            attempted_at AS "attempted_at: jiff_sqlx::Timestamp",
            ts,
            content_hash
        FROM posts
        WHERE workspace_id = $1
            AND subject = $2
            AND channel_id = $3
            AND thread_ts IS NOT DISTINCT FROM $4
        "#,
        key.workspace as _,
        key.subject,
        key.place.channel.as_str(),
        key.place.thread(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or(Ok(State::Absent), State::try_from)?)
}

/// Notes that a request is about to go out. A message known before is known no more.
pub async fn attempt(connection: &mut PgConnection, key: Key<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO posts (workspace_id, subject, channel_id, thread_ts, attempted_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT posts_one_per_subject_and_place
        DO UPDATE
        SET attempted_at = excluded.attempted_at,
            ts = NULL,
            content_hash = NULL,
            posted_at = NULL,
            updated_at = NULL
        "#,
        key.workspace as _,
        key.subject,
        key.place.channel.as_str(),
        key.place.thread(),
        now.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that the attempt certainly came to nothing.
pub async fn give_up(connection: &mut PgConnection, key: Key<'_>) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE posts
        SET attempted_at = NULL
        WHERE workspace_id = $1
            AND subject = $2
            AND channel_id = $3
            AND thread_ts IS NOT DISTINCT FROM $4
        "#,
        key.workspace as _,
        key.subject,
        key.place.channel.as_str(),
        key.place.thread(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the message that the attempt made, and what it shows where that is known.
pub async fn posted(
    connection: &mut PgConnection,
    key: Key<'_>,
    ts: &MessageTs,
    hash: Option<[u8; 32]>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE posts
        SET attempted_at = NULL,
            ts = $5,
            content_hash = $6,
            posted_at = $7,
            updated_at = $7
        WHERE workspace_id = $1
            AND subject = $2
            AND channel_id = $3
            AND thread_ts IS NOT DISTINCT FROM $4
        "#,
        key.workspace as _,
        key.subject,
        key.place.channel.as_str(),
        key.place.thread(),
        ts.as_str(),
        hash.as_ref().map(<[u8; 32]>::as_slice),
        now.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes what the message now shows.
pub async fn updated(
    connection: &mut PgConnection,
    key: Key<'_>,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE posts
        SET content_hash = $5,
            updated_at = $6
        WHERE workspace_id = $1
            AND subject = $2
            AND channel_id = $3
            AND thread_ts IS NOT DISTINCT FROM $4
        "#,
        key.workspace as _,
        key.subject,
        key.place.channel.as_str(),
        key.place.thread(),
        hash.as_slice(),
        now.to_sqlx() as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn remove(connection: &mut PgConnection, key: Key<'_>) -> Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM posts
        WHERE workspace_id = $1
            AND subject = $2
            AND channel_id = $3
            AND thread_ts IS NOT DISTINCT FROM $4
        "#,
        key.workspace as _,
        key.subject,
        key.place.channel.as_str(),
        key.place.thread(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// All messages about a subject, the oldest first.
pub async fn places(pool: &PgPool, workspace: WorkspaceId, subject: &str) -> Result<Vec<Shown>> {
    let rows = sqlx::query!(
        r#"
        SELECT
            channel_id,
            thread_ts,
            ts AS "ts!"
        FROM posts
        WHERE workspace_id = $1
            AND subject = $2
            AND ts IS NOT NULL
        ORDER BY posted_at, id
        "#,
        workspace as _,
        subject,
    )
    .fetch_all(pool)
    .await?;
    let shown = rows.into_iter().map(|row| Shown {
        place: Place { channel: ChannelId(row.channel_id), thread: row.thread_ts.map(MessageTs) },
        ts: MessageTs(row.ts),
    });
    Ok(shown.collect())
}

/// Notes a message that was made in another way, and that this table now knows as the subject's.
pub async fn note(
    pool: &PgPool,
    workspace: WorkspaceId,
    subject: &str,
    place: &Place,
    ts: &MessageTs,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO posts (workspace_id, subject, channel_id, thread_ts, ts, posted_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        "#,
        workspace as _,
        subject,
        place.channel.as_str(),
        place.thread(),
        ts.as_str(),
        now.to_sqlx() as _,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Makes the messages about one subject those about another, which shows itself in their place.
pub async fn pass_on(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    subject: &str,
    to: &str,
) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE posts
        SET subject = $3,
            content_hash = NULL
        WHERE workspace_id = $1
            AND subject = $2
            AND ts IS NOT NULL
        "#,
        workspace as _,
        subject,
        to,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The subject of a message of ours.
pub async fn subject_of(
    pool: &PgPool,
    workspace: WorkspaceId,
    channel: &ChannelId,
    ts: &MessageTs,
) -> Result<Option<String>> {
    let subject = sqlx::query_scalar!(
        r#"
        SELECT subject
        FROM posts
        WHERE workspace_id = $1
            AND channel_id = $2
            AND ts = $3
        "#,
        workspace as _,
        channel.as_str(),
        ts.as_str(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(subject)
}
