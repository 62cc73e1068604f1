/// A field of a form, decoded as <https://url.spec.whatwg.org/#urlencoded-parsing> says.
///
/// Slack puts a whole message into one field. The general parser takes several times as long for it
/// as the JSON inside does.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    let value = body.split(|byte| *byte == b'&').find_map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let is_it = decode(parts.next()?) == name;
        is_it.then(|| parts.next().unwrap_or_default())
    })?;
    Some(decode(value))
}

fn decode(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    loop {
        let plain = rest.iter().position(|byte| matches!(byte, b'%' | b'+')).unwrap_or(rest.len());
        let (before, from) = rest.split_at(plain);
        bytes.extend_from_slice(before);
        rest = match from {
            [] => break,
            [b'%', high, low, after @ ..] if let Some(byte) = byte(*high, *low) => {
                bytes.push(byte);
                after
            }
            [first, after @ ..] => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                after
            }
        };
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    }
}

/// The byte that two hexadecimal digits stand for.
fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |character: u8| match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

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
