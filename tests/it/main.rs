//! Everything tested from outside.

mod sandbox;
