//! Apps made with Slack's own SDKs, for comparison: they verify the same signatures and send the same
//! statements to the same Postgres before they acknowledge.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::Subject;
use super::place::{Place, free_address};
use super::process::Server;
use super::requests::Kind;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/acknowledgement/counterparts");

/// Installs what is missing and starts an app, with as many connections to Postgres in all as
/// Countersign would have.
pub async fn start(place: &Place, subject: Subject, clients: usize) -> Result<Server> {
    let installed =
        Command::new(PathBuf::from(FOLDER).join("install")).arg(&place.data).status()?;
    ensure!(installed.success(), "the SDKs could not be installed");

    let statements: BTreeMap<&str, _> = [Kind::Command, Kind::Click]
        .into_iter()
        .map(|kind| Ok((kind.name(), &place.act(kind)?.statements)))
        .collect::<Result<_>>()?;
    let file = place.data.join("statements.json");
    fs::write(&file, serde_json::to_vec(&statements)?)?;

    let address = free_address()?;
    let (mut command, processes) = command(place, subject, address.port())?;
    let app = &place.sandbox.seed().app;
    command
        .env("PORT", address.port().to_string())
        .env("DATABASE_URL", place.url.as_str())
        .env("CONNECTIONS", (clients + 4).div_ceil(processes).to_string())
        .env("STATEMENTS", file)
        .env("SLACK_API_URL", format!("{}api/", place.sandbox.base()))
        .env("SLACK_BOT_TOKEN", &app.bot_token)
        .env("SLACK_SIGNING_SECRET", &app.signing_secret)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Server::start(command, address, &place.data.join("counterpart.log")).await
}

/// Each as its documentation says to run it in production, and in how many processes that is.
fn command(place: &Place, subject: Subject, port: u16) -> Result<(Command, usize)> {
    if subject == Subject::BoltJs {
        let folder = place.data.join("bolt-js");
        let mut command = Command::new(folder.join("node"));
        // Modules are looked for beside the file, wherever that is linked to.
        fs::copy(PathBuf::from(FOLDER).join("bolt-js/app.js"), folder.join("app.js"))?;
        command.arg(folder.join("app.js")).env("NODE_ENV", "production");
        return Ok((command, 1));
    }
    let workers = std::thread::available_parallelism()?.get();
    let mut command = Command::new(place.data.join("bolt-python/venv/bin/uvicorn"));
    command
        .args(["app:api", "--no-access-log", "--app-dir"])
        .arg(PathBuf::from(FOLDER).join("bolt-python"))
        .args(["--port", &port.to_string(), "--workers", &workers.to_string()]);
    Ok((command, workers))
}
