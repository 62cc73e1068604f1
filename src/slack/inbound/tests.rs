use serde_json::json;

use super::*;
use crate::ids::{ChannelId, MessageTs};

const COMMAND: &str = "token=gone&team_id=T0MARKET&team_domain=acme&channel_id=C0CAMPAIGN\
    &channel_name=campaigns&user_id=U0MAYA&user_name=maya&command=%2Fresearch\
    &text=why+do+people+cancel%3F&api_app_id=A0COUNTER&is_enterprise_install=false\
    &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT0%2F1%2Fx&trigger_id=1.2.abc\
    &some_new_field=1";

fn click() -> Value {
    json!({
        "type": "block_actions",
        "user": {"id": "U0DANA", "username": "dana", "name": "dana", "team_id": "T0MARKET"},
        "api_app_id": "A0COUNTER",
        "container": {"type": "message", "message_ts": "1.2", "channel_id": "C0CAMPAIGN",
            "is_ephemeral": false, "thread_ts": "1.1"},
        "trigger_id": "11.22.abc",
        "team": {"id": "T0MARKET", "domain": "acme"},
        "enterprise": null,
        "is_enterprise_install": false,
        "channel": {"id": "C0CAMPAIGN", "name": "campaigns"},
        "message": {"ts": "1.2", "user": "U0BOT", "bot_id": "B0BOT", "text": "A draft",
            "metadata": {"event_type": "countersign", "event_payload": {"subject": "review:12"}}},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.com/actions/T0/2/y",
        "actions": [{"type": "button", "action_id": "review.approve", "block_id": "b1",
            "text": {"type": "plain_text", "text": "Approve"}, "value": "12", "style": "primary",
            "action_ts": "1.3"}],
    })
}

fn submission() -> Value {
    json!({
        "type": "view_submission",
        "team": {"id": "T0MARKET", "domain": "acme"},
        "user": {"id": "U0DANA", "username": "dana", "name": "dana", "team_id": "T0MARKET"},
        "trigger_id": "33.44.def",
        "view": {"id": "V1", "hash": "h1", "type": "modal", "callback_id": "review.changes",
            "private_metadata": "12", "root_view_id": "V1", "previous_view_id": null,
            "state": {"values": {
                "what": {"what": {"type": "plain_text_input", "value": "Less *loud*"}},
                "empty": {"empty": {"type": "plain_text_input", "value": null}},
                "reason": {"reason": {"type": "static_select",
                    "selected_option": {"text": {"type": "plain_text", "text": "Tone"}, "value": "tone"}}},
                "checks": {"checks": {"type": "checkboxes",
                    "selected_options": [{"value": "accurate"}, {"value": "useful"}]}},
                "who": {"who": {"type": "users_select", "selected_user": "U0SAM"}},
                "until": {"until": {"type": "datepicker", "selected_date": "2026-12-04"}},
            }}},
        "response_urls": [{"block_id": "x", "response_url": "https://hooks.slack.com/app/1"}],
    })
}

fn mention() -> Value {
    json!({
        "token": "gone", "team_id": "T0MARKET", "api_app_id": "A0COUNTER",
        "event": {"type": "app_mention", "user": "U0MAYA", "user_team": "T0MARKET",
            "source_team": "T0MARKET", "text": "<@U0BOT> why?", "ts": "5.1", "channel": "C0CAMPAIGN",
            "event_ts": "5.1"},
        "type": "event_callback", "event_id": "Ev01", "event_time": 1_700_000_000,
        "authorizations": [{"enterprise_id": null, "team_id": "T0MARKET", "user_id": "U0BOT",
            "is_bot": true, "is_enterprise_install": false}],
        "is_ext_shared_channel": false, "event_context": "4-abc",
    })
}

fn interaction(raw: Value) -> Interaction {
    Interaction::from_text(raw.to_string().into()).unwrap()
}

fn callback(raw: Value) -> EventEnvelope {
    match IncomingEvent::from_json(raw).unwrap() {
        IncomingEvent::Callback(envelope) => *envelope,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_is_read_from_a_form() {
    let command = SlashCommand::from_form(COMMAND.as_bytes()).unwrap();
    assert_eq!(command.command, "/research");
    assert_eq!(command.text, "why do people cancel?");
    assert_eq!(command.channel, ChannelId::from("C0CAMPAIGN"));
    assert_eq!(command.actor.id, PersonId::from("U0MAYA"));
    assert_eq!(command.actor.username.as_deref(), Some("maya"));
    assert_eq!(command.tenant.installation(), Some(&TeamId::from("T0MARKET")));
    assert_eq!(command.dedupe_key().as_deref(), Some("trigger:1.2.abc"));
    assert_eq!(command.raw["some_new_field"], "1");
}

#[test]
fn a_command_is_the_same_over_socket_mode() {
    let form = SlashCommand::from_form(COMMAND.as_bytes()).unwrap();
    let json = SlashCommand::from_json(form.raw.clone()).unwrap();
    assert_eq!(json, form);
}

#[test]
fn a_command_of_an_organisation_belongs_to_no_workspace() {
    let form = "command=%2Fresearch&text=&user_id=W1&channel_id=D1&team_id=&enterprise_id=E1\
                &is_enterprise_install=true";
    let command = SlashCommand::from_form(form.as_bytes()).unwrap();
    assert_eq!(command.tenant.team, None);
    assert_eq!(command.tenant.installation(), Some(&TeamId::from("E1")));
    assert_eq!(command.text, "");
    assert_eq!(command.dedupe_key(), None);

    let json = json!({"command": "/research", "user_id": "W1", "channel_id": "D1",
        "team_id": null, "enterprise_id": "E1", "is_enterprise_install": true});
    assert_eq!(SlashCommand::from_json(json).unwrap().tenant, command.tenant);
}

#[test]
fn what_is_missing_is_named() {
    fn check(error: Malformed, expected: &str) {
        assert_eq!(error.to_string(), expected);
    }
    check(
        SlashCommand::from_form(b"command=%2Fresearch&channel_id=C1").unwrap_err(),
        "this slash command cannot be read: missing field `user_id`",
    );
    check(
        Interaction::from_form(b"body=1").unwrap_err(),
        "this interaction cannot be read: missing field `payload`",
    );
    check(
        Interaction::from_text(r#"{"type": "shortcut", "user": {}}"#.into()).unwrap_err(),
        "this interaction cannot be read: missing field `id` at line 1 column 31",
    );
    check(
        IncomingEvent::from_body(b"{\"type\":").unwrap_err(),
        "this event cannot be read: EOF while parsing a value at line 1 column 8",
    );
    check(
        IncomingEvent::from_json(json!({"type": "event_callback", "event_id": "Ev1"})).unwrap_err(),
        "this event cannot be read: missing field `event.type`",
    );
    check(
        IncomingEvent::from_json(json!({"type": "event_callback", "event_id": "Ev1",
            "event": {"type": "message", "channel": "C1"}}))
        .unwrap_err(),
        "this `message` event cannot be read: missing field `ts`",
    );
    check(
        IncomingEvent::from_json(json!([])).unwrap_err(),
        "this event cannot be read: missing field `type`",
    );
}

#[test]
fn what_people_wrote_is_in_no_error() {
    let raw = json!({"type": "block_actions", "user": "my \"secret\" plan"});
    let error = Interaction::from_text(raw.to_string().into()).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
    let error = SlashCommand::from_form(b"\xff\xfe=\xff").unwrap_err().to_string();
    assert!(error.starts_with("this slash command cannot be read"), "{error}");
}

#[test]
fn a_click_says_who_pressed_what_and_where() {
    let payload: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &click().to_string())
        .finish();
    let click = Interaction::from_form(payload.as_bytes()).unwrap();
    assert_eq!(click.kind, InteractionKind::BlockActions);
    assert_eq!(click.actor.id, PersonId::from("U0DANA"));
    assert!(!click.actor.is_external(&click.tenant));
    assert_eq!(click.channel, Some(ChannelId::from("C0CAMPAIGN")));
    assert_eq!(click.message_ts(), Some(&MessageTs::from("1.2")));
    assert_eq!(click.thread(), Some(&MessageTs::from("1.1")));
    assert_eq!(click.message.as_ref().unwrap().about(), Some("review:12"));
    assert_eq!(click.actions[0].action_id, "review.approve");
    assert_eq!(click.actions[0].value.as_deref(), Some("12"));
    assert_eq!(click.dedupe_key().as_deref(), Some("trigger:11.22.abc"));
}

#[test]
fn a_click_without_a_trigger_is_known_by_its_time_and_person() {
    let mut raw = click();
    raw["trigger_id"] = Value::Null;
    assert_eq!(interaction(raw).dedupe_key().as_deref(), Some("action:1.3:U0DANA"));
}

#[test]
fn a_click_in_an_organisation_has_no_workspace() {
    let mut raw = click();
    raw["team"] = Value::Null;
    raw["enterprise"] = json!({"id": "E1", "name": "Acme"});
    raw["is_enterprise_install"] = true.into();
    let click = interaction(raw);
    assert_eq!(click.tenant.team, None);
    assert_eq!(click.tenant.installation(), Some(&TeamId::from("E1")));
    assert!(!click.actor.is_external(&click.tenant));
}

#[test]
fn people_of_other_workspaces_are_told_apart() {
    let mut raw = click();
    raw["user"]["team_id"] = "T0ELSEWHERE".into();
    let click = interaction(raw);
    assert!(click.actor.is_external(&click.tenant));
}

#[test]
fn a_click_on_a_private_message_or_in_the_home_tab_is_read() {
    let mut raw = click();
    for gone in ["message", "state", "channel"] {
        raw.as_object_mut().unwrap().remove(gone);
    }
    raw["container"]["is_ephemeral"] = true.into();
    let private = interaction(raw.clone());
    assert_eq!(private.message_ts(), Some(&MessageTs::from("1.2")));
    assert_eq!(private.channel, Some(ChannelId::from("C0CAMPAIGN")));
    assert!(private.container.unwrap().is_ephemeral);

    raw["container"] = json!({"type": "view", "view_id": "V9"});
    raw["view"] = json!({"id": "V9", "type": "home", "callback_id": "", "private_metadata": ""});
    let home = interaction(raw);
    assert_eq!(home.channel, None);
    assert_eq!(home.view.unwrap().kind, "home");
}

#[test]
fn a_submission_hands_over_its_values() {
    let submitted = interaction(submission());
    let view = submitted.view.as_ref().unwrap();
    assert_eq!(submitted.kind, InteractionKind::ViewSubmission);
    assert_eq!(
        (view.callback_id.as_str(), view.private_metadata.as_str()),
        ("review.changes", "12")
    );
    assert_eq!(view.values.text("what"), Some("Less *loud*"));
    assert_eq!(view.values.text("empty"), None);
    assert_eq!(view.values.text("absent"), None);
    assert_eq!(view.values.choice("reason"), Some("tone"));
    assert_eq!(view.values.choices("checks"), ["accurate", "useful"]);
    assert_eq!(view.values.person("who"), Some(PersonId::from("U0SAM")));
    assert_eq!(view.values.date("until"), Some(jiff::civil::date(2026, 12, 4)));
    assert_eq!(view.values.blocks().count(), 6);
    assert_eq!(submitted.response_url.as_deref(), Some("https://hooks.slack.com/app/1"));
}

#[test]
fn a_closed_modal_has_a_key_of_its_own() {
    let mut raw = submission();
    raw["type"] = "view_closed".into();
    raw["is_cleared"] = false.into();
    raw.as_object_mut().unwrap().remove("trigger_id");
    let closed = interaction(raw);
    assert_eq!(closed.kind, InteractionKind::ViewClosed);
    assert_eq!(closed.dedupe_key().as_deref(), Some("view_closed:V1:h1:U0DANA"));
}

#[test]
fn shortcuts_are_read() {
    let raw = json!({"type": "message_action", "callback_id": "research_this", "team": null,
        "user": {"id": "U0MAYA", "name": "maya"}, "channel": {"id": "C1", "name": "directmessage"},
        "message_ts": "7.1", "message": {"type": "message", "user": "U0SAM", "ts": "7.1",
        "text": "Why so quiet?", "thread_ts": null}, "trigger_id": "5.6.g", "action_ts": "7.2"});
    let shortcut = interaction(raw);
    assert_eq!(shortcut.kind, InteractionKind::MessageAction);
    assert_eq!(shortcut.callback_id.as_deref(), Some("research_this"));
    assert_eq!(shortcut.actor.username.as_deref(), Some("maya"));
    assert_eq!(shortcut.message.unwrap().text, "Why so quiet?");

    let raw = json!({"type": "shortcut", "callback_id": "new_test", "user": {"id": "U1"},
        "trigger_id": "5.6.h", "team": {"id": "T1"}});
    assert_eq!(interaction(raw).kind, InteractionKind::Shortcut);
}

#[test]
fn unknown_kinds_are_kept_and_not_guessed_at() {
    let raw = json!({"type": "hologram", "user": {"id": "U1"}, "team": null, "new": [1]});
    let unknown = interaction(raw.clone());
    assert_eq!(unknown.kind, InteractionKind::Other("hologram".to_owned()));
    assert_eq!(*unknown.raw, *raw.to_string());
    assert_eq!(unknown.dedupe_key(), None);

    let event = IncomingEvent::from_json(json!({"type": "app_rate_limited"})).unwrap();
    assert!(matches!(event, IncomingEvent::Other { kind, .. } if kind == "app_rate_limited"));
    let mut raw = mention();
    raw["event"] = json!({"type": "team_join", "user": {"id": "U1"}});
    assert_eq!(callback(raw).event, Event::Other("team_join".to_owned()));
}

#[test]
fn the_challenge_is_handed_back() {
    let event = IncomingEvent::from_body(
        br#"{"token":"gone","challenge":"3eZbrw1a","type":"url_verification"}"#,
    );
    let challenge = "3eZbrw1a".to_owned();
    assert_eq!(event, Ok(IncomingEvent::UrlVerification { challenge }));
}

#[test]
fn a_mention_is_read() {
    let envelope = callback(mention());
    assert_eq!(envelope.dedupe_key(), "event:Ev01");
    assert_eq!(envelope.tenant.installation(), Some(&TeamId::from("T0MARKET")));
    assert_eq!(envelope.event.actor().unwrap().id, PersonId::from("U0MAYA"));
    let Event::AppMention(mention) = envelope.event else { panic!() };
    assert_eq!(mention.text, "<@U0BOT> why?");
    assert_eq!(mention.thread, None);
}

#[test]
fn an_event_belongs_to_the_installation_it_is_authorised_for() {
    let mut raw = mention();
    raw["team_id"] = "T0ELSEWHERE".into();
    assert_eq!(callback(raw.clone()).tenant.team, Some(TeamId::from("T0MARKET")));

    raw["authorizations"] =
        json!([{"enterprise_id": "E1", "team_id": null, "is_enterprise_install": true}]);
    assert_eq!(callback(raw.clone()).tenant.installation(), Some(&TeamId::from("E1")));

    raw["authorizations"] = Value::Null;
    assert_eq!(callback(raw).tenant.team, Some(TeamId::from("T0ELSEWHERE")));
}

#[test]
fn only_what_people_write_counts_as_written() {
    fn check(event: Value, expected: bool) {
        let mut raw = mention();
        raw["event"] = event;
        let Event::Message(message) = callback(raw).event else { panic!() };
        assert_eq!(message.is_written_by_a_person(), expected, "{message:?}");
    }
    let message = |extra: Value| {
        let mut message = json!({"type": "message", "channel": "C1", "channel_type": "channel",
            "ts": "8.1", "thread_ts": "8.0", "user": "U1", "text": "and by region?"});
        message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        message
    };
    check(message(json!({})), true);
    check(message(json!({"subtype": "file_share"})), true);
    check(message(json!({"subtype": "bot_message", "bot_id": "B1"})), false);
    check(message(json!({"bot_id": "B1"})), false);
    check(message(json!({"subtype": "message_changed", "message": {}, "user": null})), false);
    check(message(json!({"subtype": "channel_join", "text": null})), false);
}

#[test]
fn the_home_tab_is_read() {
    let mut raw = mention();
    raw["event"] = json!({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home",
        "event_ts": "1.1"});
    let Event::HomeOpened(opened) = callback(raw).event else { panic!() };
    assert_eq!((opened.user, opened.tab.as_str()), (PersonId::from("U1"), "home"));
}

#[test]
fn the_same_act_has_the_same_key_over_http_and_socket() {
    fn check(kind: &str, payload: Value, expected: &str) {
        let message = json!({"type": kind, "envelope_id": "e-1", "payload": payload,
            "accepts_response_payload": true, "retry_attempt": 1, "retry_reason": "timeout"});
        let message = SocketMessage::from_text(&message.to_string()).unwrap();
        let SocketMessage::Envelope(envelope) = message else { panic!("{message:?}") };
        assert_eq!((envelope.id.as_str(), envelope.retry_attempt), ("e-1", 1));
        assert_eq!(envelope.payload.unwrap().dedupe_key().as_deref(), Some(expected));
    }
    let command = SlashCommand::from_form(COMMAND.as_bytes()).unwrap();
    check("slash_commands", command.raw, "trigger:1.2.abc");
    check("interactive", click(), "trigger:11.22.abc");
    check("events_api", mention(), "event:Ev01");
}

#[test]
fn what_a_socket_says_of_itself_is_read() {
    fn check(text: &str, expected: SocketMessage) {
        assert_eq!(SocketMessage::from_text(text), Ok(expected));
    }
    check(r#"{"type":"hello","num_connections":1,"debug_info":{}}"#, SocketMessage::Hello);
    let reason = "refresh_requested".to_owned();
    check(
        r#"{"type":"disconnect","reason":"refresh_requested","debug_info":{}}"#,
        SocketMessage::Disconnect { reason },
    );
    let (kind, envelope_id) = ("hologram".to_owned(), Some("e-2".to_owned()));
    check(
        r#"{"type":"hologram","envelope_id":"e-2","payload":{}}"#,
        SocketMessage::Other { kind, envelope_id },
    );

    let broken = r#"{"type":"interactive","envelope_id":"e-3","payload":{"type":"shortcut"}}"#;
    let Ok(SocketMessage::Envelope(envelope)) = SocketMessage::from_text(broken) else { panic!() };
    let error = envelope.payload.unwrap_err().to_string();
    assert_eq!(error, "this interaction cannot be read: missing field `user` at line 1 column 19");
    assert!(SocketMessage::from_text("{").is_err());
    assert!(SocketMessage::from_text(r#"{"type":"interactive","payload":{}}"#).is_err());
}
