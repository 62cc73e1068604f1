//! Which permissions the installation has.

use axum::http::{Request, header};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::error::{Kind, SlackError};
use super::transport::Slack;

impl Slack {
    /// The permissions of the bot token. Slack says them in a header only, which the client
    /// library does not hand out; so this asks by itself, once, without repeating.
    pub async fn granted_scopes(&self) -> Result<Vec<String>, SlackError> {
        const METHOD: &str = "auth.test";
        let unavailable = |cause: &str| SlackError {
            method: METHOD,
            kind: Kind::Unavailable { cause: cause.to_owned() },
        };
        let settings = self.settings();
        let url = settings.api_url.join(METHOD).map_err(|_| unavailable("no valid address"))?;
        let request = Request::post(url.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {}", settings.bot_token))
            .body(Empty::<bytes::Bytes>::new())
            .map_err(|_| unavailable("the token is not one"))?;

        let connector = super::transport::connector(settings)
            .map_err(|error| unavailable(&format!("{error:#}")))?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let answer = tokio::time::timeout(settings.timeout, client.request(request))
            .await
            .map_err(|_| unavailable("no answer in time"))?
            .map_err(|_| unavailable("no connection"))?;

        let scopes = answer.headers().get("x-oauth-scopes").and_then(|it| it.to_str().ok());
        let scopes = scopes.ok_or_else(|| unavailable("the answer names no scopes"))?;
        let scopes = scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty());
        Ok(scopes.map(str::to_owned).collect())
    }
}
