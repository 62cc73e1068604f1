//! Messages kept in files, where no webhook is configured: one file each.
//!
//! A file is written under another name, brought to the disk, and only then given its own, by a link,
//! which never replaces what is there. So a file in the outbox is always whole, also after a crash, and
//! an attempt that is made again finds that the first one worked.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::sink::{Parcel, Sent};

#[derive(Clone, Debug)]
pub(super) struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// As people find it: within the data folder.
    pub fn address(&self, name: &str) -> String {
        let folder = self.folder.file_name().unwrap_or_default().to_string_lossy();
        format!("{folder}/{name}.json")
    }

    pub async fn keep(&self, parcel: &Parcel) -> Sent {
        let folder = self.folder.clone();
        let (name, body) = (format!("{}.json", parcel.name), parcel.body.clone());
        let kept = tokio::task::spawn_blocking(move || write(&folder, &name, &body)).await;
        let address = self.address(&parcel.name);
        match kept {
            Ok(Ok(())) => Sent::Arrived { status: None },
            Ok(Err(error)) => {
                let error = format!("{address} could not be written: {error}");
                Sent::Failed { error, status: None, not_before: None }
            }
            Err(error) => {
                let error = format!("{address} was not written to its end: {error}");
                Sent::Failed { error, status: None, not_before: None }
            }
        }
    }
}

fn write(folder: &Path, name: &str, body: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Hidden, and another for each attempt: two replicas may both be at it.
    let beginning = format!(".{name}.");
    let draft = folder.join(format!("{beginning}{:016x}", rand::random::<u64>()));
    let mut file = File::create_new(&draft)?;
    file.write_all(body)?;
    file.sync_all()?;
    drop(file);

    let whole = folder.join(name);
    let linked = fs::hard_link(&draft, &whole);
    let _ = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::read(&whole)? != body {
                let other = "another message is there under that name, and nothing is overwritten";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, other));
            }
        }
        linked => linked?,
    }
    // The name is on the disk when its folder is.
    File::open(folder)?.sync_all()?;

    // What attempts left behind that did not come to their end.
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&beginning) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("outbox");
        write(&outbox, "1-released.json", b"{}").unwrap();
        write(&outbox, "1-released.json", b"{}").unwrap();
        assert_eq!(fs::read(outbox.join("1-released.json")).unwrap(), b"{}");

        let said = write(&outbox, "1-released.json", b"[]").unwrap_err().to_string();
        assert!(said.contains("nothing is overwritten"), "{said}");
        assert_eq!(fs::read(outbox.join("1-released.json")).unwrap(), b"{}");
    }

    #[test]
    fn a_crash_between_writing_and_naming_leaves_nothing_half_done() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("outbox");
        fs::create_dir_all(&outbox).unwrap();
        fs::write(outbox.join(".1-released.json.0123456789abcdef"), b"{ half").unwrap();
        fs::write(outbox.join(".2-released.json.0123456789abcdef"), b"{ of another").unwrap();

        write(&outbox, "1-released.json", b"{}").unwrap();
        assert_eq!(files(&outbox), [".2-released.json.0123456789abcdef", "1-released.json"]);
        assert_eq!(fs::read(outbox.join("1-released.json")).unwrap(), b"{}");
    }
}
