//! What tests stand on.
//!
//! `cluster` gives every test a migrated database of its own; `team` puts a whole product on it,
//! with people who use it. `deployment` runs the bot as what it is in life, a `process` that can be
//! killed, and `hold` makes it wait at the step at which that is to happen. `shell` is the command line,
//! `answers` what a server answers.

pub mod answers;
pub mod cluster;
pub mod deployment;
pub mod hold;
pub mod process;
pub mod shell;
pub mod team;

pub use deployment::Deployment;
pub use process::Process;
pub use team::{Door, Member, Team};
