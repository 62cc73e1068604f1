//! What the team knows: documents from its own sources, and the search over them.
//!
//! A **source** is a place documents come from, with an owner, a day of review, a freshness limit
//! and a word on who may see it. `read` makes records of files, `ingest` stores them as
//! **documents** cut into **passages** (`passages`, `language`), and Postgres makes an inverted
//! index of those: a **segment** for each portion, with a list of occurrences for each term
//! (`index`). `search` asks Postgres for the lists of a question's terms, only those of segments
//! that the asker may see, and ranks with BM25 (`rank`).
//!
//! **Invariant.** A document, once stored, never changes: a changed text is a new version, so what
//! was quoted can always be shown.
//! **Invariant.** An import is visible as a whole or not at all.
//! **Invariant.** No query runs without the workspace, and no passage leaves without the asker's
//! rights having been part of the query.

mod index;
mod ingest;
mod language;
mod notes;
mod passages;
mod read;
mod search;
mod source;
mod store;
mod surroundings;

pub use self::ingest::{
    Absent, Portion, Progress, Refused, Sorted, StreamImports, StreamOptions, Summary,
    ingest_documents, is_full,
};
pub use self::language::Language;
pub use self::notes::{Note, keep_note};
pub use self::passages::sentences;
pub use self::read::{
    DocumentFile, Format, Id, Input, Mapping, Named, Record, Stream, StreamMapping, Unread,
};
pub use self::search::{Hit, Question, Rights, Searched, SearchedWord, frequencies, search};
pub use self::source::{Source, SourceSpec, Visibility, add_source, change_source, sources};
pub use self::store::{PassageText, passage_texts};
pub use self::surroundings::{Standing, Stretch, Surroundings, surroundings};
