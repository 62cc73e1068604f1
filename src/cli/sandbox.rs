//! `countersign sandbox`: the local workspace alone, for trying any Slack app in it.
//!
//! The app needs nothing but another address for the Web API, and the tokens printed here. What
//! happens in the workspace is forgotten when it stops.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{asked_to_stop, say};
use crate::clock::Clock;
use crate::http;
use crate::sandbox::{AppSeed, Delivery, Sandbox, Seed, refuse_unless_loopback};

#[derive(clap::Args)]
pub struct Args {
    /// Where the page and the Web API are served; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8765")]
    listen: SocketAddr,

    /// Where the app takes commands, interactivity and events; without it, by Socket Mode
    #[arg(long, value_name = "URL")]
    app_url: Option<Url>,

    /// Who is in the workspace and what the app has, as in src/sandbox/example.toml
    #[arg(long, value_name = "FILE")]
    workspace: Option<PathBuf>,

    /// Listen on an address that others reach: the workspace has no log-in, so all of them can act
    /// as anyone in it
    #[arg(long)]
    anyone_may_act_as_anyone: bool,

    /// Print what the app needs as one line of JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(clock: Clock, args: Args) -> Result<ExitCode> {
    if !args.anyone_may_act_as_anyone {
        refuse_unless_loopback(args.listen)?;
    }
    let seed = match &args.workspace {
        Some(file) => read(file)?,
        None => Seed::example(),
    };
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!("{} is taken or not ours; choose another address with --listen", args.listen)
    })?;
    let base: Url = format!("http://{}/", listener.local_addr()?).parse()?;

    let app = seed.app.clone();
    let sandbox = Sandbox::new(seed, clock);
    sandbox.at(base.clone());
    sandbox.deliver(match args.app_url.clone() {
        Some(url) => {
            Delivery::Http { commands: url.clone(), interactivity: url.clone(), events: url }
        }
        None => Delivery::SocketMode,
    });

    let stop = CancellationToken::new();
    let served = tokio::spawn(http::serve(listener, sandbox.router(), stop.clone()));
    say(if args.json {
        as_json(&base, &app)?
    } else {
        as_text(&base, &app, args.app_url.as_ref())?
    });
    asked_to_stop().await;
    stop.cancel();
    served.await??;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<Seed> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    toml::from_str(&text).with_context(|| {
        format!("{} is no workspace; src/sandbox/example.toml is one", file.display())
    })
}

fn as_json(base: &Url, app: &AppSeed) -> Result<String> {
    let connection = json!({
        "page": base,
        "api_url": base.join("api/")?,
        "bot_token": app.bot_token,
        "app_token": app.app_token,
        "signing_secret": app.signing_secret,
    });
    Ok(connection.to_string())
}

fn as_text(base: &Url, app: &AppSeed, app_url: Option<&Url>) -> Result<String> {
    let delivery = match app_url {
        Some(url) => format!("to {url}, signed"),
        None => "over Socket Mode".to_owned(),
    };
    Ok(format!(
        "
A local workspace for {name}:

    {base}

Start the app with these, and with {api} as the address of the Web API:

    SLACK_BOT_TOKEN={bot_token}
    SLACK_APP_TOKEN={app_token}
    SLACK_SIGNING_SECRET={signing_secret}

What happens in the workspace goes {delivery}.
{base}sandbox says how scripts act as people. Ctrl-C stops it, and forgets everything.",
        name = app.name,
        api = base.join("api/")?,
        bot_token = app.bot_token,
        app_token = app.app_token,
        signing_secret = app.signing_secret,
    ))
}
