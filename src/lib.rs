//! Countersign: agents prepare the work; people countersign it.

pub mod cli;
pub mod clock;
pub mod error;
pub mod evidence;
pub mod ids;
pub mod research;
