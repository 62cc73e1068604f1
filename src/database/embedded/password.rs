//! The password of the private server: long, random, and known to nobody but the data folder.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// 192 random bits.
pub fn generate() -> String {
    hex::encode(rand::random::<[u8; 24]>())
}

/// What the server stores instead of the password, in the form that Postgres takes for one
/// (RFC 5803: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`).
///
/// With a single iteration. The thousands that are usual make guessing a person's password slow;
/// nobody guesses 192 bits, and every new connection would pay for them with about 10 ms.
pub fn verifier(password: &str, salt: [u8; 16]) -> String {
    // RFC 5802, section 3: Hi(password, salt, 1).
    let salted = hmac(password.as_bytes(), &[&salt[..], &1u32.to_be_bytes()].concat());
    let client_key = hmac(&salted, b"Client Key");
    let server_key = hmac(&salted, b"Server Key");
    let encode = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    format!(
        "SCRAM-SHA-256$1:{}${}:{}",
        encode(&salt),
        encode(&Sha256::digest(client_key)),
        encode(&server_key)
    )
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
