//! Tests of one thing against another, from their plan to their decision.

pub mod statistics;
