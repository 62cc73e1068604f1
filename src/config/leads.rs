//! By which those are known who send leads in: HubSpot by its signature, others by Standard Webhooks.

use anyhow::{Context, Result, bail};
use url::Url;

use super::{Secret, WebhookKey, read};

const HUBSPOT: &str = "COUNTERSIGN_HUBSPOT_SECRET";
const PUBLIC_URL: &str = "COUNTERSIGN_PUBLIC_URL";
const SECRET: &str = "COUNTERSIGN_LEADS_SECRET";
const SECRET_OLD: &str = "COUNTERSIGN_LEADS_SECRET_OLD";

/// Who may send leads in; nobody where nothing is set.
#[derive(Clone, Default, Debug)]
pub struct LeadSenders {
    pub hubspot: Option<HubSpot>,
    /// The current key first, then one that is being rotated out.
    pub keys: Vec<WebhookKey>,
}

/// An app of HubSpot's that sends webhooks.
#[derive(Clone, Debug)]
pub struct HubSpot {
    /// The app's client secret.
    pub secret: Secret,
    /// Where this service is reached from outside: HubSpot signs the address, too.
    pub public_url: Url,
}

impl LeadSenders {
    pub(super) fn from_env() -> Result<Self> {
        Self::parse(read(HUBSPOT), read(PUBLIC_URL), read(SECRET), read(SECRET_OLD))
    }

    /// Of HubSpot's client secret, our own address, a secret, and the secret before it.
    pub fn parse(
        hubspot: Option<String>,
        public_url: Option<String>,
        secret: Option<String>,
        old: Option<String>,
    ) -> Result<Self> {
        let hubspot = match (hubspot, public_url) {
            (None, _) => None,
            (Some(_), None) => bail!(
                "{HUBSPOT} is set, but {PUBLIC_URL} is not; HubSpot signs the address that it calls, so set it, such as https://countersign.example"
            ),
            (Some(secret), Some(url)) => Some(HubSpot {
                secret: Secret::new(secret),
                public_url: url.parse().with_context(|| {
                    format!(
                        "{PUBLIC_URL} is {url:?}; give the address from outside, such as https://countersign.example"
                    )
                })?,
            }),
        };
        if let (None, Some(_)) = (&secret, &old) {
            bail!("{SECRET_OLD} is set, but {SECRET} is not; set the secret that is in use");
        }
        let given = [(SECRET, secret), (SECRET_OLD, old)];
        let given = given.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let keys = given.map(|(name, text)| WebhookKey::parse(name, &text));
        Ok(Self { hubspot, keys: keys.collect::<Result<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_refused_with_what_to_change() {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let check = |[hubspot, url, secret, old]: [&str; 4], expected: &str| {
            let senders = LeadSenders::parse(given(hubspot), given(url), given(secret), given(old));
            let said = match senders {
                Ok(it) => format!("{} and {}", it.hubspot.is_some(), it.keys.len()),
                Err(error) => format!("{error:#}"),
            };
            assert!(said.contains(expected), "{said}");
        };
        let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        check(["", "", "", ""], "false and 0");
        check(["abc", "https://countersign.example", key, ""], "true and 1");
        check(["abc", "", "", ""], "COUNTERSIGN_PUBLIC_URL is not");
        check(["abc", "here", "", ""], "give the address from outside");
        check(["", "", "", key], "COUNTERSIGN_LEADS_SECRET is not");
        check(["", "", "secret", ""], "does not begin with whsec_");
    }
}
