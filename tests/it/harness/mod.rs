//! What tests stand on.
//!
//! `cluster` gives every test a migrated database of its own.

pub mod cluster;
