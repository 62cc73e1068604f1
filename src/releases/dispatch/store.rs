//! The SQL of dispatches.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgConnection, PgPool};

use crate::error::Result;
use crate::ids::{DispatchId, ReleaseId, ReviewId, WorkspaceId};
use crate::releases::{Dispatch, Event, Release, SinkKind, State, store};

pub(in crate::releases) async fn insert(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
    sinks: &[SinkKind],
    now: Timestamp,
) -> Result<Vec<DispatchId>> {
    let sinks: Vec<String> = sinks.iter().map(|sink| sink.name().to_owned()).collect();
    let ids = sqlx::query_scalar!(
        "
        INSERT INTO dispatches (workspace_id, release_id, event, sink, created_at)
        SELECT $1, $2, 'released', sink, $4
        FROM unnest($3::text[]) AS sink
        RETURNING id
        ",
        workspace.0,
        release.0,
        &sinks,
        now.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(DispatchId).collect())
}

/// A message for every receiver that was to get the release itself.
pub(in crate::releases) async fn insert_revocations(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
    now: Timestamp,
) -> Result<Vec<DispatchId>> {
    let ids = sqlx::query_scalar!(
        "
        INSERT INTO dispatches (workspace_id, release_id, event, sink, created_at)
        SELECT workspace_id, release_id, 'revoked', sink, $3
        FROM dispatches
        WHERE workspace_id = $1 AND release_id = $2 AND event = 'released'
        RETURNING id
        ",
        workspace.0,
        release.0,
        now.to_sqlx() as _,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(DispatchId).collect())
}

/// What has not gone out, and is not under way at this moment, never goes out.
pub(in crate::releases) async fn cancel_released(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'cancelled', next_at = NULL, ended_at = $3
        WHERE workspace_id = $1
          AND release_id = $2
          AND event = 'released'
          AND state IN ('waiting', 'dead')
          AND sending_since IS NULL
        ",
        workspace.0,
        release.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The dispatches of a release of which the channel was told that they did not arrive.
pub(in crate::releases) async fn told(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
) -> Result<Vec<DispatchId>> {
    let ids = sqlx::query_scalar!(
        "
        SELECT id
        FROM dispatches
        WHERE workspace_id = $1 AND release_id = $2 AND undelivered_at IS NOT NULL
        ",
        workspace.0,
        release.0,
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(DispatchId).collect())
}

/// Reads a dispatch for as long as nobody else can change anything about its release.
pub(super) async fn lock(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<(Release, Dispatch)>> {
    let Some(release) = store::lock(tx, workspace, dispatch).await? else { return Ok(None) };
    // In a statement of its own, which sees what the lock was waited for.
    let dispatches = of(tx, workspace, release.id).await?;
    let dispatch = dispatches.into_iter().find(|one| one.id == dispatch);
    Ok(dispatch.map(|dispatch| (release, dispatch)))
}

pub(super) async fn begin(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    address: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET attempts = attempts + 1, sending_since = $2, address = coalesce($3, address)
        WHERE id = $1
        ",
        dispatch.id.0,
        now.to_sqlx() as _,
        address,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the release that a revocation takes back is going out at this moment to the same receiver,
/// in an attempt that began after `since`.
pub(super) async fn is_under_way(
    tx: &mut PgConnection,
    revocation: &Dispatch,
    since: Timestamp,
) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM dispatches
            WHERE release_id = $1 AND sink = $2 AND event = 'released' AND sending_since > $3
        ) AS "exists!"
        "#,
        revocation.release.0,
        revocation.sink.name(),
        since.to_sqlx() as _,
    )
    .fetch_one(tx)
    .await?)
}

pub(super) async fn deliver(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'delivered', sending_since = NULL, last_error = NULL, next_at = NULL, ended_at = $2
        WHERE id = $1
        ",
        dispatch.id.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn fail(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    error: &str,
    next_at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET sending_since = NULL, last_error = $2, next_at = $3
        WHERE id = $1
        ",
        dispatch.id.0,
        error,
        next_at.map(ToSqlx::to_sqlx) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn bury(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    error: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'dead', sending_since = NULL, last_error = $2, next_at = NULL, ended_at = $3,
            undelivered_at = $3
        WHERE id = $1
        ",
        dispatch.id.0,
        error,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn cancel(
    tx: &mut PgConnection,
    dispatch: &Dispatch,
    now: Timestamp,
) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'cancelled', sending_since = NULL, next_at = NULL, ended_at = $2
        WHERE id = $1
        ",
        dispatch.id.0,
        now.to_sqlx() as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn revive(tx: &mut PgConnection, dispatch: &Dispatch) -> Result<()> {
    sqlx::query!(
        "
        UPDATE dispatches
        SET state = 'waiting', last_error = NULL, ended_at = NULL
        WHERE id = $1
        ",
        dispatch.id.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The id under which the same receiver was told of the release.
pub(super) async fn id_of_released(db: &PgPool, revocation: &Dispatch) -> Result<String> {
    Ok(sqlx::query_scalar!(
        "
        SELECT webhook_id
        FROM dispatches
        WHERE release_id = $1 AND sink = $2 AND event = 'released'
        ",
        revocation.release.0,
        revocation.sink.name(),
    )
    .fetch_one(db)
    .await?)
}

pub(super) async fn review_of(
    db: &PgPool,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<ReviewId>> {
    let id = sqlx::query_scalar!(
        "
        SELECT review_id
        FROM dispatches
        JOIN releases ON releases.id = release_id
        WHERE dispatches.workspace_id = $1 AND dispatches.id = $2
        ",
        workspace.0,
        dispatch.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(ReviewId))
}

/// A dispatch with its release, as they are at this moment.
pub(in crate::releases) async fn find(
    db: &PgPool,
    workspace: WorkspaceId,
    dispatch: DispatchId,
) -> Result<Option<(Release, Dispatch)>> {
    let Some(review) = review_of(db, workspace, dispatch).await? else { return Ok(None) };
    let Some(released) = store::of(db, workspace, review).await? else { return Ok(None) };
    let dispatch = released.dispatches.into_iter().find(|one| one.id == dispatch);
    Ok(dispatch.map(|dispatch| (released.release, dispatch)))
}

/// All about one release, in the order in which they were written down.
pub(in crate::releases) async fn of(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    release: ReleaseId,
) -> Result<Vec<Dispatch>> {
    let rows = sqlx::query_as!(
        DispatchRow,
        r#"
        SELECT id, release_id, event, sink, webhook_id, state, attempts, address, last_error,
               next_at AS "next_at: SqlTimestamp", ended_at AS "ended_at: SqlTimestamp",
               undelivered_at AS "undelivered_at: SqlTimestamp"
        FROM dispatches
        WHERE workspace_id = $1 AND release_id = $2
        ORDER BY id
        "#,
        workspace.0,
        release.0,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(DispatchRow::into_dispatch).collect()
}

struct DispatchRow {
    id: i64,
    release_id: i64,
    event: String,
    sink: String,
    webhook_id: String,
    state: String,
    attempts: i32,
    address: Option<String>,
    last_error: Option<String>,
    next_at: Option<SqlTimestamp>,
    ended_at: Option<SqlTimestamp>,
    undelivered_at: Option<SqlTimestamp>,
}

impl DispatchRow {
    fn into_dispatch(self) -> Result<Dispatch> {
        let next_at = self.next_at.map(SqlTimestamp::to_jiff);
        let state = match (self.state.as_str(), self.ended_at.map(SqlTimestamp::to_jiff)) {
            ("waiting", None) => State::Waiting { error: self.last_error, next_at },
            ("delivered", Some(at)) => State::Delivered { at },
            ("dead", Some(at)) => State::Dead { at, error: self.last_error.unwrap_or_default() },
            ("cancelled", Some(at)) => State::Cancelled { at },
            (state, _) => return Err(impossible("state", state)),
        };
        Ok(Dispatch {
            id: DispatchId(self.id),
            release: ReleaseId(self.release_id),
            event: match self.event.as_str() {
                "released" => Event::Released,
                "revoked" => Event::Revoked,
                event => return Err(impossible("event", event)),
            },
            sink: match self.sink.as_str() {
                "webhook" => SinkKind::Webhook,
                "outbox" => SinkKind::Outbox,
                sink => return Err(impossible("sink", sink)),
            },
            webhook_id: self.webhook_id,
            state,
            attempts: self.attempts,
            address: self.address,
            undelivered_at: self.undelivered_at.map(SqlTimestamp::to_jiff),
        })
    }
}

fn impossible(what: &str, value: &str) -> crate::error::Error {
    anyhow::anyhow!("a dispatch is stored with the impossible {what} {value:?}").into()
}
