//! Where an HTTP answer ends.

use crate::error::Lost;

/// Headers of an answer. Services of this kind send about ten.
const HEADERS_MAX: usize = 64;

/// What the head of an answer says of the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Its own length.
    pub(super) bytes: usize,
    pub(super) length: Length,
    pub(super) keep_alive: bool,
}

/// How long the body is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Length {
    Bytes(usize),
    Chunked,
}

impl Head {
    /// Reads a head; `None` if more bytes are needed.
    pub(super) fn read(input: &[u8]) -> Result<Option<Self>, Lost> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer.parse(input).map_err(|_| Lost::Malformed("its head cannot be read"))?;
        let httparse::Status::Complete(bytes) = parsed else { return Ok(None) };
        let (mut length, mut keep_alive) = (None, answer.version == Some(1));
        for header in answer.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                let value =
                    std::str::from_utf8(header.value).ok().and_then(|value| value.trim().parse().ok());
                let value = value.ok_or(Lost::Malformed("its Content-Length is no number"))?;
                length.get_or_insert(Length::Bytes(value));
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                // It outweighs a Content-Length (RFC 9112, 6.3).
                length = Some(Length::Chunked);
            } else if header.name.eq_ignore_ascii_case("connection") {
                keep_alive = !header.value.eq_ignore_ascii_case(b"close");
            }
        }
        let length = length.ok_or(Lost::Malformed("it does not say how long it is"))?;
        Ok(Some(Self { status: answer.code.unwrap_or_default(), bytes, length, keep_alive }))
    }
}

/// Joins the chunks of a body that begins at `start`, in place, and returns its end; `None`, and nothing changed, if more bytes are needed.
pub(super) fn unchunk(input: &mut [u8], start: usize) -> Result<Option<usize>, Lost> {
    let mut chunks = Vec::new();
    let mut at = start;
    loop {
        let rest = input.get(at..).unwrap_or_default();
        let wrong = || Lost::Malformed("its chunks cannot be read");
        let parsed = httparse::parse_chunk_size(rest).map_err(|_| wrong())?;
        let httparse::Status::Complete((size_line, size)) = parsed else { return Ok(None) };
        let begin = at + size_line;
        let end = usize::try_from(size).ok().and_then(|size| begin.checked_add(size)).ok_or_else(wrong)?;
        at = end.checked_add(2).ok_or_else(wrong)?;
        match input.get(end..at) {
            None => return Ok(None),
            Some(b"\r\n") if size == 0 => break,
            Some(b"\r\n") => chunks.push(begin..end),
            // Trailers would stand here; nobody sends them to a client that did not ask.
            Some(_) => return Err(wrong()),
        }
    }
    let mut to = start;
    for chunk in chunks {
        let length = chunk.len();
        input.copy_within(chunk, to);
        to += length;
    }
    Ok(Some(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_say_how_long_the_body_is() {
        let head = |text: &str| Head::read(text.as_bytes());
        assert!(head("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n").unwrap().is_none());
        let full = head("HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\n{}").unwrap().unwrap();
        assert_eq!(full, Head { status: 400, bytes: 39, length: Length::Bytes(2), keep_alive: true });
        let chunked = head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: Close\r\n\r\n");
        let chunked = chunked.unwrap().unwrap();
        assert_eq!((chunked.length, chunked.keep_alive), (Length::Chunked, false));
        assert!(
            head("HTTP/1.1 200 OK\r\n\r\n").is_err(),
            "a length that only the end of the connection tells"
        );
        assert!(head("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
        assert!(head("SSH-2.0-OpenSSH\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_joined_once_all_are_there() {
        let whole = b"head4\r\nPart\r\n3;x=y\r\nita\r\n0\r\n\r\n";
        for end in 4..whole.len() {
            let mut input = whole[..end].to_vec();
            assert_eq!(unchunk(&mut input, 4).unwrap(), None, "{end}");
            assert_eq!(input, whole[..end], "nothing moved");
        }
        let mut input = whole.to_vec();
        let end = unchunk(&mut input, 4).unwrap().unwrap();
        assert_eq!(&input[4..end], b"Partita");
        assert!(unchunk(&mut b"4\r\nPart!!".to_vec(), 0).is_err());
        assert!(unchunk(&mut b"x\r\n".to_vec(), 0).is_err());
        assert!(unchunk(&mut b"ffffffffffffffff\r\n".to_vec(), 0).is_err());
    }
}
