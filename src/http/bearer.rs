//! Proof that a request comes from whoever has a token, before anything reads it.
//!
//! A token is shown as `Authorization: Bearer …` (RFC 6750). In this order: the size that the request
//! claims, the token, the pace, the size that it has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, RequestExt};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;

/// How many requests of one name each replica takes in [`PACE`].
const AT_ONCE: u32 = 120;
const PACE: SignedDuration = SignedDuration::from_mins(1);

/// Who is let in where, and with how much.
pub struct Door {
    /// Whose tokens they are, in a word: agent, source.
    pub whose: &'static str,
    /// Where tokens are set.
    pub variable: &'static str,
    /// The largest body that is read, in bytes.
    pub limit: usize,
    /// What to do about a body that is larger.
    pub when_too_large: &'static str,
    pub has_tokens: fn(&App) -> bool,
    /// The name that a token belongs to.
    pub name_of: fn(&App, &str) -> Option<String>,
}

/// A request by somebody who is known.
pub struct Known {
    pub name: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why a request came to nothing, as `{"error": "…"}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    pub status: StatusCode,
    pub sentence: String,
    /// Seconds after which it is worth trying again.
    pub retry_after: Option<i64>,
}

/// How many requests each name sent since the minute began that it counts in.
#[derive(Clone, Default, Debug)]
pub struct Pace(Arc<Mutex<HashMap<String, (Timestamp, u32)>>>);

impl Trouble {
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), retry_after: None }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.sentence }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        if matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::PAYLOAD_TOO_LARGE) {
            // Whatever is still coming is not read.
            headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        }
        response
    }
}

impl Pace {
    /// Counts a request; says how many seconds to wait where there were too many.
    fn take(&self, name: &str, now: Timestamp) -> Result<(), i64> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = names.entry(name.to_owned()).or_insert((now, 0));
        if now.duration_since(*since) >= PACE {
            (*since, *count) = (now, 0);
        }
        if *count >= AT_ONCE {
            let left = PACE - now.duration_since(*since);
            return Err(left.as_secs().max(1));
        }
        *count += 1;
        Ok(())
    }
}

impl Door {
    pub async fn read(&self, mut request: Request, app: &App) -> Result<Known, Trouble> {
        let pace: Extension<Pace> = request.extract_parts().await.map_err(|_| {
            Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, "This address is not set up.")
        })?;
        let (head, body) = request.into_parts();
        let claimed = head.headers.get(header::CONTENT_LENGTH);
        let claimed = claimed.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if claimed.is_some_and(|length| length > self.limit as u64) {
            return Err(self.too_large());
        }
        let name = self.name(&head.headers, app)?;
        pace.take(&name, app.now()).map_err(|seconds| Trouble {
            retry_after: Some(seconds),
            ..Trouble::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("At most {AT_ONCE} requests a minute are taken. Wait {seconds} seconds."),
            )
        })?;
        let body = match Limited::new(body, self.limit).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(self.too_large()),
            Err(_) => {
                let sentence = "The body ended before it was complete; send the request again.";
                return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
            }
        };
        Ok(Known { name, headers: head.headers, body })
    }

    fn name(&self, headers: &HeaderMap, app: &App) -> Result<String, Trouble> {
        let (whose, variable) = (self.whose, self.variable);
        let refused = |sentence: String| Trouble::new(StatusCode::UNAUTHORIZED, sentence);
        if !(self.has_tokens)(app) {
            return Err(refused(format!(
                "No {whose} has a token here yet; whoever runs Countersign sets {variable}."
            )));
        }
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = shown.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        let Some(token) = token else {
            return Err(refused(format!("Show the {whose}'s token: Authorization: Bearer TOKEN.")));
        };
        (self.name_of)(app, token).ok_or_else(|| {
            refused(format!("This token is not one of {variable}; check that it was copied whole."))
        })
    }

    fn too_large(&self) -> Trouble {
        let limit = match self.limit / 1024 {
            kib if kib >= 1024 => format!("{} MiB", kib / 1024),
            kib => format!("{kib} KiB"),
        };
        let sentence = format!("The body is larger than {limit}. {}", self.when_too_large);
        Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
    }
}

/// Ours: whoever asked can only try again.
pub fn broken() -> Trouble {
    Trouble::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something broke on our side. Send the same request again; whoever runs Countersign finds the cause in its log.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_own_pace_and_gets_it_back() {
        let pace = Pace::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for _ in 0..AT_ONCE {
            assert_eq!(pace.take("content", at(0)), Ok(()));
        }
        assert_eq!(pace.take("content", at(0)), Err(60));
        assert_eq!(pace.take("content", at(59)), Err(1));
        assert_eq!(pace.take("crm", at(59)), Ok(()));
        assert_eq!(pace.take("content", at(60)), Ok(()));
    }
}
