//! Texts held against a brand kit: the table of cases, the command line, and Slack.

mod cases;
mod slack;
