//! Both directions of the wire against the local workspace: it takes whatever the builders make,
//! and what people do there is understood.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::post;
use countersign::clock::Clock;
use countersign::ids::{ChannelId, MessageTs, PersonId};
use countersign::sandbox::{Delivery, Place, Sandbox, Seed};
use countersign::slack::inbound::{
    Event, IncomingEvent, Interaction, InteractionKind, SlashCommand, SocketMessage,
};
use countersign::slack::{
    Button, Card, Choice, Confirm, Home, Input, Modal, Post, Reply, Select, Settings, Slack,
    escape, link, quote,
};
use futures_util::{SinkExt, StreamExt};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite;

type Received = Arc<Mutex<Vec<(String, Bytes)>>>;

struct Stage {
    sandbox: Sandbox,
    slack: Slack,
    received: Received,
}

impl Stage {
    /// With an app that says yes to everything and remembers it.
    async fn set() -> Self {
        let sandbox = Sandbox::new(Seed::example(), Clock::default());
        sandbox.at(serve(sandbox.router()).await.parse().unwrap());
        let patience = Duration::from_millis(20);
        sandbox.set(countersign::sandbox::Settings { settle: patience, ..sandbox.settings() });

        let received = Received::default();
        let app = Router::new().route("/{to}", post(receive)).with_state(received.clone());
        let url = serve(app).await;
        let at = |path: &str| format!("{url}{path}").parse().unwrap();
        sandbox.deliver(Delivery::Http {
            commands: at("commands"),
            interactivity: at("interactivity"),
            events: at("events"),
        });

        let app = &sandbox.seed().app;
        let slack = Slack::new(Settings {
            app_token: Some(app.app_token.clone()),
            api_url: sandbox.base().join("api/").unwrap(),
            messages_per_second: 10_000.0,
            burst: 10_000.0,
            ..Settings::new(&app.bot_token)
        });
        Self { slack: slack.unwrap(), sandbox, received }
    }

    /// The last delivery to that address.
    fn last(&self, to: &str) -> Bytes {
        let received = self.received.lock().unwrap();
        received.iter().rev().find(|(at, _)| at == to).unwrap().1.clone()
    }

    fn interaction(&self) -> Interaction {
        Interaction::from_form(&self.last("interactivity")).unwrap()
    }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn receive(State(received): State<Received>, Path(to): Path<String>, body: Bytes) {
    received.lock().unwrap().push((to, body));
}

fn channel() -> ChannelId {
    "C0CAMPAIGN".into()
}

/// Text as others write it.
fn wild(rng: &mut StdRng, most: usize) -> String {
    let bits = [
        "word ",
        "\n",
        "é",
        "👍🏽",
        "<!channel>",
        "&",
        "```",
        "漢字",
        "\"",
        "\\",
        "> ",
        "*",
        "\u{202E}",
    ];
    let length = rng.random_range(1..most);
    (0..length).map(|_| bits[rng.random_range(0..bits.len())]).collect()
}

#[tokio::test]
async fn cards_of_any_content_are_accepted() {
    let stage = Stage::set().await;
    let mut rng = StdRng::seed_from_u64(5);
    for _ in 0..40 {
        let mut card = Card::new(wild(&mut rng, 900)).about("draft:1");
        for _ in 0..rng.random_range(1..25) {
            let text = wild(&mut rng, 900);
            card = match rng.random_range(0..8) {
                0 => card.header(&text),
                1 => card.section(quote(&text)),
                2 => card.fields([("What", escape(&text).as_str()), ("Who", "<@U0MAYA0000>")]),
                3 => card.contexts([escape(&text).as_str(), "small"]),
                4 => card.section_with(escape(&text), Button::new(&text, "more").value(1)),
                5 => card.section(link("https://a.example/?x=<1>&y=|2", &text)).divider(),
                6 => card.image("https://a.example/chart.png", &text),
                _ => card.foot().actions([
                    Button::new(&text, "approve")
                        .value(1)
                        .primary()
                        .confirm(Confirm::new(&text, &text, &text, &text)),
                    Button::new(&text, "reject").value(2).danger().spoken(&text),
                ]),
            };
        }
        let (post, more) = card.finish();
        let ts = stage.slack.post(&channel(), None, &post).await.unwrap();
        for post in &more {
            stage.slack.post(&channel(), Some(&ts), post).await.unwrap();
        }
        stage.slack.update(&channel(), &ts, &Post::sentence("Done.")).await.unwrap();
    }
}

#[tokio::test]
async fn windows_of_any_content_are_accepted() {
    let stage = Stage::set().await;
    let mut rng = StdRng::seed_from_u64(6);
    for _ in 0..20 {
        let text = wild(&mut rng, 700);
        let many = |n: usize| (0..n).map(|n| Choice::new(&text, n).describe(&text));
        let modal = Modal::new("any", &text)
            .submit(&text)
            .close(&text)
            .private_metadata("12")
            .notify_on_close()
            .header(&text)
            .section(escape(&text))
            .context(escape(&text))
            .divider()
            .block(Input::text("text", &text).hint(&text).placeholder(&text).optional())
            .block(Input::paragraph("long", &text).initial(&text[..0]).at_most(9_000))
            .block(Input::select("few", &text, many(3)).chosen(&["1"]).placeholder(&text))
            .block(Input::select("many", &text, many(250)).chosen(&["201"]))
            .block(Input::radio("radio", &text, many(3)).chosen(&["2"]))
            .block(Input::checkboxes("boxes", &text, many(10)).chosen(&["0", "9"]))
            .block(Input::person("who", &text).chosen_person(&"U0DANA0000".into()))
            .block(Input::people("all", &text))
            .block(Input::date("until", &text).chosen_date(jiff::civil::date(2026, 12, 4)));
        stage.sandbox.command("maya", "#campaigns", "/draft new").await.unwrap();
        let command = SlashCommand::from_form(&stage.last("commands")).unwrap();
        let view = stage.slack.open_view(command.trigger_id.as_deref().unwrap(), &modal).await;
        let view = view.unwrap();
        stage.slack.update_view(&view.id, view.hash.as_deref(), &modal).await.unwrap();
        stage.sandbox.close("maya").await.unwrap();

        let home = Home::default()
            .header(&text)
            .section_with(escape(&text), Select::new(&text, "pick", many(120)))
            .context(escape(&text))
            .divider()
            .actions([Button::new(&text, "go")]);
        stage.slack.publish_home(&PersonId::from("U0MAYA0000"), &home).await.unwrap();
    }
}

#[tokio::test]
async fn a_command_is_understood_and_answered() {
    let stage = Stage::set().await;
    let Stage { sandbox, slack, .. } = &stage;
    sandbox.command("maya", "#campaigns", "/research why & how?").await.unwrap();
    let command = SlashCommand::from_form(&stage.last("commands")).unwrap();
    assert_eq!((command.command.as_str(), command.text.as_str()), ("/research", "why & how?"));
    assert_eq!((command.actor.id.as_str(), &command.channel), ("U0MAYA0000", &channel()));
    assert!(command.dedupe_key().unwrap().starts_with("trigger:"));

    let url = command.response_url.as_deref().unwrap();
    slack.respond(url, Reply::Privately, &Post::sentence("On it.")).await.unwrap();
    let seen_by = |person| sandbox.transcript("#campaigns", Some(person)).unwrap();
    assert!(seen_by("maya").contains("On it."), "{}", seen_by("maya"));
    assert!(!seen_by("dana").contains("On it."));
}

#[tokio::test]
async fn a_click_and_a_submission_are_understood() {
    let stage = Stage::set().await;
    let Stage { sandbox, slack, .. } = &stage;
    let ts = slack.post(&channel(), None, &card()).await.unwrap();
    let place = Place::Channel { channel: "#campaigns", message: None };
    sandbox.click("dana", place, "Approve", None).await.unwrap();
    let click = stage.interaction();
    assert_eq!(click.kind, InteractionKind::BlockActions);
    assert_eq!(click.actor.id, PersonId::from("U0DANA0000"));
    assert!(!click.actor.is_external(&click.tenant));
    assert_eq!(click.actions[0].action_id, "review.approve");
    assert_eq!(click.actions[0].value.as_deref(), Some("12"));
    assert_eq!(click.message_ts(), Some(&ts));
    assert_eq!(click.message.as_ref().unwrap().about(), Some("review:12"));

    let modal = Modal::new("review.changes", "What should change?")
        .submit("Send")
        .private_metadata("12")
        .block(Input::paragraph("what", "What"))
        .block(Input::select("why", "Why", [Choice::new("Tone", "tone")]));
    slack.open_view(click.trigger_id.as_deref().unwrap(), &modal).await.unwrap();
    let values = [("What", "Less loud"), ("Why", "Tone")];
    let values: Map<String, Value> =
        values.into_iter().map(|(label, value)| (label.to_owned(), json!(value))).collect();
    sandbox.submit("dana", &values).await.unwrap();
    let submission = stage.interaction();
    assert_eq!(submission.kind, InteractionKind::ViewSubmission);
    let view = submission.view.unwrap();
    assert_eq!(
        (view.callback_id.as_str(), view.private_metadata.as_str()),
        ("review.changes", "12")
    );
    assert_eq!(view.values.text("what"), Some("Less loud"));
    assert_eq!(view.values.choice("why"), Some("tone"));
}

#[tokio::test]
async fn shortcuts_and_events_are_understood() {
    let stage = Stage::set().await;
    let Stage { sandbox, slack, .. } = &stage;
    let maya = PersonId::from("U0MAYA0000");
    let ts = slack.post(&channel(), None, &card()).await.unwrap();
    let message = Some(("#campaigns", ts.as_str()));
    sandbox.shortcut("maya", "research_this", message).await.unwrap();
    let shortcut = stage.interaction();
    assert_eq!(shortcut.kind, InteractionKind::MessageAction);
    assert_eq!(shortcut.callback_id.as_deref(), Some("research_this"));
    assert_eq!(shortcut.message_ts(), Some(&ts));
    sandbox.shortcut("maya", "new_draft", None).await.unwrap();
    assert_eq!(stage.interaction().kind, InteractionKind::Shortcut);

    sandbox.message("maya", "#campaigns", "and by region?", Some(ts.as_str())).await.unwrap();
    sandbox.settled().await;
    let Event::Message(message) = event(&stage) else { panic!() };
    assert!(message.is_written_by_a_person());
    assert_eq!((message.user, message.thread), (Some(maya.clone()), Some(ts)));
    sandbox.home("maya").await.unwrap();
    sandbox.settled().await;
    let Event::HomeOpened(opened) = event(&stage) else { panic!() };
    assert_eq!((opened.user, opened.tab.as_str()), (maya, "home"));
}

fn card() -> Post {
    let (card, _) = Card::new("A draft waits.")
        .about("review:12")
        .section("*Spring sale*")
        .actions([Button::new("Approve", "review.approve").value(12).primary()])
        .finish();
    card
}

fn event(stage: &Stage) -> Event {
    match IncomingEvent::from_body(&stage.last("events")).unwrap() {
        IncomingEvent::Callback(envelope) => envelope.event,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_is_understood_over_socket_mode() {
    let Stage { sandbox, slack, .. } = Stage::set().await;
    sandbox.deliver(Delivery::SocketMode);
    let url = slack.connections_open().await.unwrap();
    let (mut socket, _) = tokio_tungstenite::connect_async(url.as_str()).await.unwrap();
    let hello = socket.next().await.unwrap().unwrap();
    assert_eq!(SocketMessage::from_text(hello.to_text().unwrap()), Ok(SocketMessage::Hello));

    let typing = {
        let sandbox = sandbox.clone();
        tokio::spawn(async move { sandbox.command("maya", "#campaigns", "/research why?").await })
    };
    let message = loop {
        let frame = socket.next().await.unwrap().unwrap();
        if let tungstenite::Message::Text(text) = frame {
            break SocketMessage::from_text(&text).unwrap();
        }
    };
    let SocketMessage::Envelope(envelope) = message else { panic!("{message:?}") };
    let ack = json!({"envelope_id": envelope.id}).to_string();
    socket.send(tungstenite::Message::text(ack)).await.unwrap();
    assert_eq!(typing.await.unwrap().unwrap().status, 200);
    let delivery = envelope.payload.unwrap();
    assert!(delivery.dedupe_key().unwrap().starts_with("trigger:"));
}

#[tokio::test]
async fn people_and_places_are_known() {
    let Stage { slack, .. } = Stage::set().await;
    let giulia = slack.person(&"U0GIULIA00".into()).await.unwrap();
    assert!(giulia.is_guest && !giulia.is_bot);
    assert_eq!(giulia.zone.as_deref(), Some("Europe/Rome"));
    let groups = slack.groups().await.unwrap();
    let brand = groups.iter().find(|group| group.handle == "brand").unwrap();
    assert_eq!(slack.group_members(&brand.id).await.unwrap(), brand.users);
    let campaigns = slack.conversation(&channel()).await.unwrap();
    assert!(campaigns.is_member && !campaigns.is_private);
    assert_eq!(campaigns.name, "campaigns");
    let direct = slack.direct(&"U0MAYA0000".into()).await.unwrap();
    assert!(slack.conversation(&direct).await.unwrap().is_im);
    assert!(slack.granted_scopes().await.unwrap().contains(&"chat:write".to_owned()));

    let ts: MessageTs = slack.post(&channel(), None, &Post::sentence("Hi.")).await.unwrap();
    assert!(slack.permalink(&channel(), &ts).await.unwrap().contains("/archives/C0CAMPAIGN/"));
    let file = countersign::slack::Upload {
        name: "ctr.png",
        title: "CTR",
        alt: Some("CTR fell"),
        content_type: "image/png",
        bytes: b"\x89PNG\r\n\x1a\n",
    };
    slack.upload(Some((&channel(), Some(&ts))), file).await.unwrap();
    slack.upload(None, file).await.unwrap();
}
