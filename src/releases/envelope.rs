//! What receivers read: a [CloudEvent 1.0] in the [JSON format], structured mode.
//!
//! ```json
//! {"specversion":"1.0","id":"msg_…","source":"countersign:workspace:T0LARCH",
//!  "type":"countersign.draft.released","subject":"draft/12","time":"2026-11-22T09:00:00Z",
//!  "datacontenttype":"application/json",
//!  "data":{"kind":"draft","title":"…","review":7,"revision":2,"content_sha256":"…","content":{…},
//!          "policies":["copy"],"policy_version":"…",
//!          "approved_by":[{"person":"U0DANA0000","groups":["brand"],"at":"…"}]}}
//! ```
//!
//! `content` is the text that was decided on, byte for byte: the SHA-256 of what stands there between
//! the colon and the next member is `content_sha256`, which decisions and the audit trail name. So a
//! receiver can check it without parsing, and must not format the message before it does.
//!
//! A `….revoked` has no content. It says what it takes back, by whom and why:
//! `"revokes":{"id":"msg_…","released_at":"…"},"revoked_by":{"person":"…","at":"…"},"reason":"…"`.
//!
//! The same message has the same bytes at every attempt.
//!
//! [CloudEvent 1.0]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
//! [JSON format]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Approval, Event, Release};
use crate::ids::{PersonId, ReviewId, TeamId};

pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    r#type: String,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    kind: &'static str,
    title: &'a str,
    review: ReviewId,
    revision: i32,
    content_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a RawValue>,
    policies: &'a [String],
    policy_version: &'a str,
    approved_by: &'a [Approval],
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    revocation: Option<Revocation<'a>>,
}

#[derive(Serialize)]
struct Revocation<'a> {
    revokes: Revoked<'a>,
    revoked_by: By<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Revoked<'a> {
    id: &'a str,
    released_at: Timestamp,
}

#[derive(Serialize)]
struct By<'a> {
    person: &'a PersonId,
    at: Timestamp,
}

/// The message that something was released, with the content as it is stored.
pub(super) fn released(
    id: &str,
    team: &TeamId,
    release: &Release,
    content: &[u8],
) -> Result<Vec<u8>> {
    let content: &RawValue =
        serde_json::from_slice(content).context("the content that was decided on is no JSON")?;
    write(id, team, Event::Released, release, release.at, Some(content), None)
}

/// The message that takes the one with the id `released` back.
pub(super) fn revoked(
    id: &str,
    team: &TeamId,
    release: &Release,
    released: &str,
) -> Result<Vec<u8>> {
    let by = release.revoked.as_ref().context("a release is announced as revoked, and is not")?;
    let revocation = Revocation {
        revokes: Revoked { id: released, released_at: release.at },
        revoked_by: By { person: &by.by, at: by.at },
        reason: &by.reason,
    };
    write(id, team, Event::Revoked, release, by.at, None, Some(revocation))
}

fn write(
    id: &str,
    team: &TeamId,
    event: Event,
    release: &Release,
    time: Timestamp,
    content: Option<&RawValue>,
    revocation: Option<Revocation<'_>>,
) -> Result<Vec<u8>> {
    let kind = release.subject.name();
    let envelope = CloudEvent {
        specversion: "1.0",
        id,
        source: format!("countersign:workspace:{team}"),
        r#type: format!("countersign.{kind}.{}", event.name()),
        subject: format!("{kind}/{}", release.subject_id),
        time,
        datacontenttype: "application/json",
        data: Data {
            kind,
            title: &release.title,
            review: release.review,
            revision: release.number,
            content_sha256: hex::encode(release.content_hash),
            content,
            policies: &release.policies,
            policy_version: &release.policy_version,
            approved_by: &release.approvals,
            revocation,
        },
    };
    Ok(serde_json::to_vec(&envelope)?)
}

/// The name under which it is kept in a file: sorts by time, and says what it is.
pub(super) fn name(event: Event, release: &Release) -> String {
    let time = match (event, &release.revoked) {
        (Event::Revoked, Some(by)) => by.at,
        _ => release.at,
    };
    let time = time.strftime("%Y%m%dT%H%M%S.%3fZ");
    let kind = release.subject.name().replace('_', "-");
    format!("{time}-{kind}-{}-{}", release.subject_id, event.name())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::config::SubjectKind;
    use crate::ids::{ReleaseId, RevisionId, WorkspaceId};
    use crate::releases::Revocation as RevokedBy;

    fn release(content: &[u8]) -> Release {
        Release {
            id: ReleaseId(3),
            workspace: WorkspaceId(1),
            review: ReviewId(7),
            revision: RevisionId(9),
            content_hash: Sha256::digest(content).into(),
            subject: SubjectKind::Finding,
            subject_id: 12,
            title: "Why do people cancel?".to_owned(),
            number: 2,
            policies: vec!["findings".to_owned()],
            policy_version: "0123456789ab".to_owned(),
            approvals: vec![Approval {
                person: "URAJ".into(),
                groups: vec!["brand".to_owned()],
                at: "2026-11-22T08:59:00Z".parse().unwrap(),
            }],
            at: "2026-11-22T09:00:00.25Z".parse().unwrap(),
            revoked: None,
        }
    }

    #[test]
    fn the_content_stands_in_it_byte_for_byte() {
        // Canonical JSON that a serialiser of its own mind would write otherwise.
        for content in [
            r#"{"a":"é\u0007 \"q\"/","b":[1e2,0.10,-0],"z":{"":null}}"#,
            "{\"emoji\":\"\u{1F4A1}\u{2028}\"}",
            r#""just a text""#,
        ] {
            let release = release(content.as_bytes());
            let body = released("msg_1", &"T1".into(), &release, content.as_bytes()).unwrap();
            let body = String::from_utf8(body).unwrap();
            let (_, rest) = body.split_once(r#""content":"#).unwrap();
            let (inside, _) = rest.split_once(r#","policies":"#).unwrap();
            assert_eq!(inside, content);
            let hash = hex::encode(Sha256::digest(inside));
            assert!(body.contains(&format!(r#""content_sha256":"{hash}""#)), "{body}");
        }
    }

    #[test]
    fn it_says_what_was_released_and_by_whom_it_was_approved() {
        let body = released("msg_1", &"T1".into(), &release(b"{}"), b"{}").unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            concat!(
                r#"{"specversion":"1.0","id":"msg_1","source":"countersign:workspace:T1","#,
                r#""type":"countersign.finding.released","subject":"finding/12","#,
                r#""time":"2026-11-22T09:00:00.25Z","datacontenttype":"application/json","#,
                r#""data":{"kind":"finding","title":"Why do people cancel?","review":7,"revision":2,"#,
                r#""content_sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","#,
                r#""content":{},"policies":["findings"],"policy_version":"0123456789ab","#,
                r#""approved_by":[{"person":"URAJ","groups":["brand"],"at":"2026-11-22T08:59:00Z"}]}}"#
            )
        );
    }

    #[test]
    fn a_revocation_says_what_it_takes_back() {
        let mut release = release(b"{}");
        assert!(revoked("msg_2", &"T1".into(), &release, "msg_1").is_err());
        release.revoked = Some(RevokedBy {
            at: "2026-11-22T10:00:00Z".parse().unwrap(),
            by: "UDANA".into(),
            reason: "The price is wrong.".to_owned(),
        });
        let body = revoked("msg_2", &"T1".into(), &release, "msg_1").unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(r#""type":"countersign.finding.revoked""#), "{body}");
        assert!(body.contains(r#""time":"2026-11-22T10:00:00Z""#), "{body}");
        assert!(body.ends_with(concat!(
            r#""revokes":{"id":"msg_1","released_at":"2026-11-22T09:00:00.25Z"},"#,
            r#""revoked_by":{"person":"UDANA","at":"2026-11-22T10:00:00Z"},"#,
            r#""reason":"The price is wrong."}}"#
        )));
        assert!(!body.contains(r#""content":"#), "{body}");
    }

    #[test]
    fn names_of_files_sort_by_time() {
        let mut release = release(b"{}");
        assert_eq!(name(Event::Released, &release), "20261122T090000.250Z-finding-12-released");
        release.revoked = Some(RevokedBy {
            at: "2026-11-22T10:00:00Z".parse().unwrap(),
            by: "UDANA".into(),
            reason: "No.".to_owned(),
        });
        assert_eq!(name(Event::Released, &release), "20261122T090000.250Z-finding-12-released");
        assert_eq!(name(Event::Revoked, &release), "20261122T100000.000Z-finding-12-revoked");
    }
}
