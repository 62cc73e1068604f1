//! What orchestrators and monitoring ask.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::app::App;
use crate::error::Error;
use crate::{audit, jobs};

/// The process runs.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// The process can do its work: the database answers within two seconds.
pub async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let asked = sqlx::query("SELECT").execute(&app.db);
    match tokio::time::timeout(Duration::from_secs(2), asked).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// Counters in OpenMetrics text; gauges are read at this moment.
pub async fn metrics(State(app): State<App>) -> impl IntoResponse {
    app.metrics.pool(app.db.size(), app.db.num_idle());
    let read = async {
        for (lane, count, oldest) in jobs::waiting(&app.db).await? {
            app.metrics.jobs_waiting(&lane, count, oldest);
        }
        let lag = audit::lag(&app.db, app.now()).await?;
        app.metrics.audit(lag.entries, lag.age.as_secs_f64());
        Ok::<(), Error>(())
    };
    match tokio::time::timeout(Duration::from_secs(2), read).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("some metrics are old: {error}"),
        Err(_) => {
            tracing::warn!("some metrics are old: the database did not answer in two seconds")
        }
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text())
}
