//! New access keys, in the shape of AWS's: tools that check the shape take them.

use partita_kubernetes::{AccessKey, SecretSource};
use rand::seq::IndexedRandom as _;

/// What ids begin with. AWS's own begin with `AKIA`, so that neither is taken for the other.
const ID_PREFIX: &str = "PRTA";
/// Characters after the prefix: 16 of 32 are 80 bits, so that no two keys meet.
const ID_CHARACTERS: usize = 16;
const ID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 40 characters of 62 are 238 bits.
const SECRET_CHARACTERS: usize = 40;
/// Neither '+' nor '/', which AWS's secrets have: many a script forgets to quote them.
const SECRET_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Access keys from the machine's source of randomness.
#[derive(Debug)]
pub(super) struct RandomAccessKeys;

impl SecretSource for RandomAccessKeys {
    fn access_key(&self) -> AccessKey {
        let id = format!("{ID_PREFIX}{}", random(ID_ALPHABET, ID_CHARACTERS));
        AccessKey::new(id, random(SECRET_ALPHABET, SECRET_CHARACTERS))
    }
}

fn random(alphabet: &[u8], characters: usize) -> String {
    let mut randomness = rand::rng();
    let one = || alphabet.choose(&mut randomness).copied().expect("an alphabet has letters");
    std::iter::repeat_with(one).map(char::from).take(characters).collect()
}

#[cfg(test)]
mod tests {
    use partita_identity::{AccessKeyId, SecretKey};

    use super::*;

    #[test]
    fn keys_are_usable_and_never_the_same() {
        let (one, other) = (RandomAccessKeys.access_key(), RandomAccessKeys.access_key());
        assert_eq!((one.id().len(), one.secret().len()), (20, 40));
        AccessKeyId::new(one.id()).unwrap();
        SecretKey::new(one.secret()).unwrap();
        assert!(one.id() != other.id() && one.secret() != other.secret());
    }
}
