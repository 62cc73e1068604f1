//! Everything tested from outside.

mod audit;
