//! Answers to a team's questions, from the evidence it owns.

pub mod extract;
