//! What an open page is told as it happens, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::super::Sandbox;
use super::super::control::{Who, refused};
use super::super::workspace::{Audience, Update};

pub async fn stream(State(sandbox): State<Sandbox>, Query(ask): Query<Who>) -> Response {
    let person = match sandbox.actor(&ask.person) {
        Ok(person) => person.id,
        Err(sentence) => return refused(StatusCode::NOT_FOUND, &sentence),
    };
    let updates = sandbox.lock().updates.subscribe();
    let events =
        stream::unfold((sandbox, person, updates), async |(sandbox, person, mut updates)| {
            loop {
                let event = match updates.recv().await {
                    Ok(update) if sandbox.concerns(&update, &person) => {
                        Event::default().event(update.event).data(update.data.to_string())
                    }
                    Ok(_) => continue,
                    // What was missed is not known; the page fetches everything anew.
                    Err(RecvError::Lagged(_)) => {
                        Event::default().event("state").data(json!({}).to_string())
                    }
                    Err(RecvError::Closed) => return None,
                };
                return Some((Ok::<_, Infallible>(event), (sandbox, person, updates)));
            }
        });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Sse::new(events).keep_alive(keep_alive).into_response()
}

impl Sandbox {
    fn concerns(&self, update: &Update, person: &str) -> bool {
        match &update.to {
            Audience::Everyone => true,
            Audience::Person(to) => to == person,
            Audience::Channel(channel) => self.with(|workspace| {
                let channel = workspace.channel(channel);
                channel.is_some_and(|channel| workspace.can_see(person, channel))
            }),
        }
    }
}
