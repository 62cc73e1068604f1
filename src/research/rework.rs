//! Changing a finding: as reviewers asked in words, or as one of them did by hand.
//!
//! The agent does what it can do without guessing: it searches for what a request speaks of and adds
//! what it finds, and it leaves out sources and documents that a request names. What it could not
//! do, it says on the finding.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Note;
use super::finding::Reading;
use super::prepared::Prepared;
use super::{AGENT, Finding, audience, extract};
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::evidence;
use crate::ids::ChannelId;
use crate::reviews::{self, Author, Edit, Review};

static LEAVING_OUT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:without|leave out|leaving out|drop|exclude|excluding|remove|skip|omit|not from|except)\b")
        .expect("the pattern is fixed and tested")
});

/// Words with which a change is asked for, and that say nothing about what to look for.
const REQUESTING: &[&str] = &[
    "add",
    "address",
    "ask",
    "check",
    "consider",
    "cover",
    "dig",
    "example",
    "examples",
    "explore",
    "include",
    "instead",
    "look",
    "need",
    "quote",
    "quotes",
    "search",
    "something",
    "well",
];

/// What reviewers asked for, as far as it can be told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Wish {
    /// What to search for besides.
    search: String,
    /// Sources and documents, as the finding names them.
    leave_out: Vec<String>,
    /// Something is to be left out that the finding does not have.
    unclear: bool,
}

/// Changes the finding under review as was asked, and puts it up again. A repeat changes nothing.
pub async fn rework(app: &App, review: &Review) -> Result<()> {
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let mut finding = Finding::from_bytes(&content.bytes)?;
    let requests = reviews::requests(&app.db, app.workspace.id, review.id).await?;
    let asked: Vec<&str> = requests
        .iter()
        .filter(|request| request.number == review.number)
        .map(|request| request.comment.as_str())
        .collect();
    let wish = Wish::of(&asked.join(". "), &finding);

    let remark = apply(app, &review.channel, &mut finding, &wish).await?;
    finding.remark = (!remark.is_empty()).then_some(remark);
    let prepared = Prepared::new(app, &finding, &content.provenance["run"]).await?;

    let mut tx = app.db.begin().await?;
    let Some(locked) = reviews::to_rework(&mut tx, app.workspace.id, review.id).await? else {
        return Ok(());
    };
    if locked.revision != review.revision {
        return Ok(());
    }
    reviews::revise(app, &mut tx, &locked, &prepared.written(Author::Agent(AGENT))).await?;
    tx.commit().await?;
    tracing::info!(review.id = review.id.0, "a finding was reworked");
    Ok(())
}

/// Puts up a finding with only those quotes that a person kept, and their note.
pub async fn edited(app: &App, edit: &Edit<'_>, kept: &[usize], note: &str) -> Result<Review> {
    let person = edit.person;
    let content = reviews::content(&app.db, app.workspace.id, edit.saw).await?;
    let before = Finding::from_bytes(&content.bytes)?;
    let mut finding = before.clone();
    finding.keep_quotes(|index, _| kept.contains(&index));
    let note = note.trim();
    finding.note = (!note.is_empty()).then(|| Note { by: person.clone(), text: note.to_owned() });
    if finding == before {
        return Err(Refusal::NothingChanged.into());
    }
    if finding.quotes().count() == 0 {
        return Err(Refusal::NoQuotesLeft.into());
    }
    let prepared = Prepared::new(app, &finding, &content.provenance["run"]).await?;
    let written = prepared.written(Author::Person(person));
    reviews::edit(app, edit, &written).await
}

/// Does what was wished for; returns what is to be known of how far that went.
async fn apply(
    app: &App,
    channel: &ChannelId,
    finding: &mut Finding,
    wish: &Wish,
) -> Result<String> {
    let mut said = Vec::new();
    if wish.unclear {
        said.push(
            "It could not be told what to leave out: name a source or a document as the card does."
                .to_owned(),
        );
    }
    if !wish.leave_out.is_empty() {
        finding.keep_quotes(|_, quote| {
            !wish.leave_out.contains(&quote.source) && !wish.leave_out.contains(&quote.document)
        });
        said.push(format!("Left out: {}.", wish.leave_out.join(", ")));
    }
    let mut asked = extract::Asked::of(&wish.search);
    asked.subject.retain(|word| !REQUESTING.contains(&word.as_str()));
    if asked.subject.is_empty() && asked.polarity.is_none() {
        if wish.leave_out.is_empty() && !wish.unclear {
            said.push("The agent finds quotes by what they speak of, and leaves out sources and documents that are named; it could not tell what to change here.".to_owned());
        }
        return Ok(said.join(" "));
    }
    let agent = super::agent(app)?;
    let readers = audience::of(app, channel).await?;
    let rights = audience::for_agent(agent, readers.rights());
    let (searched, extract) = extract::answer(&app.db, app.workspace.id, &rights, &asked).await?;
    let sources = evidence::sources(&app.db, app.workspace.id).await?;
    let before = finding.quotes().count();
    let reading =
        Reading { searched: &searched, extract: &extract, sources: &sources, now: app.now() };
    if let Some(more) = Finding::new(&finding.question, &reading) {
        finding.add(more);
        finding.keep_quotes(|_, quote| {
            !wish.leave_out.contains(&quote.source) && !wish.leave_out.contains(&quote.document)
        });
    }
    let words = asked.subject.join(", ");
    let found = finding.quotes().count().saturating_sub(before);
    said.push(match found {
        0 => format!("Searched besides for: {words}. Nothing further was found."),
        1 => format!("Searched besides for: {words}. One quote was added."),
        found => format!("Searched besides for: {words}. {found} quotes were added."),
    });
    Ok(said.join(" "))
}

impl Wish {
    fn of(asked: &str, finding: &Finding) -> Self {
        let mut wish = Self::default();
        for sentence in asked.split(['.', ';', '!', '\n']) {
            wish.take(sentence, finding);
        }
        wish
    }

    /// One sentence: what it says to leave out, and what else it speaks of.
    fn take(&mut self, sentence: &str, finding: &Finding) {
        let Some(leaving) = LEAVING_OUT.find(sentence) else {
            self.search.push_str(sentence);
            self.search.push('\n');
            return;
        };
        // What stands before may ask for more: "ask about the app, without the tickets".
        self.search.push_str(&sentence[..leaving.start()]);
        self.search.push('\n');
        let before = self.leave_out.len();
        for part in sentence[leaving.end()..].replace(" and ", ",").split(',') {
            let named = finding.named_in(part);
            let is_new = |name: &String| !self.leave_out.contains(name);
            let new: Vec<String> = named.iter().filter(|name| is_new(name)).cloned().collect();
            if named.is_empty() && self.leave_out.len() > before {
                // The list of what goes is over: "drop R-2, and look at the app".
                self.search.push_str(part);
                self.search.push('\n');
            }
            self.leave_out.extend(new);
        }
        self.unclear |= self.leave_out.len() == before;
    }
}

impl Finding {
    /// Its sources and documents that a text names.
    fn named_in(&self, text: &str) -> Vec<String> {
        let words: Vec<String> = text
            .split_whitespace()
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
            .collect();
        let mut named: Vec<String> = self
            .quotes()
            .flat_map(|quote| [&quote.source, &quote.document])
            .filter(|name| words.contains(&name.to_lowercase()))
            .cloned()
            .collect();
        named.sort();
        named.dedup();
        named
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Quote;
    use super::*;
    use crate::ids::PassageId;

    fn finding() -> Finding {
        let quote = |source: &str, document: &str| Quote {
            text: format!("As {document} says."),
            passage: PassageId(1),
            document: document.to_owned(),
            source: source.to_owned(),
            written: None,
            also: 0,
        };
        Finding {
            kind: "finding".to_owned(),
            v: 1,
            question: "Why?".to_owned(),
            engine: "extract".to_owned(),
            follows: None,
            fell_back: None,
            remark: None,
            note: None,
            answer: None,
            themes: vec![],
            others: vec![quote("tickets", "T-7"), quote("reviews", "R-2")],
            answering: 2,
            searched: 9,
            sources: vec![],
            masked: 0,
            left_out: 0,
        }
    }

    #[test]
    fn what_is_wished_for_is_read_from_the_request() {
        let check = |asked: &str, search: &str, leave_out: &[&str], unclear: bool| {
            let wish = Wish::of(asked, &finding());
            assert_eq!(
                wish.search.split_whitespace().collect::<Vec<_>>().join(" "),
                search,
                "{asked}"
            );
            assert_eq!(wish.leave_out, leave_out, "{asked}");
            assert_eq!(wish.unclear, unclear, "{asked}");
        };
        check("Ask about the app as well", "Ask about the app as well", &[], false);
        check("Leave out the tickets.", "", &["tickets"], false);
        check("Drop T-7 and R-2!", "", &["T-7", "R-2"], false);
        check("More on delivery, without reviews", "More on delivery,", &["reviews"], false);
        check("Drop R-2, and look at the app", "look at the app", &["R-2"], false);
        check("Remove the rude one", "", &[], true);
    }

    #[test]
    fn quotes_are_taken_out_by_their_place_on_the_card() {
        let mut finding = finding();
        finding.keep_quotes(|index, _| index == 1);
        assert_eq!(
            finding.quotes().map(|quote| quote.document.as_str()).collect::<Vec<_>>(),
            ["R-2"]
        );
    }
}
