//! Tests of one thing against another, from their plan to their decision.
//!
//! A **plan** ([`TestPlan`]) says before the start what is tried, what is measured and how it is decided.
//! It is a subject of reviews like a finding or a draft; whoever asked, or decides, changes it by the
//! form. A test plan may also be put up as a mere text ([`proposals`](crate::proposals)): the two have
//! one sequence of numbers, so that no number means both, and the content of a revision says which it is
//! ([`TestPlan::is_in`]).
//!
//! - [`propose`] puts up what was filled in; `expected` finds what the plan needs to know from the
//!   readings there are, `form` and `message` are what people fill in and read.
//! - [`statistics`] is pure: sizes, readouts, intervals.
//!
//! **Invariant:** nothing of an approved plan changes. Another metric or rule is another plan, which says
//! so, and whose counts begin anew.

mod expected;
mod form;
mod message;
mod number;
mod planning;
mod running;
pub mod statistics;
mod store;
mod test_plan;

pub use form::{Filled, NAME, Short};
pub use message::{PLAN, card, is_up, plan_form};
pub use planning::{edit_form, edited, propose, rewrite, rewrite_form};
pub use test_plan::TestPlan;
