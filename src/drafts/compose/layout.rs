//! A text taken apart, so that something of it can go, come or change its place.

use std::sync::LazyLock;

use regex::Regex;

use super::shape::{body_fits, fits_somewhere};
use super::text::{says, sentences, words};
use super::{Aim, Part, Piece};

/// Labelled lines, and the body in blocks between empty lines.
pub struct Layout<'a> {
    aim: &'a Aim<'a>,
    lines: Vec<Part>,
    blocks: Vec<String>,
}

/// What became of what was to go.
#[derive(Default)]
pub struct Left {
    pub removed: usize,
    /// Sentences that stay.
    pub kept: Vec<String>,
}

impl<'a> Layout<'a> {
    pub fn of(aim: &'a Aim<'a>, piece: &Piece) -> Self {
        let lines = piece.parts.iter().filter(|part| !part.name.is_empty()).cloned().collect();
        let blocks = BLOCKS.split(piece.body()).map(str::to_owned).collect();
        Self { aim, lines, blocks }
    }

    pub fn parts(&self) -> Vec<Part> {
        let mut parts = self.lines.clone();
        let body = self.body();
        if !body.trim().is_empty() {
            parts.push(Part { name: String::new(), text: body });
        }
        parts
    }

    pub fn text(&self) -> String {
        super::piece::text_of(&self.parts())
    }

    pub fn words(&self) -> usize {
        words(&self.text()).count()
    }

    /// Drops the last block that may go, or the last sentence where no block may.
    pub fn drop_last(&mut self) -> bool {
        let may_go = |at: &usize| *at > self.first() && !self.is_needed(&self.blocks[*at]);
        if let Some(at) = (0..self.blocks.len()).rev().find(may_go) {
            self.drop_block(at);
            return true;
        }
        for at in (0..self.blocks.len()).rev() {
            let all = sentences(self.aim.kit, &self.blocks[at]);
            let last = all.iter().skip(1).rev().find(|one| !self.is_needed(one));
            if let Some(last) = last {
                self.blocks[at] = without(&self.blocks[at], last);
                return true;
            }
        }
        false
    }

    /// Takes out every sentence that is meant; lines find another one, where the channel needs it.
    pub fn remove(&mut self, is_meant: &dyn Fn(&str) -> bool) -> Left {
        let mut left = Left::default();
        for at in (0..self.blocks.len()).rev() {
            let meant: Vec<String> = sentences(self.aim.kit, &self.blocks[at])
                .into_iter()
                .filter(|one| is_meant(one))
                .collect();
            for one in meant {
                if self.is_needed(&one) {
                    left.kept.push(one);
                } else {
                    self.blocks[at] = without(&self.blocks[at], &one);
                    left.removed += 1;
                }
            }
            if is_empty(&self.blocks[at]) {
                self.drop_block(at);
            }
        }
        for at in (0..self.lines.len()).rev() {
            let text = self.lines[at].text.clone();
            if !is_meant(&text) {
                continue;
            }
            let label = self.lines[at].name.clone();
            let part = self.aim.channel.parts.iter().find(|part| part.label == label);
            let there = self.lines.iter().filter(|line| line.name == label).count();
            let other = part.and_then(|part| {
                let said: Vec<String> = super::forms::further(self.aim, part);
                said.into_iter()
                    .find(|one| !is_meant(one) && !self.lines.iter().any(|line| line.text == *one))
            });
            match other {
                _ if self.is_needed(&text) => left.kept.push(text),
                Some(other) => {
                    self.lines[at].text = other;
                    left.removed += 1;
                }
                None if part.is_none_or(|part| there > part.count_min as usize) => {
                    self.lines.remove(at);
                    left.removed += 1;
                }
                None => left.kept.push(text),
            }
        }
        left
    }

    /// Puts a sentence behind what leads; into a set of ads as a line. False if there is no room.
    pub fn insert(&mut self, said: &str) -> bool {
        if super::shape::Shape::of(self.aim.channel) == super::shape::Shape::Ads {
            return self.insert_line(said);
        }
        let at = (self.first() + 1).min(self.blocks.len());
        self.blocks.insert(at, said.to_owned());
        if body_fits(self.aim.kit, self.aim.channel, &self.body()) {
            return true;
        }
        self.blocks.remove(at);
        false
    }

    /// Puts one text where another stands, and that one where it stood. False if there is no room.
    pub fn swap(&mut self, old: &str, new: &str, lines: &[String]) -> bool {
        let before = (self.lines.clone(), self.blocks.clone());
        for block in &mut self.blocks {
            *block = block.replace(old, "\u{0}").replace(new, old).replace('\u{0}', new);
        }
        for at in 0..self.lines.len() {
            let line = &self.lines[at];
            let part = self.aim.channel.parts.iter().find(|part| part.label == line.name);
            let room = part.map_or(0, |part| part.characters_max as usize);
            let other = lines.iter().find(|one| {
                one.chars().count() <= room && !self.lines.iter().any(|line| line.text == **one)
            });
            if let (true, Some(other)) = (old.contains(&line.text), other) {
                self.lines[at].text = other.clone();
            }
        }
        let is_changed = (&self.lines, &self.blocks) != (&before.0, &before.1);
        if is_changed
            && (self.blocks.is_empty() || body_fits(self.aim.kit, self.aim.channel, &self.body()))
        {
            return true;
        }
        (self.lines, self.blocks) = before;
        false
    }

    fn insert_line(&mut self, said: &str) -> bool {
        let length = said.chars().count();
        if !fits_somewhere(self.aim.kit, self.aim.channel, said) {
            return false;
        }
        let has_room = |part: &&crate::brand::Part| {
            let there = self.lines.iter().filter(|line| line.name == part.label).count();
            length <= part.characters_max as usize
                && part.count_max.is_none_or(|most| there < most as usize)
        };
        if let Some(part) = self.aim.channel.parts.iter().find(has_room) {
            let after = self.lines.iter().rposition(|line| line.name == part.label);
            let line = Part { name: part.label.clone(), text: said.to_owned() };
            self.lines.insert(after.map_or(self.lines.len(), |at| at + 1), line);
            return true;
        }
        // The set is full: the last line that may go makes room.
        let place = (0..self.lines.len()).rev().find(|at| {
            let line = &self.lines[*at];
            let part = self.aim.channel.parts.iter().find(|part| part.label == line.name);
            part.is_some_and(|part| length <= part.characters_max as usize)
                && !self.is_needed(&line.text)
        });
        if let Some(at) = place {
            self.lines[at].text = said.to_owned();
        }
        place.is_some()
    }

    fn body(&self) -> String {
        let blocks: Vec<&str> =
            self.blocks.iter().map(String::as_str).filter(|one| !is_empty(one)).collect();
        let mut scene = 0;
        let body = blocks.join("\n\n");
        SCENE
            .replace_all(&body, |_: &regex::Captures<'_>| {
                scene += 1;
                format!("Scene {scene}:")
            })
            .into_owned()
    }

    /// The first block after a greeting and an outline.
    fn first(&self) -> usize {
        let is_before = |block: &String| {
            block.trim_end().ends_with(',') || block.contains("\n- ") && block.contains(":\n")
        };
        self.blocks.iter().position(|block| !is_before(block)).unwrap_or(0)
    }

    fn drop_block(&mut self, at: usize) {
        let gone = self.blocks.remove(at);
        let Some(heading) = gone.lines().next().and_then(|line| line.strip_prefix("## ")) else {
            return;
        };
        let listed = format!("- {heading}");
        for block in &mut self.blocks {
            if block.lines().any(|line| line == listed) {
                let kept: Vec<&str> = block.lines().filter(|line| *line != listed).collect();
                *block = kept.join("\n");
            }
        }
    }

    /// What must be said, what the law or the kit asks for, and what the channel's tool fills in.
    fn is_needed(&self, text: &str) -> bool {
        let (kit, brief) = (self.aim.kit, self.aim.brief);
        let disclaimers = kit.disclaimers.iter().map(|one| &one.text);
        let mut needed = brief.must_say.iter().chain(&brief.offer).chain(disclaimers);
        let holds = |one: &String| says(kit, text, one) || says(kit, one, text);
        needed.any(holds)
            || self.aim.channel.merge_fields.iter().any(|field| text.contains(field.as_str()))
            || text.trim() == kit.company
            || text.trim_end().ends_with(',')
    }
}

/// A block without one of its sentences.
fn without(block: &str, sentence: &str) -> String {
    let Some(at) = block.find(sentence) else { return block.to_owned() };
    let (before, after) = (&block[..at], &block[at + sentence.len()..]);
    if after.is_empty() || after.starts_with('\n') {
        return format!("{}{after}", before.trim_end_matches(' ')).trim().to_owned();
    }
    format!("{before}{}", after.trim_start_matches(' ')).trim().to_owned()
}

/// Nothing but a heading, or the picture of a scene.
fn is_empty(block: &str) -> bool {
    let says = |line: &str| {
        let line = SCENE.replace(line, "");
        let line = line.trim();
        let is_frame = line.starts_with("## ") || line.starts_with('(') && line.ends_with(')');
        line.chars().any(char::is_alphanumeric) && !is_frame
    };
    !block.lines().any(says)
}

static BLOCKS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\n[ \t]*\n+").expect("the pattern is fixed and tested"));

static SCENE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^Scene \d{1,2}:").expect("the pattern is fixed and tested"));
