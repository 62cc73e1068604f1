//! Keys and checkpoints: what is signed, with what, in the words of C2SP's `signed-note` and
//! `tlog-checkpoint`.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, anyhow, ensure};
use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey, verify_batch};
use rand::RngExt;
use signed_note::{
    Note, NoteError, StandardSigner, StandardVerifier, VerificationError, Verifier, Verifiers,
};
use tlog_tiles::tlog::Hash;

/// Signs checkpoints. Its name is the origin of the log.
pub struct Signer {
    origin: String,
    key: StandardSigner,
    verifier_key: String,
    keys: Keys,
    /// The newest checkpoint this process has signed or built on.
    witnessed: Mutex<Option<Checkpoint>>,
}

impl Signer {
    /// From a key in the form `PRIVATE+KEY+<name>+<hash>+<key>`.
    ///
    /// # Errors
    ///
    /// Says what the form is, never what was given.
    pub fn from_key(text: &str) -> anyhow::Result<Self> {
        let form = || anyhow!("an audit key has the form PRIVATE+KEY+<name>+<hash>+<key>");
        let text = text.trim();
        let key = StandardSigner::new(text).map_err(|_| form())?;

        // `StandardSigner` checked all of this, but keeps the seed to itself.
        let mut parts = text.splitn(5, '+').skip(2);
        let (origin, seed) = (parts.next().ok_or_else(form)?, parts.nth(1).ok_or_else(form)?);
        let seed = BASE64_STANDARD.decode(seed).map_err(|_| form())?;
        let seed: [u8; 32] =
            seed.get(1..).and_then(|seed| seed.try_into().ok()).ok_or_else(form)?;
        let public = SigningKey::from_bytes(&seed).verifying_key();

        let verifier_key = signed_note::new_ed25519_verifier_key(origin, &public);
        let keys = Keys::new([verifier_key.as_str()])?;
        let witnessed = Mutex::new(None);
        Ok(Self { origin: origin.to_owned(), key, verifier_key, keys, witnessed })
    }

    /// This key, in place of others that signed the log before it.
    pub fn succeeding(mut self, former: &Keys) -> Self {
        self.keys.0.extend(former.0.iter().cloned());
        self
    }

    /// A new key for a log of this name, as text, to be kept where secrets are kept.
    ///
    /// # Errors
    ///
    /// A name is neither empty nor holds spaces or pluses.
    pub fn generate(origin: &str) -> anyhow::Result<String> {
        ensure!(
            signed_note::is_key_name_valid(origin),
            "{origin:?} cannot name a key: use a form like example.com/audit, without spaces and pluses"
        );
        let seed: [u8; 32] = rand::rng().random();
        let public = SigningKey::from_bytes(&seed).verifying_key();

        const ED25519: u8 = 1;
        let id = signed_note::key_id(origin, &[&[ED25519], public.as_bytes().as_slice()].concat());
        let key = BASE64_STANDARD.encode([&[ED25519], seed.as_slice()].concat());
        Ok(format!("PRIVATE+KEY+{origin}+{id:08x}+{key}"))
    }

    /// `<name>+<hash>+<key>`: what anyone needs to check what this key signed.
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// The keys that count in this log: this one and those that it succeeds.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn witnessed(&self) -> Option<Checkpoint> {
        self.witnessed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn witness(&self, checkpoint: &Checkpoint) {
        let mut witnessed = self.witnessed.lock().unwrap_or_else(PoisonError::into_inner);
        *witnessed = Some(checkpoint.clone());
    }

    pub(super) fn sign(&self, size: u64, root: Hash) -> anyhow::Result<Checkpoint> {
        let text = tlog_tiles::Checkpoint::new(&self.origin, size, root, "")
            .map_err(|error| anyhow!("{error}"))?
            .to_bytes();
        let mut note = Note::new(&text, &[])?;
        note.add_sigs(&[&self.key])?;
        let note = String::from_utf8(note.to_bytes()).context("a note is text")?;
        Ok(Checkpoint { size, root, note })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("verifier_key", &self.verifier_key).finish_non_exhaustive()
    }
}

/// The keys whose checkpoints count: the present one and those that were in use before it.
#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    text: String,
    verifier: StandardVerifier,
}

impl Keys {
    /// From verifier keys in the form `<name>+<hash>+<key>`.
    ///
    /// # Errors
    ///
    /// Names the text that is no key, unless it is a secret one.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Self> {
        let mut keys = Self::default();
        for text in texts {
            let text = text.trim().to_owned();
            ensure!(
                !text.starts_with("PRIVATE+"),
                "this is a secret key, where the public one belongs that goes with it"
            );
            let verifier = StandardVerifier::new(&text)
                .with_context(|| format!("{text:?} is no key of the form <name>+<hash>+<key>"))?;
            keys.0.push(Key { text, verifier });
        }
        Ok(keys)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they are given to others.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.text.as_str())
    }
}

impl Verifiers for Keys {
    fn verifier(&self, name: &str, id: u32) -> Result<&dyn Verifier, VerificationError> {
        let mut verifiers = self.0.iter().map(|key| &key.verifier);
        match verifiers.find(|key| key.name() == name && key.key_id() == id) {
            Some(key) => Ok(key),
            None => Err(VerificationError::UnknownKey { name: name.to_owned(), id }),
        }
    }
}

/// A signed statement of the log: this many entries, this root over all of them.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub size: u64,
    pub(super) root: Hash,
    /// The signed note, for people to keep.
    pub note: String,
}

/// Why a text is not a checkpoint of this log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotACheckpoint {
    #[error("it does not have the form of a signed checkpoint")]
    Malformed,
    #[error("it is not signed by a known key")]
    UnknownKey,
    #[error("its signature is not that of the key it names")]
    Forged,
    #[error("it is signed, but for another log, {0}")]
    AnotherLog(String),
}

impl Checkpoint {
    /// Reads a signed note and believes it only if one of `keys` signed it.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn open(note: &str, keys: &Keys) -> Result<Self, NotACheckpoint> {
        Self::open_with(note, keys)
    }

    /// Reads many signed notes, each as [`Checkpoint::open`] does. Signatures that hold are found to
    /// hold all together, which takes less work; where one does not, each is checked by itself.
    pub(super) fn open_all<'a>(
        notes: impl Iterator<Item = &'a str> + Clone,
        keys: &Keys,
    ) -> Vec<Result<Self, NotACheckpoint>> {
        let together = Together::new(keys);
        let opened = notes.clone().map(|note| Self::open_with(note, &together)).collect();
        if together.hold() {
            return opened;
        }
        notes.map(|note| Self::open(note, keys)).collect()
    }

    fn open_with(note: &str, keys: &impl Verifiers) -> Result<Self, NotACheckpoint> {
        let signed = Note::from_bytes(note.as_bytes()).map_err(|_| NotACheckpoint::Malformed)?;
        let (signatures, _) = signed.verify(keys).map_err(|error| match error {
            NoteError::InvalidSignature { .. } => NotACheckpoint::Forged,
            NoteError::UnverifiedNote => NotACheckpoint::UnknownKey,
            _ => NotACheckpoint::Malformed,
        })?;
        let text = tlog_tiles::Checkpoint::from_bytes(signed.text())
            .map_err(|_| NotACheckpoint::Malformed)?;
        if signatures.iter().all(|signature| signature.name() != text.origin()) {
            return Err(NotACheckpoint::AnotherLog(text.origin().to_owned()));
        }
        Ok(Self { size: text.size(), root: *text.hash(), note: note.to_owned() })
    }

    pub fn root(&self) -> [u8; 32] {
        self.root.0
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

/// Takes every signature by a known key for good, and checks all of them at the end.
///
/// The batch equation of Bernstein et al., "High-speed high-security signatures", section 5, with
/// random factors.
struct Together {
    keys: Vec<Believing>,
}

struct Believing {
    key: StandardVerifier,
    public: Option<VerifyingKey>,
    taken: RefCell<Taken>,
}

#[derive(Default)]
struct Taken {
    messages: Vec<Vec<u8>>,
    signatures: Vec<Signature>,
}

impl Together {
    fn new(keys: &Keys) -> Self {
        let believing = |key: &Key| Believing {
            key: key.verifier.clone(),
            public: key.public(),
            taken: RefCell::default(),
        };
        Self { keys: keys.0.iter().map(believing).collect() }
    }

    fn hold(self) -> bool {
        self.keys.into_iter().all(|key| {
            let taken = key.taken.into_inner();
            let messages: Vec<&[u8]> = taken.messages.iter().map(Vec::as_slice).collect();
            let Some(public) = key.public else { return messages.is_empty() };
            let keys = vec![public; messages.len()];
            messages.is_empty() || verify_batch(&messages, &taken.signatures, &keys).is_ok()
        })
    }
}

impl Verifiers for Together {
    fn verifier(&self, name: &str, id: u32) -> Result<&dyn Verifier, VerificationError> {
        match self.keys.iter().find(|key| key.name() == name && key.key_id() == id) {
            Some(key) => Ok(key),
            None => Err(VerificationError::UnknownKey { name: name.to_owned(), id }),
        }
    }
}

impl Verifier for Believing {
    fn name(&self) -> &str {
        self.key.name()
    }

    fn key_id(&self) -> u32 {
        self.key.key_id()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        let mut taken = self.taken.borrow_mut();
        taken.messages.push(message.to_vec());
        taken.signatures.push(signature);
        self.public.is_some()
    }
}

impl Key {
    /// The Ed25519 key in it; `StandardVerifier` keeps it to itself.
    fn public(&self) -> Option<VerifyingKey> {
        let key = BASE64_STANDARD.decode(self.text.splitn(3, '+').nth(2)?).ok()?;
        VerifyingKey::from_bytes(key.get(1..)?.try_into().ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "countersign.local/audit";

    fn signer(name: &str) -> Signer {
        Signer::from_key(&Signer::generate(name).unwrap()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_believed_only_from_a_known_key() {
        let (ours, other) = (signer(NAME), signer(NAME));
        let signed = ours.sign(3, Hash([7; 32])).unwrap();

        let opened = Checkpoint::open(&signed.note, ours.keys()).unwrap();
        assert_eq!((opened.size, opened.root()), (3, [7; 32]));

        let rotated = Keys::new([other.verifier_key(), ours.verifier_key()]).unwrap();
        assert!(Checkpoint::open(&signed.note, &rotated).is_ok());

        let check = |note: &str, keys: &Keys| Checkpoint::open(note, keys).unwrap_err();
        assert_eq!(check(&signed.note, other.keys()), NotACheckpoint::UnknownKey);
        let larger = signed.note.replacen("\n3\n", "\n4\n", 1);
        assert_eq!(check(&larger, ours.keys()), NotACheckpoint::Forged);
        assert_eq!(check("three entries", ours.keys()), NotACheckpoint::Malformed);
    }

    #[test]
    fn many_are_opened_as_each_is() {
        let (ours, former, stranger) = (signer(NAME), signer(NAME), signer(NAME));
        let ours = ours.succeeding(former.keys());
        let sign = |signer: &Signer, size| signer.sign(size, Hash([7; 32])).unwrap().note;
        let good = [sign(&ours, 1), sign(&former, 2), sign(&ours, 3)];
        let open = |notes: &[String]| {
            let notes = notes.iter().map(String::as_str);
            let opened = Checkpoint::open_all(notes.clone(), ours.keys());
            let each = notes.map(|note| Checkpoint::open(note, ours.keys()));
            let sizes = |opened: Vec<Result<Checkpoint, NotACheckpoint>>| {
                opened.into_iter().map(|it| it.map(|it| it.size)).collect::<Vec<_>>()
            };
            assert_eq!(sizes(each.collect()), sizes(opened.clone()));
            sizes(opened)
        };
        assert_eq!(open(&[]), []);
        assert_eq!(open(&good), [Ok(1), Ok(2), Ok(3)]);

        let forged = good[0].replacen("\n1\n", "\n4\n", 1);
        let bad = [&good[..], &[forged, sign(&stranger, 5), "three".to_owned()]].concat();
        assert_eq!(
            open(&bad)[3..],
            [
                Err(NotACheckpoint::Forged),
                Err(NotACheckpoint::UnknownKey),
                Err(NotACheckpoint::Malformed)
            ]
        );
    }

    #[test]
    fn a_checkpoint_of_another_log_does_not_count() {
        let ours = signer(NAME);
        let mut note =
            Note::new(b"example.com/other\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", &[])
                .unwrap();
        note.add_sigs(&[&ours.key]).unwrap();
        let note = String::from_utf8(note.to_bytes()).unwrap();

        assert_eq!(
            Checkpoint::open(&note, ours.keys()).unwrap_err(),
            NotACheckpoint::AnotherLog("example.com/other".to_owned())
        );
    }

    #[test]
    fn keys_are_read_in_the_public_form() {
        // The example of the specification of signed notes in Go's x/mod.
        let key = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let signer = Signer::from_key(key).unwrap();
        assert_eq!(
            signer.verifier_key(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );

        assert!(Signer::generate("two words").is_err());
        let error = Signer::from_key("PRIVATE+KEY+x+00000000+secret").unwrap_err().to_string();
        assert!(!error.contains("secret"));
    }
}
