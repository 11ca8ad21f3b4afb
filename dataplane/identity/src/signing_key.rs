//! Signing keys: derived from a secret for one day and service, and kept for the requests of that day.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::credentials::{AccessKeyId, SecretKey};

/// A keyed hash ready to sign with.
pub(crate) type SigningKey = Hmac<Sha256>;

/// Keys kept at once. One is needed for each pair of access key and service, twice around midnight; 1,024 of about 200 bytes
/// serve an installation with hundreds of access keys, and beyond that deriving anew costs four hashes.
pub(crate) const SIGNING_KEYS_MAX: usize = 1024;

/// What a signing key is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose<'a> {
    /// `YYYYMMDD`.
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// The keys derived lately, of one region.
#[derive(Default)]
pub(crate) struct SigningKeys {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The few keys of each access key: one for each service, twice around midnight.
    by_id: HashMap<AccessKeyId, Vec<KeptKey>>,
    /// How many there are in all.
    count: usize,
}

struct KeptKey {
    date: String,
    service: String,
    key: SigningKey,
}

impl SigningKeys {
    /// The key of `secret` for `purpose`. The caller has checked the purpose, so that strangers cannot fill the cache.
    pub(crate) fn key(&self, id: &AccessKeyId, secret: &SecretKey, purpose: Purpose<'_>) -> SigningKey {
        // A panic while the lock was held cannot leave the map half changed in a way that matters: entries never change.
        if let Some(key) = self.kept.read().unwrap_or_else(PoisonError::into_inner).find(id, purpose) {
            return key.clone();
        }
        let key = derive(secret, purpose);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        // Two requests may have derived it at the same time.
        if kept.find(id, purpose).is_none() {
            kept.make_room(purpose.date);
            kept.insert(id, purpose, key.clone());
        }
        key
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(kept.count, kept.by_id.values().map(Vec::len).sum::<usize>());
        kept.count
    }
}

impl Kept {
    fn find(&self, id: &AccessKeyId, purpose: Purpose<'_>) -> Option<&SigningKey> {
        let fits = |kept: &&KeptKey| kept.date == purpose.date && kept.service == purpose.service;
        self.by_id.get(id)?.iter().find(fits).map(|kept| &kept.key)
    }

    fn insert(&mut self, id: &AccessKeyId, purpose: Purpose<'_>, key: SigningKey) {
        let kept = KeptKey { date: purpose.date.to_owned(), service: purpose.service.to_owned(), key };
        self.by_id.entry(id.clone()).or_default().push(kept);
        self.count += 1;
    }

    /// Forgets the keys of other days when the cache is full, and all of them when that is not enough.
    fn make_room(&mut self, today: &str) {
        if self.count < SIGNING_KEYS_MAX {
            return;
        }
        self.by_id.retain(|_, keys| {
            keys.retain(|kept| kept.date == today);
            !keys.is_empty()
        });
        self.count = self.by_id.values().map(Vec::len).sum();
        if self.count >= SIGNING_KEYS_MAX {
            *self = Self::default();
        }
    }
}

fn derive(secret: &SecretKey, purpose: Purpose<'_>) -> SigningKey {
    let day = tag(keyed(&[b"AWS4", secret.expose()].concat()), purpose.date);
    let region = tag(keyed(&day), purpose.region);
    let service = tag(keyed(&region), purpose.service);
    keyed(&tag(keyed(&service), "aws4_request"))
}

fn keyed(key: &[u8]) -> SigningKey {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn tag(key: SigningKey, text: &str) -> [u8; 32] {
    key.chain_update(text.as_bytes()).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSE: Purpose<'_> = Purpose { date: "20260101", region: "eu-west-1", service: "dynamodb" };

    fn signature(key: SigningKey) -> [u8; 32] {
        tag(key, "text")
    }

    #[test]
    fn a_kept_key_is_the_derived_one() {
        let keys = SigningKeys::default();
        let (id, secret) = (AccessKeyId::new("A").expect("an id"), SecretKey::new("s").expect("a secret"));
        let derived = signature(derive(&secret, PURPOSE));
        assert_eq!(signature(keys.key(&id, &secret, PURPOSE)), derived);
        assert_eq!(signature(keys.key(&id, &secret, PURPOSE)), derived);
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn each_part_of_the_purpose_makes_another_key() {
        let secret = SecretKey::new("s").expect("a secret");
        let all = [
            PURPOSE,
            Purpose { date: "20260102", ..PURPOSE },
            Purpose { region: "eu-west-2", ..PURPOSE },
            Purpose { service: "dax", ..PURPOSE },
        ]
        .map(|purpose| signature(derive(&secret, purpose)));
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
    }

    #[test]
    fn the_cache_never_grows_beyond_its_limit() {
        let keys = SigningKeys::default();
        let secret = SecretKey::new("s").expect("a secret");
        for at in 0..SIGNING_KEYS_MAX + 10 {
            let id = AccessKeyId::new(format!("A{at}")).expect("an id");
            keys.key(&id, &secret, PURPOSE);
            assert!(keys.len() <= SIGNING_KEYS_MAX);
        }
        assert_eq!(keys.len(), 10);
    }

    #[test]
    fn keys_of_other_days_go_first() {
        let keys = SigningKeys::default();
        let secret = SecretKey::new("s").expect("a secret");
        for at in 0..SIGNING_KEYS_MAX {
            let id = AccessKeyId::new(format!("A{at}")).expect("an id");
            let date = if at < 3 { "20260102" } else { "20260101" };
            keys.key(&id, &secret, Purpose { date, ..PURPOSE });
        }
        keys.key(&AccessKeyId::new("new").expect("an id"), &secret, Purpose { date: "20260102", ..PURPOSE });
        assert_eq!(keys.len(), 4);
    }
}
