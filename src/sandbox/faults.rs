//! What goes wrong, on demand.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::Sandbox;

/// Deliveries held for reordering go out after this long even if too few came.
const HELD_AT_MOST: Duration = Duration::from_secs(10);
/// A call that is never answered is let go of after this long.
pub const NEVER: Duration = Duration::from_secs(600);
const FAULTS: usize = 1_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// The Web API method that it befalls (`response_url` for response URLs), `*` for any.
    #[serde(default = "any")]
    pub method: String,
    #[serde(default = "once")]
    pub times: u32,
    /// Seconds.
    #[serde(default)]
    pub retry_after: Option<u64>,
    #[serde(default)]
    pub status: Option<u16>,
    /// The error of [`FaultKind::Error`].
    #[serde(default)]
    pub code: Option<String>,
    /// The reason of [`FaultKind::Disconnect`].
    #[serde(default)]
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    RateLimited,
    ServerError,
    TimeoutBefore,
    TimeoutAfter,
    DropBefore,
    DropAfter,
    Error,
    DropSockets,
    Disconnect,
    DuplicateDeliveries,
    ReorderDeliveries,
    Hold,
    Release,
}

#[derive(Default)]
pub(super) struct Faults {
    state: Mutex<State>,
    released: Notify,
}

#[derive(Default)]
struct State {
    calls: Vec<Fault>,
    held_methods: Vec<String>,
    duplicate: u32,
    /// How many deliveries to hold before they go out in reverse.
    reorder: usize,
    held: Vec<oneshot::Sender<Turn>>,
}

/// Kept by a reordered delivery while it is under way; the next goes when it is dropped.
pub(super) struct Turn(#[expect(dead_code, reason = "dropped, never sent")] oneshot::Sender<()>);

impl Fault {
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            method: any(),
            times: once(),
            retry_after: None,
            status: None,
            code: None,
            reason: None,
        }
    }

    pub fn on(self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self }
    }

    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    fn befalls(&self, method: &str) -> bool {
        self.method == "*" || self.method == method
    }
}

impl Sandbox {
    /// Makes something go wrong from now on.
    pub fn fault(&self, fault: Fault) {
        match fault.kind {
            FaultKind::DropSockets => self.inner.sockets.drop_all(),
            FaultKind::Disconnect => {
                self.inner.sockets.disconnect(fault.reason.as_deref().unwrap_or("warning"));
            }
            _ => self.inner.faults.add(fault),
        }
    }

    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }
}

impl Faults {
    /// The fault that befalls a call of `method`, used up by it.
    pub fn of_call(&self, method: &str) -> Option<Fault> {
        let mut state = self.lock();
        let index = state.calls.iter().position(|fault| fault.befalls(method))?;
        let fault = state.calls[index].clone();
        state.calls[index].times = fault.times.saturating_sub(1);
        if state.calls[index].times == 0 {
            state.calls.remove(index);
        }
        Some(fault)
    }

    /// Waits while calls of `method` are held.
    pub async fn wait_for_release(&self, method: &str) {
        loop {
            let released = self.released.notified();
            tokio::pin!(released);
            // Before the look, so that a release in between is not missed.
            released.as_mut().enable();
            let is_held = self.lock().held_methods.iter().any(|held| held == "*" || held == method);
            if !is_held {
                return;
            }
            released.await;
        }
    }

    pub fn is_duplicated(&self) -> bool {
        let mut state = self.lock();
        let is_duplicated = state.duplicate > 0;
        state.duplicate = state.duplicate.saturating_sub(1);
        is_duplicated
    }

    /// Waits until this delivery may go, when deliveries are being reordered.
    pub async fn turn_of_delivery(&self) -> Option<Turn> {
        let turn = {
            let mut state = self.lock();
            if state.reorder == 0 {
                return None;
            }
            let (give, turn) = oneshot::channel();
            state.held.push(give);
            if state.held.len() >= state.reorder {
                state.reorder = 0;
                let held = std::mem::take(&mut state.held);
                tokio::spawn(release_in_reverse(held));
            }
            turn
        };
        timeout(HELD_AT_MOST, turn).await.ok()?.ok()
    }

    fn add(&self, fault: Fault) {
        let mut state = self.lock();
        match fault.kind {
            FaultKind::DuplicateDeliveries => state.duplicate += fault.times,
            FaultKind::ReorderDeliveries => state.reorder = fault.times as usize,
            FaultKind::Hold => state.held_methods.push(fault.method),
            FaultKind::Release => {
                state.held_methods.clear();
                self.released.notify_waiters();
            }
            _ if state.calls.len() < FAULTS => state.calls.push(fault),
            _ => {}
        }
    }

    fn clear(&self) {
        let mut state = self.lock();
        let held = std::mem::take(&mut state.held);
        *state = State::default();
        drop(state);
        drop(held);
        self.released.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn release_in_reverse(mut held: Vec<oneshot::Sender<Turn>>) {
    while let Some(give) = held.pop() {
        let (turn, done) = oneshot::channel();
        if give.send(Turn(turn)).is_ok() {
            // Ends, by an error, when the delivery drops its turn.
            let _dropped = done.await;
        }
    }
}

fn any() -> String {
    "*".to_owned()
}

fn once() -> u32 {
    1
}
