//! The tokens by which agents that run elsewhere are known.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::tokens::Tokens;
use super::{Manifest, read};

const NAME: &str = "COUNTERSIGN_AGENT_TOKENS";

/// Agents with their tokens; an agent may have several, while one is being rotated out.
#[derive(Clone, Default, Debug)]
pub struct AgentTokens(Tokens);

impl AgentTokens {
    pub(super) fn from_env() -> Result<Self> {
        Self::parse(&read(NAME).unwrap_or_default())
    }

    /// Reads `content=TOKEN,campaign=TOKEN`. What is wrong is said without repeating a token.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self(Tokens::parse(NAME, "agent", text)?))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The agents that have a token.
    pub fn agents(&self) -> BTreeSet<&str> {
        self.0.names()
    }

    /// Whether every agent is one that the team declared.
    pub fn check(&self, manifest: &Manifest) -> Result<()> {
        for agent in self.agents() {
            if manifest.agent(agent).is_none() {
                bail!(
                    "{NAME} has a token for {agent:?}, which the manifest does not declare; add it under [[agent]], or take the token out"
                );
            }
        }
        Ok(())
    }

    /// Whose token it is.
    pub fn agent_of(&self, presented: &str) -> Option<&str> {
        self.0.name_of(presented)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef01234567";
    const OTHER: &str = "fedcba9876543210fedcba98";

    #[test]
    fn what_cannot_work_is_refused_without_repeating_a_token() {
        let check = |text: &str, expected: &str| {
            let said = match AgentTokens::parse(text) {
                Ok(tokens) => tokens.agents().into_iter().collect::<Vec<_>>().join(" "),
                Err(error) => error.to_string(),
            };
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("hidden") && !said.contains(ONE), "{said}");
        };
        check("", "");
        check(&format!("content={ONE}"), "content");
        check(&format!(" content={ONE}, crm={OTHER},"), "content crm");
        check(&format!("content={ONE},content={OTHER}"), "content");
        check("hidden", "entry 1, has no =");
        check(&format!("content={ONE},={OTHER}"), "entry 2, names no agent");
        check("content=hidden", "fewer than 24 characters");
        check(&format!("content=hidden hidden hidden {ONE}"), "no request can send");
        check(&format!("content={ONE},crm={ONE}"), "the token of \"crm\" is there twice");
    }

    #[test]
    fn a_token_is_that_of_its_agent_alone() {
        let tokens = AgentTokens::parse(&format!("content={ONE},crm={OTHER}")).unwrap();
        assert_eq!(tokens.agent_of(ONE), Some("content"));
        assert_eq!(tokens.agent_of(OTHER), Some("crm"));
        for wrong in ["", "content", &ONE[1..], &format!("{ONE}0")] {
            assert_eq!(tokens.agent_of(wrong), None);
        }
        assert_eq!(AgentTokens::default().agent_of(""), None);
        assert!(!format!("{tokens:?}").contains(ONE));
    }

    #[test]
    fn only_declared_agents_have_tokens() {
        let manifest = Manifest::load(None).unwrap();
        let check = |text: String| AgentTokens::parse(&text).unwrap().check(&manifest);
        assert!(check(format!("content={ONE}")).is_ok());
        let said = check(format!("poet={ONE}")).unwrap_err().to_string();
        assert!(said.contains("\"poet\", which the manifest does not declare"), "{said}");
    }
}
