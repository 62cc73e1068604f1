//! What is said of a source on the command line.

use clap::Args;
use jiff::civil::Date;

use crate::evidence::{SourceSpec, Visibility};

/// What is left out stays as it is.
#[derive(Clone, Debug, Args)]
pub struct SourceOptions {
    /// What the source holds, in a word: reviews, tickets, pages
    #[arg(long)]
    kind: Option<String>,
    /// Who answers for the source
    #[arg(long)]
    owner: Option<String>,
    /// The day by which somebody looks at the source again
    #[arg(long, value_name = "DATE")]
    review_on: Option<Date>,
    /// Days after which what was last brought in counts as old
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(1..))]
    fresh_for_days: Option<i32>,
    /// Everyone may see the source (what a new source begins with)
    #[arg(long, conflicts_with_all = ["channels", "groups"])]
    everyone: bool,
    /// Only these channels may see the source, by Slack's ids
    #[arg(long, value_delimiter = ',', conflicts_with = "groups")]
    channels: Vec<String>,
    /// Only these groups may see the source
    #[arg(long, value_delimiter = ',')]
    groups: Vec<String>,
}

impl SourceOptions {
    pub fn is_empty(&self) -> bool {
        let named = [self.kind.is_some(), self.owner.is_some(), self.review_on.is_some()];
        !named.contains(&true) && self.fresh_for_days.is_none() && self.visibility().is_none()
    }

    pub fn spec(&self, name: &str) -> SourceSpec {
        SourceSpec {
            name: name.to_owned(),
            kind: self.kind.clone(),
            owner: self.owner.clone(),
            review_on: self.review_on,
            fresh_for_days: self.fresh_for_days,
            visibility: self.visibility(),
        }
    }

    fn visibility(&self) -> Option<Visibility> {
        match () {
            () if self.everyone => Some(Visibility::Everyone),
            () if !self.channels.is_empty() => Some(Visibility::Channels(self.channels.clone())),
            () if !self.groups.is_empty() => Some(Visibility::Groups(self.groups.clone())),
            () => None,
        }
    }
}
