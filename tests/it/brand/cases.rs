//! The table of cases. The benchmark `brand` reads the same file.

#[path = "table.rs"]
mod table;

use countersign::brand::Kit;

#[test]
fn the_checks_find_what_they_must_and_nothing_else() {
    let kit = Kit::load(None).unwrap();
    let cases = table::cases();
    assert!(cases.len() >= 120, "there are {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| case.known.is_none())
        .filter_map(|case| {
            let (found, expected) = (case.found(&kit), &case.finds);
            (!same(&found, expected))
                .then(|| format!("{:?}\n  expected {expected:?}\n  found    {found:?}", case.text))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_limit_that_we_know_of_is_one() {
    let kit = Kit::load(None).unwrap();
    for case in table::cases().iter().filter(|case| case.known.is_some()) {
        let found = case.found(&kit);
        assert!(!same(&found, &case.finds), "this works now, so take `known` out: {:?}", case.text);
    }
}

fn same(found: &[String], expected: &[String]) -> bool {
    found.len() == expected.len() && table::right(found, expected) == found.len()
}
