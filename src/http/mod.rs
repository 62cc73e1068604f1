//! The HTTP door: Slack's requests, those of agents that run elsewhere, documents and counts of tests
//! that are sent in, health, readiness and metrics.

mod agent;
mod bearer;
mod health;
mod ingest;
mod observations;
mod proposals;
pub mod signature;
mod slack;

use std::future::IntoFuture;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// How long open requests may take to end once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Everything this door answers.
pub fn router(app: App) -> Router {
    let mut router = Router::new()
        .route("/health", get(health::alive))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(proposals::router())
        .merge(ingest::router())
        .merge(observations::router());
    if !app.signing_secrets.is_empty() {
        router = router
            .route("/slack/commands", post(slack::command).get(slack::ssl_check))
            .route("/slack/interactivity", post(slack::interaction))
            .route("/slack/events", post(slack::event));
    }
    router.with_state(app)
}

/// Serves `router` until `stop`, then lets open requests come to their end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let graceful = axum::serve(listener, router)
        .with_graceful_shutdown({
            let stop = stop.clone();
            async move { stop.cancelled().await }
        })
        .into_future();
    tokio::select! {
        served = graceful => served?,
        // A connection that somebody keeps open does not keep the process.
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => {}
    }
    Ok(())
}
