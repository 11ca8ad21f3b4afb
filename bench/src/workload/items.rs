//! Items as requests carry them, of an exact size.

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Layout, QUERY_ITEMS};

/// Values begin anywhere in this many random bytes, so that neighbours differ and compression finds little.
const POOL_BYTES: usize = 64 * 1024;
/// Characters that JSON does not escape.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// `key-` and twelve digits.
const KEY_BYTES: usize = 16;

/// Writes items of one layout and size.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    layout: Layout,
    value_bytes: usize,
    pool: std::sync::Arc<[u8]>,
}

impl Items {
    /// `item_bytes` as the service counts them; counters are as small as they are.
    pub(crate) fn new(layout: Layout, item_bytes: usize, seed: u64) -> Self {
        let fixed = match layout {
            Layout::Plain => "id".len() + KEY_BYTES + "value".len(),
            Layout::Lists => "id".len() + KEY_BYTES + "part".len() + 1 + "value".len(),
            Layout::Indexed => "id".len() + KEY_BYTES + "group".len() + KEY_BYTES + "value".len(),
            Layout::Counters => item_bytes,
        };
        let value_bytes = item_bytes.saturating_sub(fixed);
        let mut random = SmallRng::seed_from_u64(seed);
        let pool: std::sync::Arc<[u8]> =
            (0..POOL_BYTES + value_bytes).map(|_| ALPHABET[random.random_range(0..64)]).collect();
        Self { layout, value_bytes, pool }
    }

    /// Appends item number `number` with a random value.
    pub(crate) fn write(&self, number: u64, random: &mut SmallRng, body: &mut Vec<u8>) {
        body.extend_from_slice(b"{\"id\":{\"S\":\"");
        match self.layout {
            Layout::Plain => write_key(number, body),
            Layout::Counters => {
                write_key(number, body);
                body.extend_from_slice(b"\"},\"hits\":{\"N\":\"0\"}}");
                return;
            }
            Layout::Lists => {
                write_key(number / QUERY_ITEMS, body);
                body.extend_from_slice(b"\"},\"part\":{\"S\":\"");
                body.push(digit(number));
            }
            Layout::Indexed => {
                write_key(number, body);
                body.extend_from_slice(b"\"},\"group\":{\"S\":\"");
                write_key(number / QUERY_ITEMS, body);
            }
        }
        body.extend_from_slice(b"\"},\"value\":{\"S\":\"");
        let from = random.random_range(0..POOL_BYTES);
        // The pool is longer than any start by one value.
        body.extend_from_slice(&self.pool[from..from + self.value_bytes]);
        body.extend_from_slice(b"\"}}");
    }
}

/// Appends the partition key `key-<number>`.
pub(crate) fn write_key(number: u64, body: &mut Vec<u8>) {
    let mut key = *b"key-000000000000";
    let mut rest = number;
    for place in key.iter_mut().rev() {
        if rest == 0 {
            break;
        }
        *place = digit(rest);
        rest /= 10;
    }
    body.extend_from_slice(&key);
}

fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).expect("a digit is below ten")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn item(layout: Layout, number: u64) -> Value {
        let mut body = Vec::new();
        Items::new(layout, 1_024, 1).write(number, &mut SmallRng::seed_from_u64(1), &mut body);
        serde_json::from_slice(&body).unwrap()
    }

    /// The service's own measure of strings: names and values in UTF-8.
    fn size(item: &Value) -> usize {
        let attributes = item.as_object().unwrap();
        attributes.iter().map(|(name, value)| name.len() + value["S"].as_str().unwrap().len()).sum()
    }

    #[test]
    fn items_have_the_size_asked_for() {
        assert_eq!(size(&item(Layout::Plain, 42)), 1_024);
        assert_eq!(size(&item(Layout::Lists, 42)), 1_024);
        assert_eq!(size(&item(Layout::Indexed, 42)), 1_024);
    }

    #[test]
    fn keys_are_of_one_length_and_lists_of_ten() {
        assert_eq!(item(Layout::Plain, 0)["id"]["S"], "key-000000000000");
        assert_eq!(item(Layout::Plain, 999_999_999_999)["id"]["S"], "key-999999999999");
        let item = item(Layout::Lists, 427);
        assert_eq!((&item["id"]["S"], &item["part"]["S"]), (&"key-000000000042".into(), &"7".into()));
        let item = self::item(Layout::Indexed, 427);
        let (id, group) = ("key-000000000427".into(), "key-000000000042".into());
        assert_eq!((&item["id"]["S"], &item["group"]["S"]), (&id, &group));
    }
}
