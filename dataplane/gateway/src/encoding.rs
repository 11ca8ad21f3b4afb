//! Compressed bodies, both ways. Work on what strangers send is bounded: decompression stops at the limit of a body.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};

/// Answers of at most this size are sent as they are: they fit into one packet, so compressing them saves no time.
pub(crate) const COMPRESS_ABOVE_BYTES: usize = 1400;

/// A content coding of RFC 9110.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// The zlib format.
    Deflate,
}

/// A `Content-Encoding` that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownCoding;

/// Why a body cannot be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// It is larger than allowed.
    TooLarge,
    /// It is not what it says it is.
    Malformed,
}

impl Coding {
    /// The name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// How a request's body is compressed; `None` when it is not.
    pub(crate) fn of_request(headers: &HeaderMap) -> Result<Option<Self>, UnknownCoding> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(UnknownCoding);
        }
        let name = value.to_str().map_err(|_| UnknownCoding)?.trim();
        if name.is_empty() || name.eq_ignore_ascii_case("identity") {
            return Ok(None);
        }
        Self::from_name(name).map(Some).ok_or(UnknownCoding)
    }

    /// The coding a caller likes best for the answer, gzip first among equals; `None` when it takes neither.
    pub(crate) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let offers = values.flat_map(|value| value.split(',')).filter_map(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let coding = Self::from_name(parts.next()?)?;
            let weight =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
            (weight > 0.0_f32).then_some((weight, coding))
        });
        offers
            .max_by(|one, other| one.0.total_cmp(&other.0).then(rank(one.1).cmp(&rank(other.1))))
            .map(|best| best.1)
    }

    fn from_name(name: &str) -> Option<Self> {
        // RFC 9110 wants the old name understood.
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            Some(Self::Gzip)
        } else {
            name.eq_ignore_ascii_case("deflate").then_some(Self::Deflate)
        }
    }

    /// The body without its compression, if that is at most `limit` bytes.
    pub(crate) fn decode(self, body: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
        match self {
            Self::Gzip => read_bounded(MultiGzDecoder::new(body), limit),
            Self::Deflate => read_bounded(ZlibDecoder::new(body), limit),
        }
    }

    /// The body compressed.
    pub(crate) fn encode(self, body: &[u8]) -> Vec<u8> {
        // Fast: on a network inside a data centre, more effort costs more time than it saves.
        let (target, level) = (Vec::with_capacity(body.len() / 4), Compression::fast());
        let compressed = match self {
            Self::Gzip => write_all(GzEncoder::new(target, level), body, GzEncoder::finish),
            Self::Deflate => write_all(ZlibEncoder::new(target, level), body, ZlibEncoder::finish),
        };
        compressed.expect("writing to memory does not fail")
    }
}

fn rank(coding: Coding) -> u8 {
    match coding {
        Coding::Deflate => 0,
        Coding::Gzip => 1,
    }
}

fn write_all<W: Write>(
    mut encoder: W,
    body: &[u8],
    finish: impl FnOnce(W) -> io::Result<Vec<u8>>,
) -> io::Result<Vec<u8>> {
    encoder.write_all(body)?;
    finish(encoder)
}

fn read_bounded(decoder: impl Read, limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut body = Vec::new();
    // One byte more than allowed tells that there is more.
    let limit_bytes = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(limit_bytes).read_to_end(&mut body).map_err(|_| DecodeError::Malformed)?;
    if body.len() > limit { Err(DecodeError::TooLarge) } else { Ok(body) }
}

#[cfg(test)]
mod tests;
