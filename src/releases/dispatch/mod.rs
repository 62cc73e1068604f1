//! Attempts at a dispatch, and what becomes of it.
//!
//! An attempt is three steps: it is written down under the lock of the release that it begins; it goes
//! out, without a lock; under the lock again it is written down what came of it. In between a release
//! may be called back: then what is under way ends as it ends, and is not tried again.

pub(super) mod store;

use std::collections::BTreeMap;

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::sink::{Parcel, Sent};
use super::{Dispatch, Event, Release, State, envelope};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::error::{Refusal, Result};
use crate::ids::{DispatchId, PersonId, WorkspaceId};
use crate::jobs::{self, Attempt, Job};
use crate::reviews::{self, act};

/// Longer than an attempt can take: one that began before was cut off with its process.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(1);

/// Makes one attempt to bring a message to its receiver. A failure is a fault, so that the queue tries
/// again.
pub async fn deliver(app: &App, dispatch: DispatchId, attempt: Attempt) -> Result<()> {
    let Some((release, dispatch)) = begin(app, dispatch).await? else { return Ok(()) };
    let sent = match parcel(app, &release, &dispatch).await? {
        Some(parcel) => app.sinks.send(dispatch.sink, &parcel, app.now()).await,
        None => return refuse(app, dispatch.id).await,
    };
    match sent {
        Sent::Arrived { status } => arrived(app, dispatch.id, status).await,
        Sent::Refused { error, status } => {
            let mut tx = app.db.begin().await?;
            if let Some((release, dispatch)) = waiting(&mut tx, app, dispatch.id).await? {
                let why = Undelivered { act: "release.undelivered", error: &error, status };
                bury(&mut tx, app, &release, &dispatch, why).await?;
            }
            tx.commit().await?;
            Ok(())
        }
        Sent::Failed { error, status, not_before } => {
            failed(app, dispatch.id, &error, status, not_before, attempt).await
        }
    }
}

/// The last attempt failed, or took its process down with it: the channel is told.
pub async fn give_up(app: &App, dispatch: DispatchId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let Some((release, dispatch)) = waiting(&mut tx, app, dispatch).await? else { return Ok(()) };
    if is_called_back(&release, &dispatch) {
        cancel(&mut tx, app, &release, &dispatch).await?;
    } else {
        let error = match &dispatch.state {
            State::Waiting { error: Some(error), .. } => error.clone(),
            _ => "it was never known what came of the attempts".to_owned(),
        };
        let why = Undelivered { act: "release.undelivered", error: &error, status: None };
        bury(&mut tx, app, &release, &dispatch, why).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Sends what was given up again, for somebody whom the review concerns.
pub async fn send_again(app: &App, dispatch: DispatchId, person: &PersonId) -> Result<()> {
    let review =
        store::review_of(&app.db, app.workspace.id, dispatch).await?.ok_or_else(nothing_to_send)?;
    reviews::check_concerned(app, review, person).await?;
    let mut tx = app.db.begin().await?;
    let actor = Actor::Person(person.clone());
    revive(&mut tx, app.workspace.id, dispatch, actor, app.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets what was given up be tried from the start again, under the same id.
pub async fn revive(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    dispatch: DispatchId,
    actor: Actor,
    now: Timestamp,
) -> Result<()> {
    let (release, dispatch) =
        store::lock(tx, workspace, dispatch).await?.ok_or_else(nothing_to_send)?;
    if is_called_back(&release, &dispatch) {
        return Err(Refusal::NotGivenUp { state: "called back" }.into());
    }
    match dispatch.state {
        State::Dead { .. } => {}
        State::Waiting { .. } => {
            return Err(Refusal::NotGivenUp { state: "being sent already" }.into());
        }
        State::Delivered { .. } => {
            return Err(Refusal::NotGivenUp { state: "delivered already" }.into());
        }
        State::Cancelled { .. } => return Err(Refusal::NotGivenUp { state: "called back" }.into()),
    }
    store::revive(tx, &dispatch).await?;
    let event = event(&release, &dispatch, actor, "release.sent_again", now, None);
    audit::append(tx, event).await?;
    let job = Job::Dispatch { release: release.id, dispatch: dispatch.id };
    jobs::enqueue(tx, workspace, job).await?;
    show_change(tx, &release, &dispatch).await
}

fn nothing_to_send() -> Refusal {
    Refusal::Missing("There is no such message about a release, so nothing was sent. `countersign releases list` shows those there are.".to_owned())
}

/// Writes down that an attempt begins; none if there is nothing to send any more.
async fn begin(app: &App, dispatch: DispatchId) -> Result<Option<(Release, Dispatch)>> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let Some((release, dispatch)) = waiting(&mut tx, app, dispatch).await? else {
        return Ok(None);
    };
    if is_called_back(&release, &dispatch) {
        cancel(&mut tx, app, &release, &dispatch).await?;
        tx.commit().await?;
        return Ok(None);
    }
    if dispatch.event == Event::Revoked
        && store::is_under_way(&mut tx, &dispatch, now - UNDER_WAY).await?
    {
        return Err(anyhow!("what is called back is still on its way out").into());
    }
    let name = envelope::name(dispatch.event, &release);
    let address = app.sinks.address(dispatch.sink, &name);
    store::begin(&mut tx, &dispatch, address.as_deref(), now).await?;
    tx.commit().await?;
    Ok(Some((release, dispatch)))
}

/// The message as it goes out; none if the content is not what was decided on.
async fn parcel(app: &App, release: &Release, dispatch: &Dispatch) -> Result<Option<Parcel>> {
    let (id, team) = (&dispatch.webhook_id, &app.workspace.team);
    let body = match dispatch.event {
        Event::Released => {
            let content = reviews::content(&app.db, release.workspace, release.revision).await?;
            let hash: [u8; 32] = Sha256::digest(&content.bytes).into();
            if hash != release.content_hash {
                return Ok(None);
            }
            envelope::released(id, team, release, &content.bytes)?
        }
        Event::Revoked => {
            let released = store::id_of_released(&app.db, dispatch).await?;
            envelope::revoked(id, team, release, &released)?
        }
    };
    let name = envelope::name(dispatch.event, release);
    Ok(Some(Parcel { webhook_id: id.clone(), name, body }))
}

async fn arrived(app: &App, dispatch: DispatchId, status: Option<u16>) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let Some((release, dispatch)) = waiting(&mut tx, app, dispatch).await? else { return Ok(()) };
    store::deliver(&mut tx, &dispatch, now).await?;
    let event = event(&release, &dispatch, Actor::Bot, "release.delivered", now, status);
    audit::append(&mut tx, event).await?;
    show_change(&mut tx, &release, &dispatch).await?;
    tx.commit().await?;

    tracing::info!(
        release.id = release.id.0,
        dispatch.id = dispatch.id.0,
        dispatch.event = dispatch.event.name(),
        dispatch.sink = dispatch.sink.name(),
        "a release was delivered"
    );
    Ok(())
}

async fn failed(
    app: &App,
    dispatch: DispatchId,
    error: &str,
    status: Option<u16>,
    not_before: Option<Timestamp>,
    attempt: Attempt,
) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let Some((release, dispatch)) = waiting(&mut tx, app, dispatch).await? else { return Ok(()) };
    if is_called_back(&release, &dispatch) {
        cancel(&mut tx, app, &release, &dispatch).await?;
        tx.commit().await?;
        return Ok(());
    }
    let next_at = attempt.next_at(not_before.map_or(now, |at| at.max(now)));
    store::fail(&mut tx, &dispatch, error, next_at).await?;
    if let Some(at) = not_before {
        let job = Job::Dispatch { release: release.id, dispatch: dispatch.id };
        let wait = at.duration_since(now);
        jobs::postpone(&mut tx, app.workspace.id, &job, wait).await?;
    }
    show_change(&mut tx, &release, &dispatch).await?;
    tx.commit().await?;
    let status = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    Err(anyhow!("a release was not delivered to the {}: {status}", dispatch.sink.name()).into())
}

/// What would go out is not what was decided on: it never does.
async fn refuse(app: &App, dispatch: DispatchId) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let Some((release, dispatch)) = waiting(&mut tx, app, dispatch).await? else { return Ok(()) };
    let why = Undelivered {
        act: act!(release.subject, "release_refused"),
        error: "what is stored is not what was decided on any more, so it was not sent",
        status: None,
    };
    bury(&mut tx, app, &release, &dispatch, why).await?;
    tx.commit().await?;
    Ok(())
}

struct Undelivered<'a> {
    act: &'static str,
    error: &'a str,
    status: Option<u16>,
}

/// It is not tried any more, and people are told.
async fn bury(
    tx: &mut PgConnection,
    app: &App,
    release: &Release,
    dispatch: &Dispatch,
    why: Undelivered<'_>,
) -> Result<()> {
    let now = app.now();
    store::bury(tx, dispatch, why.error, now).await?;
    let event = event(release, dispatch, Actor::Bot, why.act, now, why.status);
    audit::append(tx, event).await?;
    let dispatch = Dispatch { undelivered_at: Some(now), ..dispatch.clone() };
    show_change(tx, release, &dispatch).await?;
    tracing::error!(
        release.id = release.id.0,
        dispatch.id = dispatch.id.0,
        dispatch.sink = dispatch.sink.name(),
        dispatch.attempts = dispatch.attempts,
        "a release was not delivered, and is not tried any more: see `countersign releases list`"
    );
    Ok(())
}

async fn cancel(
    tx: &mut PgConnection,
    app: &App,
    release: &Release,
    dispatch: &Dispatch,
) -> Result<()> {
    store::cancel(tx, dispatch, app.now()).await?;
    show_change(tx, release, dispatch).await
}

/// Lets Slack show how far it came: on the card, and in the message that said it had not arrived.
async fn show_change(tx: &mut PgConnection, release: &Release, dispatch: &Dispatch) -> Result<()> {
    jobs::enqueue(tx, release.workspace, Job::ShowReview { review: release.review }).await?;
    if dispatch.undelivered_at.is_some() {
        jobs::enqueue(tx, release.workspace, Job::ShowDispatch { dispatch: dispatch.id }).await?;
    }
    Ok(())
}

/// The dispatch with its release, locked, if it still waits to arrive.
async fn waiting(
    tx: &mut PgConnection,
    app: &App,
    dispatch: DispatchId,
) -> Result<Option<(Release, Dispatch)>> {
    let locked = store::lock(tx, app.workspace.id, dispatch).await?;
    Ok(locked.filter(|(_, dispatch)| matches!(dispatch.state, State::Waiting { .. })))
}

fn is_called_back(release: &Release, dispatch: &Dispatch) -> bool {
    dispatch.event == Event::Released && release.revoked.is_some()
}

fn event(
    release: &Release,
    dispatch: &Dispatch,
    actor: Actor,
    act: &'static str,
    at: Timestamp,
    status: Option<u16>,
) -> audit::Event {
    let mut details = BTreeMap::from([
        ("release", Value::id(release.id)),
        ("review", Value::id(release.review)),
        ("content_sha256", Value::hash(&release.content_hash)),
        ("event", dispatch.event.name().into()),
        ("sink", dispatch.sink.name().into()),
        ("webhook_id", Value::id(&dispatch.webhook_id)),
        ("attempts", i64::from(dispatch.attempts).into()),
    ]);
    if let Some(status) = status {
        details.insert("status", i64::from(status).into());
    }
    let (workspace, subject) = (release.workspace, release.subject());
    audit::Event { workspace, at, actor, act, subject, details }
}
