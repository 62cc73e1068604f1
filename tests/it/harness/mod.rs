//! What tests stand on.
//!
//! `cluster` gives every test a migrated database of its own; `team` puts a whole product on it,
//! with people who use it.

pub mod cluster;
pub mod team;

pub use team::{Door, Team};
