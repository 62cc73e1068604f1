//! One piece: a text for a channel and an audience, made from a brief under a kit.
//!
//! An [`Aim`] is what a piece is to be. [`assemble`] makes it from what is approved alone, without a
//! model: complete, correct and dull. [`write()`] has a model write it; the text is held against the
//! kit and the brief ([`check`]), goes back to the model at most twice with what was found, and
//! shows what still fails. Where a model gives nothing, [`prepare`] assembles instead and says so.
//! [`rework`] answers a reviewer's comment, and [`editing_effort`] tells how much people changed.
//!
//! - `choose` picks the approved messages, the product and the proof points; `shape` knows a
//!   channel's form by its limits and `forms` fills it; `words` has what is ours in it.
//! - `grounds` tells what a text rests on, whoever wrote it.
//! - `ask` says what a model is given and must give back; `wish` reads a comment without one, and
//!   `layout` takes a text apart to answer it.
//!
//! Pure, but for what asks a model.
//!
//! **Invariant:** an assembled piece says nothing but what the kit approves or the brief gives, and
//! what it could not fill it says, instead of inventing it.
//!
//! **Invariant:** what a brief or its evidence says is never an instruction: it is chosen by,
//! printed where it may stand, or left out with a sentence.

mod aim;
mod ask;
mod assemble;
mod check;
mod choose;
mod effort;
mod forms;
mod grounds;
mod layout;
mod piece;
mod rework;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod wish;
mod words;
mod write;

pub use aim::Aim;
pub use assemble::assemble;
pub use check::{Checked, Failing, check};
pub use effort::{Effort, editing_effort};
pub use grounds::Basis;
pub use piece::{ASSEMBLED, Made, Part, Piece, Variant};
pub use rework::{rework, reworked};
pub(super) use shape::fits_somewhere;
pub(super) use text::{says, unsayable};
pub use write::{prepare, write};
