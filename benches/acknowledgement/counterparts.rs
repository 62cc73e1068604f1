use anyhow::{Result, bail};

use super::Subject;
use super::place::Place;
use super::process::Server;

pub async fn start(_place: &Place, subject: Subject, _clients: usize) -> Result<Server> {
    bail!("{} is not installed", subject.name())
}
