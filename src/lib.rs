//! Countersign: agents prepare the work; people countersign it.

pub mod audit;

pub mod clock;
pub mod error;
pub mod ids;
