//! Who may reach the workspace: this machine.
//!
//! There is no log-in, so that whoever reaches it can act as anyone. Binding to loopback keeps
//! other machines out; looking at the `Host` header keeps out web pages whose name was made to
//! lead here (DNS rebinding).

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Sandbox;

/// Fails unless `address` can be reached from this machine only.
pub fn refuse_unless_loopback(address: SocketAddr) -> Result<()> {
    ensure!(
        address.ip().is_loopback(),
        "the local workspace has no log-in: whoever reaches {address} can act as anyone in it. \
         Listen on 127.0.0.1 instead"
    );
    Ok(())
}

/// Lets requests through that were sent to this machine by its own name, or by the workspace's.
pub(super) async fn by_name(
    State(sandbox): State<Sandbox>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let own = sandbox.base().host_str().map(str::to_owned).unwrap_or_default();
    if host.is_none_or(|host| is_own_name(host, &own)) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "This workspace answers to localhost only.").into_response()
}

fn is_own_name(host: &str, own: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]", own].iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        let check = |address: &str, expected: bool| {
            let address = address.parse().unwrap();
            assert_eq!(refuse_unless_loopback(address).is_ok(), expected, "{address}");
        };
        check("127.0.0.1:8765", true);
        check("[::1]:8765", true);
        check("0.0.0.0:8765", false);
        check("192.168.1.5:8765", false);
    }

    #[test]
    fn foreign_names_that_lead_here_are_refused() {
        let check = |host: &str, expected: bool| {
            assert_eq!(is_own_name(host, "sandbox.internal"), expected, "{host}");
        };
        check("localhost:8765", true);
        check("127.0.0.1", true);
        check("[::1]:8765", true);
        check("sandbox.internal:80", true);
        check("attacker.example:8765", false);
        check("127.0.0.1.attacker.example", false);
    }
}
