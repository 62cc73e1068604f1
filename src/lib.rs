//! Countersign: agents prepare the work; people countersign it.
//!
//! Every journey is one sentence: *check, record with its audit entry, enqueue; then a job makes
//! Slack show the state.* In reading order:
//!
//! - the vocabulary that everything uses: [`app`], [`config`], [`ids`], [`clock`], [`error`],
//!   [`metrics`], [`words`];
//! - the entrances, which turn the outside into one call: [`http`] and [`socket`] hand what Slack
//!   delivers to the [`inbox`], from where typing goes to [`commands`] and pressing to [`actions`];
//!   [`taps`] sorts what a Singer tap sends; [`worker`] says what each job means, [`schedule`] what happens when; [`subjects`] knows what is
//!   decided on by its kind; [`cli`] is the command line; [`home`] shows a person what waits for them;
//! - the features, folders by what the product does: [`research`], [`evidence`], [`brand`],
//!   [`drafts`], [`reviews`], [`proposals`], [`releases`], [`experiments`]; [`readings`] holds the numbers that
//!   platforms report, [`detectors`] tells what in them is worth a message, [`alerts`] tells people of it;
//!   [`leads`] says what prospects are worth, why, and hands them over;
//!   [`opinions`] are what people say of what was made, [`scorecards`] how good the agents are, and
//!   [`summaries`] what leaders read in the morning; [`history`] tells what happened to a card,
//!   [`manifests`] keeps what the team
//!   declared, [`witness`] gives people each day's checkpoint, [`erasure`] takes away what a person
//!   wrote;
//! - the capabilities, which know no feature and not each other, but for the words in which the
//!   [`database`] lets them write together: [`agents`] (prompts, language models, budgets), [`audit`], [`charts`],
//!   [`incoming`] (bytes as text), [`jobs`], [`slack`], [`privacy`], and [`workspaces`];
//! - the [`sandbox`], a Slack workspace on this machine, for the demo and the tests.
//!
//! Arrows point down only; `tests/it/architecture.rs` holds the table.

pub mod app;
pub mod clock;
pub mod config;
pub mod error;
pub mod ids;
pub mod metrics;
pub mod words;

pub mod actions;
pub mod cli;
pub mod commands;
pub mod home;
pub mod http;
pub mod inbox;
pub mod schedule;
pub mod socket;
pub mod subjects;
pub mod summaries;
pub mod taps;
pub mod worker;

pub mod alerts;
pub mod brand;
pub mod detectors;
pub mod drafts;
pub mod erasure;
pub mod evidence;
pub mod experiments;
pub mod history;
pub mod leads;
pub mod manifests;
pub mod opinions;
pub mod proposals;
pub mod readings;
pub mod releases;
pub mod research;
pub mod reviews;
pub mod scorecards;
pub mod witness;

pub mod agents;
pub mod audit;
pub mod charts;
pub mod database;
pub mod incoming;
pub mod jobs;
pub mod privacy;
pub mod slack;
pub mod workspaces;

pub mod sandbox;
