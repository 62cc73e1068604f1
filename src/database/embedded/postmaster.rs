//! What a running server writes about itself into `postmaster.pid`.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rustix::process::{Pid, test_kill_process};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Postmaster {
    pub pid: i32,
    pub port: u16,
    pub state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Starting,
    Ready,
    Stopping,
}

impl Postmaster {
    /// The server of this cluster, if it runs. A file that a killed server left behind is no server.
    pub fn alive(cluster: &Path) -> Option<Self> {
        Self::written(cluster).filter(|postmaster| is_server_of(postmaster.pid, cluster))
    }

    /// What the file says, true or not any more.
    pub fn written(cluster: &Path) -> Option<Self> {
        parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }
}

/// The lines are: process id, data folder, start time, port, socket folder, listen address, shared
/// memory key, state (Postgres' `src/include/utils/pidfile.h`). The later ones appear as it starts.
fn parse(file: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = file.lines().map(str::trim).collect();
    // A standalone backend (such as those of initdb) writes its id negated.
    let pid = lines.first()?.parse().ok().filter(|&pid| pid > 0)?;
    let port = lines.get(3).and_then(|port| port.parse().ok()).unwrap_or(0);
    let state = match lines.get(7).copied() {
        Some("ready") => State::Ready,
        Some("stopping") => State::Stopping,
        _ => State::Starting,
    };
    Some(Postmaster { pid, port, state })
}

/// Whether this process id belongs to a server of this cluster, and not to whatever got the number
/// after it.
fn is_server_of(pid: i32, cluster: &Path) -> bool {
    let exists = Pid::from_raw(pid)
        .is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
    if !exists {
        return false;
    }
    // A server works in its data folder.
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(works_in) => works_in == cluster,
        // Dead and not yet taken note of by its parent, unless this is a system without /proc.
        Err(error) if error.kind() == ErrorKind::NotFound => !Path::new("/proc/self").exists(),
        Err(_) => true,
    }
}

/// Whether any process, the server or one of its own children, still works in this cluster.
/// `None` where the system does not tell.
pub fn anyone_works_in(cluster: &Path) -> Option<bool> {
    let processes = fs::read_dir("/proc/self").and_then(|_| fs::read_dir("/proc")).ok()?;
    Some(
        processes
            .flatten()
            .filter_map(|process| fs::read_link(process.path().join("cwd")).ok())
            .any(|works_in| works_in == cluster),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_of_the_file_is_understood() {
        fn check(file: &str, expected: Option<(i32, u16, State)>) {
            let expected = expected.map(|(pid, port, state)| Postmaster { pid, port, state });
            assert_eq!(parse(file), expected, "{file:?}");
        }

        check("", None);
        check("\n", None);
        check("-71\n/data\n", None);
        check("71\n/data\n1700000000\n54321\n", Some((71, 54321, State::Starting)));
        check(
            "71\n/data\n1700000000\n54321\n\n127.0.0.1\n  5432001         3\nready   \n",
            Some((71, 54321, State::Ready)),
        );
        check(
            "71\n/data\n1700000000\n54321\n\n127.0.0.1\n  5432001         3\nstopping\n",
            Some((71, 54321, State::Stopping)),
        );
    }
}
