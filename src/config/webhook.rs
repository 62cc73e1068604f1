//! Where releases are announced, and the keys that announcements are signed with.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use super::read;

const URL: &str = "COUNTERSIGN_WEBHOOK_URL";
const SECRET: &str = "COUNTERSIGN_WEBHOOK_SECRET";
const SECRET_OLD: &str = "COUNTERSIGN_WEBHOOK_SECRET_OLD";

const TIMEOUT: Duration = Duration::from_secs(20);

/// How a secret begins, after Standard Webhooks.
const PREFIX: &str = "whsec_";

/// A receiver of signed webhooks.
#[derive(Clone)]
pub struct Webhook {
    pub url: Url,
    /// The current key first, then one that is being rotated out.
    pub keys: Vec<WebhookKey>,
    /// For a whole request: Standard Webhooks recommends 15 to 30 seconds.
    pub timeout: Duration,
}

/// What a `whsec_…` stands for: 24 to 64 bytes that only sender and receiver know.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey(Vec<u8>);

impl Webhook {
    pub(super) fn from_env() -> Result<Option<Self>> {
        Self::parse(read(URL), read(SECRET), read(SECRET_OLD))
    }

    /// Of an address, a secret, and the secret before it.
    pub fn parse(
        url: Option<String>,
        secret: Option<String>,
        old: Option<String>,
    ) -> Result<Option<Self>> {
        let Some(url) = url else {
            if secret.is_some() || old.is_some() {
                bail!("{SECRET} is set, but {URL} is not; set the address of the receiver as well");
            }
            return Ok(None);
        };
        let url = address(&url)?;
        let Some(secret) = secret else {
            bail!(
                "{URL} is set, but {SECRET} is not; make one with: echo \"{PREFIX}$(openssl rand -base64 32)\", and give it to the receiver"
            );
        };
        let mut keys = vec![WebhookKey::parse(SECRET, &secret)?];
        if let Some(old) = old {
            let old = WebhookKey::parse(SECRET_OLD, &old)?;
            if keys.contains(&old) {
                bail!(
                    "{SECRET_OLD} is the same as {SECRET}; leave it out, or set the secret that was used before"
                );
            }
            keys.push(old);
        }
        Ok(Some(Self { url, keys, timeout: TIMEOUT }))
    }

    /// The receiver, as people are told of it: never the whole address, which may hold a token.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// Says of an address what is wrong with it, without repeating it.
fn address(text: &str) -> Result<Url> {
    let example = "such as https://cms.example/hooks/countersign";
    let url: Url =
        text.parse().with_context(|| format!("{URL} is no address; give one {example}"))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        "http" => bail!(
            "{URL} is plain http to another machine, so anyone on the way could read what is released; use https"
        ),
        other => {
            bail!("{URL} begins with {other}:, which is no webhook; give an address {example}")
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!(
            "{URL} holds a user name or a password; leave them out, for the receiver knows us by the signature"
        );
    }
    if url.fragment().is_some() {
        bail!("{URL} holds a #fragment, which is never sent; leave it out");
    }
    Ok(url)
}

impl WebhookKey {
    /// Reads `whsec_` and base64; `name` is the variable to complain of.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let Some(encoded) = text.strip_prefix(PREFIX) else {
            bail!(
                "{name} does not begin with {PREFIX}; it must be {PREFIX} and 24 to 64 random bytes in base64"
            );
        };
        let Ok(bytes) = STANDARD.decode(encoded) else {
            bail!("{name} is not base64 after {PREFIX}; copy it again, with every = at its end");
        };
        match bytes.len() {
            24..=64 => Ok(Self(bytes)),
            length => bail!(
                "{name} holds {length} bytes; Standard Webhooks asks for 24 to 64: make one with: echo \"{PREFIX}$(openssl rand -base64 32)\""
            ),
        }
    }

    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.host()).finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn said(url: &str, secret: &str, old: &str) -> String {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match Webhook::parse(given(url), given(secret), given(old)) {
            Ok(None) => "none".to_owned(),
            Ok(Some(webhook)) => format!("{} with {}", webhook.host(), webhook.keys.len()),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_what_to_change() {
        let check = |(url, secret, old): (&str, &str, &str), expected: &str| {
            let said = said(url, secret, old);
            assert!(said.contains(expected), "{url} {secret} {old}: {said}");
            assert!(!said.contains("hidden"), "an address may hold a token: {said}");
        };
        let https = "https://cms.example/hooks?token=hidden";
        check(("", "", ""), "none");
        check((https, GOOD, ""), "cms.example with 1");
        check((https, GOOD, OTHER), "cms.example with 2");
        check(("http://127.0.0.1:9000/", GOOD, ""), "127.0.0.1:9000 with 1");
        check(("http://[::1]:9000/", GOOD, ""), "[::1]:9000 with 1");
        check(("http://localhost/", GOOD, ""), "localhost with 1");

        check(("", GOOD, ""), "COUNTERSIGN_WEBHOOK_URL is not; set the address");
        check((https, "", ""), "COUNTERSIGN_WEBHOOK_SECRET is not; make one with");
        check((https, "", OTHER), "COUNTERSIGN_WEBHOOK_SECRET is not; make one with");
        check(("http://cms.example/hidden", GOOD, ""), "plain http to another machine");
        check(("http://127.0.0.1.hidden.example/", GOOD, ""), "plain http to another machine");
        check(("ftp://cms.example/hidden", GOOD, ""), "begins with ftp:");
        check(("cms.example/hidden", GOOD, ""), "is no address");
        check(("https://me:hidden@cms.example/", GOOD, ""), "a user name or a password");
        check(("https://cms.example/#hidden", GOOD, ""), "a #fragment");
        check((https, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ""), "does not begin with whsec_");
        check((https, "whsec_%%%", ""), "is not base64 after whsec_");
        check((https, "whsec_c2hvcnQ=", ""), "holds 5 bytes");
        check((https, GOOD, "whsec_c2hvcnQ="), "COUNTERSIGN_WEBHOOK_SECRET_OLD holds 5 bytes");
        check((https, GOOD, GOOD), "is the same as COUNTERSIGN_WEBHOOK_SECRET");
    }

    #[test]
    fn a_key_is_never_printed() {
        let webhook =
            Webhook::parse(Some("https://a.example/".to_owned()), Some(GOOD.to_owned()), None);
        let webhook = webhook.unwrap().unwrap();
        let printed = format!("{webhook:?} {:?}", webhook.keys);
        assert!(printed.contains("(secret)") && !printed.contains("MfKQ"), "{printed}");
        assert!(!printed.contains("77, 250"), "{printed}");
    }
}
