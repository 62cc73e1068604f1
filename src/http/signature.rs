//! Proof that a request comes from Slack, before anything reads it.
//!
//! Slack signs `v0:{timestamp}:{body}` with HMAC-SHA-256 under the app's signing secret
//! (<https://docs.slack.dev/authentication/verifying-requests-from-slack>). In this order, so that
//! what costs nothing is refused first: the size that the request claims, its headers, its age, the
//! size that it has, its signature. Only then is the body parsed.
//!
//! **Invariant:** no handler sees a byte of a body that Slack did not sign within the last
//! [`WINDOW`], by this process's clock.

use std::fmt;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::app::App;
use crate::config::Secret;

/// The largest body that is read, in bytes. Slack's own requests stay far below it.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How far Slack's timestamp may be from our clock, into the past as into the future.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(300);

/// The body of a request that Slack signed.
#[derive(Clone, Debug)]
pub struct FromSlack(pub Bytes);

/// Why a request was turned away. Whoever sent it learns the kind and no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rejection {
    Unsigned,
    Stale,
    Forged,
    TooLarge,
    Broken,
}

impl FromRequest<App> for FromSlack {
    type Rejection = Rejection;

    async fn from_request(request: Request, app: &App) -> Result<Self, Rejection> {
        let verified = read_verified(request, app).await;
        if let Err(rejection) = &verified {
            app.metrics.rejected(rejection.name());
            tracing::warn!(
                reason = rejection.name(),
                "a request that claims to be Slack's was refused"
            );
        }
        verified.map(FromSlack)
    }
}

impl Rejection {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Stale => "stale",
            Self::Forged => "forged",
            Self::TooLarge => "too_large",
            Self::Broken => "broken",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => {
                "This address takes requests that Slack signed; X-Slack-Signature or X-Slack-Request-Timestamp is missing or unreadable.\n"
            }
            Self::Stale => {
                "The request's timestamp is more than five minutes from this server's clock; check the clock, or send a fresh request.\n"
            }
            Self::Forged => {
                "The signature does not match the body; check that SLACK_SIGNING_SECRET is the Signing Secret of this Slack app.\n"
            }
            Self::TooLarge => "The body is larger than 1 MiB, which no request of Slack's is.\n",
            Self::Broken => "The body ended before it was complete; send the request again.\n",
        })
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unsigned | Self::Stale | Self::Forged => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
        };
        // Whatever is still coming is not read: the connection ends with the answer.
        (status, [(header::CONNECTION, "close")], self.to_string()).into_response()
    }
}

async fn read_verified(request: Request, app: &App) -> Result<Bytes, Rejection> {
    let (head, body) = request.into_parts();
    if claimed_length(&head.headers).is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(Rejection::TooLarge);
    }
    let claim = Claim::read(&head.headers).ok_or(Rejection::Unsigned)?;
    if !claim.is_fresh(app.now()) {
        return Err(Rejection::Stale);
    }
    let body = read(body).await?;
    if !claim.holds(&body, &app.signing_secrets) {
        return Err(Rejection::Forged);
    }
    Ok(body)
}

async fn read(body: Body) -> Result<Bytes, Rejection> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejection::TooLarge),
        Err(_) => Err(Rejection::Broken),
    }
}

fn claimed_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What the headers say: when, and with which signature.
struct Claim {
    timestamp: String,
    seconds: i64,
    signature: [u8; 32],
}

impl Claim {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let timestamp = headers.get("x-slack-request-timestamp")?.to_str().ok()?;
        let signature = headers.get("x-slack-signature")?.to_str().ok()?.strip_prefix("v0=")?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(signature, &mut bytes).ok()?;
        Some(Self {
            timestamp: timestamp.to_owned(),
            seconds: timestamp.parse().ok()?,
            signature: bytes,
        })
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now.as_second().abs_diff(self.seconds) <= WINDOW.as_secs().unsigned_abs()
    }

    /// Compares in constant time, with each secret that is valid during a rotation.
    fn holds(&self, body: &[u8], secrets: &[Secret]) -> bool {
        secrets.iter().any(|secret| {
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
                return false;
            };
            mac.update(b"v0:");
            mac.update(self.timestamp.as_bytes());
            mac.update(b":");
            mac.update(body);
            mac.verify_slice(&self.signature).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Slack's documentation.
    #[test]
    fn the_documented_example_verifies() {
        let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-request-timestamp", "1531420618".parse().unwrap());
        headers.insert(
            "x-slack-signature",
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503".parse().unwrap(),
        );
        let claim = Claim::read(&headers).unwrap();
        let old = Secret::new("rotated out");
        let secret = Secret::new("8f742231b10e8888abcd99yyyzzz85a5");

        assert!(claim.holds(body, &[old.clone(), secret.clone()]));
        assert!(!claim.holds(&body[1..], std::slice::from_ref(&secret)));
        assert!(!claim.holds(body, &[old]));
        assert!(!claim.holds(body, &[]));
    }

    #[test]
    fn the_window_is_five_minutes_both_ways() {
        let claim = Claim { timestamp: "1000".to_owned(), seconds: 1000, signature: [0; 32] };
        let check = |now: i64, fresh: bool| {
            assert_eq!(claim.is_fresh(Timestamp::from_second(now).unwrap()), fresh, "at {now}");
        };
        check(1000, true);
        check(1300, true);
        check(1301, false);
        check(700, true);
        check(699, false);
        check(i64::from(i32::MAX), false);
    }
}
