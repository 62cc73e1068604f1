//! Messages: `Post` is one, `Card` builds it and continues where one is not enough.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::blocks::{Block, Element};
use super::check;
use super::cut::{cut, cut_markup};
use super::limits;
use super::text::escape;

/// One message as it is to be: a pure function of what it shows.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Post {
    text: String,
    blocks: Vec<Block>,
    /// What the message shows, like `review:12`; found again in Slack by it.
    #[serde(skip)]
    subject: Option<String>,
}

impl Post {
    /// A message of one sentence or a few, in markup. Longer text belongs into a [`Card`]; here it
    /// is shown in blocks as far as one message goes.
    pub fn sentence(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let short = cut_markup(text, limits::FALLBACK);
        let long = cut_markup(text, limits::MESSAGE_JSON / 2);
        let blocks = if short == text { Vec::new() } else { Block::sections(&long) };
        Self { text: short, blocks, subject: None }
    }

    /// Blocks made elsewhere. Whether Slack would take them is checked before they are sent.
    pub fn raw(text: impl AsRef<str>, blocks: Vec<Value>) -> Self {
        let text = cut_markup(text.as_ref(), limits::FALLBACK);
        Self { text, blocks: blocks.into_iter().map(Block::raw).collect(), subject: None }
    }

    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// What is read where blocks are not: notifications, screen readers, search.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// SHA-256 of what people see: equal when showing it again would change nothing.
    pub fn content_hash(&self) -> [u8; 32] {
        let json = serde_json::to_vec(self).expect("text and JSON values always serialise");
        Sha256::digest(json).into()
    }

    /// Whether Slack would take it; else what is wrong with it, and where.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.text.trim().is_empty() {
            return Err("a message without a text".to_owned());
        }
        check::message(&self.blocks)
    }
}

/// Builds a message block by block. Text is markup: what others wrote goes through
/// [`escape`] or [`quote`](super::text::quote) first. (Headings, labels, names of fields and the
/// fallback are plain and need no escaping.)
#[derive(Clone, Debug)]
pub struct Card {
    text: String,
    subject: Option<String>,
    body: Vec<Block>,
    foot: Option<Vec<Block>>,
}

impl Card {
    /// `text` is a sentence that says it all to those who see no blocks.
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = escape(&cut(text.as_ref(), limits::FALLBACK / 2));
        Self { text, subject: None, body: Vec::new(), foot: None }
    }

    /// What the message shows, like `review:12`.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Another sentence for those who see no blocks.
    pub fn saying(mut self, text: impl AsRef<str>) -> Self {
        self.text = escape(&cut(text.as_ref(), limits::FALLBACK / 2));
        self
    }

    pub fn header(self, text: impl AsRef<str>) -> Self {
        self.add(Block::heading(text.as_ref()))
    }

    /// Text of any length: what one block does not hold goes on in the next.
    pub fn section(self, text: impl AsRef<str>) -> Self {
        self.add(Block::sections(text.as_ref()))
    }

    /// Text with a button or a menu beside it.
    pub fn section_with(self, text: impl AsRef<str>, element: impl Into<Element>) -> Self {
        self.add(Block::sections_with(text.as_ref(), element.into()))
    }

    /// Names with values, in two columns.
    pub fn fields<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.add(Block::fields(pairs))
    }

    /// Small grey text.
    pub fn context(self, text: impl AsRef<str>) -> Self {
        self.add(Block::context([text.as_ref()]))
    }

    /// Several small grey texts side by side.
    pub fn contexts<'a>(self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        self.add(Block::context(texts))
    }

    pub fn divider(self) -> Self {
        self.add([Block::divider()])
    }

    /// `alt` says what the image shows, with its numbers.
    pub fn image(self, url: &str, alt: &str) -> Self {
        self.add([Block::image(url, alt)])
    }

    /// A picture that was uploaded before: see [`picture`](super::picture).
    pub fn picture(self, file: &crate::ids::FileId, alt: &str) -> Self {
        self.add([Block::image_file(file, alt)])
    }

    /// A row of buttons and menus; nothing when there are none.
    pub fn actions<E: Into<Element>>(self, elements: impl IntoIterator<Item = E>) -> Self {
        self.add(Block::actions(elements.into_iter().map(Into::into)))
    }

    /// A block made elsewhere.
    pub fn block(self, block: Block) -> Self {
        self.add([block])
    }

    /// From here on is the foot: it stays on the card itself, however long what stands above it
    /// is. Decisions belong here, so that a long text never carries the buttons into the thread.
    pub fn foot(mut self) -> Self {
        self.foot.get_or_insert_default();
        self
    }

    /// The message, and the messages that continue it in its thread when it does not hold all.
    /// Continuations have subjects of their own: `review:12/2`, `review:12/3` …
    pub fn finish(self) -> (Post, Vec<Post>) {
        let Self { text, subject, body, foot } = self;
        let foot = foot.unwrap_or_default();

        let whole: Vec<Block> = body.iter().chain(&foot).cloned().collect();
        if fits(&whole) {
            return (Post { text, blocks: whole, subject }, Vec::new());
        }

        // The note's own size does not depend on what it counts, so any number will do here.
        let kept = [Block::context([note(100).as_str()]), foot].concat();
        let kept = if fits(&kept) { kept } else { Block::context([note(100).as_str()]) };
        let foot = kept[1..].to_vec();
        let dropped_foot = if foot.is_empty() { whole[body.len()..].to_vec() } else { Vec::new() };
        let mut pages = paginate(body.into_iter().chain(dropped_foot), &kept);

        let mut blocks = pages.remove(0);
        blocks.extend(Block::context([note(pages.len()).as_str()]));
        blocks.extend(foot);

        let total = pages.len() + 1;
        let more = pages.into_iter().zip(2..).map(|(blocks, number)| Post {
            text: format!("{text} ({number} of {total})"),
            blocks,
            subject: subject.as_ref().map(|subject| format!("{subject}/{number}")),
        });
        let more = more.collect();
        (Post { text, blocks, subject }, more)
    }

    fn add(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.foot.as_mut().unwrap_or(&mut self.body).extend(blocks);
        self
    }
}

fn note(pages: usize) -> String {
    let messages = if pages == 1 { "message" } else { "messages" };
    format!("… {pages} more {messages} in the thread below")
}

fn fits(blocks: &[Block]) -> bool {
    blocks.len() <= limits::MESSAGE_BLOCKS && size(blocks) <= limits::MESSAGE_JSON
}

fn size(blocks: &[Block]) -> usize {
    // A character for each comma between blocks, and the brackets.
    blocks.iter().map(|block| length(block) + 1).sum::<usize>() + 1
}

fn length(block: &Block) -> usize {
    block.as_json().to_string().chars().count()
}

/// Deals blocks out to messages; the first leaves room for `kept`.
fn paginate(blocks: impl IntoIterator<Item = Block>, kept: &[Block]) -> Vec<Vec<Block>> {
    let mut pages = vec![Vec::new()];
    let (mut count, mut total) = (kept.len(), size(kept));
    for block in blocks {
        let length = length(&block) + 1;
        if count + 1 > limits::MESSAGE_BLOCKS || total + length > limits::MESSAGE_JSON {
            pages.push(Vec::new());
            (count, total) = (0, 1);
        }
        (count, total) = (count + 1, total + length);
        pages.last_mut().expect("there is always one page").push(block);
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slack::blocks::Button;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};
    use serde_json::json;

    fn shown(posts: &[&Post]) -> String {
        posts
            .iter()
            .flat_map(|post| post.blocks())
            .filter_map(|block| block.as_json()["text"]["text"].as_str().map(str::to_owned))
            .collect()
    }

    #[test]
    fn a_card_is_plain_json() {
        let (post, more) = Card::new("A draft & its review wait for you.")
            .about("review:12")
            .header("Spring sale")
            .section("*20 %* off")
            .fields([("Asked by", "<@U1>")])
            .foot()
            .actions([Button::new("Approve", "review.approve").value(12).primary()])
            .finish();
        assert_eq!(more, []);
        assert_eq!(post.text(), "A draft &amp; its review wait for you.");
        assert_eq!(post.subject(), Some("review:12"));
        assert_eq!(
            serde_json::to_value(post.blocks()).unwrap(),
            json!([
                {"type": "header", "text": {"type": "plain_text", "text": "Spring sale", "emoji": true}},
                {"type": "section", "text": {"type": "mrkdwn", "text": "*20 %* off", "verbatim": true}},
                {"type": "section", "fields": [
                    {"type": "mrkdwn", "text": "*Asked by*\n<@U1>", "verbatim": true}]},
                {"type": "actions", "elements": [{
                    "type": "button", "action_id": "review.approve", "value": "12",
                    "style": "primary",
                    "text": {"type": "plain_text", "text": "Approve", "emoji": true}}]},
            ])
        );
    }

    #[test]
    fn nothing_is_lost_and_the_buttons_stay_on_the_card() {
        let text: String = (0..5_000).map(|n| format!("word{n} ")).collect();
        let (first, more) = Card::new("Long.")
            .about("finding:1")
            .section(&text)
            .foot()
            .actions([Button::new("Approve", "approve")])
            .finish();

        let all: Vec<&Post> = [&first].into_iter().chain(&more).collect();
        assert_eq!(shown(&all), text);
        assert_eq!(first.blocks().last().unwrap().as_json()["type"], "actions");
        let note = &first.blocks()[first.blocks().len() - 2];
        assert_eq!(
            note.as_json()["elements"][0]["text"],
            format!("… {} more messages in the thread below", more.len())
        );
        assert_eq!(more[0].subject(), Some("finding:1/2"));
        assert_eq!(more[0].text(), format!("Long. (2 of {})", more.len() + 1));
    }

    #[test]
    fn every_card_can_be_sent() {
        let mut rng = StdRng::seed_from_u64(4);
        for _ in 0..60 {
            let mut card = Card::new("x".repeat(rng.random_range(1..9_000))).about("s:1");
            let mut sections = 0;
            for _ in 0..rng.random_range(0..70) {
                let most = rng.random_range(2..9_000);
                let length = rng.random_range(1..most);
                let text = "é\"<&".chars().cycle().take(length).collect::<String>();
                let marked = format!("§{}", escape(&text));
                sections += 1;
                card = match rng.random_range(0..7) {
                    0 => card.header(format!("§{text}")),
                    1 => card
                        .fields((0..length % 12).map(|_| ("name", text.as_str())))
                        .section(&marked),
                    2 => card.contexts((0..length % 12).map(|_| "small")).section(&marked),
                    3 => card.section_with(&marked, Button::new(&text, "a").value(1).spoken(&text)),
                    4 => card.section(&marked).foot(),
                    5 => card
                        .actions((0..length % 60).map(|n| Button::new(&text, &format!("b{n}"))))
                        .section(&marked),
                    _ => card.section(&marked),
                };
            }
            let (first, more) = card.finish();
            let all: Vec<&Post> = [&first].into_iter().chain(&more).collect();
            for post in &all {
                post.check().unwrap();
                assert!(post.text().chars().count() <= limits::FALLBACK * 3);
            }
            assert!(shown(&all).matches('§').count() >= sections);
        }
    }

    #[test]
    fn what_looks_the_same_hashes_the_same() {
        let post = Post::sentence("Hello.");
        assert_eq!(post.content_hash(), Post::sentence("Hello.").about("a:1").content_hash());
        assert_ne!(post.content_hash(), Post::sentence("Hello!").content_hash());
    }
}
