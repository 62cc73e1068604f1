//! `countersign demo`: the whole product on this machine, with a local workspace instead of Slack.
//!
//! One port serves the page, the local workspace's wire and control API, and the bot. The bot
//! speaks to the workspace as it would to Slack, by signed requests or by Socket Mode.

mod experiments;
mod leads;
mod samples;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use url::Url;

use super::{asked_to_stop, into_anyhow, open_database, say, serve};
use crate::clock::Clock;
use crate::config::{self, Config, Secret};
use crate::ids::{PersonId, TeamId};
use crate::sandbox::{Delivery, Sandbox, Seed, refuse_unless_loopback};
use crate::slack::Identity;
use crate::{http, manifests, summaries, witness};

#[derive(clap::Args)]
pub struct Args {
    /// Where the page, the workspace and the bot are served
    #[arg(long, default_value = "127.0.0.1:8765")]
    listen: SocketAddr,

    /// Let the workspace and the bot speak by Socket Mode instead of HTTP
    #[arg(long)]
    socket_mode: bool,

    /// Listen on an address that others reach: the workspace has no log-in, so all of them can act
    /// as anyone in it
    #[arg(long)]
    anyone_may_act_as_anyone: bool,

    /// Print where everything is as a line of JSON, once all of it works
    #[arg(long)]
    json: bool,
}

pub async fn run(config: Config, clock: Clock, args: Args) -> Result<ExitCode> {
    if !args.anyone_may_act_as_anyone {
        refuse_unless_loopback(args.listen)?;
    }
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!("{} is taken or not ours; choose another address with --listen", args.listen)
    })?;
    let base: Url = format!("http://{}/", listener.local_addr()?).parse()?;
    let database = open_database(&config).await?;

    let seed = Seed::example();
    let settings = settings(&seed, &base, args.socket_mode)?;
    let journal = config.database.data.join("workspace.jsonl");
    let sandbox = Sandbox::open(seed, clock.clone(), &journal)?;
    sandbox.at(base.clone());

    // The bot asks the workspace who it is before it can serve, so its door opens a little later.
    let bot = Arc::new(OnceLock::new());
    let stop = CancellationToken::new();
    let router = sandbox.router().fallback(to_bot(bot.clone()));
    let served = tokio::spawn(http::serve(listener, router, stop.clone()));
    experiments::happened(&config, &settings, &database.pool).await?;
    let app = serve::assemble(&config, &settings, clock, database.pool.clone()).await?;
    manifests::adopt(&app).await.map_err(into_anyhow)?;
    manifests::adopt_brand(&app).await.map_err(into_anyhow)?;
    samples::bring_in(&app).await?;
    leads::bring_in(&app).await.map_err(into_anyhow)?;
    witness::begin(&app).await.map_err(into_anyhow)?;
    summaries::begin(&app).await.map_err(into_anyhow)?;
    let running = serve::start(app.clone(), &config, args.socket_mode, stop.clone());
    sandbox.deliver(delivery(&base, args.socket_mode)?);
    let opened = bot.set(http::router(app.clone()));
    debug_assert!(opened.is_ok(), "the door opens once");

    if args.json {
        say(places(&base, &config).to_string());
    } else {
        let outbox = config.database.data.join("outbox");
        say(welcome(&base, &app.workspace.name, &outbox));
    }
    asked_to_stop().await;
    if !args.json {
        say("\nStopping. Everything is kept for the next time; `make demo-reset` clears it.");
    }
    let asked = Instant::now();
    stop.cancel();
    served.await??;
    running.ended(asked).await;
    database.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Who the bot is in the local workspace, before that was ever opened.
pub fn identity() -> Identity {
    let seed = Seed::example();
    Identity {
        user: PersonId(seed.app.bot_user_id),
        bot: Some(seed.app.bot_id),
        team: TeamId(seed.team_id),
        team_name: seed.team_name,
        enterprise: None,
        is_enterprise_install: false,
        url: String::new(),
    }
}

/// The connection that a real installation would have in its environment.
fn settings(seed: &Seed, base: &Url, socket_mode: bool) -> Result<config::Slack> {
    Ok(config::Slack {
        bot_token: Secret::new(&seed.app.bot_token),
        app_token: socket_mode.then(|| Secret::new(&seed.app.app_token)),
        signing_secrets: vec![Secret::new(&seed.app.signing_secret)],
        api_url: base.join("api/")?,
    })
}

fn delivery(base: &Url, socket_mode: bool) -> Result<Delivery> {
    if socket_mode {
        return Ok(Delivery::SocketMode);
    }
    Ok(Delivery::Http {
        commands: base.join("slack/commands")?,
        interactivity: base.join("slack/interactivity")?,
        events: base.join("slack/events")?,
    })
}

/// Hands on what the workspace does not serve itself.
fn to_bot(bot: Arc<OnceLock<Router>>) -> axum::routing::MethodRouter {
    axum::routing::any(move |request: Request| async move {
        match bot.get() {
            Some(router) => match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            None => (StatusCode::SERVICE_UNAVAILABLE, "The bot is starting.\n").into_response(),
        }
    })
}

fn places(base: &Url, config: &Config) -> serde_json::Value {
    serde_json::json!({
        "page": base,
        "control": format!("{base}sandbox"),
        "api": format!("{base}api/"),
        "data": config.database.data,
    })
}

fn welcome(base: &Url, team: &str, outbox: &Path) -> String {
    let outbox = outbox.display();
    format!(
        "
Countersign runs in the local workspace of {team}:

    {base}?as=maya#research

Seven things to try there:

  1. Ask. In #research, type   /research why do people cancel?   Press *Sources*, and ask on in the
     thread: and for parents? Asked as Lena, the answer comes to her alone, with *Share*: she may
     read interviews that not everybody in #research may.
  2. Decide. You asked as Maya, so somebody else decides: choose Dana at the top left. Request
     changes (\"Leave out the tickets, and look at prices\"), or press Approve.
  3. Have something written, in #campaigns:   /draft linkedin Spring launch   Decide on it as Lena:
     it names a price, so brand and marketing-leads are both asked, and she is in both.
  4. Put up a text of your own:   /countersign propose
  5. Test. In #campaigns one test was decided and one runs: press Stop or Extend on its card, as Maya.
     Plan your own:   /test Subject line: urgency v benefit
  6. Sell. In #sales a lead is worth a call: as Sam, press Claim, then Return, Too early. The note says
     why, and by how much its score moved.   /leads   lists what waits.
  7. Look at the record: choose *The record* behind the three dots of a card. What was released is
     a file in {outbox}; in another terminal, type   target/release/countersign audit verify

Ctrl-C stops everything and keeps its state."
    )
}
