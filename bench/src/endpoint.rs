//! Where requests go.

use crate::error::Error;

/// An endpoint: `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Value of the Host header.
    pub(crate) authority: String,
    /// What to connect to.
    pub(crate) address: String,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`Error::Endpoint`] for anything but `http://host[:port][/]`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why| Error::Endpoint { endpoint: text.to_owned(), why };
        let url: http::Uri = text.parse().map_err(|_| wrong("write it as http://host:port"))?;
        match url.scheme_str() {
            Some("http") => {}
            // The figures would be those of the TLS library on both sides.
            Some("https") => return Err(wrong("TLS is not measured; take the plain endpoint behind it")),
            _ => return Err(wrong("it begins with http://")),
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(wrong("an endpoint has no path"));
        }
        let authority = url.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("an endpoint has no user"));
        }
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { authority: authority.as_str().to_owned(), address: format!("{}:{port}", authority.host()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_sdks_take_as_an_endpoint() {
        for (text, authority, address) in [
            ("http://127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1:8000"),
            ("http://partita.db.svc/", "partita.db.svc", "partita.db.svc:80"),
            ("http://[::1]:8000", "[::1]:8000", "[::1]:8000"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.authority.as_str(), endpoint.address.as_str()), (authority, address));
        }
    }

    #[test]
    fn says_what_is_wrong_with_others() {
        for (text, expected) in [
            ("https://127.0.0.1:8000", "TLS"),
            ("127.0.0.1:8000", "http://"),
            ("http://127.0.0.1:8000/path", "no path"),
            ("http://me@127.0.0.1:8000", "no user"),
            ("", "http://"),
        ] {
            let error = Endpoint::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
