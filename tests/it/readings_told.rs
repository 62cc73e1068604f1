//! Numbers at the command line: exports as people have them, and what they come to in words.

use insta::assert_snapshot;

use crate::harness::shell::Shell;

impl Shell {
    fn brings(&self, name: &str, bytes: impl AsRef<[u8]>, arguments: &[&str]) -> String {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        self.says(&[&["ingest", "readings", name], arguments].concat())
    }
}

/// Ads without days, broken down by age and gender: of one segment the leads are dear and no worse,
/// of another they are worse.
fn ads() -> String {
    let rows = [
        (11, "North", "18-24", "F", 90_000, 2_000, "400.50", 400, 140),
        (12, "North", "18-24", "M", 80_000, 1_900, "380.25", 390, 130),
        (13, "North", "45-49", "F", 120_000, 4_000, "1900.00", 200, 64),
        (14, "South", "45-49", "M", 150_000, 5_000, "2500.75", 420, 60),
    ];
    let mut text = "\u{feff}ad_id,campaign,age,gender,Impressions,Clicks,Spent,Total_Conversion,\
                    Approved_Conversion\r\n"
        .to_owned();
    for (id, campaign, age, gender, impressions, clicks, spent, all, approved) in rows {
        text += &format!(
            "{id},{campaign},{age},{gender},{impressions},{clicks},{spent},{all},{approved}\r\n"
        );
    }
    text
}

#[tokio::test]
async fn ads_without_days_come_in_and_only_what_is_provably_worse_is_called_waste() {
    let shell = Shell::open().await;
    let csv = &["--as", "csv", "--source", "ads"][..];
    assert_snapshot!(shell.brings("ads.csv", ads(), csv));
    let dated = [csv, &["--date", "2026-08-17"]].concat();
    assert_snapshot!(shell.brings("ads.csv", ads(), &dated));
    let whole = [&dated[..], &["--currency", "EUR"]].concat();
    assert_snapshot!(shell.brings("ads.csv", ads(), &whole));
    assert_snapshot!(shell.brings("ads.csv", ads(), &whole));

    assert_snapshot!(shell.says(&["readings", "sum", "--by", "campaign"]));
    assert_snapshot!(shell.says(&["readings", "waste", "--by", "age,gender"]));
    assert_snapshot!(shell.says(&["readings", "sum", "--json", "--campaign", "South"]));
}

#[tokio::test]
async fn odd_files_are_refused_or_read_and_nothing_is_guessed_in_silence() {
    let shell = Shell::open().await;
    let google = &["--as", "google-ads"][..];
    let brings = |name: &str, text: &str| shell.brings(name, text, google);
    // Lines are counted as an editor counts them.
    let windows = "Campaign report\r\n\r\nDay,Campaign,Cost (EUR)\r\n2026-08-17,Brand,\"2,520.00\"\r\n\r\nsoon,Brand,1\r\n";
    assert_snapshot!(brings("windows.csv", windows));
    let line: String = shell.says(&["readings", "sum", "--by", "day"]);
    assert_snapshot!(line);
    let mixed =
        "Day,Campaign,Cost\n2026-08-17,Brand,€1.50\n2026-08-18,Brand,£2\n2026-08-19,Brand,$2\n";
    assert_snapshot!(brings("mixed.csv", mixed));
    let dollars = "Day,Campaign,Cost\n2026-08-17,Brand,$1.50\n";
    assert_snapshot!(brings("dollars.csv", dollars));
    let german = "Tag;Kampagne;Klicks\n17.08.2026;Nord;1.234\n";
    assert_snapshot!(shell.brings("german.csv", german, &["--as", "google-ads", "--source", "de"]));
    assert_snapshot!(shell.says(&["readings", "sum", "--source", "de"]));
    let ambiguous = "Day,Campaign,Clicks\n2026-08-17,Brand,1.234\n";
    assert_snapshot!(brings("ambiguous.csv", ambiguous));
    assert_snapshot!(brings("header.csv", "Day,Campaign,Clicks\n"));
    assert_snapshot!(brings("nothing.csv", "\u{feff}"));
    assert_snapshot!(brings("sheet.csv", "PK\u{3}\u{4}rest"));
    assert_snapshot!(shell.brings("noise.csv", [7_u8; 400], google));
    assert_snapshot!(shell.says(&["ingest", "readings", ".", "--as", "csv"]));
    assert_snapshot!(brings("wide.csv", &(0..100).map(|n| format!("c{n},")).collect::<String>()));
}

#[tokio::test]
async fn what_is_compressed_is_unpacked() {
    let shell = Shell::open().await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let text = "Day,Campaign,Clicks\n2026-08-17,Brand,4\n";
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    let bytes = packed.finish().unwrap();
    assert_snapshot!(shell.brings("clicks.csv.gz", &bytes, &["--as", "csv"]));
    let cut = &bytes[..bytes.len() - 12];
    assert_snapshot!(shell.brings("cut.csv.gz", cut, &["--as", "csv"]));
}
