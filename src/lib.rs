//! Countersign: agents prepare the work; people countersign it.

pub mod cli;

pub mod audit;

pub mod clock;
pub mod error;
pub mod ids;
