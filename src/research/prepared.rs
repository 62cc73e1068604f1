//! A finding as it is put up for review: its bytes, its text, what was checked in it.

use serde_json::{Value, json};

use super::{AGENT, Finding, masking};
use crate::app::App;
use crate::config::Facts;
use crate::error::Result;
use crate::evidence;
use crate::ids::PassageId;
use crate::reviews::{self, Author, Check, Written};
use crate::words::count;

pub(super) struct Prepared {
    content: Value,
    text: String,
    checks: Vec<Check>,
    facts: Facts,
    provenance: Value,
}

impl Prepared {
    /// `run` is the run that the finding goes back to.
    pub async fn new(app: &App, finding: &Finding, run: &Value) -> Result<Self> {
        let text = finding.text();
        let mut checks = vec![verbatim(app, finding).await?, dated(finding)];
        // Ids of documents are no words of anybody's, and some look like numbers of cards.
        let (found, labels) = reviews::labels(&finding.words());
        // What customers say of prices is no offer of ours; personal data is personal data.
        checks.extend(found.into_iter().filter(|check| check.rule == "personal_data"));
        let labels = labels
            .into_iter()
            .filter(|label| *label == crate::config::Label::CustomerData)
            .collect();
        Ok(Self {
            content: serde_json::to_value(finding)?,
            text,
            checks,
            facts: Facts { labels, ..Facts::default() },
            provenance: json!({
                "agent": AGENT,
                "engine": finding.engine_in_words(),
                "version": finding.version(),
                "claims": finding.claims(),
                "run": run,
                "sources": finding.sources,
            }),
        })
    }

    pub fn written<'a>(&'a self, author: Author<'a>) -> Written<'a> {
        Written {
            title: None,
            content: &self.content,
            text: &self.text,
            checks: &self.checks,
            facts: &self.facts,
            provenance: &self.provenance,
            author,
        }
    }
}

/// Whether each quote stands in its passage, which is read again for this.
async fn verbatim(app: &App, finding: &Finding) -> Result<Check> {
    let passages: Vec<PassageId> = finding.passages().collect();
    let texts = evidence::passage_texts(&app.db, app.workspace.id, &passages).await?;
    let stands = |passage: &PassageId, quote: &str| {
        texts.get(passage).is_some_and(|passage| masking::passage(passage).text.contains(quote))
    };
    let all = finding.quotes().count();
    let missing = finding.quotes().filter(|quote| !stands(&quote.passage, &quote.text)).count();
    let says = match missing {
        0 => format!("{} found word for word in the documents", count(all, "quote")),
        missing => format!(
            "{missing} of {} not found word for word in the documents as they are now",
            count(all, "quote")
        ),
    };
    Ok(Check { rule: "quotes_verbatim".to_owned(), passed: missing == 0, says })
}

/// Whether it is known how old what was read is.
fn dated(finding: &Finding) -> Check {
    let undated: Vec<&str> = finding
        .sources
        .iter()
        .filter(|source| source.newest.is_none() && source.imported.is_none())
        .map(|source| source.name.as_str())
        .collect();
    let says = if undated.is_empty() {
        "The age of every source is known".to_owned()
    } else {
        format!("It is not known how old this is: {}", undated.join(", "))
    };
    Check { rule: "sources_dated".to_owned(), passed: undated.is_empty(), says }
}
