//! What a Singer tap sends: documents, numbers or leads, and a STATE back when all before it is kept.
//!
//! A thread reads (`message`, `messages`) and gathers (`gathering`); this side has documents stored by
//! the evidence room, numbers by that of the readings and leads by theirs, as the streams were named
//! (`options`). A STATE
//! that comes while little waits is held back until more does, ten seconds have passed, or the tap has
//! ended; a newer one takes its place.
//!
//! **Invariant.** A STATE is given back only after everything before it is visible.
//! **Invariant.** Of a tap that closes what it sends with a STATE, what comes after the last one is not
//! taken: the tap was cut off, and sends it again.

mod gathering;
mod leads;
mod message;
mod messages;
mod options;

use std::collections::BTreeMap;

use sqlx::PgPool;
use tokio::sync::mpsc;

use self::gathering::{Gathering, Work};
use self::leads::Leads;
use self::messages::Messages;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::evidence::{self, Input, StreamImports};
use crate::ids::WorkspaceId;
use crate::readings::{self, StreamIntakes};

pub use self::options::{LeadsStream, Options, ReadingsOptions, ReadingsStream};

/// What a tap brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Documents, by source.
    pub documents: BTreeMap<String, evidence::Summary>,
    /// Numbers, by source.
    pub readings: BTreeMap<String, readings::Summary>,
    /// Leads, by stream.
    pub leads: BTreeMap<String, crate::leads::ingest::Summary>,
    pub notes: Vec<String>,
    /// Records after the last STATE of a tap that closes what it sends with one.
    pub cut_off: u64,
    /// What broke the protocol, and ended the reading there.
    pub broken: Option<String>,
}

/// Takes what a tap sends, and gives each STATE to `give_back` once everything before it is visible.
pub async fn take(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    by: &Actor,
    options: &Options,
    input: &Input,
    mut give_back: impl FnMut(&str) -> Result<()>,
) -> Result<Summary> {
    options.check()?;
    let messages = Messages::open(input, options.clone())?;
    let (sender, mut work) = mpsc::channel(1);
    let gathering = Gathering::new(messages, clock.clone());
    // A thread that the end of the process does not wait for: a tap may be silent for long.
    std::thread::spawn(move || gathering.run(&sender));

    // The connection is this import's own: its locks end with it, however that is.
    let mut connection = db.acquire().await?.detach();
    let mut documents = StreamImports::new(clock, workspace, by, &options.documents);
    let mut numbers = StreamIntakes::new(db, clock, workspace, by);
    let mut leads = Leads::new(db, clock, workspace, by, options);
    while let Some(next) = work.recv().await {
        match next {
            Work::Documents(stream, portion) => {
                documents.store(&mut connection, &stream, portion).await?;
            }
            Work::Readings(stream, batch) => {
                let (source, zone) = options.place_of(&stream);
                numbers.take(&stream, &source, &zone, batch).await?;
            }
            Work::Leads(stream, records) => leads.take(stream, records),
            Work::Activate(stream, version) => {
                documents.activate(&mut connection, &stream, version).await?;
            }
            Work::State(value) => {
                documents.publish(&mut connection).await?;
                numbers.publish().await?;
                leads.publish().await?;
                give_back(&value)?;
            }
            Work::Ended { notes, cut_off, broken } => {
                if cut_off > 0 || broken.is_some() {
                    documents.discard(&mut connection).await?;
                    numbers.discard().await?;
                } else {
                    documents.publish(&mut connection).await?;
                    numbers.publish().await?;
                    leads.publish().await?;
                }
                let broken = match broken {
                    Some(Error::Fault(fault)) => return Err(fault.into()),
                    Some(Error::Refused(refusal)) => Some(refusal.to_string()),
                    None => None,
                };
                let (documents, readings) = (documents.published, numbers.published);
                let leads = leads.published;
                return Ok(Summary { documents, readings, leads, notes, cut_off, broken });
            }
        }
    }
    Err(anyhow::anyhow!("the tap's messages ended before they were over").into())
}
