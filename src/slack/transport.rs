//! One call to Slack: its pace, its time-outs, its repetitions, and the truth about its outcome.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use slack_morphism::errors::SlackClientError;
use slack_morphism::hyper_tokio::SlackClientHyperConnector;
use slack_morphism::{
    ClientResult, SlackApiToken, SlackClient, SlackClientApiCallContext, SlackClientHttpConnector,
};
use tokio::sync::OnceCell;
use tracing::Instrument;
use url::Url;

use super::error::{Kind, SlackError};
use super::pace::Pace;
use super::people::Identity;
use crate::ids::ChannelId;

/// Told of every request: the method, its result in a word (`ok`, `refused`, `rate_limited`,
/// `failed`), and how long it took.
pub type Observer = Arc<dyn Fn(&str, &str, Duration) + Send + Sync>;

#[derive(Clone)]
pub struct Settings {
    /// `xoxb-…`
    pub bot_token: String,
    /// `xapp-…`, for Socket Mode only.
    pub app_token: Option<String>,
    /// Where the Web API is; plain http is allowed, for a workspace on this machine.
    pub api_url: Url,
    pub connect_timeout: Duration,
    /// For one request and its whole answer.
    pub timeout: Duration,
    /// How long a call may wait in all for its turn, for Slack's leave and between repetitions.
    pub patience: Duration,
    /// Messages a second in one channel, and how many of them may go at once.
    pub messages_per_second: f64,
    pub burst: f64,
    /// How long a message may take from Slack's door into the channel's history.
    pub settle_time: Duration,
}

impl Settings {
    pub fn new(bot_token: impl Into<String>) -> Self {
        Self {
            bot_token: bot_token.into(),
            app_token: None,
            api_url: Url::parse("https://slack.com/api/").expect("a valid address"),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            messages_per_second: 1.0,
            burst: 3.0,
            settle_time: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("api_url", &self.api_url.as_str()).finish_non_exhaustive()
    }
}

/// The way to one installation's Slack. Clones share connections and pace.
#[derive(Clone)]
pub struct Slack {
    wire: Arc<Wire>,
    observer: Option<Observer>,
}

struct Wire {
    client: SlackClient<SlackClientHyperConnector<HttpsConnector<HttpConnector>>>,
    bot_token: SlackApiToken,
    app_token: Option<SlackApiToken>,
    settings: Settings,
    pace: Pace,
    identity: OnceCell<Identity>,
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slack").field(&self.wire.settings).finish()
    }
}

impl Slack {
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        let connector = SlackClientHyperConnector::with_connector(connector(&settings)?)
            .with_slack_api_url(settings.api_url.as_str().trim_end_matches('/'));
        let token = |token: &String| SlackApiToken::new(token.as_str().into());
        Ok(Self {
            wire: Arc::new(Wire {
                client: SlackClient::new(connector),
                bot_token: token(&settings.bot_token),
                app_token: settings.app_token.as_ref().map(token),
                pace: Pace::new(settings.messages_per_second, settings.burst),
                identity: OnceCell::new(),
                settings,
            }),
            observer: None,
        })
    }

    /// The same, with every request from here on told to `observer`.
    pub fn observe(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    pub(super) fn identity_cell(&self) -> &OnceCell<Identity> {
        &self.wire.identity
    }

    pub(super) fn settle_time(&self) -> Duration {
        self.wire.settings.settle_time
    }

    /// Whether requests may go to this address: https, or http where the Web API is plain too.
    pub(super) fn may_reach(&self, url: &Url) -> bool {
        url.scheme() == "https" || url.scheme() == self.wire.settings.api_url.scheme()
    }

    /// Makes the call, in its turn, as often as is needed and safe.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Value, SlackError> {
        let span = tracing::info_span!(
            "slack",
            slack.method = call.method,
            slack.channel = call.channel.map(ChannelId::as_str)
        );
        self.persist(&call).instrument(span).await
    }

    async fn persist(&self, call: &Call<'_>) -> Result<Value, SlackError> {
        let gate = call.channel.map_or(call.method, |channel| channel.as_str());
        let mut patience = call.patience.unwrap_or(self.wire.settings.patience);
        let mut failures = 0;
        loop {
            let turn = self.wire.pace.take(gate, call.cost, Instant::now(), patience);
            let turn = turn.map_err(|retry_after| call.rate_limited(retry_after))?;
            patience = patience.saturating_sub(turn);
            tokio::time::sleep(turn).await;

            let failure = match self.attempt(call).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = match failure {
                Failure::Refused { code, detail } => {
                    return Err(SlackError::refused(call.method, &code, detail));
                }
                Failure::RateLimited(retry_after) => {
                    failures += 1;
                    let pause = retry_after.unwrap_or_default().max(backoff(failures));
                    self.wire.pace.close(gate, Instant::now(), pause);
                    if pause > patience {
                        return Err(call.rate_limited(pause));
                    }
                    // The gate is closed; waiting happens there, behind those who came earlier.
                    continue;
                }
                Failure::NotSent(cause) => {
                    failures += 1;
                    let pause = backoff(failures);
                    if failures >= ATTEMPTS || pause > patience {
                        return Err(call.failed(Kind::Unavailable { cause }));
                    }
                    pause
                }
                Failure::Broke(cause) => {
                    failures += 1;
                    let pause = backoff(failures);
                    if call.repeat == Repeat::Never {
                        return Err(call.failed(Kind::UnknownOutcome { cause }));
                    }
                    if failures >= ATTEMPTS || pause > patience {
                        return Err(call.failed(Kind::Unavailable { cause }));
                    }
                    pause
                }
            };
            patience = patience.saturating_sub(pause);
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Value, Failure> {
        let begun = Instant::now();
        let sent = tokio::time::timeout(self.wire.settings.timeout, self.send(call)).await;
        let result = match sent {
            Err(_) => {
                Err(Failure::Broke(format!("no answer within {:?}", self.wire.settings.timeout)))
            }
            Ok(Err(error)) => Err(Failure::of(error)),
            Ok(Ok(answer)) if call.body.is_api() && answer["ok"] != true => {
                Err(Failure::Broke("the answer is not one of Slack's".to_owned()))
            }
            Ok(Ok(answer)) => Ok(answer),
        };

        let duration = begun.elapsed();
        let word = result.as_ref().err().map_or("ok", Failure::word);
        if let Some(observer) = &self.observer {
            observer(call.method, word, duration);
        }
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        match result.as_ref().err().and_then(Failure::trouble) {
            None => tracing::debug!(slack.result = word, duration_ms, "slack answered"),
            Some(cause) => tracing::warn!(slack.result = word, duration_ms, cause, "slack failed"),
        }
        result
    }

    async fn send(&self, call: &Call<'_>) -> ClientResult<Value> {
        let wire = &self.wire;
        let connector = &wire.client.http_api.connector;
        let span = tracing::Span::current();
        let context = |token, is_sensitive_url| SlackClientApiCallContext {
            rate_control_params: None,
            token,
            tracing_span: &span,
            is_sensitive_url,
        };
        let token = match call.token {
            Token::Bot => Some(&wire.bot_token),
            Token::App => wire.app_token.as_ref(),
        };
        match &call.body {
            Body::Query(query) => {
                let query: Vec<(&str, Option<&str>)> =
                    query.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
                connector.http_get(call.method, &query, context(token, false)).await
            }
            Body::Json(json) => connector.http_post(call.method, json, context(token, false)).await,
            // These addresses are secrets in themselves, and none of the token's business.
            Body::JsonTo(url, json) => {
                connector.http_post_uri(url.clone(), json, context(None, true)).await
            }
            Body::BytesTo(url, content_type, bytes) => {
                let content_type = (*content_type).to_owned();
                let context = context(None, true);
                connector.http_post_uri_binary(url.clone(), content_type, bytes, context).await
            }
        }
    }
}

/// Requests made for one call at most, those not counted that Slack asked us to delay.
const ATTEMPTS: u32 = 4;

/// What is to be asked of Slack, and how.
pub(super) struct Call<'a> {
    method: &'static str,
    body: Body<'a>,
    token: Token,
    repeat: Repeat,
    channel: Option<&'a ChannelId>,
    cost: f64,
    patience: Option<Duration>,
}

enum Body<'a> {
    Query(Vec<(&'static str, String)>),
    Json(Value),
    JsonTo(Url, Value),
    BytesTo(Url, &'a str, &'a [u8]),
}

#[derive(PartialEq)]
enum Token {
    Bot,
    App,
}

/// What a call may do after an attempt of which nobody knows whether it took effect.
#[derive(PartialEq)]
enum Repeat {
    Safely,
    Never,
}

impl<'a> Call<'a> {
    /// Asks for something and changes nothing.
    pub fn read(method: &'static str, query: Vec<(&'static str, String)>) -> Self {
        Self::new(method, Body::Query(query), Repeat::Safely)
    }

    /// Brings about a state; doing so twice is the same as once.
    pub fn set(method: &'static str, json: Value) -> Self {
        Self::new(method, Body::Json(json), Repeat::Safely)
    }

    /// Makes something; doing so twice makes two.
    pub fn make(method: &'static str, json: Value) -> Self {
        Self::new(method, Body::Json(json), Repeat::Never)
    }

    /// Sends JSON to an address Slack gave us, without our token.
    pub fn make_at(method: &'static str, url: Url, json: Value) -> Self {
        Self::new(method, Body::JsonTo(url, json), Repeat::Never)
    }

    /// Sends bytes to an address Slack gave us for this purpose, without our token.
    pub fn send_bytes(
        method: &'static str,
        url: Url,
        content_type: &'a str,
        bytes: &'a [u8],
    ) -> Self {
        Self::new(method, Body::BytesTo(url, content_type, bytes), Repeat::Safely)
    }

    fn new(method: &'static str, body: Body<'a>, repeat: Repeat) -> Self {
        let (token, channel) = (Token::Bot, None);
        Self { method, body, token, repeat, channel, cost: 0.0, patience: None }
    }

    /// Waits for its turn in the channel, of which it uses this many messages' worth.
    pub fn paced(mut self, channel: &'a ChannelId, cost: f64) -> Self {
        self.channel = Some(channel);
        self.cost = cost;
        self
    }

    /// Is of no use to anybody later than this.
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    pub fn with_app_token(mut self) -> Self {
        self.token = Token::App;
        self
    }

    fn rate_limited(&self, retry_after: Duration) -> SlackError {
        self.failed(Kind::RateLimited { retry_after })
    }

    fn failed(&self, kind: Kind) -> SlackError {
        SlackError { method: self.method, kind }
    }
}

impl Body<'_> {
    fn is_api(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Json(_))
    }
}

/// Why one attempt came to nothing.
enum Failure {
    Refused {
        code: String,
        detail: Option<String>,
    },
    RateLimited(Option<Duration>),
    /// No connection came about, so nothing can have happened.
    NotSent(String),
    /// The request went out, and its outcome is unknown.
    Broke(String),
}

impl Failure {
    fn of(error: SlackClientError) -> Self {
        match error {
            SlackClientError::ApiError(error) => match error.code.as_str() {
                "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" => {
                    Self::Broke(error.code)
                }
                "ratelimited" | "rate_limited" => Self::RateLimited(None),
                _ => {
                    let detail = error.http_response_body.as_deref().and_then(detail);
                    Self::Refused { code: error.code, detail }
                }
            },
            SlackClientError::RateLimitError(error) => Self::RateLimited(error.retry_after),
            SlackClientError::HttpError(error) if error.status_code.is_client_error() => {
                let code = error.http_response_body.as_deref().and_then(code);
                let status = || format!("http_{}", error.status_code.as_u16());
                Self::Refused { code: code.unwrap_or_else(status), detail: None }
            }
            SlackClientError::HttpError(error) => {
                Self::Broke(format!("HTTP status {}", error.status_code.as_u16()))
            }
            SlackClientError::HttpProtocolError(error) => {
                let cause = error.cause.as_deref();
                let http = cause
                    .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
                match http {
                    Some(error) if error.is_connect() => {
                        Self::NotSent(format!("no connection: {}", root(error)))
                    }
                    Some(error) => Self::Broke(format!("the connection broke: {}", root(error))),
                    None => Self::Broke("the request could not be made".to_owned()),
                }
            }
            // Its text would hold the answer's body, which is nobody's business.
            SlackClientError::ProtocolError(_) => {
                Self::Broke("the answer is not one of Slack's".to_owned())
            }
            _ => Self::Broke("the answer broke off".to_owned()),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::RateLimited(_) => "rate_limited",
            Self::NotSent(_) | Self::Broke(_) => "failed",
        }
    }

    /// What those who run the bot should know of, though the call may yet succeed.
    fn trouble(&self) -> Option<&str> {
        match self {
            Self::Refused { .. } => None,
            Self::RateLimited(_) => Some("asked to wait"),
            Self::NotSent(cause) | Self::Broke(cause) => Some(cause),
        }
    }
}

fn root(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

/// What a refusal says beyond its code: the missing permission, or what is wrong and where.
fn detail(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    if let Some(scope) = body["needed"].as_str() {
        return Some(scope.to_owned());
    }
    let messages = body["response_metadata"]["messages"].as_array()?;
    let messages: Vec<&str> = messages.iter().filter_map(Value::as_str).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// The code in the body of a plain HTTP refusal, as response addresses give it.
fn code(body: &str) -> Option<String> {
    let json: Option<Value> = serde_json::from_str(body).ok();
    let word = match &json {
        Some(json) => json["error"].as_str()?,
        None => body.trim(),
    };
    let is_code = word.len() < 60 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_code && !word.is_empty()).then(|| word.to_owned())
}

/// 0.25 s, 0.5 s, 1 s …, each shortened by chance so that replicas do not march in step.
fn backoff(failures: u32) -> Duration {
    let longest = Duration::from_millis(125) * 2_u32.pow(failures.min(6));
    longest.mul_f64(rand::random_range(0.5..1.0))
}

/// Plain http is allowed; the machine's certificates are only needed where it is not used.
fn connector(settings: &Settings) -> anyhow::Result<HttpsConnector<HttpConnector>> {
    let mut http = HttpConnector::new();
    http.set_connect_timeout(Some(settings.connect_timeout));
    http.set_nodelay(true);
    http.enforce_http(false);

    let provider = rustls::crypto::ring::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let builder = if settings.api_url.scheme() == "https" {
        builder
            .with_provider_and_native_roots(provider)
            .context("finding this machine's certificates (install ca-certificates)")?
    } else {
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .context("setting up TLS")?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder.with_tls_config(tls)
    };
    Ok(builder.https_or_http().enable_http1().enable_http2().wrap_connector(http))
}
