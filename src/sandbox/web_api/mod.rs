//! The Web API: `/api/METHOD`, form-encoded or JSON, with Slack's errors and HTTP 200 for them.

mod apps;
mod args;
mod assistant;
mod chat;
pub mod content;
mod conversations;
mod files;
mod groups;
mod history;
mod methods;
mod reactions;
mod stream;
mod users;
mod views;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::stream as streams;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

pub use args::Args;
use methods::Method;
pub use views::checked as checked_view;

use super::Sandbox;
use super::faults::{FaultKind, NEVER};
use super::workspace::Workspace;

const LOG: usize = 10_000;
const BODY_BYTES: usize = 8 << 20;

/// A call that the app made.
#[derive(Clone, Debug)]
pub struct ApiCall {
    pub method: String,
    /// Without the token.
    pub arguments: Map<String, Value>,
    pub at: Timestamp,
}

#[derive(Default)]
pub(super) struct Calls(Mutex<VecDeque<ApiCall>>);

/// `ok: false`, with Slack's word for why.
#[derive(Debug)]
pub struct Failure {
    pub error: String,
    details: Map<String, Value>,
}

pub type Answer = Result<Value, Failure>;

/// A call while it is being answered.
pub struct Call<'a> {
    pub sandbox: &'a Sandbox,
    pub args: &'a Args,
}

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/api/{method}", any(answer))
        .merge(files::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}

impl Failure {
    pub fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), details: Map::new() }
    }

    pub fn with(mut self, name: &str, detail: Value) -> Self {
        self.details.insert(name.to_owned(), detail);
        self
    }

    /// With the sentences that say what is wrong and where.
    pub fn because(error: &str, problems: &[impl ToString]) -> Self {
        let plain: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let marked: Vec<String> =
            plain.iter().map(|problem| format!("[ERROR] {problem}")).collect();
        Self::new(error)
            .with("errors", json!(plain))
            .with("response_metadata", json!({ "messages": marked }))
    }

    pub fn body(&self) -> Value {
        let mut body = Map::from_iter([
            ("ok".to_owned(), json!(false)),
            ("error".to_owned(), json!(self.error)),
        ]);
        body.extend(self.details.clone());
        Value::Object(body)
    }
}

impl From<&'static str> for Failure {
    fn from(error: &'static str) -> Self {
        Self::new(error)
    }
}

impl Call<'_> {
    /// Looks at the state, or changes it.
    pub fn with<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        self.sandbox.with(change)
    }
}

impl Sandbox {
    /// The calls of the Web API and of response URLs, oldest first.
    pub fn calls(&self) -> Vec<ApiCall> {
        self.inner.calls.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Answers a call, unless a fault befalls it.
    pub(super) async fn called(
        &self,
        method: &str,
        arguments: Map<String, Value>,
        run: impl FnOnce(&Self) -> Response,
    ) -> Response {
        self.log_call(method, arguments);
        self.inner.faults.wait_for_release(method).await;
        let Some(fault) = self.inner.faults.of_call(method) else { return run(self) };
        match fault.kind {
            FaultKind::RateLimited => {
                let after = fault.retry_after.unwrap_or(1).to_string();
                let body = axum::Json(Failure::new("ratelimited").body());
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", after)], body).into_response()
            }
            FaultKind::ServerError => {
                let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
                (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "").into_response()
            }
            FaultKind::TimeoutBefore => never().await,
            FaultKind::TimeoutAfter => {
                drop(run(self));
                never().await
            }
            FaultKind::DropBefore => dropped(),
            FaultKind::DropAfter => {
                drop(run(self));
                dropped()
            }
            FaultKind::Error => {
                let code = fault.code.unwrap_or_else(|| "internal_error".to_owned());
                axum::Json(Failure::new(code).body()).into_response()
            }
            _ => run(self),
        }
    }

    fn log_call(&self, method: &str, mut arguments: Map<String, Value>) {
        arguments.remove("token");
        let mut log = self.inner.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == LOG {
            log.pop_front();
        }
        let at = self.inner.clock.now();
        log.push_back(ApiCall { method: method.to_owned(), arguments, at });
    }

    fn api(&self, method: &str, args: &Args, token: Option<&str>) -> Answer {
        let Some(method) = methods::find(method) else {
            return Err(Failure::new("unknown_method").with("req_method", json!(method)));
        };
        self.authorise(method, token)?;
        (method.run)(&Call { sandbox: self, args })
    }

    fn authorise(&self, method: &Method, token: Option<&str>) -> Result<(), Failure> {
        let app = &self.inner.seed.app;
        if method.name == "api.test" {
            return Ok(());
        }
        let token = token.filter(|token| !token.is_empty()).ok_or("not_authed")?;
        let is_app_token = token == app.app_token;
        if !is_app_token && token != app.bot_token {
            return Err("invalid_auth".into());
        }
        let wants_app_token = method.name == "apps.connections.open";
        if method.name != "auth.test" && is_app_token != wants_app_token {
            return Err("not_allowed_token_type".into());
        }
        let has = |scope: &&str| app.scopes.iter().any(|granted| granted == scope);
        if !is_app_token && !method.scopes.is_empty() && !method.scopes.iter().any(has) {
            return Err(Failure::new("missing_scope")
                .with("needed", json!(method.scopes.join(",")))
                .with("provided", json!(app.scopes.join(","))));
        }
        Ok(())
    }
}

async fn answer(
    State(sandbox): State<Sandbox>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let content_type = header("content-type").unwrap_or_default();
    let args = Args::parse(query.as_deref().unwrap_or_default(), content_type, &body);
    let bearer = header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let arguments = args.as_ref().map(|args| args.0.clone()).unwrap_or_default();
    let scopes = sandbox.inner.seed.app.scopes.join(",");
    sandbox
        .called(&method, arguments, |sandbox| {
            let answer = args.and_then(|args| {
                let token = bearer.or_else(|| args.text("token").map(str::to_owned));
                sandbox.api(&method, &args, token.as_deref())
            });
            let body = match answer {
                Ok(mut answer) => {
                    answer["ok"] = json!(true);
                    answer
                }
                Err(failure) => failure.body(),
            };
            ([("x-oauth-scopes", scopes)], axum::Json(body)).into_response()
        })
        .await
}

/// No answer for as long as anyone would wait for one.
async fn never() -> Response {
    sleep(NEVER).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

/// A connection that closes instead of an answer: the server gives up on a body that fails before
/// anything of the response was sent.
fn dropped() -> Response {
    let failing = streams::once(async { Err::<Bytes, _>(std::io::Error::other("dropped")) });
    Body::from_stream(failing).into_response()
}
