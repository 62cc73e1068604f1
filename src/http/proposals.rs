//! What agents that run elsewhere put up, ask and change: JSON in, JSON out, errors as sentences.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router, routing::get};
use serde::Deserialize;
use serde_json::{Value, json};

use super::agent::FromAgent;
use super::bearer::{Pace, Trouble, broken};
use crate::app::App;
use crate::config::SubjectKind;
use crate::error::{Error, Refusal};
use crate::ids::{MessageTs, PersonId, ProposalId};
use crate::proposals::{self, Proposal, Provenance, Receipt, Request, Status, Submission};
use crate::releases;
use crate::reviews::{self, State as ReviewState};
use crate::slack::{Place, SlackError};

type Answer = Result<Response, Trouble>;

/// How many proposals one list holds.
const PAGE: i64 = 100;

/// How long a key may be.
const KEY_LIMIT: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    kind: SubjectKind,
    title: String,
    text: String,
    budget: Option<u64>,
    audience: Option<u64>,
    #[serde(default)]
    public: bool,
    /// By its name or by Slack's id.
    channel: String,
    thread: Option<MessageTs>,
    requested_by: PersonId,
    #[serde(default)]
    provenance: Provenance,
}

/// What is left out stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The revision that the agent read.
    revision: i32,
    title: Option<String>,
    text: Option<String>,
    budget: Option<u64>,
    audience: Option<u64>,
    public: Option<bool>,
    provenance: Option<Provenance>,
}

#[derive(Deserialize)]
struct Filter {
    state: Option<String>,
    /// The last id of the page before.
    after: Option<String>,
}

pub fn router() -> Router<App> {
    Router::new()
        .route("/proposals", get(list).post(put_up))
        .route("/proposals/{id}", get(show).put(change))
        .layer(Extension(Pace::default()))
}

async fn put_up(State(app): State<App>, request: FromAgent) -> Answer {
    // Whoever hangs up leaves no transaction open: what was begun comes to its end.
    let taker = app.clone();
    let receipt = app.background.spawn(async move { take_new(&taker, &request).await });
    let receipt = receipt.await.map_err(|_| broken())??;
    Ok((StatusCode::CREATED, Json(receipt_json(&receipt))).into_response())
}

async fn take_new(app: &App, from: &FromAgent) -> Result<Receipt, Trouble> {
    let key = from.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.map(str::trim).filter(|key| !key.is_empty() && key.len() <= KEY_LIMIT);
    let key = key.ok_or_else(|| {
        bad(format!(
            "Send an Idempotency-Key header of 1 to {KEY_LIMIT} characters, another one for each proposal, so that a repeated request makes no second card."
        ))
    })?;
    let body: Value = parse(&from.body)?;
    let request = Request::new(&from.agent, key, &body);
    if let Some(receipt) = request.answered(app).await.map_err(trouble)? {
        return Ok(receipt);
    }
    let new: New = parse(&from.body)?;
    let amounts = (new.budget, new.audience);
    let proposal = Proposal::new(new.kind, &new.title, &new.text, amounts, new.public);
    let proposal = proposal.map_err(|refusal| trouble(refusal.into()))?;
    if new.thread.as_ref().is_some_and(|thread| !is_message(thread)) {
        return Err(unusable("The thread is named by its first message, like 1795338000.123456."));
    }
    check_requester(app, &new.requested_by).await?;
    let channel = app.slack.channel_to_post_in(&new.channel).await.map_err(|error| {
        of_slack(&error, "The channel cannot be posted in", "channel by its name or its id")
    })?;
    let submission = Submission {
        proposal,
        provenance: new.provenance,
        requested_by: new.requested_by,
        place: Place { channel: channel.id, thread: new.thread },
    };
    proposals::propose_as(app, &request, &submission).await.map_err(trouble)
}

async fn show(State(app): State<App>, Path(id): Path<String>, from: FromAgent) -> Answer {
    let status = find(&app, &from.agent, &id).await?;
    let released = releases::of(&app.db, app.workspace.id, status.review.id).await;
    let released = released.map_err(trouble)?;
    let mut json = status_json(&status);
    json["release"] = released.map_or(Value::Null, |released| {
        let release = &released.release;
        json!({
            "released_at": release.at,
            "revoked_at": release.revoked.as_ref().map(|one| one.at),
        })
    });
    Ok(Json(json).into_response())
}

async fn list(State(app): State<App>, Query(filter): Query<Filter>, from: FromAgent) -> Answer {
    let state = filter.state.as_deref();
    if let Some(state) = state
        && !ReviewState::NAMES.contains(&state)
    {
        return Err(bad(format!(
            "No proposal is ever {state:?}; ask for one of {}.",
            ReviewState::NAMES.join(", ")
        )));
    }
    let after = filter.after.as_deref().unwrap_or("0").parse();
    let after = after.map_err(|_| bad("after is the last id of the page before, a number."))?;
    let asked = (state, after);
    let made = reviews::made_by(&app.db, app.workspace.id, &from.agent, asked, PAGE);
    let made = made.await.map_err(trouble)?;
    let next = (made.len() as i64 == PAGE).then(|| made.last().map(|one| one.subject_id));
    let listed: Vec<Value> = made
        .iter()
        .map(|one| {
            json!({
                "id": one.subject_id,
                "kind": one.subject,
                "title": one.title,
                "review": one.review,
                "revision": one.number,
                "state": one.state.name(),
            })
        })
        .collect();
    Ok(Json(json!({"proposals": listed, "next_after": next.flatten()})).into_response())
}

async fn change(State(app): State<App>, Path(id): Path<String>, from: FromAgent) -> Answer {
    let taker = app.clone();
    let receipt = app.background.spawn(async move { take_change(&taker, &id, &from).await });
    let receipt = receipt.await.map_err(|_| broken())??;
    Ok(Json(receipt_json(&receipt)).into_response())
}

async fn take_change(app: &App, id: &str, from: &FromAgent) -> Result<Receipt, Trouble> {
    let status = find(app, &from.agent, id).await?;
    let change: Change = parse(&from.body)?;
    let before = &status.proposal;
    let proposal = Proposal::new(
        before.subject,
        change.title.as_ref().unwrap_or(&before.title),
        change.text.as_ref().unwrap_or(&before.text),
        (change.budget.or(before.budget), change.audience.or(before.audience)),
        change.public.unwrap_or(before.public),
    );
    let proposal = proposal.map_err(|refusal| trouble(refusal.into()))?;
    let (agent, made) = (&from.agent, change.provenance.as_ref());
    let revised = proposals::revise_as(app, agent, &status, change.revision, &proposal, made).await;
    revised.map_err(trouble)
}

async fn find(app: &App, agent: &str, id: &str) -> Result<Status, Trouble> {
    let none = || {
        let sentence = format!("The {agent} agent has put up no proposal {id:?}.");
        Trouble::new(StatusCode::NOT_FOUND, sentence)
    };
    let number = id.parse().map_err(|_| none())?;
    let status = proposals::status(app, agent, ProposalId(number)).await.map_err(trouble)?;
    status.ok_or_else(none)
}

/// Whoever an agent works for is a member here: they are told, and do not decide.
async fn check_requester(app: &App, person: &PersonId) -> Result<(), Trouble> {
    let profile = app.slack.person(person).await.map_err(|error| {
        of_slack(&error, "Nobody in this workspace is requested_by", "person by Slack's id, U…")
    })?;
    if profile.is_bot || profile.is_deactivated || profile.is_stranger {
        return Err(unusable(
            "requested_by is a bot, deactivated or of another organisation. Name the member of the team who asked for it.",
        ));
    }
    Ok(())
}

fn receipt_json(receipt: &Receipt) -> Value {
    json!({
        "id": receipt.id,
        "review": receipt.review,
        "revision": receipt.revision,
        "content_sha256": hex::encode(receipt.content_hash),
    })
}

fn status_json(status: &Status) -> Value {
    let Status { review, proposal, .. } = status;
    let changes: Vec<Value> = status
        .requests
        .iter()
        .map(|one| json!({"revision": one.number, "by": one.person, "comment": one.comment}))
        .collect();
    let decisions: Vec<Value> = review
        .decisions
        .iter()
        .map(|one| {
            json!({
                "by": one.person,
                "verdict": one.verdict.name(),
                "groups": one.groups,
                "at": one.at,
                "reason": one.reason.map(reviews::Reason::name),
                "comment": one.comment,
            })
        })
        .collect();
    let missing: Vec<Value> = match review.state {
        ReviewState::Open => review.missing(),
        _ => Vec::new(),
    }
    .iter()
    .map(|need| json!({"group": need.group, "count": need.count}))
    .collect();
    json!({
        "id": status.id,
        "kind": review.subject,
        "review": review.id,
        "state": review.state.name(),
        "revision": review.number,
        "content_sha256": hex::encode(review.content_hash),
        "title": proposal.title,
        "text": proposal.text,
        "budget": proposal.budget,
        "audience": proposal.audience,
        "public": proposal.public,
        "edited_by": review.edited_by,
        "requested_by": review.requested_by,
        "channel": review.channel,
        "checks": status.content.checks,
        "policies": review.terms.rules,
        "policy_version": review.policy_version,
        "missing": missing,
        "changes_requested": changes,
        "decisions": decisions,
    })
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| {
        let status = if error.is_data() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::BAD_REQUEST
        };
        Trouble::new(status, format!("The body cannot be read: {error}."))
    })
}

fn is_message(ts: &MessageTs) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    ts.as_str().split_once('.').is_some_and(|(seconds, rest)| {
        seconds.len() == 10 && rest.len() == 6 && is_number(seconds) && is_number(rest)
    })
}

fn bad(sentence: impl Into<String>) -> Trouble {
    Trouble::new(StatusCode::BAD_REQUEST, sentence)
}

fn unusable(sentence: impl Into<String>) -> Trouble {
    Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}

/// Slack's no is the request's fault; that it does not answer is nobody's.
fn of_slack(error: &SlackError, what: &str, name: &str) -> Trouble {
    match error.for_people() {
        Some(why) => unusable(format!("{what}: {why} Name a {name}.")),
        None if error.is_temporary() => Trouble {
            retry_after: Some(30),
            ..Trouble::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Slack does not answer, so nothing was put up. Send the same request again.",
            )
        },
        None => unusable(format!("{what} ({}). Name a {name}.", error.code().unwrap_or("refused"))),
    }
}

fn trouble(error: Error) -> Trouble {
    let refusal = match error {
        Error::Refused(refusal) => refusal,
        Error::Fault(fault) => {
            tracing::error!("an agent's request failed: {fault:#}");
            return broken();
        }
    };
    match refusal {
        Refusal::Inputs(problems) => {
            let named: Vec<String> =
                problems.iter().map(|(name, sentence)| format!("{name}: {sentence}")).collect();
            unusable(named.join(" "))
        }
        Refusal::ReviewClosed { state, .. } => Trouble::new(
            StatusCode::CONFLICT,
            format!("This is {state}, so its text cannot be changed any more. Put up a new one."),
        ),
        Refusal::Superseded { .. } => Trouble::new(StatusCode::CONFLICT, refusal.to_string()),
        Refusal::TooManyWait { .. } => Trouble {
            retry_after: Some(3_600),
            ..Trouble::new(StatusCode::TOO_MANY_REQUESTS, refusal.to_string())
        },
        other => unusable(other.to_string()),
    }
}
