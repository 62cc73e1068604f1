//! The command line, on a database of its own.

use std::process::{Command, Output};

use tempfile::TempDir;

use super::cluster::{self, TestDatabase};

/// A person at the command line, with a folder of their own.
pub struct Shell {
    database: TestDatabase,
    pub folder: TempDir,
}

impl Shell {
    pub async fn open() -> Self {
        let (database, folder) = (cluster::database().await, tempfile::tempdir().unwrap());
        Self { database, folder }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("DATABASE_URL", &self.database.url)
            .env("COUNTERSIGN_DATA", self.folder.path().join("data"));
        command
    }

    pub fn says(&self, arguments: &[&str]) -> String {
        said(&self.command(arguments).output().unwrap())
    }
}

/// Both outputs, one after the other.
pub fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    texts.concat().trim().to_owned()
}
