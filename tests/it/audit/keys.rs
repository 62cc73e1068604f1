//! The signing key is succeeded by another, by configuration.

use countersign::cli::serve;
use countersign::config::{Config, Secret};

use super::*;
use crate::harness::Team;

/// The configuration of the same installation, with another key and those before it.
fn with_key(config: &Config, key: &str, former: &[&str]) -> Config {
    let former_audit_keys = former.iter().map(|key| (*key).to_owned()).collect();
    Config { audit_key: Some(Secret::new(key)), former_audit_keys, ..config.clone() }
}

#[tokio::test]
async fn a_trail_outlives_its_key() {
    let team = Team::start().await;
    let trail = Trail::start().await;
    let name = "countersign.local/audit";
    let keys = [(); 3].map(|()| Signer::generate(name).unwrap());
    let public = |key: &str| Signer::from_key(key).unwrap().verifier_key().to_owned();
    let [first, second, _] = [&keys[0], &keys[1], &keys[2]].map(|key| public(key));

    let configs = [
        with_key(&team.config, &keys[0], &[]),
        with_key(&team.config, &keys[1], &[&first]),
        with_key(&team.config, &keys[2], &[&second, &first]),
    ];
    let mut kept = String::new();
    for (number, config) in (0..).zip(&configs) {
        let signer = serve::signer(config).unwrap();
        trail.record([number]).await;
        let sealed = audit::sequence(&trail.db, &signer).await.unwrap().unwrap();
        kept += &format!("{}\n", sealed.note);
    }

    let last = serve::verifier_keys(&configs[2]).unwrap();
    let report = audit::verify(&trail.db, Some(&kept), &last, |_, _| {}).await.unwrap();
    assert_eq!((report.findings, report.checkpoints, report.kept), (vec![], 3, Some(3)));

    let without = with_key(&team.config, &keys[2], &[&first]);
    let keys = serve::verifier_keys(&without).unwrap();
    let report = audit::verify(&trail.db, None, &keys, |_, _| {}).await.unwrap();
    let told: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["The checkpoint of 2 entries does not count: it is not signed by a known key."]
    );
    team.done().await;
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_named_and_a_secret_is_not() {
    let team = Team::start().await;
    let key = Signer::generate("countersign.local/audit").unwrap();
    let refused = |former: &str| {
        let error = serve::signer(&with_key(&team.config, &key, &[former])).unwrap_err();
        format!("{error:#}")
    };
    let told = refused("nonsense");
    assert!(told.contains("COUNTERSIGN_AUDIT_KEYS_OLD") && told.contains("nonsense"), "{told}");
    let told = refused(&key);
    let secret = key.rsplit('+').next().unwrap();
    assert!(told.contains("this is a secret key") && !told.contains(secret), "{told}");
    team.done().await;
}
