//! Exports come in as they are, whole or not at all, and what they add up to is right.

use countersign::audit::Actor;
use countersign::clock::Clock;
use countersign::error::Error;
use countersign::ids::WorkspaceId;
use countersign::readings::{self, By, Derived, File, Filter, Input, Layout, Mapping, Summary};
use insta::assert_snapshot;
use sqlx::PgPool;

use crate::harness::cluster::{self, TestDatabase};

/// A workspace without readings.
struct Desk {
    db: PgPool,
    workspace: WorkspaceId,
    _database: TestDatabase,
}

impl Desk {
    async fn new() -> Self {
        let database = cluster::database().await;
        let db = database.pool().await;
        let workspace = workspace(&db, "T1").await;
        Self { db, workspace, _database: database }
    }

    async fn takes(&self, layout: Layout, bytes: impl Into<Vec<u8>>) -> Summary {
        self.tries(layout, Mapping::default(), bytes).await.unwrap()
    }

    async fn tries(
        &self,
        layout: Layout,
        mapping: Mapping,
        bytes: impl Into<Vec<u8>>,
    ) -> Result<Summary, Error> {
        let bytes: Vec<u8> = bytes.into();
        let input = Input::Bytes { name: "export.csv".to_owned(), bytes: bytes.into() };
        let file = File { mapping, ..File::table(input, layout) };
        let clock = Clock::default();
        readings::ingest(&self.db, &clock, self.workspace, &Actor::Bot, &file, |_| {}).await
    }

    async fn refuses(&self, layout: Layout, bytes: &str) -> String {
        self.tries(layout, Mapping::default(), bytes).await.unwrap_err().to_string()
    }

    /// Everything there is, a line a group.
    async fn sums(&self, by: &[By]) -> String {
        let groups = readings::sums(&self.db, self.workspace, &Filter::default(), by).await;
        let groups = match groups {
            Ok(groups) => groups,
            Err(error) => return error.to_string(),
        };
        let lines = groups.iter().map(|it| {
            let sums = it.sums.iter().map(|(metric, (sum, currency))| {
                format!("{metric} {sum} {currency}").trim_end().to_owned()
            });
            format!("{}: {}", it.names.join(" "), sums.collect::<Vec<_>>().join(", "))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    async fn count(&self, table: &'static str) -> i64 {
        let sql = match table {
            "readings" => "SELECT count(*) FROM readings",
            "revisions" => "SELECT count(*) FROM reading_revisions",
            _ => "SELECT count(*) FROM reading_files",
        };
        sqlx::query_scalar(sql).fetch_one(&self.db).await.unwrap()
    }
}

async fn workspace(db: &PgPool, slack_id: &str) -> WorkspaceId {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO workspaces (slack_id, name, created_at) VALUES ($1, $1, now()) RETURNING id",
    )
    .bind(slack_id)
    .fetch_one(db)
    .await
    .unwrap();
    WorkspaceId(id)
}

fn counts(it: &Summary) -> String {
    format!(
        "{} new, {} changed, {} unchanged, {} sums, {} refused",
        it.new, it.changed, it.unchanged, it.totals, it.refused
    )
}

fn refusals(it: &Summary) -> String {
    let lines = it.refusals.iter().map(|it| format!("{}: {}", it.line, it.reason));
    lines.collect::<Vec<_>>().join("\n")
}

const GOOGLE: &str = "Campaign report\n\"August 17, 2026 - August 18, 2026\"\n\
Day,Campaign,Currency code,Cost,Impr.,Clicks,CTR,Search impr. share,Conversions\n\
2026-08-17,Brand DE,EUR,\"2,520.00\",\"10,000\",400,4.00%,< 10%,12.50\n\
2026-08-18,Brand DE,EUR,0.10,--,0, --,45.1%,0\n\
2026-08-18,Generic,EUR,7.45,90,3,3.3%,> 90%,1\n\
Total: Account,,EUR,\"2,527.55\",\"10,090\",403,,,13.50\n\
Total: Campaigns, --,EUR,\"2,527.55\",\"10,090\",403,,,13.50\n";

#[tokio::test]
async fn google_ads_comes_with_a_preamble_totals_and_thousands() {
    let desk = Desk::new().await;
    let summary = desk.takes(Layout::GoogleAds, GOOGLE).await;
    assert_snapshot!(counts(&summary), @"11 new, 0 changed, 0 unchanged, 2 sums, 0 refused");
    assert_snapshot!(desk.sums(&[By::Campaign]).await, @"
    Brand DE: clicks 400, conversions 12.5, impressions 10000, spend 2520.1 EUR
    Generic: clicks 3, conversions 1, impressions 90, spend 7.45 EUR
    ");
}

#[tokio::test]
async fn meta_ads_comes_in_four_languages_with_semicolons_and_the_currency_in_the_header() {
    let texts = [
        "\u{feff}Campaign name,Ad set name,Reporting starts,Reporting ends,Amount spent (EUR),Impressions,Link clicks,Results\n\
         Brand,A,2026-08-17,2026-08-17,1234.56,1000,20,3\n,,2026-08-17,2026-08-18,1234.56,1000,20,3\n",
        "\u{feff}Kampagnenname;Anzeigengruppenname;Berichtsanfang;Berichtsende;Ausgegebener Betrag (EUR);Impressionen;Link-Klicks;Ergebnisse\n\
         Brand;A;17.08.2026;17.08.2026;1.234,56;1.000;20;3\n",
        "\u{feff}Nom de la campagne;Nom de l’ensemble de publicités;Début des rapports;Fin des rapports;Montant dépensé (EUR);Impressions;Clics sur un lien;Résultats\n\
         Brand;A;2026-08-17;2026-08-17;1\u{202f}234,56;1\u{202f}000;20;3\n",
        "\u{feff}Nombre de la campaña;Nombre del conjunto de anuncios;Inicio del informe;Fin del informe;Importe gastado (EUR);Impresiones;Clics en el enlace;Resultados\n\
         Brand;A;2026-08-17;2026-08-17;1234,56;1000;20;3\n",
    ];
    for text in texts {
        let desk = Desk::new().await;
        desk.takes(Layout::MetaAds, text).await;
        assert_eq!(
            desk.sums(&[By::Campaign, By::AdSet, By::Day]).await,
            "Brand A 2026-08-17: clicks 20, conversions 3, impressions 1000, spend 1234.56 EUR"
        );
    }
}

#[tokio::test]
async fn ga4_comes_with_comments_a_grand_total_and_days_without_dashes() {
    let desk = Desk::new().await;
    let text = "# ----------------\n# Acquisition\n# Start date: 20260817\n# ----------------\n\n\
                Date,Session campaign,Sessions,Key events,Total revenue\n\
                20260817,brand,120,4,99.90\n20260818,brand,80,2,50\n,,200,6,149.9\nGrand total,,200,6,149.90\n";
    let mapping = Mapping { currency: Some("EUR".to_owned()), ..Mapping::default() };
    let summary = desk.tries(Layout::Ga4, mapping, text).await.unwrap();
    assert_snapshot!(counts(&summary), @"6 new, 0 changed, 0 unchanged, 2 sums, 0 refused");
    assert_snapshot!(desk.sums(&[]).await, @": conversions 6, revenue 149.9 EUR, sessions 200");

    let refused = desk.refuses(Layout::Ga4, text).await;
    assert_snapshot!(refused, @"“Total revenue” is money, and the file does not say in which currency. Say it with --currency EUR.");
}

#[tokio::test]
async fn utf_16_and_hours_are_read() {
    let desk = Desk::new().await;
    let text =
        "Day\tHour of day\tCampaign\tClicks\n2026-08-17\t9\tBrand\t4\n2026-08-17\t10\tBrand\t5\n";
    let mut bytes = b"\xff\xfe".to_vec();
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    desk.takes(Layout::GoogleAds, bytes).await;
    let series = readings::series(&desk.db, desk.workspace, &Filter::default()).await.unwrap();
    assert_eq!(series[0].grain, readings::Grain::Hour);
    let (from, to) =
        ("2026-08-17T00:00:00".parse().unwrap(), "2026-08-17T10:00:00".parse().unwrap());
    let window = readings::window(&desk.db, desk.workspace, series[0].id, from, to).await.unwrap();
    assert_eq!(window, [("2026-08-17T09:00:00".parse().unwrap(), 4.0)]);
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_leaves_nothing() {
    let desk = Desk::new().await;
    assert_snapshot!(desk.refuses(Layout::GoogleAds, "Campaign,Cost,Clicks\nBrand,1,2\n").await, @"There is no column for Day (segment the report by day before you export it). The file has: Campaign, Cost, Clicks.");
    assert_snapshot!(desk.refuses(Layout::MetaAds, "Day,Campaign name\n2026-08-17,Brand\n").await, @"There is no column for a metric, such as Cost, Clicks or Conversions. The file has: Day, Campaign name.");
    assert_snapshot!(desk.refuses(Layout::Csv, "").await, @"The file is empty: there is nothing to take.");
    assert_snapshot!(desk.refuses(Layout::GoogleAds, "Day,Campaign,Clicks\nsoon,Brand,1\n").await, @"Nothing was taken: every row was refused. Line 2: “soon” is no day that I can read (2026-08-17 is).");
    assert_eq!((desk.count("readings").await, desk.count("files").await), (0, 0));

    let summary = desk
        .takes(
            Layout::GoogleAds,
            "Day,Campaign,Clicks\n2026-08-17,Brand,1\nsoon,Brand,1\n2026-08-18,Brand,many\n2026-08-19\n",
        )
        .await;
    assert_snapshot!(counts(&summary), @"1 new, 0 changed, 0 unchanged, 0 sums, 3 refused");
    assert_snapshot!(refusals(&summary), @"
    3: “soon” is no day that I can read (2026-08-17 is)
    4: “many” in Clicks is no number
    5: it has 1 columns where the header has 3
    ");
    let period = "Campaign name,Reporting starts,Reporting ends,Impressions\nBrand,2026-08-01,2026-08-31,9\nBrand,2026-08-01,2026-08-01,9\n";
    let summary = desk.takes(Layout::MetaAds, period).await;
    assert_snapshot!(refusals(&summary), @"2: it covers 2026-08-01 to 2026-08-31; break the report down by day");
}

#[tokio::test]
async fn a_file_twice_changes_nothing_and_a_correction_keeps_what_was_before() {
    let desk = Desk::new().await;
    let row =
        |conversions: u32| format!("Day,Campaign,Conversions\n2026-08-17,Brand,{conversions}\n");
    desk.takes(Layout::GoogleAds, row(4)).await;
    assert!(desk.takes(Layout::GoogleAds, row(4)).await.known);

    let summary = desk.takes(Layout::GoogleAds, row(6)).await;
    assert_snapshot!(counts(&summary), @"0 new, 1 changed, 0 unchanged, 0 sums, 0 refused");
    assert_eq!(desk.sums(&[]).await, ": conversions 6");
    assert_eq!((desk.count("readings").await, desk.count("revisions").await), (1, 1));

    // The older file, delivered late once more, does not undo the correction.
    assert!(desk.takes(Layout::GoogleAds, row(4)).await.known);
    assert_eq!(desk.sums(&[]).await, ": conversions 6");

    let same = row(6) + "2026-08-18,Brand,1\n";
    let summary = desk.takes(Layout::GoogleAds, same).await;
    assert_snapshot!(counts(&summary), @"1 new, 0 changed, 1 unchanged, 0 sums, 0 refused");

    let (hash, line): (Vec<u8>, i64) = sqlx::query_as(
        "SELECT sha256, line FROM readings JOIN reading_files ON file_id = id ORDER BY starts LIMIT 1",
    )
    .fetch_one(&desk.db)
    .await
    .unwrap();
    assert_eq!((hash.len(), line), (32, 2));
}

#[tokio::test]
async fn rows_of_one_day_are_added_up_and_rates_come_from_sums() {
    let desk = Desk::new().await;
    let text = "Day,Campaign,Currency,Cost,Clicks\n2026-08-17,Brand,EUR,1.10,1\n2026-08-17,Brand,EUR,2.20,3\n";
    let summary = desk.takes(Layout::GoogleAds, text).await;
    assert_snapshot!(counts(&summary), @"2 new, 0 changed, 0 unchanged, 0 sums, 0 refused");
    let groups = readings::sums(&desk.db, desk.workspace, &Filter::default(), &[]).await.unwrap();
    assert_eq!(groups[0].sum("spend").unwrap().to_string(), "3.3");
    assert_eq!(groups[0].derived(Derived::Cpc), Some(0.825));
}

#[tokio::test]
async fn currencies_are_never_added_to_each_other() {
    let desk = Desk::new().await;
    let text = "Day,Campaign,Currency,Cost\n2026-08-17,Brand,EUR,1\n2026-08-17,Brand,USD,2\n";
    desk.takes(Layout::GoogleAds, text).await;
    assert_snapshot!(desk.sums(&[By::Campaign]).await, @"Spend stands here in EUR and USD, which cannot be added up. Ask for one of them with --currency, or for each with --by currency.");
    assert_snapshot!(desk.sums(&[By::Currency]).await, @"
    EUR: spend 1 EUR
    USD: spend 2 USD
    ");
}

#[tokio::test]
async fn workspaces_do_not_see_each_others_readings() {
    let desk = Desk::new().await;
    desk.takes(Layout::GoogleAds, GOOGLE).await;
    let other = workspace(&desk.db, "T2").await;
    let sums = readings::sums(&desk.db, other, &Filter::default(), &[]).await.unwrap();
    assert!(sums.is_empty());
    let series = readings::series(&desk.db, desk.workspace, &Filter::default()).await.unwrap();
    let (from, to) =
        ("2026-01-01T00:00:00".parse().unwrap(), "2027-01-01T00:00:00".parse().unwrap());
    for it in series {
        assert!(readings::window(&desk.db, other, it.id, from, to).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_file_that_two_replicas_take_at_once_is_taken_once() {
    let desk = Desk::new().await;
    let (one, two) =
        tokio::join!(desk.takes(Layout::GoogleAds, GOOGLE), desk.takes(Layout::GoogleAds, GOOGLE));
    assert_ne!(one.known, two.known);
    assert_eq!((desk.count("readings").await, desk.count("files").await), (11, 1));
}
