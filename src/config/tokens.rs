//! Tokens by which others show who they are: what agents and what sources have is alike.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Secret;

/// Fewer characters than this could be guessed.
const SHORTEST: usize = 24;

/// Names with their tokens; a name may have several, while one is being rotated out.
#[derive(Clone, Default, Debug)]
pub struct Tokens(Vec<(String, Secret)>);

impl Tokens {
    /// Reads `NAME=TOKEN,NAME=TOKEN` from a variable of the environment that names what `kind` says.
    /// What is wrong is said without repeating a token.
    pub fn parse(variable: &str, kind: &str, text: &str) -> Result<Self> {
        let mut tokens: Vec<(String, Secret)> = Vec::new();
        for (index, part) in text.split(',').map(str::trim).enumerate() {
            if part.is_empty() {
                continue;
            }
            let place = index + 1;
            let Some((name, token)) = part.split_once('=') else {
                let form = kind.to_uppercase();
                bail!(
                    "{variable}, entry {place}, has no =; write {form}=TOKEN, with commas between {kind}s"
                );
            };
            let (name, token) = (name.trim(), token.trim());
            if name.is_empty() {
                bail!("{variable}, entry {place}, names no {kind} before the =");
            }
            if token.len() < SHORTEST {
                bail!(
                    "{variable}: the token of {name:?} has fewer than {SHORTEST} characters; make one with: openssl rand -hex 24"
                );
            }
            if !token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)) {
                bail!(
                    "{variable}: the token of {name:?} holds a character that no request can send; make one with: openssl rand -hex 24"
                );
            }
            if tokens.iter().any(|(_, other)| other.reveal() == token) {
                bail!("{variable}: the token of {name:?} is there twice; give each its own");
            }
            tokens.push((name.to_owned(), Secret::new(token)));
        }
        Ok(Self(tokens))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who has a token.
    pub fn names(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Whose token it is. How long that takes says nothing of the tokens: all are compared, by their
    /// hashes, to the end.
    pub fn name_of(&self, presented: &str) -> Option<&str> {
        let presented = Sha256::digest(presented);
        let mut found = None;
        for (name, token) in &self.0 {
            let is_it = Sha256::digest(token.reveal()).as_slice().ct_eq(presented.as_slice());
            if is_it.into() {
                found = Some(name.as_str());
            }
        }
        found
    }
}
