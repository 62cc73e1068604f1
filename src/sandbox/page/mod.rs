//! The page at `/`, and what it asks for.

mod assets;
mod updates;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sandbox;
use super::control::{Body, Who, answered, refused};
use super::seed::PersonSeed;
use super::view::View;
use super::workspace::{Channel, Workspace};

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .merge(assets::routes())
        .route("/sandbox/state", get(state))
        .route("/sandbox/messages", get(messages))
        .route("/sandbox/updates", get(updates::stream))
        .route("/sandbox/page/action", post(action))
        .route("/sandbox/page/submit", post(submit))
        .route("/sandbox/page/close", post(close))
        .route("/sandbox/page/shortcut", post(shortcut))
        .route("/sandbox/page/home", post(home))
        .route("/sandbox/page/read", post(read))
        .route("/sandbox/page/react", post(react))
        .route("/sandbox/files/{id}/{name}", get(file))
        .route("/archives/{channel}/{message}", get(permalink))
}

impl Workspace {
    pub fn people_for_page(&self) -> Vec<Value> {
        let person = |person: &PersonSeed| {
            let initials =
                person.real_name.split_whitespace().filter_map(|name| name.chars().next());
            json!({
                "id": person.id, "handle": person.handle, "real_name": person.real_name,
                "title": person.title, "tz": person.tz, "is_guest": person.is_guest,
                "is_bot": person.is_bot, "initials": initials.take(2).collect::<String>(),
                "color": format!("#{}", color(&person.id)),
            })
        };
        self.people.iter().map(person).collect()
    }

    fn channel_for_page(&self, person: &str, channel: &Channel) -> Value {
        let (unread, mentions) = self.unread(person, &channel.id);
        let is_im = channel.im_with.is_some();
        let mut shown = json!({
            "id": channel.id, "name": self.channel_label(channel).trim_start_matches('#'),
            "topic": channel.topic, "is_private": channel.is_private, "is_im": is_im,
            "is_archived": channel.is_archived, "members": channel.members,
            "app_is_member": self.app_is_in(channel), "unread": unread, "mentions": mentions,
            "last_read": self.last_read(person, &channel.id),
        });
        if is_im {
            shown["name"] = json!(self.handle(&self.seed.app.bot_user_id));
            shown["user"] = json!(self.seed.app.bot_user_id);
        }
        shown
    }
}

/// A colour for a person, the same every time, dark enough for white letters.
pub fn color(id: &str) -> &'static str {
    const COLORS: &[&str] =
        &["9f3a38", "2d6a4f", "34598c", "7a4d9e", "8a5a00", "1f6f78", "a0405f", "4a5d23"];
    let sum: usize = id.bytes().map(usize::from).sum();
    COLORS[sum % COLORS.len()]
}

async fn state(State(sandbox): State<Sandbox>, Query(ask): Query<Who>) -> Response {
    let person = match sandbox.actor(&ask.person) {
        Ok(person) => person.id,
        Err(sentence) => return refused(StatusCode::NOT_FOUND, &sentence),
    };
    let state = sandbox.with(|workspace| {
        workspace.open_im(&person);
        let seed = std::sync::Arc::clone(&workspace.seed);
        let seen =
            workspace.channels.values().filter(|channel| workspace.can_see(&person, channel));
        let channels: Vec<Value> =
            seen.map(|channel| workspace.channel_for_page(&person, channel)).collect();
        json!({
            "team": { "id": seed.team_id, "name": seed.team_name },
            "app": {
                "id": seed.app.app_id, "name": seed.app.name, "user": seed.app.bot_user_id,
                "commands": seed.app.commands, "shortcuts": seed.app.shortcuts,
            },
            "me": person,
            "people": workspace.people_for_page(),
            "groups": seed.groups,
            "channels": channels,
            "home": workspace.homes.get(&person).map(|view| view.for_page(workspace)),
            "modal": workspace.modal(&person).map(|view| view.for_page(workspace)),
            "modal_depth": workspace.modals(&person).len(),
        })
    });
    axum::Json(state).into_response()
}

#[derive(Deserialize)]
struct Where {
    person: String,
    channel: String,
}

async fn messages(State(sandbox): State<Sandbox>, Query(ask): Query<Where>) -> Response {
    match sandbox.messages(&ask.person, &ask.channel) {
        Ok(messages) => axum::Json(json!({ "messages": messages })).into_response(),
        Err(sentence) => refused(StatusCode::NOT_FOUND, &sentence),
    }
}

#[derive(Deserialize)]
struct MessageName {
    channel: String,
    ts: String,
}

#[derive(Deserialize)]
struct Action {
    person: String,
    message: Option<MessageName>,
    view: Option<String>,
    action: Value,
    state: Option<Value>,
}

async fn action(State(sandbox): State<Sandbox>, Body(ask): Body<Action>) -> Response {
    let acted = async {
        let person = sandbox.actor(&ask.person)?;
        if let Some(name) = &ask.message {
            let channel = sandbox.place(&person.id, &name.channel)?.id;
            let message = sandbox.with(|workspace| workspace.message(&channel, &name.ts).cloned());
            let message = message.filter(|message| message.is_visible_to(&person.id));
            let message = message.ok_or("This message is gone.")?;
            return sandbox.act_on_message(&person, &message, ask.action, ask.state).await;
        }
        let view = sandbox.open_view(&person.id, ask.view.as_deref().unwrap_or_default())?;
        sandbox.act_on_view(&person, &view, ask.action, ask.state).await
    };
    answered(acted.await)
}

#[derive(Deserialize)]
struct InView {
    person: String,
    view: String,
    state: Option<Value>,
    #[serde(default)]
    all: bool,
}

async fn submit(State(sandbox): State<Sandbox>, Body(ask): Body<InView>) -> Response {
    let acted = async {
        let person = sandbox.actor(&ask.person)?;
        let mut view = sandbox.open_view(&person.id, &ask.view)?;
        if let Some(state) = ask.state {
            view.state = state;
        }
        sandbox.submit_view(&person, view).await
    };
    answered(acted.await)
}

async fn close(State(sandbox): State<Sandbox>, Body(ask): Body<InView>) -> Response {
    let acted = async {
        let person = sandbox.actor(&ask.person)?;
        let view = sandbox.open_view(&person.id, &ask.view)?;
        sandbox.close_view(&person, &view, ask.all).await
    };
    answered(acted.await)
}

#[derive(Deserialize)]
struct Shortcut {
    person: String,
    callback_id: String,
    message: Option<MessageName>,
}

async fn shortcut(State(sandbox): State<Sandbox>, Body(ask): Body<Shortcut>) -> Response {
    let message = ask.message.as_ref().map(|name| (name.channel.as_str(), name.ts.as_str()));
    answered(sandbox.shortcut(&ask.person, &ask.callback_id, message).await)
}

async fn home(State(sandbox): State<Sandbox>, Body(ask): Body<Who>) -> Response {
    answered(sandbox.home(&ask.person).await)
}

#[derive(Deserialize)]
struct Read {
    person: String,
    channel: String,
    ts: String,
}

async fn read(State(sandbox): State<Sandbox>, Body(ask): Body<Read>) -> Response {
    match sandbox.read(&ask.person, &ask.channel, &ask.ts) {
        Ok(()) => axum::Json(json!({ "ok": true })).into_response(),
        Err(sentence) => refused(StatusCode::NOT_FOUND, &sentence),
    }
}

#[derive(Deserialize)]
struct React {
    person: String,
    channel: String,
    ts: String,
    name: String,
    add: bool,
}

async fn react(State(sandbox): State<Sandbox>, Body(ask): Body<React>) -> Response {
    answered(sandbox.react(&ask.person, &ask.channel, &ask.ts, &ask.name, ask.add).await)
}

async fn file(
    State(sandbox): State<Sandbox>,
    Path((id, _name)): Path<(String, String)>,
) -> Response {
    let file = sandbox.with(|workspace| workspace.files.get(&id).cloned());
    let Some(file) = file.filter(|file| file.is_uploaded) else {
        return (StatusCode::NOT_FOUND, "file_not_found").into_response();
    };
    let mut answer = (
        [
            (header::CONTENT_TYPE, file.mimetype()),
            // An uploaded SVG is shown as an image and must not run as a page.
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        file.content,
    )
        .into_response();
    if let Ok(length) = HeaderValue::from_str("private, max-age=3600") {
        answer.headers_mut().insert(header::CACHE_CONTROL, length);
    }
    answer
}

async fn permalink(Path((channel, message)): Path<(String, String)>) -> Redirect {
    let message: String = message.chars().filter(char::is_ascii_digit).collect();
    let channel: String = channel.chars().filter(char::is_ascii_alphanumeric).collect();
    Redirect::to(&format!("/#{channel}/{message}"))
}

impl Sandbox {
    fn open_view(&self, person: &str, id: &str) -> Result<View, String> {
        self.with(|workspace| {
            let home = workspace.homes.get(person).filter(|view| view.id == id);
            let open = workspace.modals(person).iter().find(|view| view.id == id);
            open.or(home).cloned().ok_or_else(|| "This is no longer open.".to_owned())
        })
    }
}
