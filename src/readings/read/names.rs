//! What platforms call their columns, in English, German, French and Spanish.

use super::Layout;

/// What a column is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Date,
    /// The last day that a row covers.
    Ends,
    /// A month or a day of the month, where a date stands in two columns.
    Month,
    DayOfMonth,
    Hour,
    Campaign,
    AdSet,
    Currency,
    Metric(&'static str),
    /// A metric of money in millionths.
    Micros(&'static str),
    /// What an export may be broken down by.
    Segment,
    /// Computed from others, or not to be added up.
    Derived,
}

/// A column's name in lower case, without what is decoration: brackets with a currency, punctuation.
pub fn plain(name: &str) -> String {
    let name = name.trim().trim_start_matches('\u{feff}');
    let mut words = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            words.push(c);
        } else if !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
    }
    words.trim_end().to_owned()
}

/// Google's interface sorts its names into groups.
pub fn without_group(plain: &str) -> &str {
    let groups = ["metrics ", "segments "];
    groups.iter().find_map(|it| plain.strip_prefix(it)).unwrap_or(plain)
}

/// Whether a column says by its name that it holds days, and no times of day.
pub fn is_day(name: &str) -> bool {
    const DAYS: [&str; 10] = [
        "day",
        "date",
        "tag",
        "jour",
        "día",
        "fecha",
        "datum",
        "date start",
        "date stop",
        "segments date",
    ];
    DAYS.contains(&plain(name).as_str())
}

/// The currency that a header names in brackets: `Amount spent (EUR)`.
pub fn currency_in(name: &str) -> Option<&str> {
    let inside = name.trim().strip_suffix(')')?.rsplit_once('(')?.1;
    match inside {
        "€" => Some("EUR"),
        "£" => Some("GBP"),
        _ => is_currency(inside).then_some(inside),
    }
}

pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|it| it.is_ascii_uppercase())
}

/// What a column of this name is; what stands in brackets does not count where it is a currency.
pub fn role(layout: Layout, name: &str) -> Option<Role> {
    let bare = match currency_in(name) {
        Some(_) => name.rsplit_once('(').map_or(name, |it| it.0),
        None => name,
    };
    let plain = plain(bare);
    let plain = without_group(&plain);
    let found = NAMES.iter().find(|(_, names)| names.contains(&plain)).map(|it| it.0);
    // A month or a bare number is a date only where a team wrote the file.
    match found {
        Some(Role::Month | Role::DayOfMonth) if layout != Layout::Csv => None,
        other => other,
    }
}

const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Date,
        &[
            "day",
            "date",
            "reporting starts",
            "reporting start",
            "timestamp",
            "tag",
            "datum",
            "berichtsanfang",
            "beginn des berichtszeitraums",
            "auswertungsbeginn",
            "jour",
            "début des rapports",
            "début du rapport",
            "début de la période de rapport",
            "día",
            "fecha",
            "inicio del informe",
            "inicio de informes",
            "comienzo del informe",
            "date hour yyyymmddhh",
            "date hour",
            "datum stunde",
            "time",
            "date start",
        ],
    ),
    (
        Role::Ends,
        &[
            "reporting ends",
            "reporting end",
            "berichtsende",
            "ende des berichtszeitraums",
            "auswertungsende",
            "fin des rapports",
            "fin du rapport",
            "fin de la période de rapport",
            "fin del informe",
            "finalización del informe",
            "fin de informes",
            "date stop",
        ],
    ),
    (Role::Month, &["month", "monat", "mois", "mes"]),
    (Role::DayOfMonth, &["day of month"]),
    (
        Role::Hour,
        &["hour", "hour of day", "hour of the day", "stunde", "heure", "hora", "tageszeit"],
    ),
    (
        Role::Campaign,
        &[
            "campaign",
            "campaign name",
            "kampagne",
            "kampagnenname",
            "name der kampagne",
            "campagne",
            "nom de la campagne",
            "nom de campagne",
            "campaña",
            "nombre de la campaña",
            "session campaign",
            "session campaign name",
            "first user campaign",
            "session google ads campaign",
            "google ads campaign",
            "sitzungskampagne",
            "campaña de la sesión",
            "campagne de la session",
            "campaign number",
            "xyz campaign id",
            "campaign id",
        ],
    ),
    (
        Role::AdSet,
        &[
            "ad set",
            "ad set name",
            "adset name",
            "ad group",
            "ad group name",
            "anzeigengruppe",
            "anzeigengruppenname",
            "name der anzeigengruppe",
            "ensemble de publicités",
            "nom de l ensemble de publicités",
            "groupe d annonces",
            "conjunto de anuncios",
            "nombre del conjunto de anuncios",
            "grupo de anuncios",
            "fb campaign id",
        ],
    ),
    (
        Role::Currency,
        &[
            "currency",
            "currency code",
            "account currency",
            "währung",
            "währungscode",
            "devise",
            "code de devise",
            "code devise",
            "customer currency code",
            "moneda",
            "código de moneda",
            "divisa",
        ],
    ),
    (
        Role::Metric("spend"),
        &[
            "cost",
            "spend",
            "spent",
            "amount spent",
            "ad spend",
            "kosten",
            "ausgegebener betrag",
            "ausgaben",
            "coût",
            "montant dépensé",
            "coste",
            "costo",
            "importe gastado",
            "ads cost",
            "google ads cost",
            "advertiser ad cost",
            "total cost",
        ],
    ),
    (
        Role::Metric("impressions"),
        &[
            "impr",
            "impressions",
            "impressionen",
            "impresiones",
            "displays",
            "ads impressions",
            "google ads impressions",
            "views of ads",
        ],
    ),
    (
        Role::Metric("clicks"),
        &[
            "clicks",
            "clicks all",
            "klicks",
            "klicks alle",
            "clics",
            "clics tous",
            "clics todos",
            "ads clicks",
            "google ads clicks",
        ],
    ),
    (
        Role::Metric("link_clicks"),
        &[
            "link clicks",
            "inline link clicks",
            "link klicks",
            "linkklicks",
            "clics sur un lien",
            "clics sur lien",
            "clics en el enlace",
        ],
    ),
    (
        Role::Metric("conversions"),
        &[
            "conversions",
            "conv",
            "conversionen",
            "conversiones",
            "results",
            "ergebnisse",
            "résultats",
            "resultados",
            "key events",
            "schlüsselereignisse",
            "événements clés",
            "eventos clave",
            "total conversion",
            "total conversions",
            "post click conversions",
        ],
    ),
    (Role::Micros("spend"), &["cost micros"]),
    (Role::Metric("purchases"), &["purchases", "käufe", "achats", "compras", "website purchases"]),
    (
        Role::Metric("revenue"),
        &[
            "revenue",
            "conv value",
            "conversion value",
            "conversions value",
            "total revenue",
            "purchase revenue",
            "purchases conversion value",
            "purchase conversion value",
            "umsatz",
            "umsatz insgesamt",
            "gesamtumsatz",
            "conversion wert",
            "conversion wert der käufe",
            "conversionwert für käufe",
            "käufe conversion wert",
            "valeur de conversion",
            "valeur de conversion des achats",
            "valeur conv",
            "revenu total",
            "revenus totaux",
            "valor de conversión",
            "valor de conversión de compras",
            "valor de conversiones",
            "ingresos totales",
        ],
    ),
    (Role::Metric("sales"), &["sales", "sales amount", "post click sales amount"]),
    (Role::Metric("leads"), &["leads", "on facebook leads", "prospects", "clientes potenciales"]),
    (
        Role::Metric("accepted"),
        &[
            "accepted",
            "accepted leads",
            "approved conversion",
            "approved conversions",
            "qualified leads",
        ],
    ),
    (Role::Metric("sessions"), &["sessions", "sitzungen", "sesiones"]),
    (
        Role::Metric("users"),
        &[
            "users",
            "total users",
            "active users",
            "aktive nutzer",
            "nutzer insgesamt",
            "utilisateurs actifs",
            "utilisateurs",
            "usuarios activos",
            "usuarios",
        ],
    ),
    (
        Role::Segment,
        &[
            "device",
            "gerät",
            "appareil",
            "dispositivo",
            "device category",
            "network",
            "network with search partners",
            "age",
            "alter",
            "âge",
            "edad",
            "gender",
            "geschlecht",
            "genre",
            "sexe",
            "sexo",
            "género",
            "country",
            "land",
            "pays",
            "país",
            "region",
            "placement",
            "plattform",
            "platform",
            "publisher platform",
            "session source",
            "session medium",
            "session source medium",
            "source",
            "medium",
            "source medium",
            "session default channel group",
            "banner",
            "user engagement",
            "ad name",
            "ad",
            "ad id",
            "interest",
            "account",
            "account name",
            "konto",
            "compte",
            "cuenta",
            "campaign type",
            "conversion action",
            "session primary channel group default channel group",
        ],
    ),
    (
        Role::Derived,
        &[
            "ctr",
            "ctr all",
            "avg cpc",
            "cpc",
            "cpc all",
            "cpc cost per link click",
            "avg cpm",
            "cpm",
            "cpm cost per 1 000 impressions",
            "cost conv",
            "cost per conv",
            "cost per result",
            "cost per results",
            "conv rate",
            "conversion rate",
            "roas",
            "purchase roas",
            "purchase roas return on ad spend",
            "conv value cost",
            "search impr share",
            "search lost is budget",
            "search lost is rank",
            "impr abs top",
            "impr top",
            "frequency",
            "reach",
            "frequenz",
            "reichweite",
            "répétition",
            "couverture",
            "frecuencia",
            "alcance",
            "engagement rate",
            "average engagement time per session",
            "events per session",
            "session key event rate",
            "kosten pro ergebnis",
            "coût par résultat",
            "costo por resultado",
            "coste por resultado",
            "durchschn cpc",
            "kosten conv",
            "opt score",
            "interaction rate",
            "avg cost",
            "bounce rate",
        ],
    ),
];

/// What stands at the beginning of a row that sums others up.
pub fn is_total(cell: &str) -> bool {
    let plain = plain(cell);
    ["total", "grand total", "gesamt", "gesamtsumme", "summe", "insgesamt", "totaux"]
        .iter()
        .any(|it| plain == *it)
        || [
            "total ",
            "grand total",
            "gesamt ",
            "results from ",
            "ergebnisse von ",
            "ergebnisse aus ",
            "résultats de ",
            "resultados de ",
        ]
        .iter()
        .any(|it| plain.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_in_four_languages() {
        let check = |name: &str, expected: Role| {
            assert_eq!(role(Layout::MetaAds, name), Some(expected), "{name}");
        };
        check("Amount spent (EUR)", Role::Metric("spend"));
        check("Ausgegebener Betrag (EUR)", Role::Metric("spend"));
        check("Montant dépensé (EUR)", Role::Metric("spend"));
        check("Importe gastado (USD)", Role::Metric("spend"));
        check("Nom de l’ensemble de publicités", Role::AdSet);
        check("Clicks (all)", Role::Metric("clicks"));
        check("Impr.", Role::Metric("impressions"));
        check("CPM (cost per 1,000 impressions) (EUR)", Role::Derived);
        assert_eq!(currency_in("Amount spent (EUR)"), Some("EUR"));
        assert_eq!(currency_in("Clicks (all)"), None);
    }

    #[test]
    fn names_stand_once() {
        let mut all: Vec<&str> =
            NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
