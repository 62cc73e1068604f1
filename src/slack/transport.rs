//! One call to Slack: its pace, its time-outs, its repetitions, and the truth about its outcome.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use slack_morphism::hyper_tokio::SlackClientHyperConnector;
use slack_morphism::{
    ClientResult, SlackApiToken, SlackClient, SlackClientApiCallContext, SlackClientHttpConnector,
};
use tokio::sync::OnceCell;
use tracing::Instrument;
use url::Url;

use super::call::{Body, Call, Repeat, Token};
use super::error::{Kind, SlackError};
use super::failure::Failure;
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
    at_most: Option<Duration>,
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
            at_most: None,
        })
    }

    /// The same, with every request from here on told to `observer`.
    pub fn observe(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The same, for whom somebody waits: no call takes longer than this, whatever it waits for.
    pub fn at_most(&self, limit: Duration) -> Self {
        Self { at_most: Some(limit), ..self.clone() }
    }

    pub(super) fn identity_cell(&self) -> &OnceCell<Identity> {
        &self.wire.identity
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.wire.settings
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
        let persist = self.persist(&call).instrument(span);
        let Some(limit) = self.at_most else { return persist.await };
        tokio::time::timeout(limit, persist).await.unwrap_or_else(|_| {
            let cause = format!("no answer within {limit:?}");
            Err(call.failed(match call.repeat {
                Repeat::Safely => Kind::Unavailable { cause },
                Repeat::Never => Kind::UnknownOutcome { cause },
            }))
        })
    }

    async fn persist(&self, call: &Call<'_>) -> Result<Value, SlackError> {
        let gate = call.channel.map_or(call.method, |channel| channel.as_str());
        let mut patience = call.patience.unwrap_or(self.wire.settings.patience);
        let (mut failures, mut delays) = (0, 0);
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
                    delays += 1;
                    let pause = retry_after.unwrap_or_default().max(backoff(delays));
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
                // The query may hold what people wrote, and would stand in the log.
                connector.http_get(call.method, &query, context(token, true)).await
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

/// 0.25 s, 0.5 s, 1 s …, each shortened by chance so that replicas do not march in step.
fn backoff(failures: u32) -> Duration {
    let longest = Duration::from_millis(125) * 2_u32.pow(failures.min(6));
    longest.mul_f64(rand::random_range(0.5..1.0))
}

/// Plain http is allowed; the machine's certificates are only needed where it is not used.
pub(super) fn connector(settings: &Settings) -> anyhow::Result<HttpsConnector<HttpConnector>> {
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
