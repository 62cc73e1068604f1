//! A server under test: a process with its children, their processor time and memory.

use std::fmt::Display;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// A running server. Stopped when dropped.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

const PATIENCE: Duration = Duration::from_secs(30);

/// What Linux counts processor time in; 100 a second wherever it runs today.
const TICK: Duration = Duration::from_millis(10);

impl Server {
    /// Starts a server that will listen on `address`; what it says goes into the file `log`.
    pub async fn start(mut command: Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let log_file = File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log_file.try_clone()?)
            .stderr(log_file)
            .spawn()
            .with_context(|| format!("{command:?} cannot be started"))?;
        let mut server = Self { address, child };
        let deadline = Instant::now() + PATIENCE;
        while tokio::net::TcpStream::connect(address).await.is_err() {
            if Instant::now() > deadline || server.child.try_wait()?.is_some() {
                bail!("the server did not start; see {}", log.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// Processor time of the process and its children so far.
    pub fn cpu(&self) -> Result<Duration> {
        Ok(cpu_of(&family(self.child.id())?))
    }

    /// Resident memory of the process and its children, in bytes.
    pub fn memory(&self) -> Result<u64> {
        Ok(family(self.child.id())?.into_iter().map(resident).sum())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Children first: a master that is killed cannot stop them any more.
        for pid in family(self.child.id()).unwrap_or_default().into_iter().rev() {
            if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
                let _gone_already = kill_process(pid, Signal::KILL);
            }
        }
        let _status = self.child.wait();
    }
}

/// Processor time of a process and all its descendants so far; also of those that have ended.
pub fn cpu_of_family(pid: u32) -> Result<Duration> {
    Ok(cpu_of(&family(pid)?))
}

fn cpu_of(pids: &[u32]) -> Duration {
    let ticks: u64 = pids.iter().filter_map(|&pid| ticks(pid)).sum();
    TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
}

/// Processor time of those children of this process that have ended and were waited for.
pub fn cpu_of_ended_children() -> Result<Duration> {
    let stat = stat(std::process::id()).context("/proc says nothing of this process")?;
    let ticks: u32 = stat[13..15].iter().filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(TICK * ticks)
}

/// Processor time of the calling thread so far.
pub fn cpu_of_this_thread() -> Result<Duration> {
    let stat = stat("thread-self").context("/proc says nothing of this thread")?;
    let ticks: u32 = stat[11..13].iter().filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(TICK * ticks)
}

/// A process and its descendants.
fn family(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        if let Some(parent) = stat(pid).and_then(|stat| stat.get(1)?.parse::<u32>().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut family = vec![root];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(parents.iter().filter(|(_, it)| *it == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    Ok(family)
}

/// utime, stime, and those of children that were waited for: fields 14 to 17 of proc_pid_stat(5).
fn ticks(pid: u32) -> Option<u64> {
    stat(pid)?.get(11..15)?.iter().map(|field| field.parse::<u64>().ok()).sum()
}

/// The fields after the name, which may hold anything; the first is field 3, the state.
fn stat(pid: impl Display) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

pub fn parent_of(pid: u32) -> Option<u32> {
    stat(pid)?.get(1)?.parse().ok()
}

/// The name of this machine's processor.
pub fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name).to_owned()
}
