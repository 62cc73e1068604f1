//! Leads: what a prospect is worth, and why.
//!
//! [`scoring`] is the pure part: it takes what is known of a lead and says how many points that is,
//! each with its reason.

pub mod scoring;
