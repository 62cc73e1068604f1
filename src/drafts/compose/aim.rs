//! What a piece is to be.

use jiff::civil::Date;

use super::Variant;
use crate::brand::{Audience, Channel, Context, Kit, Sent};
use crate::drafts::Brief;

/// One channel, one audience and one variant of a brief, on the day on which it is written.
#[derive(Clone, Copy, Debug)]
pub struct Aim<'a> {
    pub kit: &'a Kit,
    pub brief: &'a Brief,
    pub channel: &'a Channel,
    pub audience: &'a Audience,
    pub variant: Variant,
    /// Proof points expire.
    pub on: Date,
    /// What was sent lately, which it must not repeat.
    pub sent: &'a [Sent],
}

impl<'a> Aim<'a> {
    /// An error is a sentence: the kit may have changed since the brief was written.
    pub fn new(
        kit: &'a Kit,
        brief: &'a Brief,
        channel: &str,
        audience: &str,
        variant: Variant,
        on: Date,
    ) -> Result<Self, String> {
        let missing = |kind: &str, name: &str| {
            format!("The brand kit has no {kind} “{name}” any more, so nothing was written for it.")
        };
        let channel = kit.channel(channel).ok_or_else(|| missing("channel", channel))?;
        let audience = kit.audience(audience).ok_or_else(|| missing("audience", audience))?;
        Ok(Self { kit, brief, channel, audience, variant, on, sent: &[] })
    }

    /// For the checks of the brand; `given` are the facts of the brief.
    pub(super) fn context<'c>(&'c self, given: &'c [&'c str]) -> Context<'c> {
        Context {
            on: self.on,
            channel: Some(self.channel),
            audience: Some(self.audience),
            sent: self.sent,
            given,
        }
    }

    pub(super) fn given(&self) -> Vec<&'a str> {
        self.brief.given(self.kit, self.on)
    }
}
