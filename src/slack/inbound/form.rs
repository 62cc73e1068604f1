/// A field of a form, decoded as <https://url.spec.whatwg.org/#urlencoded-parsing> says.
///
/// Slack puts a whole message into one field. The general parser takes several times as long for it
/// as the JSON inside does.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'&', rest).unwrap_or(rest.len());
        let pair = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        let (key, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        if decode(key) == name {
            return Some(decode(value));
        }
    }
    None
}

fn decode(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while let Some(&byte) = encoded.get(at) {
        let escaped = match (byte, encoded.get(at + 1..at + 3)) {
            (b'%', Some(&[high, low])) => hexadecimal(high, low),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                at += 3;
            }
            None => {
                bytes.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    }
}

/// The byte that two hexadecimal digits stand for.
fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (DIGITS[usize::from(high)], DIGITS[usize::from(low)]);
    (high | low < 16).then_some(high << 4 | low)
}

/// What each character is worth as a hexadecimal digit; 255 for those that are none.
const DIGITS: [u8; 256] = {
    let mut digits = [255; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_the_general_parser_reads_it() {
        let check = |body: &[u8]| {
            let general = url::form_urlencoded::parse(body).find(|(name, _)| name == "payload");
            assert_eq!(field(body, "payload"), general.map(|(_, value)| value.into_owned()));
        };
        check(b"payload=%7B%22a%22%3A+%22%C3%BC%F0%9F%98%80%22%7D");
        check(b"ssl_check=1&payload=a%3Db=c&payload=second");
        check(b"%70ayload=name+is+encoded+too");
        check(b"payload=%zz%4%&x");
        check(b"payload=%ff%41 broken");
        check(b"payload");
        check(b"payload=");
        check(b"other=1");
        check(b"");
    }
}
