//! The tokens by which those are known who send documents in.

use std::collections::BTreeSet;

use anyhow::Result;

use super::read;
use super::tokens::Tokens;

const NAME: &str = "COUNTERSIGN_SOURCE_TOKENS";

/// Sources with their tokens: whoever shows one may add to that source, and to no other.
#[derive(Clone, Default, Debug)]
pub struct SourceTokens(Tokens);

impl SourceTokens {
    pub(super) fn from_env() -> Result<Self> {
        Self::parse(&read(NAME).unwrap_or_default())
    }

    /// Reads `reviews=TOKEN,tickets=TOKEN`. What is wrong is said without repeating a token.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self(Tokens::parse(NAME, "source", text)?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sources that have a token.
    pub fn sources(&self) -> BTreeSet<&str> {
        self.0.names()
    }

    /// The source that a token is for.
    pub fn source_of(&self, presented: &str) -> Option<&str> {
        self.0.name_of(presented)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_source() {
        let one = "0123456789abcdef01234567";
        let tokens = SourceTokens::parse(&format!("reviews={one}")).unwrap();
        assert_eq!(tokens.source_of(one), Some("reviews"));
        assert_eq!(tokens.source_of("reviews"), None);
        let said = SourceTokens::parse("reviews").unwrap_err().to_string();
        assert!(said.contains("SOURCE=TOKEN, with commas between sources"), "{said}");
    }
}
