//! What is to be asked of Slack, and how it may be asked.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::error::{Kind, SlackError};
use crate::ids::ChannelId;

/// One call: where it goes, whose it is, and what may be done when it fails.
pub(super) struct Call<'a> {
    pub method: &'static str,
    pub body: Body<'a>,
    pub token: Token,
    pub repeat: Repeat,
    pub channel: Option<&'a ChannelId>,
    /// How many messages' worth of the channel's pace it takes.
    pub cost: f64,
    pub patience: Option<Duration>,
}

pub(super) enum Body<'a> {
    Query(Vec<(&'static str, String)>),
    Json(Value),
    JsonTo(Url, Value),
    BytesTo(Url, &'a str, &'a [u8]),
}

#[derive(PartialEq)]
pub(super) enum Token {
    Bot,
    App,
}

/// What a call may do after an attempt of which nobody knows whether it took effect.
#[derive(PartialEq)]
pub(super) enum Repeat {
    Safely,
    Never,
}

impl<'a> Call<'a> {
    /// Asks for something and changes nothing.
    pub fn read(method: &'static str, query: Vec<(&'static str, String)>) -> Self {
        Self::new(method, Body::Query(query), Repeat::Safely)
    }

    /// Brings about a state; doing so twice is the same as once.
    pub fn set(method: &'static str, json: Value) -> Self {
        Self::new(method, Body::Json(json), Repeat::Safely)
    }

    /// Makes something; doing so twice makes two.
    pub fn make(method: &'static str, json: Value) -> Self {
        Self::new(method, Body::Json(json), Repeat::Never)
    }

    /// Sends JSON to an address Slack gave us, without our token.
    pub fn make_at(method: &'static str, url: Url, json: Value) -> Self {
        Self::new(method, Body::JsonTo(url, json), Repeat::Never)
    }

    /// Sends bytes to an address Slack gave us for this purpose, without our token.
    pub fn send_bytes(
        method: &'static str,
        url: Url,
        content_type: &'a str,
        bytes: &'a [u8],
    ) -> Self {
        Self::new(method, Body::BytesTo(url, content_type, bytes), Repeat::Safely)
    }

    fn new(method: &'static str, body: Body<'a>, repeat: Repeat) -> Self {
        let (token, channel) = (Token::Bot, None);
        Self { method, body, token, repeat, channel, cost: 0.0, patience: None }
    }

    /// Waits for its turn in the channel, of which it uses this many messages' worth.
    pub fn paced(mut self, channel: &'a ChannelId, cost: f64) -> Self {
        self.channel = Some(channel);
        self.cost = cost;
        self
    }

    /// Is of no use to anybody later than this.
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    pub fn with_app_token(mut self) -> Self {
        self.token = Token::App;
        self
    }

    pub fn rate_limited(&self, retry_after: Duration) -> SlackError {
        self.failed(Kind::RateLimited { retry_after })
    }

    pub fn failed(&self, kind: Kind) -> SlackError {
        SlackError { method: self.method, kind }
    }
}

impl Body<'_> {
    pub fn is_api(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Json(_))
    }
}
