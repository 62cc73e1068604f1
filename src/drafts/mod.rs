//! Drafts: a brief becomes texts for channels and audiences, under the rules of the brand kit.
//!
//! - [`Brief`] is what somebody wants said, to whom and where, held against the kit before anything
//!   is written.
//! - [`compose`] writes a piece for one channel and one audience: from what is approved alone, or
//!   with a model that is checked.

mod brief;
pub mod compose;

pub use brief::{Brief, Evidence};
