//! A Slack workspace on loopback that an app cannot tell from Slack.
//!
//! For newcomers, demos and tests. It knows nothing of the bot: what goes between the two is
//! Slack's own wire.
//!
//! ```text
//!            Web API calls                  web_api/  checks blocks/, changes the workspace
//!   app ───────────────────────▶ router()
//!            response_url posts             response_url
//!        ◀─────────────────────── delivery  over http, signed, or socket: Socket Mode
//!            commands, clicks, events       payload  what is in them
//!
//!   people ─ page/ ─▶ page, updates ─┐
//!   scripts ────────▶ control ───────┴─▶ act/       what people do, and what they then see
//!
//!   workspace   the state, record  how it changes; people, message, posting, unread, view, files
//!   journal     the state on disk       transcript  the state as text      faults  what goes wrong
//! ```
//!
#![doc = include_str!("control.md")]
//!
//! **Invariant**: what lasts changes by a `Record` that is put, and by nothing else; so what the
//! page shows is what the journal holds. Only what is over in seconds (triggers, the status of an
//! agent at work) is kept beside it.
//!
//! **Invariant**: whatever is kept has a bound: messages per channel, files, response URLs, events to
//! repeat, the logs of calls and deliveries, the journal.

mod act;
mod blocks;
mod control;
mod delivery;
mod faults;
mod files;
mod guard;
mod http;
mod journal;
mod message;
mod page;
mod payload;
mod people;
mod posting;
mod record;
mod response_url;
mod seed;
mod signing;
mod socket;
mod transcript;
mod typing;
mod unread;
mod view;
mod web_api;
mod workspace;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::{Router, middleware};
use serde_json::Value;
use tokio::sync::oneshot;
use url::Url;

pub use act::{Acted, Modal, ModalInput, Outcome, Place};
pub use delivery::{Delivery, Sent, SignedRequest};
pub use faults::{Fault, FaultKind};
pub use guard::refuse_unless_loopback;
pub use seed::{
    AppSeed, ChannelSeed, CommandSeed, GroupSeed, PersonSeed, Seed, ShortcutKind, ShortcutSeed,
};
pub use web_api::ApiCall;

use crate::clock::Clock;
use delivery::{Ack, Parcel, Postman};
use faults::Faults;
use socket::Sockets;
use web_api::Calls;
use workspace::Workspace;

/// A handle on the workspace; clones are the same workspace.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    seed: Arc<Seed>,
    clock: Clock,
    settings: Mutex<Settings>,
    workspace: Mutex<Workspace>,
    postman: Postman,
    sockets: Sockets,
    faults: Faults,
    calls: Calls,
}

/// How patient the workspace is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long the app has to acknowledge a delivery.
    pub ack_timeout: Duration,
    /// How long an acting person looks for what comes after the acknowledgement.
    pub settle: Duration,
    /// The pauses before an event is delivered again; Slack's are about 0, 1 and 5 minutes.
    pub retries: Vec<Duration>,
    pub trigger_lifetime: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ack_timeout: Duration::from_secs(3),
            settle: Duration::from_secs(1),
            retries: [100, 1_000, 5_000].map(Duration::from_millis).to_vec(),
            trigger_lifetime: Duration::from_secs(3),
        }
    }
}

impl Sandbox {
    /// A workspace that is forgotten when the last handle goes.
    pub fn new(seed: Seed, clock: Clock) -> Self {
        Self::of(Workspace::new(seed, clock))
    }

    /// A workspace whose state is kept in the file `journal` and taken up from there.
    pub fn open(seed: Seed, clock: Clock, journal: &Path) -> Result<Self> {
        let mut workspace = Workspace::new(seed, clock);
        workspace.keep_at(journal).context("opening the sandbox's journal")?;
        Ok(Self::of(workspace))
    }

    /// Tells the workspace its own address, which goes into what it hands out.
    pub fn at(&self, base: Url) {
        self.lock().base = base;
    }

    pub fn base(&self) -> Url {
        self.lock().base.clone()
    }

    /// Says how the app receives what happens. Events it had not acknowledged come again.
    pub fn deliver(&self, delivery: Delivery) {
        self.inner.postman.set_delivery(delivery);
        let pending: Vec<Value> = self.lock().pending.values().cloned().collect();
        for event in pending {
            drop(self.dispatch(Parcel::again(event)));
        }
    }

    pub fn settings(&self) -> Settings {
        self.inner.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, settings: Settings) {
        *self.inner.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub fn seed(&self) -> &Seed {
        &self.inner.seed
    }

    /// Everything under one address: Web API, sockets, control API and page.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(web_api::routes())
            .merge(socket::routes())
            .merge(response_url::routes())
            .merge(control::routes())
            .merge(page::routes())
            .layer(middleware::from_fn_with_state(self.clone(), guard::by_name))
            .with_state(self.clone())
    }

    /// Waits until every delivery is acknowledged or given up.
    pub async fn settled(&self) {
        self.inner.postman.settled().await;
    }

    fn of(workspace: Workspace) -> Self {
        let inner = Inner {
            seed: Arc::clone(&workspace.seed),
            clock: workspace.clock.clone(),
            settings: Mutex::default(),
            workspace: Mutex::new(workspace),
            postman: Postman::default(),
            sockets: Sockets::default(),
            faults: Faults::default(),
            calls: Calls::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Workspace> {
        self.inner.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state, or changes it and lets the app hear of it.
    fn with<T>(&self, change: impl FnOnce(&mut Workspace) -> T) -> T {
        self.with_acks(change).0
    }

    /// As [`Sandbox::with`], with the acknowledgements to come.
    fn with_acks<T>(
        &self,
        change: impl FnOnce(&mut Workspace) -> T,
    ) -> (T, Vec<oneshot::Receiver<Ack>>) {
        let mut workspace = self.lock();
        let result = change(&mut workspace);
        let events = std::mem::take(&mut workspace.outbox);
        let parcels: Vec<Parcel> =
            events.into_iter().map(|event| Parcel::event(&mut workspace, event)).collect();
        drop(workspace);
        (result, parcels.into_iter().map(|parcel| self.dispatch(parcel)).collect())
    }
}
