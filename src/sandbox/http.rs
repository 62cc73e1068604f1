//! Deliveries over HTTP: signed, encoded as Slack encodes them, given up after a while.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;

use super::delivery::{Ack, Kind, Parcel, Postman, SignedRequest};
use super::{Sandbox, signing};

/// More of an answer than any acknowledgement needs.
const ANSWER_BYTES: usize = 1 << 20;

impl Sandbox {
    /// The headers that sign `body` as of `at`; to forge, or to be late.
    pub fn sign(&self, body: &[u8], at: Timestamp) -> Vec<(&'static str, String)> {
        let secret = &self.inner.seed.app.signing_secret;
        vec![
            ("x-slack-request-timestamp", at.as_second().to_string()),
            ("x-slack-signature", signing::signature(secret, at.as_second(), body)),
        ]
    }

    pub(super) fn signed_request(&self, parcel: &Parcel, url: Url) -> SignedRequest {
        let (content_type, body) = match parcel.kind {
            Kind::Command => ("application/x-www-form-urlencoded", form(&parcel.payload)),
            Kind::Interactive => (
                "application/x-www-form-urlencoded",
                form(&json!({ "payload": parcel.payload.to_string() })),
            ),
            Kind::Event => ("application/json", parcel.payload.to_string()),
        };
        let mut headers = self.sign(body.as_bytes(), self.inner.clock.now());
        headers.push(("content-type", content_type.to_owned()));
        if parcel.attempt > 0 {
            headers.push(("x-slack-retry-num", parcel.attempt.to_string()));
            headers.push(("x-slack-retry-reason", parcel.reason.to_owned()));
        }
        SignedRequest { url, headers, body: Bytes::from(body) }
    }

    pub(super) async fn over_http(&self, request: &SignedRequest, timeout: Duration) -> Ack {
        let mut post = self.inner.postman.http().post(request.url.clone()).timeout(timeout);
        for (name, value) in &request.headers {
            post = post.header(*name, value);
        }
        let answer = async {
            let answer = post.body(request.body.clone()).send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let body = answer.bytes().await?;
            Ok::<_, reqwest::Error>((status, headers, body))
        };
        match answer.await {
            Err(error) if error.is_timeout() => Ack::failed("operation_timeout"),
            Err(_) => Ack::failed("dispatch_failed"),
            Ok((_, _, body)) if body.len() > ANSWER_BYTES => Ack::failed("dispatch_failed"),
            Ok((status, headers, body)) => Ack {
                status,
                body: serde_json::from_slice(&body)
                    .unwrap_or_else(|_| text(&String::from_utf8_lossy(&body))),
                error: match status {
                    200..300 => None,
                    500.. => Some("http_service_error"),
                    _ => Some("http_client_error"),
                },
                may_retry: !headers.contains_key("x-slack-no-retry"),
            },
        }
    }
}

impl Postman {
    fn http(&self) -> &reqwest::Client {
        self.http.get_or_init(|| {
            let tls = rustls::ClientConfig::builder_with_provider(Arc::new(
                rustls::crypto::ring::default_provider(),
            ))
            .with_safe_default_protocol_versions()
            .expect("ring has the default versions")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .no_proxy()
                .redirect(Policy::none())
                .user_agent("Slackbot 1.0 (+https://api.slack.com/robots)")
                .build()
                .expect("a client for loopback needs nothing that could be missing")
        })
    }
}

fn text(body: &str) -> Value {
    if body.trim().is_empty() { Value::Null } else { json!(body) }
}

fn form(fields: &Value) -> String {
    let fields = fields.as_object().into_iter().flatten();
    let pairs = fields.filter_map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (value != "null").then_some((name, value))
    });
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
