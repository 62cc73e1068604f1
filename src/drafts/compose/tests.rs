use super::*;
use crate::brand::{self, Kit};
use crate::drafts::Brief;

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

fn kit() -> Kit {
    Kit::load(None).unwrap()
}

fn spring() -> Brief {
    Brief {
        title: "Spring launch".to_owned(),
        what: "Heron Linen is back for spring.".to_owned(),
        channels: kit().channels.iter().map(|one| one.name.clone()).collect(),
        audiences: vec!["repeat-buyer".to_owned(), "high-intent-lead".to_owned()],
        stage: Some("consideration".to_owned()),
        offer: Some("10 % off until Friday".to_owned()),
        must_say: vec!["Heron is back in Rust.".to_owned()],
        must_not_say: vec!["stiff*".to_owned(), "stonewashed".to_owned()],
        ..Brief::default()
    }
}

/// Every channel, audience and variant of a brief.
fn each(kit: &Kit, brief: &Brief, mut check: impl FnMut(&Aim<'_>)) {
    for channel in &brief.channels {
        for audience in &brief.audiences {
            for variant in Variant::ALL {
                check(&Aim::new(kit, brief, channel, audience, variant, TODAY).unwrap());
            }
        }
    }
}

#[test]
fn every_channel_gets_a_piece_that_passes() {
    let kit = kit();
    let brief = spring();
    assert_eq!(brief.problems(&kit, TODAY), []);
    each(&kit, &brief, |aim| {
        let piece = assemble(aim);
        let text = piece.text();
        let given = aim.given();
        let report = brand::check(&kit, &text, &aim.context(&given));
        let errors: Vec<_> = report.errors().collect();
        assert!(errors.is_empty(), "{text}\n{errors:?}");
        assert!(piece.open.is_empty(), "{:?}", piece.open);
        for said in brief.must_say.iter().chain(&brief.offer) {
            assert!(says(&kit, &text, said), "{said}\n{text}");
        }
        for not in &brief.must_not_say {
            assert!(!says(&kit, &text, not), "{not}\n{text}");
        }
        assert_eq!(piece, assemble(aim), "the same aim gives the same piece");
    });
}
