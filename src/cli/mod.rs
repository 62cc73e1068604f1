//! The command line: one file a subcommand, each with its arguments and a `run`.

pub mod audit;
