//! Tests of one thing against another, from their plan to their decision.
//!
//! A **plan** ([`TestPlan`]) says before the start what is tried, what is measured and how it is decided.
//! It is a subject of reviews like a finding or a draft; whoever asked, or decides, changes it by the
//! form. A test plan may also be put up as a mere text, a proposal: the two have one sequence of
//! numbers, so that no number means both, and the content of a revision says which it is.
//!
//! - [`propose`] puts up what was filled in; `expected` finds what the plan needs to know from the
//!   readings there are, `form` (with `typed`) and `message` are what people fill in and read.
//! - [`word`] has the campaign agent's model word the hypothesis and the variants, as somebody asked.
//! - [`begin`] starts the test once its plan is approved and released: that revision is in force.
//! - [`observe`] takes what was counted, day by day, also what [`count_by_readings`] finds in the readings
//!   of campaigns that are a test's arms; `counts` makes looks of it, and [`statistics`],
//!   which is pure, reads them by the rule. [`show`] keeps the test's one card ([`due`]: once a day).
//! - [`decide`] and [`extend`] put up what people want to become of it: a [`TestDecision`], which
//!   [`conclude`] carries out once it is approved, or another plan. [`learn`] makes evidence of a test
//!   that was decided.
//!
//! **Invariant:** nothing of an approved plan changes: it is hashed again whenever it is read. Another
//! metric or rule is another plan, which says so, and whose counts begin anew. Counts go on only where
//! the rule may be read at any time and nothing that is read has changed.
//!
//! **Invariant:** what comes after the end that was agreed on is kept and not read.
//!
//! **Invariant:** a count that is restated keeps what it was before as a revision, and the same delivery
//! twice changes nothing.
//!
//! **Invariant:** the rule decides nothing; people do, each time with a reason, one at a time.

mod by_readings;
mod counts;
mod deciding;
mod decision;
mod expected;
mod form;
mod learning;
mod message;
mod number;
mod observations;
mod picture;
mod planning;
mod readout_card;
mod running;
mod showing;
pub mod statistics;
mod store;
mod test_plan;
mod typed;
mod typed_readings;
mod worded;

pub use by_readings::count_by_readings;
pub use deciding::{Ask, Wish, ask_form, decide, extend, rewrite_decision, rewrite_decision_form};
pub use decision::{Choice, TestDecision};
pub use form::{Filled, NAME, Short, WHY};
pub use learning::learn;
pub use message::{
    EXTEND, PLAN, asked_for, beside, card, edit_form, is_up, plan_form, rewrite_form,
};
pub use observations::{Body, Delivery, Observed, Origin, observe};
pub use picture::of_readout;
pub use planning::{AGENT, edited, propose, rewrite};
pub use readout_card::{REASON, SHIP, STOP, decision_card, decision_is_up};
pub use running::{begin, conclude, due, find};
pub use showing::{about, ask_for_segments, show, show_segments};
pub use test_plan::TestPlan;
pub use worded::word;

use counts::Reading;
