//! Finds an installed Postgres that is new enough, or says the one command that installs it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Result, bail};
use rustix::process::geteuid;
use tokio::process::Command;

/// The oldest major version that everything here has been tried with.
pub const OLDEST: u32 = 15;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binaries {
    pub folder: PathBuf,
    pub version: u32,
}

impl Binaries {
    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }
}

/// The first usable installation among the given one (and then no other), `pg_config`, the path,
/// and the places where packages put it, newest first.
///
/// A cluster that exists can only be run by its own major version.
pub async fn find(given: Option<&Path>, cluster_version: Option<u32>) -> Result<Binaries> {
    let candidates = match given {
        Some(folder) => vec![folder.to_owned()],
        None => candidates().await,
    };

    let mut found = Vec::new();
    for folder in candidates {
        let Some(version) = version_of(&folder).await else { continue };
        if cluster_version.map_or(version >= OLDEST, |needed| version == needed) {
            return Ok(Binaries { folder, version });
        }
        if !found.contains(&version) {
            found.push(version);
        }
    }
    bail!(missing(given, cluster_version, &found))
}

async fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(folder) = first_line(Command::new("pg_config").arg("--bindir")).await {
        folders.push(PathBuf::from(folder));
    }
    // The shell looks through the path for us.
    let on_path = first_line(Command::new("/bin/sh").args(["-c", "command -v postgres"])).await;
    if let Some(folder) = on_path.as_deref().and_then(|postgres| Path::new(postgres).parent()) {
        folders.push(folder.to_owned());
    }
    for (parent, prefix, suffix) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/usr/libexec", "postgresql", ""),
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        folders.extend(newest_first(Path::new(parent), prefix).into_iter().map(|f| f.join(suffix)));
    }
    folders
}

async fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().await.ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned();
    line.starts_with('/').then_some(line)
}

/// The folders below `parent` whose names are the prefix and a version, the highest version first.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.trim_start_matches('@');
            Some((leading_number(version)?, entry.path()))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The major version, if both programs we need are there and run.
async fn version_of(folder: &Path) -> Option<u32> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().await.ok()?;
    major_version(&String::from_utf8_lossy(&output.stdout))
}

/// From `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` or `postgres (PostgreSQL) 18beta1`.
fn major_version(line: &str) -> Option<u32> {
    leading_number(line.trim().strip_prefix("postgres (PostgreSQL) ")?)
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

fn missing(given: Option<&Path>, cluster_version: Option<u32>, found: &[u32]) -> String {
    let needed =
        cluster_version.map_or(format!("{OLDEST} or newer"), |version| version.to_string());
    let found: Vec<String> = found.iter().map(u32::to_string).collect();
    let found = match found.as_slice() {
        [] => "none".to_owned(),
        versions => format!("only {}", versions.join(", ")),
    };
    match given {
        Some(folder) => format!(
            "PG_BIN is {}, where Postgres {needed} is needed and {found} was found; it must be the folder \
             with the programs postgres and initdb",
            folder.display()
        ),
        None => {
            let why = match cluster_version {
                Some(_) => "the data folder was made by Postgres",
                None => "DATABASE_URL is not set, so a Postgres is needed on this machine:",
            };
            let remedy = install_command(&os_release(), cluster_version, geteuid().is_root());
            format!("{why} {needed} and {found} was found; install it with\n\n    {remedy}\n")
        }
    }
}

fn os_release() -> String {
    if cfg!(target_os = "macos") {
        return "ID=macos".to_owned();
    }
    let read: io::Result<String> = fs::read_to_string("/etc/os-release");
    read.unwrap_or_default()
}

/// The one command for this system, told by its `/etc/os-release`.
fn install_command(os_release: &str, version: Option<u32>, root: bool) -> String {
    let ids: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")))
        .flat_map(|ids| ids.trim_matches('"').split_whitespace())
        .collect();
    let is = |names: &[&str]| ids.iter().any(|id| names.contains(id));
    let with = |name: &str, separator: &str| match version {
        Some(version) => format!("{name}{separator}{version}"),
        None => name.to_owned(),
    };
    let sudo = if root { "" } else { "sudo " };

    if is(&["macos"]) {
        format!("brew install postgresql@{}", version.unwrap_or(17))
    } else if is(&["fedora", "rhel", "centos"]) {
        format!("{sudo}dnf install -y postgresql-server")
    } else if is(&["alpine"]) {
        format!("{sudo}apk add {}", with("postgresql", ""))
    } else if is(&["arch"]) {
        format!("{sudo}pacman -S --noconfirm postgresql")
    } else if is(&["suse", "opensuse"]) {
        format!("{sudo}zypper install -y {}", with("postgresql", "") + "-server")
    } else {
        format!("{sudo}apt-get install -y {}", with("postgresql", "-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_postgres_prints() {
        fn check(line: &str, expected: Option<u32>) {
            assert_eq!(major_version(line), expected, "{line:?}");
        }

        check("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15));
        check("postgres (PostgreSQL) 18beta1", Some(18));
        check("postgres (PostgreSQL) 9.6.24", Some(9));
        check("postgres (EnterpriseDB) 15.2", None);
        check("", None);
    }

    #[test]
    fn each_system_gets_its_own_command() {
        fn check(os_release: &str, version: Option<u32>, root: bool, expected: &str) {
            assert_eq!(install_command(os_release, version, root), expected, "{os_release:?}");
        }

        check("ID=debian\n", None, true, "apt-get install -y postgresql");
        check("ID=ubuntu\nID_LIKE=debian\n", None, false, "sudo apt-get install -y postgresql");
        check("ID=debian\n", Some(15), false, "sudo apt-get install -y postgresql-15");
        check(
            "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
            None,
            false,
            "sudo dnf install -y postgresql-server",
        );
        check("ID=alpine\n", Some(16), true, "apk add postgresql16");
        check("ID=macos", None, false, "brew install postgresql@17");
        check("ID=macos", Some(16), false, "brew install postgresql@16");
        check("", None, true, "apt-get install -y postgresql");
    }

    #[tokio::test]
    async fn a_given_folder_without_postgres_is_named_in_the_refusal() {
        let error = find(Some(Path::new("/nowhere")), None).await.unwrap_err().to_string();
        assert!(
            error.starts_with("PG_BIN is /nowhere, where Postgres 15 or newer is needed"),
            "{error}"
        );
    }
}
