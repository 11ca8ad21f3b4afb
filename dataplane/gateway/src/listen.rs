//! Where a server may listen.

use std::net::SocketAddr;

/// An address that would give everybody on the network everybody's data. The operator's fault; the message says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "refusing to listen on {address} without credentials: whoever can reach that address could read and change everything. \
     Set PARTITA_ACCESS_KEY_ID and PARTITA_SECRET_ACCESS_KEY, or name a credentials file, or listen on a loopback address \
     such as 127.0.0.1"
)]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
}

/// Whether a server may listen on `address`: anywhere when it checks signatures, only on the machine itself when not.
///
/// # Errors
/// Refuses every address but loopback ones when there are no credentials.
pub fn may_listen(address: SocketAddr, has_credentials: bool) -> Result<(), ListenError> {
    // `::ffff:127.0.0.1` is the loopback address too.
    if has_credentials || address.ip().to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(ListenError { address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_credentials_only_loopback_is_allowed() {
        for (address, local) in [
            ("127.0.0.1:8000", true),
            ("127.9.9.9:0", true),
            ("[::1]:8000", true),
            ("[::ffff:127.0.0.1]:8000", true),
            ("0.0.0.0:8000", false),
            ("[::]:8000", false),
            ("192.0.2.1:8000", false),
            ("[::ffff:192.0.2.1]:8000", false),
        ] {
            let address: SocketAddr = address.parse().expect("an address");
            assert_eq!(may_listen(address, false).is_ok(), local, "{address}");
            assert_eq!(may_listen(address, true), Ok(()), "{address}");
        }
    }

    #[test]
    fn the_refusal_says_what_to_do() {
        let address: SocketAddr = "0.0.0.0:8000".parse().expect("an address");
        let text = may_listen(address, false).expect_err("open to all").to_string();
        for part in ["0.0.0.0:8000", "PARTITA_ACCESS_KEY_ID", "127.0.0.1"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
