//! The command line: one file a subcommand.

pub mod evidence;
pub mod ingest;
