//! Proof that leads come from whoever may send them, before anything reads them.
//!
//! HubSpot signs method, address, body and time with the app's client secret, version 3
//! (<https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests>): the
//! address is the one that it called, so it is put together from the public one of the configuration.
//! Everybody else signs after Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>). In
//! this order: the size that the request claims, its headers, its age, the size that it has, its
//! signature.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use super::super::bearer::Trouble;
use crate::app::App;
use crate::config::{HubSpot, LeadSenders, WebhookKey};

/// The largest body that is read, in bytes.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// How far the sender's time may be from our clock, into the past as into the future.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Who signed a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sender {
    HubSpot,
    /// By Standard Webhooks, under the id of the message.
    Webhook,
}

/// A body that somebody signed who may.
pub struct Signed {
    pub sender: Sender,
    pub body: Bytes,
}

/// What the headers claim.
enum Claim {
    HubSpot { at_ms: String, signature: Vec<u8> },
    Webhook { id: String, at_s: String, signatures: Vec<Vec<u8>> },
}

impl FromRequest<App> for Signed {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        let read = read(request, app).await;
        read.inspect_err(|trouble| {
            tracing::warn!(
                status = trouble.status.as_u16(),
                "leads that were sent in were refused: {}",
                trouble.sentence
            );
        })
    }
}

async fn read(request: Request, app: &App) -> Result<Signed, Trouble> {
    let (head, body) = request.into_parts();
    let claimed = head.headers.get(header::CONTENT_LENGTH);
    let claimed = claimed.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if claimed.is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    let refused = |sentence: &str| Trouble::new(StatusCode::UNAUTHORIZED, sentence);
    let claim = Claim::read(&head.headers).ok_or_else(|| {
        refused("This address takes leads that are signed: by HubSpot (X-HubSpot-Signature-v3 and X-HubSpot-Request-Timestamp), or after Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature). A header is missing or cannot be read.")
    })?;
    if !claim.is_fresh(app.now()) {
        return Err(refused(
            "The request's time is more than five minutes from this server's clock. Check the clock, or send it anew.",
        ));
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(_) => {
            let sentence = "The body ended before it was complete; send the request again.";
            return Err(Trouble::new(StatusCode::BAD_REQUEST, sentence));
        }
    };
    let sender =
        claim.verify(&app.lead_senders, &head.method, &head.uri, &body).map_err(refused)?;
    Ok(Signed { sender, body })
}

impl Claim {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        if let Some(signature) = text("x-hubspot-signature-v3") {
            let at_ms = text("x-hubspot-request-timestamp")?;
            at_ms.parse::<i64>().ok()?;
            return Some(Self::HubSpot { at_ms, signature: STANDARD.decode(signature).ok()? });
        }
        let (id, at_s) = (text("webhook-id")?, text("webhook-timestamp")?);
        at_s.parse::<i64>().ok()?;
        let signatures = text("webhook-signature")?;
        let signatures = signatures
            .split(' ')
            .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
            .collect();
        Some(Self::Webhook { id, at_s, signatures })
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        let at = match self {
            Self::HubSpot { at_ms, .. } => at_ms.parse().map(Timestamp::from_millisecond),
            Self::Webhook { at_s, .. } => at_s.parse().map(Timestamp::from_second),
        };
        matches!(at, Ok(Ok(at)) if now.duration_since(at).abs() <= WINDOW)
    }

    fn verify(
        &self,
        senders: &LeadSenders,
        method: &axum::http::Method,
        uri: &Uri,
        body: &[u8],
    ) -> Result<Sender, &'static str> {
        match self {
            Self::HubSpot { at_ms, signature } => {
                let hubspot = senders.hubspot.as_ref().ok_or("HubSpot is not set up here; whoever runs Countersign sets COUNTERSIGN_HUBSPOT_SECRET and COUNTERSIGN_PUBLIC_URL.")?;
                let address = address(hubspot, uri);
                let parts =
                    [method.as_str().as_bytes(), address.as_bytes(), body, at_ms.as_bytes()];
                let secret = hubspot.secret.reveal().as_bytes();
                if signs(secret, &parts, signature) {
                    return Ok(Sender::HubSpot);
                }
                Err(
                    "The signature is not HubSpot's for this address. Check that COUNTERSIGN_HUBSPOT_SECRET is the app's client secret, and COUNTERSIGN_PUBLIC_URL the address that HubSpot calls.",
                )
            }
            Self::Webhook { id, at_s, signatures } => {
                if senders.keys.is_empty() {
                    return Err(
                        "Nobody may send leads in yet; whoever runs Countersign sets COUNTERSIGN_LEADS_SECRET.",
                    );
                }
                let parts = [id.as_bytes(), b".", at_s.as_bytes(), b".", body];
                let by = |key: &WebhookKey| {
                    signatures.iter().any(|one| signs(key.reveal(), &parts, one))
                };
                if senders.keys.iter().any(by) {
                    return Ok(Sender::Webhook);
                }
                Err(
                    "The signature does not match the body. Check that the sender has the secret of COUNTERSIGN_LEADS_SECRET.",
                )
            }
        }
    }
}

/// Compares in constant time.
fn signs(secret: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(signature).is_ok()
}

/// The address that HubSpot called, with those marks as themselves that it decodes before it signs.
fn address(hubspot: &HubSpot, uri: &Uri) -> String {
    let base = hubspot.public_url.as_str().trim_end_matches('/');
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let mut address = format!("{base}{path}");
    for (code, mark) in [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ] {
        address = address.replace(code, mark).replace(&code.to_lowercase(), mark);
    }
    address
}

fn too_large() -> Trouble {
    let sentence = "The body is larger than 4 MiB. Send it in several parts: what comes again changes nothing.";
    Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn the_address_is_the_one_that_was_called() {
        let hubspot = HubSpot {
            secret: Secret::new("x"),
            public_url: "https://countersign.example/bot/".parse().unwrap(),
        };
        let uri = "/ingest/leads?a=1%2C2&b=%20".parse().unwrap();
        let expected = "https://countersign.example/bot/ingest/leads?a=1,2&b=%20";
        assert_eq!(address(&hubspot, &uri), expected);
    }
}
