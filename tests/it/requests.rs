//! The door: what is let in, what is turned away, and what that costs.

use std::time::Duration;

use bytes::Bytes;
use countersign::sandbox::{Seed, SignedRequest};
use jiff::SignedDuration;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Door, Team};

const COMMAND: &str = "slack/commands";
const PRESS: &str = "slack/interactivity";
const EVENT: &str = "slack/events";

impl Team {
    /// Sends a body to the bot as Slack would sign it, `ahead` of the clock.
    async fn sends_at(
        &self,
        path: &str,
        body: impl Into<Bytes>,
        ahead: SignedDuration,
    ) -> Response {
        let body = body.into();
        let headers = self.sandbox.sign(&body, self.app.now() + ahead);
        self.sends_with(path, body, &headers).await
    }

    async fn sends(&self, path: &str, body: impl Into<Bytes>) -> Response {
        self.sends_at(path, body, SignedDuration::ZERO).await
    }

    async fn sends_with(
        &self,
        path: &str,
        body: Bytes,
        headers: &[(&'static str, String)],
    ) -> Response {
        let request = client().post(self.bot.join(path).unwrap());
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(body).send().await.unwrap()
    }

    async fn runs(&self) -> i64 {
        self.count("SELECT count(*) FROM runs").await
    }
}

fn client() -> Client {
    Client::builder().timeout(Duration::from_secs(10)).build().unwrap()
}

/// A slash command as Slack sends it, with the fields that `change` sets or, by null, leaves out.
fn command(change: &Value) -> String {
    let mut fields = json!({
        "token": "gone", "team_id": Seed::example().team_id, "team_domain": "larch-and-loom",
        "channel_id": "C0RESEARCH", "channel_name": "research", "user_id": "U0MAYA0000",
        "user_name": "maya", "command": "/research", "text": "why?",
        "api_app_id": "A0COUNTERS", "is_enterprise_install": "false",
        "response_url": "http://127.0.0.1:1/", "trigger_id": "1.2.3",
    });
    for (name, value) in change.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let pairs: Vec<(String, String)> = fields
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    serde_urlencoded::to_string(pairs).unwrap()
}

fn payload(json: &Value) -> String {
    serde_urlencoded::to_string([("payload", json.to_string())]).unwrap()
}

#[tokio::test]
async fn only_what_slack_signed_just_now_is_let_in() {
    let team = Team::start().await;
    let body = Bytes::from(command(&json!({})));
    let signed = team.sandbox.sign(&body, team.app.now());
    let forged: Vec<_> = signed
        .iter()
        .map(|(name, value)| {
            let last = value.replace(&value[value.len() - 2..], "00");
            (
                *name,
                if name.eq_ignore_ascii_case("x-slack-signature") { last } else { value.clone() },
            )
        })
        .collect();
    let half = &signed[..1];
    let changed = Bytes::from(command(&json!({"text": "something else"})));

    let status = async |body: &Bytes, headers: &[(&'static str, String)]| {
        team.sends_with(COMMAND, body.clone(), headers).await.status()
    };
    assert_eq!(status(&body, &[]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&body, half).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&body, &forged).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&changed, &signed).await, StatusCode::UNAUTHORIZED);
    assert_eq!(team.runs().await, 0);

    assert_eq!(status(&body, &signed).await, StatusCode::OK);
    assert_eq!(team.runs().await, 1);
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn what_is_older_or_newer_than_five_minutes_is_refused() {
    let team = Team::start().await;
    let status = async |seconds: i64| {
        let ahead = SignedDuration::from_secs(seconds);
        team.sends_at(COMMAND, command(&json!({})), ahead).await.status()
    };
    assert_eq!(status(-302).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(302).await, StatusCode::UNAUTHORIZED);
    assert_eq!(team.runs().await, 0);
    assert_eq!(status(-295).await, StatusCode::OK);
    assert_eq!(team.runs().await, 1);
    team.done().await;
}

#[tokio::test]
async fn a_replayed_request_does_nothing() {
    let team = Team::start().await;
    team.member("maya").types("#research", "/research why?").await;
    let request = team.sandbox.last_request().unwrap();
    for _ in 0..3 {
        let SignedRequest { url, headers, body } = request.clone();
        let path = url.path().trim_start_matches('/').to_owned();
        assert_eq!(team.sends_with(&path, body, &headers).await.status(), StatusCode::OK);
    }
    assert_eq!(team.runs().await, 1);
    team.done().await;
}

#[tokio::test]
async fn either_secret_counts_while_one_is_rotated_out() {
    let mut seed = Seed::example();
    seed.app.signing_secret = "the new one".to_owned();
    let team = Team::start_with(Door::Http, seed).await;
    assert_eq!(team.sends(COMMAND, command(&json!({}))).await.status(), StatusCode::OK);
    team.done().await;
}

#[tokio::test]
async fn sixty_four_mebibytes_are_refused_unread() {
    let team = Team::start().await;
    let address = (team.bot.host_str().unwrap(), team.bot.port().unwrap());
    let head = format!(
        "POST /slack/commands HTTP/1.1\r\nHost: bot\r\nContent-Length: {}\r\n\r\n",
        64 * 1024 * 1024
    );

    let mut claimed = TcpStream::connect(address).await.unwrap();
    claimed.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 32];
    claimed.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 413 "), "{}", String::from_utf8_lossy(&answer));

    // Without a length: refused when the limit is reached, not when all of it has come.
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let endless = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    let signed = team.sandbox.sign(b"", team.app.now());
    let request = client().post(team.bot.join(COMMAND).unwrap());
    let request =
        signed.iter().fold(request, |request, (name, value)| request.header(*name, value));
    let answer = request.body(reqwest::Body::wrap_stream(endless)).send().await;
    // The door may close while the client is still sending; it never takes all of it.
    assert!(answer.is_err() || answer.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(team.runs().await, 0);
    team.done().await;
}

#[tokio::test]
async fn signed_nonsense_is_answered_in_words() {
    let team = Team::start().await;
    let check = async |path: &str, body: &[u8]| {
        let answer = team.sends(path, Bytes::copy_from_slice(body)).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {text}");
        assert!(text.contains("could not be read"), "{path}: {text}");
    };
    check(COMMAND, b"").await;
    check(COMMAND, b"command=%2Fresearch").await;
    check(COMMAND, b"\xff\xfe\xfd").await;
    check(PRESS, b"payload=").await;
    check(PRESS, b"payload=%7B%22type%22%3A%22block_actions%22%2C").await;
    check(PRESS, b"payload=%5B%5D").await;
    check(PRESS, b"nothing=here").await;
    check(EVENT, b"{").await;
    check(EVENT, b"[]").await;
    check(EVENT, br#"{"type": "event_callback"}"#).await;
    check(EVENT, b"\xff").await;
    assert_eq!(team.runs().await, 0);
    team.done().await;
}

#[tokio::test]
async fn slacks_own_checks_are_answered() {
    let team = Team::start().await;

    let url = team.bot.join("slack/commands?ssl_check=1").unwrap();
    assert_eq!(client().get(url).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(team.sends(COMMAND, "ssl_check=1&token=gone").await.status(), StatusCode::OK);

    let body = json!({"type": "url_verification", "challenge": "3eZbrw1aB10"}).to_string();
    let answer: Value = team.sends(EVENT, body).await.json().await.unwrap();
    assert_eq!(answer["challenge"], "3eZbrw1aB10");
    team.done().await;
}

#[tokio::test]
async fn looking_decides_nothing() {
    let team = Team::start().await;
    for path in [COMMAND, PRESS, EVENT] {
        let answer = client().get(team.bot.join(path).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    team.done().await;
}

#[tokio::test]
async fn another_workspace_is_not_served() {
    let team = Team::start().await;
    let foreign = command(&json!({"team_id": "T0STRANGER"}));
    let answer: Value = team.sends(COMMAND, foreign).await.json().await.unwrap();
    let text = answer["text"].as_str().unwrap();
    assert!(text.starts_with("This Countersign serves another workspace"), "{text}");
    assert_eq!(team.runs().await, 0);
    team.done().await;
}

#[tokio::test]
async fn an_organisations_installation_is_known_without_a_team() {
    let seed = Seed {
        enterprise_id: Some("E0LARCH".to_owned()),
        is_enterprise_install: true,
        ..Seed::example()
    };
    let team = Team::start_with(Door::Http, seed).await;
    let wide =
        json!({"team_id": null, "enterprise_id": "E0LARCH", "is_enterprise_install": "true"});
    assert_eq!(team.sends(COMMAND, command(&wide)).await.status(), StatusCode::OK);
    assert_eq!(team.runs().await, 1);

    let pressed = json!({
        "type": "block_actions", "team": null, "enterprise": {"id": "E0LARCH"},
        "is_enterprise_install": true, "user": {"id": "U0MAYA0000"}, "trigger_id": "9.9.9",
        "actions": [{"type": "button", "action_id": "link", "block_id": "b"}],
    });
    assert_eq!(team.sends(PRESS, payload(&pressed)).await.status(), StatusCode::OK);
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn what_is_not_a_known_button_is_refused_and_told() {
    let team = Team::start().await;
    let press = async |action: Value| {
        let body = json!({
            "type": "block_actions", "team": {"id": Seed::example().team_id},
            "user": {"id": "U0RAJ00000", "team_id": Seed::example().team_id},
            "channel": {"id": "C0RESEARCH"}, "trigger_id": format!("7.{}", rand::random::<u32>()),
            "actions": [action],
        });
        let status = team.sends(PRESS, payload(&body)).await.status();
        team.settle().await;
        status
    };
    let cases = [
        json!({"type": "button", "action_id": "review.delete", "block_id": "b", "value": "1.1"}),
        json!({"type": "button", "action_id": "review.approve", "block_id": "b", "value": "1"}),
        json!({"type": "button", "action_id": "review.approve", "block_id": "b"}),
        json!({"type": "button", "action_id": "review.approve", "block_id": "b", "value": "404.404"}),
    ];
    for case in cases {
        assert_eq!(press(case).await, StatusCode::OK);
    }
    let seen = team.sandbox.transcript("#research", Some("raj")).unwrap();
    assert_eq!(seen.matches("This button is not one that this version knows").count(), 3, "{seen}");
    assert_eq!(seen.matches("This review does not exist any more").count(), 1, "{seen}");
    team.done().await;
}

#[tokio::test]
async fn health_and_metrics_are_there() {
    let team = Team::start().await;
    team.member("maya").types("#research", "/research why?").await;
    team.settle().await;
    let get = async |path: &str| {
        client().get(team.bot.join(path).unwrap()).send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(get("health").await, "alive\n");
    assert_eq!(get("ready").await, "ready\n");
    let metrics = get("metrics").await;
    for name in [
        "countersign_slack_deliveries_total{kind=\"command\",result=\"done\"} 1",
        "countersign_acknowledgement_seconds_count",
        "countersign_jobs_total{kind=\"research\",result=\"done\"} 1",
        "countersign_slack_calls_total{method=\"chat.postMessage\",result=\"ok\"} 1",
        "countersign_database_connections{state=\"open\"}",
        "countersign_audit_pending 0",
    ] {
        assert!(metrics.contains(name), "{name} is missing in\n{metrics}");
    }
    team.done().await;
}
