//! `/countersign check` through the wire.
