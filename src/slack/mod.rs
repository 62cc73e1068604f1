//! Slack: what we say to it, and how to understand what it says to us.

pub mod blocks;
mod check;
pub mod cut;
pub mod inputs;
pub mod limits;
pub mod post;
pub mod text;
pub mod view;
