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
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(byte),
            },
            _ => bytes.push(byte),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => String::from_utf8_lossy(broken.as_bytes()).into_owned(),
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
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
