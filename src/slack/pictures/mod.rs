//! Pictures that cards show: a card names a file of Slack's, which has to be there before.
//!
//! A picture is known by its bytes, so a card that is rendered anew names the same file, and a
//! message that shows what it showed is not touched. A chart is drawn equal from equal numbers, so this is
//! what makes showing it again cost nothing.
//!
//! **Invariant.** A picture has one file in each workspace: who comes second takes the first one's.
//! Of an upload that was cut off nothing is seen but a private file that no message names.

mod store;

use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::files::Upload;
use super::transport::Slack;
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::{FileId, WorkspaceId};

/// The file that shows this picture, uploaded now if it was not before; for
/// [`Card::picture`](super::Card::picture). None where Slack takes no files of ours: a card then does
/// without.
///
/// May be repeated at will, and must be after an error that passes, like `show`. Holds no connection of
/// the pool while it speaks to Slack.
pub async fn picture(
    pool: &PgPool,
    slack: &Slack,
    clock: &Clock,
    workspace: WorkspaceId,
    picture: Upload<'_>,
) -> Result<Option<FileId>> {
    let sha256: [u8; 32] = Sha256::digest(picture.bytes).into();
    if let Some(file) = store::file(pool, workspace, &sha256).await? {
        return Ok(Some(file));
    }
    let file = match slack.upload(None, picture).await {
        Ok(file) => file,
        Err(error) if !error.is_temporary() => {
            tracing::warn!("a picture was not uploaded: {error}");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    store::keep(pool, workspace, &sha256, &file, clock.now()).await.map(Some)
}
