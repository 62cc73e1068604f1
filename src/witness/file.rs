//! The file that checkpoints are added to.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context;

/// Adds a checkpoint that is not in the file yet. After a crash the file is as it was before or as it
/// is after, never something between.
pub fn keep(file: &Path, note: &str) -> anyhow::Result<()> {
    let cannot = || format!("the checkpoint file {} cannot be written", file.display());
    let kept = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        kept => kept.with_context(cannot)?,
    };
    if kept.contains(note) {
        return Ok(());
    }

    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).with_context(cannot)?;
    let name = file.file_name().context("a checkpoint file has a name")?;
    let draft = folder.join(format!(".{}.{}", name.display(), std::process::id()));
    let mut written = File::create(&draft).with_context(cannot)?;
    let parted = if kept.is_empty() { "" } else { "\n" };
    written.write_all(format!("{kept}{parted}{note}").as_bytes()).with_context(cannot)?;
    written.sync_all().with_context(cannot)?;
    fs::rename(&draft, file).with_context(cannot)?;
    // The rename itself is on disk only once the folder is.
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_added_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kept/checkpoints.txt");
        for note in ["one\n", "two\n", "one\n", "two\n"] {
            keep(&file, note).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "one\n\ntwo\n");
        assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 1);

        assert!(keep(folder.path(), "three\n").is_err());
    }
}
