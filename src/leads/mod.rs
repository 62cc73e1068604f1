//! Leads: what a prospect is worth and why, who in sales gets it, and what sales made of it.
//!
//! - [`ingest`] takes in leads and what they did, from files and webhooks.
//! - [`scoring`] is the pure part of what a lead is worth; [`rating`] keeps the scores of all of them, and
//!   [`learning`] makes them learn from the answers of sales.
//! - [`handoffs`] gives those that crossed the threshold to sales, with buttons to answer.
//! - [`list`] and [`one`] answer `/leads`, [`digest`] tells the week.
//!
//! **Invariant:** what names or reaches a person stands in columns of its own, is shown to whoever has
//! claimed the lead and to nobody else, and goes with the lead.
//!
//! **Invariant:** nobody is handed over who asked not to be contacted.

pub mod digest;
pub mod handoffs;
pub mod ingest;
mod lead;
pub mod learning;
mod listing;
pub mod rating;
pub mod scoring;
mod store;

pub use lead::{Contact, Lead, Stage};
pub use listing::{list, one};
