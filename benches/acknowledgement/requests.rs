//! Thousands of requests out of one: what must differ between two of them does, the rest is as the
//! workspace sent it. Each is signed and complete, down to the last byte that goes over the wire.

use bytes::Bytes;
use clap::ValueEnum;
use countersign::sandbox::{Sandbox, SignedRequest};
use jiff::Timestamp;
use rand::RngExt;
use std::net::SocketAddr;

/// What is asked of a server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Kind {
    /// `/research …`: a run, the question beside the trail, an entry, a job.
    Command,
    /// Approve: a decision, an entry, a job.
    Click,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Click => "click",
        }
    }

    pub const fn path(self) -> &'static str {
        match self {
            Self::Command => "/slack/commands",
            Self::Click => "/slack/interactivity",
        }
    }
}

/// A review that waits for a decision, and the revision it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Case {
    pub review: i64,
    pub revision: i64,
}

/// A request that a person's act made, taken apart where the next one differs.
#[derive(Clone, Debug)]
pub struct Template {
    pub kind: Kind,
    body: String,
    trigger: String,
    /// What the pressed button carries.
    value: Option<String>,
}

impl Template {
    pub fn of(kind: Kind, request: &SignedRequest, case: Option<Case>) -> Option<Self> {
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        let field = |name: &str| fields.iter().find(|(it, _)| it == name).map(|(_, it)| it.clone());
        let trigger = match kind {
            Kind::Command => field("trigger_id")?,
            Kind::Click => {
                let payload: serde_json::Value = serde_json::from_str(&field("payload")?).ok()?;
                payload["trigger_id"].as_str()?.to_owned()
            }
        };
        Some(Self {
            kind,
            body: String::from_utf8(request.body.to_vec()).ok()?,
            trigger,
            value: case.map(|case| format!("{}.{}", case.review, case.revision)),
        })
    }

    /// Bytes of a body.
    pub fn length(&self) -> usize {
        self.body.len()
    }

    /// One request for each case, from this moment on and for five minutes.
    pub fn make(
        &self,
        sandbox: &Sandbox,
        at: Timestamp,
        to: SocketAddr,
        cases: &[Case],
    ) -> Vec<Bytes> {
        (1..).zip(cases).map(|(later, case)| self.request(sandbox, at, to, *case, later)).collect()
    }

    fn request(
        &self,
        sandbox: &Sandbox,
        at: Timestamp,
        to: SocketAddr,
        case: Case,
        later: i64,
    ) -> Bytes {
        let trigger = new_trigger(&self.trigger, at.as_millisecond() + later);
        let mut body = self.body.replace(&self.trigger, &trigger);
        if let Some(value) = &self.value {
            // Digits and a dot are the same in a form.
            let (old, new) =
                (format!("%22{value}%22"), format!("%22{}.{}%22", case.review, case.revision));
            body = body.replace(&old, &new);
        }
        let mut request = format!(
            "POST {} HTTP/1.1\r\nhost: {to}\r\nuser-agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n\
             accept: application/json,*/*\r\naccept-encoding: gzip,deflate\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            self.kind.path(),
            body.len(),
        );
        for (name, value) in sandbox.sign(body.as_bytes(), at) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(&body);
        Bytes::from(request)
    }
}

/// Begins with a number that grows, as Slack's do, and goes on at random; as long as the old one.
fn new_trigger(old: &str, number: i64) -> String {
    let mut rng = rand::rng();
    let (_, rest) = old.split_once('.').unwrap_or(("", old));
    let (team, random) = rest.split_once('.').unwrap_or(("", rest));
    let random: String = random
        .chars()
        .map(|it| match it {
            '0'..='9' | 'a'..='f' => char::from_digit(rng.random_range(0..16), 16).unwrap_or(it),
            other => other,
        })
        .collect();
    format!("{number}.{team}.{random}")
}
