//! Proof that a request comes from an agent that runs elsewhere, before anything reads it.
//!
//! An agent shows the token that it has in `COUNTERSIGN_AGENT_TOKENS` (`Authorization: Bearer …`, RFC
//! 6750). In this order: the size that the request claims, the token, the pace, the size that it has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, RequestExt};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;

/// The largest body that is read, in bytes: the longest text, with every character escaped.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How many requests of one agent each replica takes in [`PACE`].
const AT_ONCE: u32 = 120;
const PACE: SignedDuration = SignedDuration::from_mins(1);

/// The body of a request by an agent, and the headers that it came with.
#[derive(Clone, Debug)]
pub struct FromAgent {
    /// By its name in the manifest.
    pub agent: String,
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

/// How many requests each agent sent since the minute began that it counts in.
#[derive(Clone, Default, Debug)]
pub struct Pace(Arc<Mutex<HashMap<String, (Timestamp, u32)>>>);

impl FromRequest<App> for FromAgent {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        let read = read(request, app).await;
        if let Err(trouble) = &read {
            tracing::warn!(
                status = trouble.status.as_u16(),
                "a request that claims to be an agent's was refused: {}",
                trouble.sentence
            );
        }
        read
    }
}

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
    fn take(&self, agent: &str, now: Timestamp) -> Result<(), i64> {
        let mut agents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = agents.entry(agent.to_owned()).or_insert((now, 0));
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

async fn read(mut request: Request, app: &App) -> Result<FromAgent, Trouble> {
    let pace: Extension<Pace> = request.extract_parts().await.map_err(|_| {
        Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, "This address is not set up.")
    })?;
    let (head, body) = request.into_parts();
    let claimed = head.headers.get(header::CONTENT_LENGTH);
    let claimed = claimed.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if claimed.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    let agent = agent(&head.headers, app)?;
    pace.take(&agent, app.now()).map_err(|seconds| Trouble {
        retry_after: Some(seconds),
        ..Trouble::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("At most {AT_ONCE} requests a minute are taken. Wait {seconds} seconds."),
        )
    })?;
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(_) => {
            let sentence = "The body ended before it was complete; send the request again.";
            return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
        }
    };
    Ok(FromAgent { agent, headers: head.headers, body })
}

fn agent(headers: &HeaderMap, app: &App) -> Result<String, Trouble> {
    let refused = |sentence| Trouble::new(StatusCode::UNAUTHORIZED, sentence);
    if app.agent_tokens.is_empty() {
        return Err(refused(
            "No agent has a token here yet; whoever runs Countersign sets COUNTERSIGN_AGENT_TOKENS.",
        ));
    }
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = shown.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let Some(token) = token else {
        return Err(refused("Show the agent's token: Authorization: Bearer TOKEN."));
    };
    let agent = app.agent_tokens.agent_of(token).ok_or_else(|| {
        refused(
            "This token is not one of COUNTERSIGN_AGENT_TOKENS; check that it was copied whole.",
        )
    })?;
    Ok(agent.to_owned())
}

fn too_large() -> Trouble {
    let sentence =
        format!("The body is larger than {} KiB. Send a shorter text.", BODY_LIMIT / 1024);
    Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_its_own_pace_and_gets_it_back() {
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
