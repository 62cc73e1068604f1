//! Everything tested from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where, and fails")]

mod agents;
mod alerts;
mod answers;
mod architecture;
mod audit;
mod brand;
mod campaigns;
mod charts;
mod checkpoint;
mod crash;
mod database;
mod drafts;
mod embedded;
mod erasure;
mod evidence;
mod fake_model;
mod fake_slack;
mod harness;
mod history;
mod hostile;
mod jobs;
mod licences;
mod lifecycle;
mod messages;
mod models;
mod opinions;
mod outages;
mod proposals;
mod races;
mod readings;
mod receiver;
mod recorded;
mod releases;
mod requests;
mod research;
mod reviews;
mod sandbox;
mod schedule;
mod sent_readings;
mod slack_client;
mod slack_posts;
mod slack_wire;
mod trials;
mod written;
