//! Asking language models: on the wire of both protocols, and within a budget.

mod budgets;
mod wire;
