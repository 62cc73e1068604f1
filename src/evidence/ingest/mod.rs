//! Imports: from a file to documents that can be found, all at once.
//!
//! A thread reads (`portion`); this side stores a portion per transaction, each with a segment of the
//! index (`segments`), and shows none of it. The last transaction publishes the import and retires
//! what it replaces.
//!
//! What an import changes is in the audit trail, in the transaction in which it becomes visible.
//!
//! **Invariant.** Reading the same file again changes nothing.
//! **Invariant.** An import that was cut off goes on from its last portion when the same file
//! comes again, and is thrown away when another one comes.

mod import;
mod portion;
mod segments;
mod store;
mod streams;
mod summary;

use sqlx::{PgConnection, PgPool};

use self::import::Import;
use self::portion::Portions;
use super::read::{DocumentFile, Records};
use super::source::{self, SourceSpec};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::ids::{SourceId, WorkspaceId};

pub use self::import::Absent;
pub use self::portion::{Portion, is_full};
pub use self::streams::{Sorted, StreamImports, StreamOptions};
pub use self::summary::{Progress, Refused, Summary};

/// Imports documents into a source, which is created or changed as the spec says. `by` is who does it.
pub async fn ingest_documents(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    spec: &SourceSpec,
    file: &DocumentFile,
    progress: impl Fn(Progress),
) -> Result<Summary> {
    let opened = Records::open(file)?;
    // The connection is the import's own: the lock on the source ends with it, however that is.
    let mut connection = db.acquire().await?.detach();
    let source = source::declare(&mut connection, clock, workspace, by, spec).await?;
    lock(&mut connection, source, &spec.name).await?;
    let mut import = Import::begin(&mut connection, clock, workspace, source).await?;
    let mut portions = Portions::start(opened, Some(&import.point()));
    if !portions.goes_on(&import.point()).await? {
        import.discard(&mut connection).await?;
        import = Import::begin(&mut connection, clock, workspace, source).await?;
        if portions.has_begun() {
            portions = Portions::start(Records::open(file)?, None);
        }
    }
    import.absent = file.absent;
    import.summary.resumed_after = import.records;
    import.summary.notes = portions.notes.clone();

    while let Some(portion) = portions.next().await? {
        let (bytes, bytes_total) = (portion.bytes_read, portions.size);
        import.store(&mut connection, portion).await?;
        progress(Progress { bytes, bytes_total, records: import.records });
    }
    import.publish(&mut connection, clock, by, &spec.name).await?;
    tracing::info!(
        source.id = source.0,
        ingest.id = import.ingest.0,
        records = import.summary.records,
        new = import.summary.new,
        changed = import.summary.changed,
        refused = import.summary.refused,
        "published an import"
    );
    Ok(import.summary)
}

/// Keeps other imports into this source out for as long as the connection lives.
async fn lock(db: &mut PgConnection, source: SourceId, name: &str) -> Result<()> {
    if store::try_lock_source(db, source).await? {
        return Ok(());
    }
    Err(Refusal::ImportUnderWay { source: name.to_owned() }.into())
}
