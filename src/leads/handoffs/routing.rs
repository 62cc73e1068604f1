//! Whose a lead is. Pure: territory, size, who is there, who has how much.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::super::lead::Lead;
use super::calendar;
use crate::config::{Sales, Seller};
use crate::ids::PersonId;

/// Whoever is away for longer than a long weekend does not keep a lead waiting.
const LONG: SignedDuration = SignedDuration::from_hours(96);

/// What is known of the sales people at a moment.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    /// How many leads each of them has.
    pub loads: HashMap<PersonId, u32>,
    /// Those who work here no more, by Slack.
    pub left: Vec<PersonId>,
}

/// Who gets a lead: of those who may, whoever knows its territory, then whoever works soonest, then
/// whoever has least. Nobody where none may.
pub fn owner(
    sales: &Sales,
    lead: &Lead,
    floor: &Floor,
    asked: &[PersonId],
    now: Timestamp,
) -> Option<PersonId> {
    let may = sales.people.iter().filter(|seller| {
        let has = floor.loads.get(&seller.person).copied().unwrap_or(0);
        takes(seller, lead)
            && !floor.left.contains(&seller.person)
            && !asked.contains(&seller.person)
            && seller.at_once.is_none_or(|most| has < most)
    });
    let chosen = may.min_by_key(|seller| {
        let is_anywhere = seller.territories.is_empty();
        let has = floor.loads.get(&seller.person).copied().unwrap_or(0);
        let works_at = calendar::opening(&seller.time, now);
        (works_at > now + LONG, is_anywhere, works_at, has)
    });
    chosen.map(|seller| seller.person.clone())
}

fn takes(seller: &Seller, lead: &Lead) -> bool {
    let is_there = lead.territory.as_ref().is_some_and(|territory| {
        seller.territories.iter().any(|one| one.eq_ignore_ascii_case(territory))
    });
    let fits = match lead.size() {
        Some(size) => {
            seller.least_size.is_none_or(|least| size >= least)
                && seller.most_size.is_none_or(|most| size <= most)
        }
        // Nobody knows, so that it is nobody's in particular.
        None => true,
    };
    (seller.territories.is_empty() || is_there) && fits
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::super::lead::EMPLOYEES;
    use super::super::super::lead::tests::lead;
    use super::super::super::scoring::Value;
    use super::*;
    use crate::config::Manifest;

    /// Sam has Germany up to 500 people, Lena all of Germany but less room, Raj the rest.
    const SALES: &str = r##"
[sales]
channel = "#sales"
group = "sales"
threshold = 60
zone = "Europe/Berlin"
holidays = ["2026-12-25"]

[[sales.person]]
id = "USAM"
territories = ["DE", "Germany"]
most_size = 500
away = ["2026-12-01 to 2026-12-04"]

[[sales.person]]
id = "ULENA"
territories = ["DE"]
at_once = 2

[[sales.person]]
id = "URAJ"
zone = "Asia/Kolkata"
"##;

    fn sales() -> Sales {
        let text = include_str!("../../../manifests/team.toml");
        let (before, _) = text.split_once("[sales]").unwrap();
        Manifest::parse(&format!("{before}{SALES}"), "team.toml").unwrap().sales.unwrap()
    }

    fn at(day: jiff::civil::Date, hour: i8) -> Timestamp {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        day.at(hour, 0, 0, 0).to_zoned(zone).unwrap().timestamp()
    }

    fn given(
        territory: &str,
        size: Option<f64>,
        floor: &Floor,
        asked: &[&str],
        at: Timestamp,
    ) -> String {
        let mut lead = lead();
        lead.territory = Some(territory.to_owned()).filter(|it| !it.is_empty());
        lead.attributes =
            size.map(|it| (EMPLOYEES.to_owned(), Value::Number(it))).into_iter().collect();
        let asked: Vec<PersonId> = asked.iter().map(|it| PersonId::from(*it)).collect();
        owner(&sales(), &lead, floor, &asked, at).map_or("nobody".to_owned(), |it| it.0)
    }

    #[test]
    fn a_lead_goes_to_whoever_has_its_territory_size_and_room() {
        let floor = |pairs: &[(&str, u32)]| Floor {
            loads: pairs.iter().map(|(who, has)| (PersonId::from(*who), *has)).collect(),
            left: Vec::new(),
        };
        let noon = at(date(2026, 11, 24), 12);
        let idle = floor(&[]);
        assert_eq!(given("de", Some(100.0), &idle, &[], noon), "USAM");
        assert_eq!(given("DE", Some(900.0), &idle, &[], noon), "ULENA");
        assert_eq!(
            given("DE", Some(100.0), &floor(&[("USAM", 3), ("ULENA", 1)]), &[], noon),
            "ULENA"
        );
        // Lena has as many as she takes.
        assert_eq!(
            given("DE", Some(100.0), &floor(&[("USAM", 3), ("ULENA", 2)]), &[], noon),
            "USAM"
        );
        assert_eq!(given("IN", None, &idle, &[], noon), "URAJ");
        assert_eq!(given("", None, &idle, &[], noon), "URAJ");
        // Those who were asked are not asked again, and in the end nobody is left.
        assert_eq!(given("DE", Some(100.0), &idle, &["USAM"], noon), "ULENA");
        assert_eq!(given("DE", Some(100.0), &idle, &["USAM", "ULENA", "URAJ"], noon), "nobody");
    }

    #[test]
    fn whoever_is_away_or_has_left_is_passed_over() {
        let idle = Floor::default();
        // Sam is away, and Lena works.
        assert_eq!(given("DE", Some(100.0), &idle, &[], at(date(2026, 12, 2), 12)), "ULENA");
        // On a holiday nobody works, and both come back on the same morning: Sam stands first.
        assert_eq!(given("DE", Some(100.0), &idle, &[], at(date(2026, 12, 25), 12)), "USAM");
        let left = Floor { left: vec!["USAM".into(), "ULENA".into()], ..Floor::default() };
        assert_eq!(given("DE", Some(100.0), &left, &[], at(date(2026, 11, 24), 12)), "URAJ");
    }
}
