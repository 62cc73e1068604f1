//! Tests of one thing against another: what their counts say, and how surely.
//!
//! An [`arm`] is the sums over its users. Two arms give an [`estimate`], an effect with its standard
//! error, and everything else is a reading of that one:
//!
//! - [`fixed`]: t- and z-tests, read once, at a horizon that was fixed before;
//! - [`sequential`]: a confidence sequence, which may be read every day;
//! - [`bayesian`]: the chance that the treatment is better, and what a wrong choice would cost.
//!
//! Around them: [`split`] (whether users were split as planned), [`multiple`] (several comparisons at
//! once), [`power`] (how many users it takes), [`looks`] (what peeking does, and boundaries for a
//! few planned looks), [`msprt`], [`boundaries`] and [`bounded`] (other ways to read at any time).
//!
//! A [`plan`] says before the start what is measured and how it will be decided, [`sizing`] how many
//! users that takes, and [`readout`] what the rule says now; [`mod@file`] reads both from files.
//! [`distributions`] has the tails and quantiles. [`cases`] computes files of cases for comparison
//! with other tools.
//!
//! All of it is pure: no clock, no database, no randomness.
//!
//! **Invariant.** No NaN and no infinity comes out: what cannot be computed is a
//! [`degenerate::Degenerate`], which is a sentence for people.

pub mod arm;
pub mod bayesian;
pub mod boundaries;
pub mod bounded;
pub mod cases;
pub mod degenerate;
pub mod distributions;
pub mod estimate;
pub mod file;
pub mod fixed;
pub mod looks;
pub mod msprt;
pub mod multiple;
pub mod plan;
pub mod power;
pub mod readout;
pub mod sequential;
pub mod sizing;
pub mod split;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod simulation;
