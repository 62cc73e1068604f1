//! Reads ahead on a thread of its own, in portions of bounded size.

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::import::Point;
use super::segments::NewPassages;
use super::store::NewDocuments;
use crate::error::Result;
use crate::evidence::language::Language;
use crate::evidence::passages::{self, Stretch};
use crate::evidence::read::{Id, Record, Records, Unread};
use crate::ids::DocumentId;

/// A portion ends after this many records …
const MOST_RECORDS: usize = 10_000;

/// … or this many bytes of text.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Records of a portion, hashed and cut.
#[derive(Default)]
pub struct Portion {
    pub read: Vec<Hashed>,
    pub unread: Vec<Unread>,
    pub records: u64,
    /// Of all records up to the end of this portion.
    pub digest: Vec<u8>,
    pub bytes_read: u64,
    /// Of the whole source, where whoever sends it numbers its versions.
    pub version: Option<i64>,
}

/// A record with what its reading thread made of it.
pub struct Hashed {
    pub record: Record,
    pub hash: [u8; 32],
    pub passages: Vec<Passage>,
}

impl Hashed {
    /// Cut into passages; `usual` is the language of a text that is too short to tell.
    pub fn new(record: Record, usual: Language) -> Self {
        let (hash, passages) = (record.content_hash(), cut(&record, usual));
        Self { record, hash, passages }
    }

    pub fn key(&self) -> String {
        match &self.record.id {
            Id::Given(id) | Id::Likely(id) => id.clone(),
            Id::FromContent => hex::encode(&self.hash[..16]),
        }
    }
}

/// A passage of one record, with its language.
#[derive(Clone, Debug)]
pub struct Passage {
    pub stretch: Stretch,
    pub language: Language,
}

/// Portions as they are read.
pub struct Portions {
    receiver: mpsc::Receiver<Message>,
    pub notes: Vec<String>,
    pub size: Option<u64>,
    begun: bool,
}

enum Message {
    /// What stands in the file up to the point asked for is (not) what was stored.
    SameUpToPoint(bool),
    Portion(Result<Portion>),
}

impl Portions {
    /// Reads on from the point when the file is the same up to there.
    pub fn start(records: Records, point: Option<&Point>) -> Self {
        // One portion waits while one is stored and one is read.
        let (sender, receiver) = mpsc::channel(1);
        let (notes, size) = (records.notes.clone(), records.size);
        let point = point.filter(|it| it.records > 0).cloned();
        let begun = point.is_some();
        tokio::task::spawn_blocking(move || {
            Reader::new(records).run(point, &sender);
        });
        Self { receiver, notes, size, begun }
    }

    /// Whether the import may go on from this point: at the beginning it always may.
    pub async fn goes_on(&mut self, point: &Point) -> Result<bool> {
        if point.records == 0 {
            return Ok(true);
        }
        match self.receiver.recv().await {
            Some(Message::SameUpToPoint(same)) => Ok(same),
            Some(Message::Portion(Err(fault))) => Err(fault),
            _ => Ok(false),
        }
    }

    /// Whether anything was read, so that starting anew means opening anew.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    pub async fn next(&mut self) -> Result<Option<Portion>> {
        loop {
            match self.receiver.recv().await {
                None => return Ok(None),
                Some(Message::Portion(portion)) => return portion.map(Some),
                Some(Message::SameUpToPoint(_)) => {}
            }
        }
    }
}

/// What is indexed and stored of documents that got their ids.
pub fn passages(ids: &[DocumentId], documents: &NewDocuments, cut: &[Vec<Passage>]) -> NewPassages {
    let mut new = NewPassages::default();
    for (position, (id, passages)) in ids.iter().zip(cut).enumerate() {
        let (title, text) = (&documents.titles[position], &documents.texts[position]);
        for (number, Passage { stretch, language }) in passages.iter().enumerate() {
            let words = &text[stretch.bytes.0..stretch.bytes.1];
            new.documents.push(id.0);
            new.starts.push(i32::try_from(stretch.chars.0).unwrap_or(i32::MAX));
            new.ends.push(i32::try_from(stretch.chars.1).unwrap_or(i32::MAX));
            new.languages.push(language.as_str().to_owned());
            new.words.push(match number {
                0 if !title.is_empty() => format!("{title}\n{words}"),
                _ => words.to_owned(),
            });
        }
    }
    new
}

/// Whether so much is a portion.
pub fn is_full(records: usize, bytes: usize) -> bool {
    records >= MOST_RECORDS || bytes >= MOST_BYTES
}

/// The languages of the first texts, for those too short to tell.
#[derive(Default)]
pub struct Languages(Vec<(Language, u64)>);

impl Languages {
    pub fn note(&mut self, text: &str) {
        let seen: u64 = self.0.iter().map(|(_, times)| times).sum();
        if seen >= 500 {
            return;
        }
        if let Some(language) = Language::of(text) {
            match self.0.iter_mut().find(|(it, _)| *it == language) {
                Some((_, times)) => *times += 1,
                None => self.0.push((language, 1)),
            }
        }
    }

    /// That of most texts so far.
    pub fn usual(&self) -> Language {
        let most = self.0.iter().max_by_key(|(language, times)| (*times, *language));
        most.map_or(Language::ENGLISH, |(language, _)| *language)
    }
}

struct Reader {
    records: Records,
    digest: [u8; 32],
    languages: Languages,
}

impl Reader {
    fn new(records: Records) -> Self {
        Self { records, digest: [0; 32], languages: Languages::default() }
    }

    /// Ends when the file does, or when nobody takes the portions any more.
    fn run(mut self, point: Option<Point>, sender: &mpsc::Sender<Message>) {
        if let Some(point) = point {
            match self.skip_to(&point) {
                Ok(same) => {
                    if sender.blocking_send(Message::SameUpToPoint(same)).is_err() || !same {
                        return;
                    }
                }
                Err(fault) => {
                    let _ = sender.blocking_send(Message::Portion(Err(fault)));
                    return;
                }
            }
        }
        loop {
            let portion = self.portion();
            let ended = match &portion {
                Ok(portion) if portion.records == 0 => return,
                Ok(_) => false,
                Err(_) => true,
            };
            if sender.blocking_send(Message::Portion(portion)).is_err() || ended {
                return;
            }
        }
    }

    fn skip_to(&mut self, point: &Point) -> Result<bool> {
        for _ in 0..point.records {
            match self.records.next().transpose()? {
                None => return Ok(false),
                Some(Ok(record)) => {
                    let hash = record.content_hash();
                    self.digest(&record, &hash);
                    self.languages.note(&record.text);
                }
                Some(Err(unread)) => self.digest_unread(&unread),
            }
        }
        Ok(self.digest.as_slice() == point.digest)
    }

    fn portion(&mut self) -> Result<Portion> {
        let (mut read, mut unread, mut records, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
        while !is_full(read.len() + unread.len(), bytes) {
            match self.records.next().transpose()? {
                None => break,
                Some(Ok(record)) => {
                    bytes += record.text.len();
                    let hash = record.content_hash();
                    self.digest(&record, &hash);
                    self.languages.note(&record.text);
                    read.push(Hashed { passages: Vec::new(), record, hash });
                }
                Some(Err(it)) => {
                    self.digest_unread(&it);
                    unread.push(it);
                }
            }
            records += 1;
        }
        let usual = self.languages.usual();
        for it in &mut read {
            it.passages = cut(&it.record, usual);
        }
        let digest = self.digest.to_vec();
        let bytes_read = self.records.bytes_read();
        Ok(Portion { read, unread, records, digest, bytes_read, version: None })
    }

    fn digest(&mut self, record: &Record, hash: &[u8; 32]) {
        let mut next = Sha256::new();
        next.update(self.digest);
        next.update(format!("{:?}", record.id));
        next.update(hash);
        self.digest = next.finalize().into();
    }

    fn digest_unread(&mut self, unread: &Unread) {
        let mut next = Sha256::new();
        next.update(self.digest);
        next.update(&unread.reason);
        self.digest = next.finalize().into();
    }
}

/// The passages of a record; a title alone is one that is empty.
fn cut(record: &Record, usual: Language) -> Vec<Passage> {
    let whole = Language::of(&record.text).unwrap_or(usual);
    let stretches = passages::cut(&record.text, whole);
    if stretches.is_empty() && !record.title.is_empty() {
        let nothing = Stretch { bytes: (0, 0), chars: (0, 0) };
        return vec![Passage { stretch: nothing, language: usual }];
    }
    let several = stretches.len() > 1;
    let language = |stretch: &Stretch| match several {
        true => Language::of(&record.text[stretch.bytes.0..stretch.bytes.1]).unwrap_or(whole),
        false => whole,
    };
    stretches.into_iter().map(|stretch| Passage { language: language(&stretch), stretch }).collect()
}
