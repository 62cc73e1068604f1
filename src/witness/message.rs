//! What people read about a checkpoint.

use jiff::civil::Date;

use crate::audit::Checkpoint;
use crate::slack::{Card, escape};

/// The signed note as it is, so that it can be copied out of the channel.
pub fn card(checkpoint: &Checkpoint, day: Date) -> Card {
    let entries = checkpoint.size;
    let date = day.strftime("%-d %B %Y");
    Card::new(format!("The checkpoint of the audit trail for {date}: {entries} entries."))
        .about(format!("checkpoint:{day}"))
        .section(format!(
            "*Checkpoint of the audit trail, {date}.* It is signed for the first {entries} entries: whoever keeps it, as this channel does, can tell if any of them was changed, removed or moved since."
        ))
        .section(format!("```\n{}```", escape(&checkpoint.note)))
        .context(
            "To check the trail against it, copy the block into a file: `countersign audit verify --from FILE`",
        )
}
