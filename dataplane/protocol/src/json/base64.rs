//! Binary values: padded base64 in JSON strings.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use bytes::Bytes;
use serde_json::Value;

use super::{unexpected_structure, unrecognized_collection};
use crate::ServiceError;

/// A `Blob`.
pub(super) fn binary(value: Value) -> Result<Bytes, ServiceError> {
    match value {
        Value::String(text) => decode(&text),
        Value::Object(_) => Err(unexpected_structure()),
        Value::Array(_) => Err(unrecognized_collection("class java.nio.ByteBuffer")),
        _ => Err(ServiceError::serialization("only base-64-encoded strings are convertible to bytes")),
    }
}

fn decode(text: &str) -> Result<Bytes, ServiceError> {
    if !text.len().is_multiple_of(4) {
        return Err(ServiceError::serialization(format!(
            "Base64 encoded length is expected a multiple of 4 bytes but found: {}",
            text.len()
        )));
    }
    exactly(text).map_err(|error| match error {
        DecodeError::InvalidByte(_, byte) => {
            ServiceError::serialization(format!("Invalid Base64 character: '{}'", char::from(byte)))
        }
        // The misspelling is the service's.
        _ => ServiceError::serialization("Invalid last non-pad Base64 character dectected"),
    })
}

/// The bytes of a `Blob` without a fault.
pub(super) fn decode_plain(text: &str) -> Option<Bytes> {
    if text.len().is_multiple_of(4) { exactly(text).ok() } else { None }
}

/// Decodes into an allocation of just the size, so that [`Bytes`] need no second one.
fn exactly(text: &str) -> Result<Bytes, DecodeError> {
    let padding = text.bytes().rev().take(2).take_while(|byte| *byte == b'=').count();
    let mut bytes = vec![0; (text.len() / 4 * 3).saturating_sub(padding)];
    let written = STANDARD.decode_slice(text, &mut bytes);
    match written {
        Ok(length) if length == bytes.len() => Ok(Bytes::from(bytes)),
        // The padding was not what it seemed: the plain way knows what is wrong.
        _ => STANDARD.decode(text).map(Bytes::from),
    }
}

/// The text of a `Blob`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Appends the text of a `Blob`.
pub(crate) fn encode_to(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let text = out.get_mut(start..).expect("the vector has just grown beyond its start");
    STANDARD.encode_slice(bytes, text).expect("padded base64 takes four bytes for each three begun");
}
