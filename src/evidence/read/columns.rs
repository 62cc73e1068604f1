//! Which column is the text, which the id, which the date.

use super::dates::{self, Dates};
use super::{Id, Mapping, Record, Unread};
use crate::error::{Refusal, Result};

pub const TEXT: [&str; 22] = [
    "text",
    "review_text",
    "reviewtext",
    "verified_reviews",
    "review_body",
    "review",
    "reviews",
    "body",
    "content",
    "message",
    "comment",
    "comments",
    "feedback",
    "description",
    "answer",
    "response",
    "note",
    "notes",
    "tweet",
    "question",
    "transcript",
    "summary",
];
pub const TITLE: [&str; 6] = ["title", "subject", "headline", "review_title", "heading", "topic"];
const ID: [&str; 6] = ["_id", "id", "document_id", "doc_id", "uuid", "external_id"];
pub const DATE: [&str; 10] = [
    "date",
    "created_at",
    "created",
    "timestamp",
    "time",
    "published_at",
    "published",
    "submitted_at",
    "review_date",
    "datetime",
];
pub const URL: [&str; 5] = ["url", "link", "permalink", "href", "web_url"];
pub const AUTHOR: [&str; 7] =
    ["author", "user", "username", "user_name", "reviewer", "customer", "from"];

/// Where each part of a record stands, as positions among the columns.
#[derive(Clone, PartialEq, Debug)]
pub struct Columns {
    pub id: Option<(usize, Certain)>,
    pub title: Option<usize>,
    pub text: usize,
    pub date: Option<(usize, Dates)>,
    pub url: Option<usize>,
    pub author: Option<usize>,
}

/// Whether the id column was named (by the person or by its own name), or only looks like one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certain {
    Named,
    Likely,
}

impl Columns {
    /// From the header and the first rows. Notes say what was found by looking.
    pub fn find(
        names: &[String],
        rows: &[Vec<String>],
        mapping: &Mapping,
        notes: &mut Vec<String>,
    ) -> Result<Self> {
        let sample = Sample { names, rows };
        let text = match &mapping.text {
            Some(name) => sample.named(name)?,
            None => sample.text_column()?,
        };
        let given = |name: &Option<String>| name.as_deref().map(|it| sample.named(it)).transpose();
        let known = |names: &[&str]| sample.known(names).filter(|it| *it != text);
        let id = match given(&mapping.id)? {
            Some(column) => Some((column, Certain::Named)),
            None => sample.id_column().filter(|(column, _)| *column != text),
        };
        let title = given(&mapping.title)?.or_else(|| known(&TITLE));
        let url = given(&mapping.url)?.or_else(|| known(&URL));
        let author = given(&mapping.author)?.or_else(|| known(&AUTHOR));
        let date = match given(&mapping.date)? {
            Some(column) => Some(column),
            None => sample.date_column(mapping).filter(|it| *it != text),
        };
        let date = date.map(|column| (column, sample.dates(column, mapping, notes)));
        let columns = Self { id, title, text, date, url, author };
        columns.describe(names, notes);
        Ok(columns)
    }

    /// A record from one row; the row has a value for every column.
    pub fn record(&self, line: u64, mut row: Vec<String>) -> Result<Record, Unread> {
        let mut take = |column: Option<usize>| {
            column.map(|it| std::mem::take(&mut row[it])).filter(|it| !it.trim().is_empty())
        };
        let trimmed = |value: Option<String>| value.map(|it| it.trim().to_owned());
        let date = take(self.date.as_ref().map(|(column, _)| *column));
        let id = match (self.id, trimmed(take(self.id.map(|(column, _)| column)))) {
            (Some((_, Certain::Named)), Some(id)) => Id::Given(id),
            (Some((_, Certain::Likely)), Some(id)) => Id::Likely(id),
            (Some((_, Certain::Named)), None) => {
                return Err(Unread { line, reason: "it has no id".to_owned() });
            }
            (Some((_, Certain::Likely)) | None, _) => Id::FromContent,
        };
        let date = match (date, &self.date) {
            (Some(value), Some((_, dates))) if !dates::stands_for_none(&value) => {
                let read = dates.read(&value);
                Some(read.ok_or_else(|| Unread { line, reason: no_date(&value) })?)
            }
            _ => None,
        };
        Ok(Record {
            line,
            id,
            title: trimmed(take(self.title)).unwrap_or_default(),
            text: take(Some(self.text)).unwrap_or_default(),
            date,
            url: trimmed(take(self.url)),
            author: trimmed(take(self.author)),
        })
    }

    fn describe(&self, names: &[String], notes: &mut Vec<String>) {
        let parts = [
            ("text", Some(self.text)),
            ("id", self.id.map(|(column, _)| column)),
            ("title", self.title),
            ("date", self.date.as_ref().map(|(column, _)| *column)),
            ("url", self.url),
            ("author", self.author),
        ];
        let found: Vec<String> = parts
            .iter()
            .filter_map(|(part, column)| column.map(|it| format!("{part} = {}", names[it].trim())))
            .collect();
        notes.push(format!("Columns: {}.", found.join(", ")));
    }
}

fn no_date(value: &str) -> String {
    let shown: String = value.trim().chars().take(40).collect();
    format!(
        "“{shown}” is not a date I can read (2026-03-31 is; name another form with --date-format)"
    )
}

struct Sample<'a> {
    names: &'a [String],
    rows: &'a [Vec<String>],
}

impl Sample<'_> {
    fn named(&self, name: &str) -> Result<usize> {
        let found = self
            .names
            .iter()
            .position(|it| it.trim() == name.trim())
            .or_else(|| self.names.iter().position(|it| plain(it) == plain(name)));
        found.ok_or_else(|| {
            let names: Vec<&str> = self.names.iter().map(|it| it.trim()).collect();
            let sentence =
                format!("There is no column “{name}”; the file has: {}.", names.join(", "));
            Refusal::Unreadable(sentence).into()
        })
    }

    fn known(&self, known: &[&str]) -> Option<usize> {
        known.iter().find_map(|known| self.names.iter().position(|it| plain(it) == *known))
    }

    fn values(&self, column: usize) -> impl Iterator<Item = &str> + Clone {
        self.rows.iter().map(move |row| row[column].as_str()).filter(|it| !it.trim().is_empty())
    }

    /// A column of a known name that holds words; otherwise the one with the most to read. One long
    /// value makes no text of a column, nor do long ids.
    fn text_column(&self) -> Result<usize> {
        let letters = |column: usize| -> usize {
            if ID.contains(&plain(&self.names[column]).as_str()) {
                return 0;
            }
            let per_value =
                |it: &str| it.chars().filter(|it| it.is_alphabetic()).take(1_000).count();
            self.values(column).map(|it| if it.contains("://") { 0 } else { per_value(it) }).sum()
        };
        let longest = (0..self.names.len()).max_by_key(|it| (letters(*it), usize::MAX - *it));
        let most = longest.map_or(0, letters);
        let known = TEXT
            .iter()
            .filter_map(|known| self.names.iter().position(|it| plain(it) == *known))
            .find(|it| letters(*it) * 4 >= most);
        match known.or(longest) {
            Some(column) if most > 0 || self.rows.is_empty() => Ok(column),
            _ => {
                let sentence = "No column of this file holds text. Its first line must name the \
                                columns; name the one to read with --text.";
                Err(Refusal::Unreadable(sentence.to_owned()).into())
            }
        }
    }

    fn id_column(&self) -> Option<(usize, Certain)> {
        if let Some(column) = self.known(&ID) {
            return Some((column, Certain::Named));
        }
        let looks_like_one = |column: usize| {
            let name = plain(&self.names[column]);
            let values: std::collections::HashSet<&str> = self.values(column).collect();
            (name.ends_with("_id") || name == "key")
                && !self.rows.is_empty()
                && values.len() * 10 >= self.rows.len() * 9
        };
        (0..self.names.len()).find(|it| looks_like_one(*it)).map(|it| (it, Certain::Likely))
    }

    fn date_column(&self, mapping: &Mapping) -> Option<usize> {
        let is_date = |column: usize| {
            let dates = match &mapping.date_format {
                Some(form) => Dates::Named(form.clone()),
                None => Dates::of_column(self.values(column)).0,
            };
            let values = || self.values(column).filter(|it| !dates::stands_for_none(it));
            let (all, read) = (values().count(), values().filter(|it| dates.read(it).is_some()));
            all > 0 && read.count() * 2 >= all
        };
        let named = DATE.iter().filter_map(|known| self.known(&[known]));
        let by_ending = (0..self.names.len()).filter(|it| {
            let name = plain(&self.names[*it]);
            name.ends_with("_date") || name.ends_with("_at") || name.ends_with("_created")
        });
        named.chain(by_ending).find(|it| is_date(*it))
    }

    fn dates(&self, column: usize, mapping: &Mapping, notes: &mut Vec<String>) -> Dates {
        if let Some(form) = &mapping.date_format {
            return Dates::Named(form.clone());
        }
        let (dates, certain) = Dates::of_column(self.values(column));
        if !certain {
            notes.push(
                "Dates such as 03/04/2026 were read with the month first; name the form with \
                 --date-format %d/%m/%Y if that is wrong."
                    .to_owned(),
            );
        }
        dates
    }
}

/// A column's name without what people decorate it with.
pub fn plain(name: &str) -> String {
    let words = name.trim().trim_start_matches('\u{feff}').to_lowercase();
    words.chars().map(|it| if it.is_alphanumeric() { it } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str, rows: &[&str]) -> String {
        let split = |line: &str| -> Vec<String> { line.split('|').map(str::to_owned).collect() };
        let rows: Vec<_> = rows.iter().map(|it| split(it)).collect();
        let mut notes = Vec::new();
        match Columns::find(&split(header), &rows, &Mapping::default(), &mut notes) {
            Ok(columns) => {
                let certain = match columns.id {
                    Some((_, Certain::Likely)) => " (likely id)",
                    _ => "",
                };
                notes.join(" ") + certain
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn columns_are_found_by_name_and_by_what_they_hold() {
        let check = |header: &str, rows: &[&str], expected: &str| {
            assert_eq!(find(header, rows), expected, "{header}");
        };
        check(
            "stars|date|kind|verified_reviews|feedback",
            &["5|31-Jul-18|Grey|Works well in the kitchen|1", "2|30-Jul-18|Grey|Too quiet|0"],
            "Columns: text = verified_reviews, date = date.",
        );
        check(
            "post_id|mood|name|text|post_created|zone",
            &["17|bad|anna|The flight was late again|2015-02-24 11:35:52 -0800|Berlin"],
            "Columns: text = text, id = post_id, date = post_created. (likely id)",
        );
        check(
            "ID|Subject|Was gefällt Ihnen nicht?",
            &["1|Ton|Der Ton ist viel zu leise", "2|Preis|Zu teuer"],
            "Columns: text = Was gefällt Ihnen nicht?, id = ID, title = Subject.",
        );
        check(
            "a|b",
            &["1|2", "3|4"],
            "No column of this file holds text. Its first line must \
             name the columns; name the one to read with --text.",
        );
        check(
            "text|date",
            &["good enough|03/04/2026"],
            "Dates such as 03/04/2026 were read with the month first; name the form with \
             --date-format %d/%m/%Y if that is wrong. Columns: text = text, date = date.",
        );
    }
}
