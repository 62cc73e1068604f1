//! Bytes that are the same wherever they are written: JSON after RFC 8785 (JCS), without fractions.

use anyhow::ensure;

use super::event::{Repr, Value};

/// Integers beyond this are not the same number for every reader of JSON (RFC 7493).
const GREATEST: u64 = (1 << 53) - 1;

/// No whitespace, keys in the order of their UTF-16 code units, the escapes that RFC 8785 names and
/// no other.
///
/// # Errors
///
/// Fails on an integer that a reader of JSON might round.
pub fn encode(value: &Value) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(512);
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> anyhow::Result<()> {
    match &value.0 {
        Repr::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Repr::Number(number) => {
            ensure!(number.unsigned_abs() <= GREATEST, "{number} is too great for the audit trail");
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Repr::Text(text) => write_text(text, out)?,
        Repr::List(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Repr::Map(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));

            out.push(b'{');
            for (position, (key, member)) in members.into_iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_text(key, out)?;
                out.push(b':');
                write(member, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// serde_json escapes exactly what RFC 8785, section 3.2.2.2, asks for, and in its spelling.
fn write_text(text: &str, out: &mut Vec<u8>) -> anyhow::Result<()> {
    Ok(serde_json::to_writer(out, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Value, expected: &str) {
        assert_eq!(String::from_utf8(encode(&value).unwrap()).unwrap(), expected);
    }

    #[test]
    fn the_bytes_are_those_of_rfc_8785() {
        check(Value::from(true), "true");
        check(Value::from(-9_007_199_254_740_991), "-9007199254740991");
        check(Value::list([Value::from(1), Value::from("two")]), r#"[1,"two"]"#);
        // The example of section 3.2.2.2, and the DEL that stays as it is.
        check(
            Value::name("\u{20ac}$\u{f}\nA'B\"\\\"/\u{7f}\u{8}\t\r\u{c}"),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\u{7f}\\b\\t\\r\\f\"",
        );
    }

    #[test]
    fn keys_are_ordered_as_utf_16() {
        // Section 3.2.3: U+1F600 is D83D DE00 and so comes before U+FB33, unlike in UTF-8.
        let map = Value::map([
            ("\u{fb33}", Value::from(1)),
            ("\u{1f600}", Value::from(2)),
            ("1", Value::from(3)),
            ("\r", Value::from(4)),
        ]);
        check(map, "{\"\\r\":4,\"1\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn a_number_that_others_would_round_is_refused() {
        assert!(encode(&Value::from(9_007_199_254_740_992)).is_err());
    }
}
