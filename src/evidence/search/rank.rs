//! BM25 over the occurrences of a question's terms.
//!
//! Robertson & Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009), with
//! the inverse document frequency `ln(1 + (N - n + ½) / (n + ½))` that is never negative.
//!
//! Documents are ranked, each as a whole: occurrences of one document stand in a row, so its
//! counts are sums over its passages. Its passages are ranked among themselves the same way.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::evidence::index::{read_layout, read_occurrences};
use crate::ids::SegmentId;

/// How fast repeated occurrences stop to count.
const K1: f32 = 1.5;

/// How much longer texts must say it more often.
const B: f32 = 0.75;

pub type Term = String;

/// A word of a question: the terms it has in the languages of the evidence, counted as one.
#[derive(Clone, PartialEq, Debug)]
pub struct Word {
    pub text: String,
    pub terms: Vec<Term>,
    pub weight: f32,
    /// Documents that hold it, once they were counted.
    pub holding: Option<usize>,
}

impl Word {
    pub fn new(text: String, terms: Vec<Term>, weight: f32) -> Self {
        Self { text, terms, weight, holding: None }
    }

    /// Words out of pairs of word and term in the question's order; a repeated word weighs more.
    pub fn group(pairs: Vec<(String, Term)>) -> Vec<Self> {
        let mut words: Vec<Self> = Vec::new();
        let mut by_term: HashMap<Term, usize> = HashMap::new();
        let mut last: Option<(String, usize)> = None;
        for (text, term) in pairs {
            match by_term.get(&term) {
                Some(position) => {
                    let same_word =
                        last.as_ref().is_some_and(|(it, at)| *it == text && at == position);
                    if !same_word {
                        words[*position].weight += 1.0;
                    }
                    last = Some((text, *position));
                }
                None => {
                    let position = match &last {
                        Some((it, position)) if *it == text => *position,
                        _ => {
                            let text = text.clone();
                            words.push(Self::new(text, Vec::new(), 1.0));
                            words.len() - 1
                        }
                    };
                    words[position].terms.push(term.clone());
                    by_term.insert(term, position);
                    last = Some((text, position));
                }
            }
        }
        words
    }
}

/// The passages of a segment and the documents they belong to, as positions within it.
pub struct Segment {
    id: SegmentId,
    /// Of each passage: its length and the position of its document.
    lengths: Vec<u16>,
    documents: Vec<u32>,
    /// Of each document: where its passages begin, its length, whether it was retired.
    begins: Vec<u32>,
    totals: Vec<u32>,
    retired: Vec<bool>,
}

impl Segment {
    pub fn new(id: SegmentId, layout: &[u8]) -> Self {
        let passages = layout.len() / 2;
        let mut segment = Self {
            id,
            lengths: Vec::with_capacity(passages),
            documents: Vec::with_capacity(passages),
            begins: Vec::new(),
            totals: Vec::new(),
            retired: Vec::new(),
        };
        for (position, slot) in read_layout(layout).enumerate() {
            if slot.first_of_document || position == 0 {
                segment.begins.push(position as u32);
                segment.totals.push(0);
                segment.retired.push(slot.retired);
            }
            let document = segment.begins.len() - 1;
            segment.totals[document] += u32::from(slot.length);
            segment.lengths.push(slot.length);
            segment.documents.push(document as u32);
        }
        segment
    }
}

/// A document's place in a ranking.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Best {
    segment: usize,
    document: usize,
    pub score: f32,
}

/// A passage's place in a ranking.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ranked {
    pub segment: SegmentId,
    pub ordinal: usize,
    pub score: f32,
    pub passage_score: f32,
}

pub struct Found {
    pub best: Vec<Best>,
    /// How many documents hold at least one of the terms.
    pub matching: usize,
}

/// What is ranked: segments, and the occurrences of terms in them.
pub struct Ranking {
    segments: Vec<Segment>,
    positions: HashMap<SegmentId, usize>,
    /// By term: positions of segments, with the occurrences there.
    postings: HashMap<Term, Vec<(usize, Vec<u8>)>>,
    loaded: HashSet<Term>,
    documents: usize,
    /// Average lengths of documents and passages.
    average: f32,
    average_passage: f32,
}

impl Ranking {
    pub fn over(segments: Vec<Segment>) -> Self {
        let positions = segments.iter().enumerate().map(|(at, it)| (it.id, at)).collect();
        let (mut documents, mut passages, mut length) = (0, 0, 0_u64);
        for segment in &segments {
            let ends = segment.begins.iter().skip(1).copied();
            let ends = ends.chain(std::iter::once(segment.lengths.len() as u32));
            let all = segment.begins.iter().zip(ends).zip(&segment.totals).zip(&segment.retired);
            for (((begin, end), total), _) in all.filter(|(_, retired)| !**retired) {
                documents += 1;
                passages += (end - begin) as usize;
                length += u64::from(*total);
            }
        }
        Self {
            segments,
            positions,
            postings: HashMap::new(),
            loaded: HashSet::new(),
            documents,
            average: (length as f32 / documents.max(1) as f32).max(1.0),
            average_passage: (length as f32 / passages.max(1) as f32).max(1.0),
        }
    }

    pub fn documents(&self) -> usize {
        self.documents
    }

    /// A part of the segments for estimates, and how many times as many passages all have.
    pub fn sample(&self, most: usize) -> (Vec<SegmentId>, f32) {
        let step = self.segments.len().div_ceil(most).max(1);
        let sample: Vec<&Segment> = self.segments.iter().step_by(step).collect();
        let passages = |it: &Segment| it.lengths.len();
        let all: usize = self.segments.iter().map(passages).sum();
        let here: usize = sample.iter().map(|it| passages(it)).sum();
        (sample.iter().map(|it| it.id).collect(), all as f32 / here.max(1) as f32)
    }

    pub fn segments(&self) -> impl Iterator<Item = SegmentId> {
        self.segments.iter().map(|it| it.id)
    }

    pub fn missing(&self, words: &[Word]) -> Vec<Term> {
        let terms = words.iter().flat_map(|it| &it.terms);
        terms.filter(|it| !self.loaded.contains(*it)).cloned().collect()
    }

    pub fn note_loaded(&mut self, terms: Vec<Term>) {
        self.loaded.extend(terms);
    }

    pub fn add(&mut self, term: Term, segment: SegmentId, occurrences: Vec<u8>) {
        if let Some(position) = self.positions.get(&segment) {
            self.postings.entry(term).or_default().push((*position, occurrences));
        }
    }

    /// Counts the documents that hold each word; their occurrences must have been added.
    pub fn count(&self, words: &mut [Word]) {
        for word in words.iter_mut().filter(|it| it.holding.is_none()) {
            word.holding = Some(self.holding(word));
        }
    }

    /// The best documents for these words.
    pub fn rank(&self, words: &[Word], limit: usize) -> Found {
        let weights: Vec<f32> = words.iter().map(|it| it.weight * self.idf(it)).collect();
        let mut best = Top::new(limit);
        let mut matching = 0;
        let mut scores = Vec::new();
        for (position, segment) in self.segments.iter().enumerate() {
            scores.clear();
            scores.resize(segment.begins.len(), 0.0_f32);
            for (word, weight) in words.iter().zip(&weights) {
                self.each_document(word, position, |document, times| {
                    let length = segment.totals[document] as f32;
                    scores[document] += weight * saturated(times, length / self.average);
                });
            }
            for (document, score) in scores.iter().enumerate() {
                if *score > 0.0 && !segment.retired[document] {
                    matching += 1;
                    best.offer(Best { segment: position, document, score: *score });
                }
            }
        }
        Found { best: best.in_order(), matching }
    }

    /// The passages of a document that say most about these words, best first; at least one.
    pub fn best_passages(&self, of: &Best, words: &[Word], limit: usize) -> Vec<Ranked> {
        let segment = &self.segments[of.segment];
        let passages = self.passages(of);
        let mut scores = vec![0.0_f32; passages.len()];
        for word in words {
            let weight = word.weight * self.idf(word);
            for term in &word.terms {
                for (ordinal, times) in self.between(term, of.segment, &passages) {
                    let length = f32::from(segment.lengths[ordinal]);
                    scores[ordinal - passages.start] +=
                        weight * saturated(times, length / self.average_passage);
                }
            }
        }
        let mut ranked: Vec<Ranked> = passages
            .clone()
            .map(|ordinal| Ranked {
                segment: segment.id,
                ordinal,
                score: of.score,
                passage_score: scores[ordinal - passages.start],
            })
            .collect();
        ranked.sort_by(|a, b| b.passage_score.total_cmp(&a.passage_score));
        let useful = ranked.iter().filter(|it| it.passage_score > 0.0).count();
        ranked.truncate(useful.clamp(1, limit.max(1)));
        ranked
    }

    /// All passages of a document, by segment and ordinal.
    pub fn places(&self, of: &Best) -> impl Iterator<Item = (SegmentId, usize)> {
        let segment = self.segments[of.segment].id;
        self.passages(of).map(move |ordinal| (segment, ordinal))
    }

    pub fn length(&self, of: &Best) -> u32 {
        self.segments[of.segment].totals[of.document]
    }

    /// How rare a word is among the documents that were searched.
    fn idf(&self, word: &Word) -> f32 {
        self.rarity(word.holding.unwrap_or_else(|| self.holding(word)))
    }

    /// How rare it is that so many of the documents that were searched hold a word.
    pub fn rarity(&self, holding: usize) -> f32 {
        let (all, holding) = (self.documents as f32, holding.min(self.documents) as f32);
        (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
    }

    /// How many documents hold a word.
    fn holding(&self, word: &Word) -> usize {
        let mut holding = 0;
        for (position, segment) in self.segments.iter().enumerate() {
            self.each_document(word, position, |document, _| {
                holding += usize::from(!segment.retired[document]);
            });
        }
        // A document in which a word has terms of two languages was counted for each.
        holding.min(self.documents)
    }

    fn passages(&self, of: &Best) -> std::ops::Range<usize> {
        let segment = &self.segments[of.segment];
        let end =
            segment.begins.get(of.document + 1).map_or(segment.lengths.len(), |it| *it as usize);
        segment.begins[of.document] as usize..end
    }

    /// Calls with each document of a segment that holds the term, and how often.
    fn each_document(&self, word: &Word, segment: usize, mut each: impl FnMut(usize, u32)) {
        let documents = &self.segments[segment].documents;
        for term in &word.terms {
            let mut current: Option<(u32, u32)> = None;
            for (ordinal, times) in self.occurrences(term, segment) {
                let Some(document) = documents.get(ordinal).copied() else { continue };
                match &mut current {
                    Some((same, sum)) if *same == document => *sum += times,
                    other => {
                        if let Some((before, sum)) = other.replace((document, times)) {
                            each(before as usize, sum);
                        }
                    }
                }
            }
            if let Some((last, sum)) = current {
                each(last as usize, sum);
            }
        }
    }

    fn occurrences(&self, term: &str, segment: usize) -> impl Iterator<Item = (usize, u32)> {
        self.list(term, segment).into_iter().flat_map(read_occurrences)
    }

    fn list(&self, term: &str, segment: usize) -> Option<&[u8]> {
        let lists = self.postings.get(term)?;
        lists.iter().find(|(it, _)| *it == segment).map(|(_, list)| list.as_slice())
    }

    fn between(
        &self,
        term: &str,
        segment: usize,
        passages: &std::ops::Range<usize>,
    ) -> impl Iterator<Item = (usize, u32)> {
        let list = self.list(term, segment).unwrap_or_default();
        let (entries, _) = list.as_chunks::<4>();
        let ordinal = |entry: &[u8; 4]| (u32::from_be_bytes(*entry) >> 8) as usize;
        let from = entries.partition_point(|it| ordinal(it) < passages.start);
        let to = entries.partition_point(|it| ordinal(it) < passages.end);
        read_occurrences(&list[from * 4..to * 4])
    }
}

/// How much `times` occurrences count in a text so much longer than the average one.
fn saturated(times: u32, relative_length: f32) -> f32 {
    let times = times as f32;
    times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * relative_length))
}

/// The best so many, without sorting all.
struct Top {
    limit: usize,
    worst_first: BinaryHeap<Reversed>,
}

struct Reversed(Best);

impl Top {
    fn new(limit: usize) -> Self {
        Self { limit, worst_first: BinaryHeap::with_capacity(limit + 1) }
    }

    fn offer(&mut self, best: Best) {
        let full = self.worst_first.len() >= self.limit;
        if full && self.worst_first.peek().is_none_or(|worst| best.score <= worst.0.score) {
            return;
        }
        self.worst_first.push(Reversed(best));
        if self.worst_first.len() > self.limit {
            self.worst_first.pop();
        }
    }

    fn in_order(self) -> Vec<Best> {
        self.worst_first.into_sorted_vec().into_iter().map(|it| it.0).collect()
    }
}

impl Ord for Reversed {
    /// Worse is greater; among equals the later one, so that a ranking is always the same.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |it: &Best| (it.segment, it.document);
        other.0.score.total_cmp(&self.0.score).then(place(&self.0).cmp(&place(&other.0)))
    }
}

impl PartialOrd for Reversed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Reversed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reversed {}
