//! The form of a channel, told from its limits and labels: names of channels are the company's.

use crate::brand::{self, Channel, Context, Kit, Limits, Part, Passing, Rule, Text};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A short text, such as a LinkedIn post.
    Post,
    /// With a subject, and for many.
    Email,
    /// With a subject, from one person to another.
    Letter,
    /// Lines of which each may stand beside any other.
    Ads,
    /// Sections, with a headline and a button.
    Page,
    /// An outline, and a text with headings.
    Article,
    /// Scenes, spoken.
    Script,
    Sms,
}

impl Shape {
    pub fn of(channel: &Channel) -> Self {
        let has = |role: Role| channel.parts.iter().any(|part| Role::of(part) == role);
        if channel.limits.sms_segments_max.is_some() {
            Self::Sms
        } else if channel.limits.seconds_max.is_some() {
            Self::Script
        } else if has(Role::Subject) {
            if channel.public || has(Role::Preview) { Self::Email } else { Self::Letter }
        } else if !channel.parts.is_empty() && channel.limits == Limits::default() {
            Self::Ads
        } else if has(Role::Button) {
            Self::Page
        } else if channel.limits.words_min.is_some() || has(Role::Title) {
            Self::Article
        } else if channel.parts.is_empty() {
            Self::Post
        } else {
            Self::Page
        }
    }
}

/// What a labelled line is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Subject,
    Preview,
    Title,
    Button,
    /// A line that says one thing: a headline, a description.
    Line,
}

impl Role {
    pub fn of(part: &Part) -> Self {
        match part.label.to_lowercase().as_str() {
            "subject" | "betreff" => Self::Subject,
            "preview" | "preview text" | "preheader" | "vorschau" => Self::Preview,
            "title" | "titel" => Self::Title,
            "button" | "cta" | "call to action" | "schaltfläche" => Self::Button,
            _ => Self::Line,
        }
    }
}

/// Whether a body is within the channel's limits, but for how short it may be.
pub fn body_fits(kit: &Kit, channel: &Channel, body: &str) -> bool {
    let limits = Limits { words_min: None, ..channel.limits.clone() };
    let channel = Channel { parts: Vec::new(), limits, ..channel.clone() };
    let text = Text::of(body, kit, Some(&channel));
    let context = Context { channel: Some(&channel), ..Context::on(jiff::civil::Date::MIN) };
    brand::test(Rule::Length, kit, &text, &context) == Passing::Passed
}

/// Whether a sentence can stand anywhere on the channel, by itself.
pub fn fits_somewhere(kit: &Kit, channel: &Channel, text: &str) -> bool {
    let length = text.chars().count();
    if Shape::of(channel) == Shape::Ads {
        return channel.parts.iter().any(|part| length <= part.characters_max as usize);
    }
    body_fits(kit, channel, text)
}
