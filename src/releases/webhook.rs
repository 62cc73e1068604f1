//! Sending after [Standard Webhooks] 1.0.0.
//!
//! Three headers: `webhook-id`, the same for every attempt; `webhook-timestamp`, of this attempt, in
//! seconds; `webhook-signature`, which is `v1,` and the base64 of HMAC-SHA256 over
//! `{id}.{timestamp}.{body}`, once for each key while keys are changed, separated by spaces. 2xx is
//! success; 410 means never again; everything else is tried again, redirects are not followed, and
//! `Retry-After` is heeded.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use sha2::Sha256;

use super::envelope::CONTENT_TYPE as CLOUD_EVENT;
use super::sink::{Parcel, Sent};
use crate::config::{self, WebhookKey};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer is read, for how long: nothing in it counts, but a receiver that is cut off
/// while it answers may take its own success for a failure.
const ANSWER_BYTES: usize = 64 * 1024;
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// A receiver that asks for more patience than this gets this much.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug)]
pub(super) struct Webhook {
    to: config::Webhook,
    client: Client,
}

impl Webhook {
    pub fn new(to: &config::Webhook) -> anyhow::Result<Self> {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(to.timeout)
            // A proxy would come from the environment, which only config.rs reads.
            .no_proxy()
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("webhooks cannot be sent from this machine; check its root certificates")?;
        Ok(Self { to: to.clone(), client })
    }

    pub fn address(&self) -> String {
        self.to.host()
    }

    pub async fn send(&self, parcel: &Parcel, now: Timestamp) -> Sent {
        let timestamp = now.as_second();
        let request = self
            .client
            .post(self.to.url.clone())
            .header(CONTENT_TYPE, CLOUD_EVENT)
            .header("webhook-id", &parcel.webhook_id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(&self.to.keys, parcel, timestamp))
            .body(parcel.body.clone());
        match request.send().await {
            Ok(response) => {
                let sent = self.judge(response.status(), response.headers(), now);
                drain(response).await;
                sent
            }
            Err(error) => {
                Sent::Failed { error: self.unreachable(&error), status: None, not_before: None }
            }
        }
    }

    fn judge(&self, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Sent {
        let host = self.to.host();
        let answered = match status.canonical_reason() {
            Some(reason) => format!("{host} answered {} {reason}", status.as_u16()),
            None => format!("{host} answered {}", status.as_u16()),
        };
        let number = Some(status.as_u16());
        if status.is_success() {
            return Sent::Arrived { status: number };
        }
        if status == StatusCode::GONE {
            let error = format!("{answered}, which means that it wants no more messages");
            return Sent::Refused { error, status: number };
        }
        let error = if status.is_redirection() {
            format!("{answered}, and redirects are not followed; correct COUNTERSIGN_WEBHOOK_URL")
        } else {
            answered
        };
        Sent::Failed { error, status: number, not_before: retry_after(headers, now) }
    }

    /// Never with the address, which may hold a token.
    fn unreachable(&self, error: &reqwest::Error) -> String {
        let host = self.to.host();
        if error.is_timeout() {
            let limit = if error.is_connect() { CONNECT_TIMEOUT } else { self.to.timeout };
            return format!("{host} did not answer within {limit:?}");
        }
        let mut cause = error.source();
        while let Some(deeper) = cause.and_then(|cause| cause.source()) {
            cause = Some(deeper);
        }
        let verb = if error.is_connect() { "could not be reached" } else { "broke off" };
        match cause {
            Some(cause) => format!("{host} {verb}: {cause}"),
            None => format!("{host} {verb}"),
        }
    }
}

/// One signature for each key, the current one first.
fn signatures(keys: &[WebhookKey], parcel: &Parcel, timestamp: i64) -> String {
    let all: Vec<String> = keys
        .iter()
        .map(|key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal())
                .expect("an HMAC key may have any length");
            mac.update(format!("{}.{timestamp}.", parcel.webhook_id).as_bytes());
            mac.update(&parcel.body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        })
        .collect();
    all.join(" ")
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let at = match text.parse::<u32>() {
        Ok(seconds) => now + SignedDuration::from_secs(seconds.into()),
        Err(_) => jiff::fmt::rfc2822::parse(text).ok()?.timestamp(),
    };
    (at > now).then(|| at.min(now + PATIENCE))
}

async fn drain(mut response: Response) {
    let all = async {
        let mut read = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            read += chunk.len();
            if read > ANSWER_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(ANSWER_TIME, all).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_until_a_date() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let check = |asked: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().unwrap());
            let expected = expected.map(|at| at.parse().unwrap());
            assert_eq!(retry_after(&headers, now), expected, "{asked}");
        };
        check("120", Some("2026-11-22T09:02:00Z"));
        check("Sun, 22 Nov 2026 09:30:00 GMT", Some("2026-11-22T09:30:00Z"));
        check("9999999", Some("2026-11-23T09:00:00Z"));
        check("Sun, 22 Nov 2099 09:30:00 GMT", Some("2026-11-23T09:00:00Z"));
        check("0", None);
        check("Sun, 22 Nov 2026 08:30:00 GMT", None);
        check("soon", None);
        check("-5", None);
        check("99999999999999999999", None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
