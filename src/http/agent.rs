//! Agents that run elsewhere, by the tokens that they have in `COUNTERSIGN_AGENT_TOKENS`.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use bytes::Bytes;

use super::bearer::{Door, Known, Trouble};
use crate::app::App;

/// As much as the longest text, with every character escaped.
const DOOR: Door = Door {
    whose: "agent",
    variable: "COUNTERSIGN_AGENT_TOKENS",
    limit: 256 * 1024,
    when_too_large: "Send a shorter text.",
    has_tokens: |app| !app.agent_tokens.is_empty(),
    name_of: |app, token| app.agent_tokens.agent_of(token).map(str::to_owned),
};

/// The body of a request by an agent, and the headers that it came with.
#[derive(Clone, Debug)]
pub struct FromAgent {
    /// By its name in the manifest.
    pub agent: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl FromRequest<App> for FromAgent {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        match DOOR.read(request, app).await {
            Ok(Known { name, headers, body }) => Ok(Self { agent: name, headers, body }),
            Err(trouble) => {
                tracing::warn!(
                    status = trouble.status.as_u16(),
                    "a request that claims to be an agent's was refused: {}",
                    trouble.sentence
                );
                Err(trouble)
            }
        }
    }
}
