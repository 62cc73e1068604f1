//! What the installed app may do.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::transport::Settings;

/// The scopes of the bot token, which Slack lists in a header of every answer
/// (<https://docs.slack.dev/authentication/installing-with-oauth/>, `X-OAuth-Scopes`).
///
/// Asked beside the Web API client, which does not show headers.
pub async fn granted_scopes(settings: &Settings) -> Result<BTreeSet<String>> {
    let client = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .build()?;
    let answer = client
        .post(settings.api_url.join("auth.test")?)
        .bearer_auth(&settings.bot_token)
        .send()
        .await
        .context("Slack cannot be asked for the app's permissions")?;
    let scopes = answer
        .headers()
        .get("x-oauth-scopes")
        .context("Slack did not list the app's permissions")?
        .to_str()?;
    Ok(scopes.split(',').map(|scope| scope.trim().to_owned()).collect())
}
