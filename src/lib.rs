//! Countersign: agents prepare the work; people countersign it.

pub mod clock;
pub mod error;
pub mod ids;
pub mod sandbox;
