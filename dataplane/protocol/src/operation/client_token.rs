//! Client request tokens, and what tells whether a token has come with the same request before.

use std::collections::BTreeMap;

use partita_model::codec::{encode_item, encode_value};
use partita_model::{AttributeValue, Item, limits};
use xxhash_rust::xxh3::Xxh3Default;

use crate::error::{Constraint, Place, Violations};
use crate::json::Text;

/// A token that lets a write transaction happen once, however often its request is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientToken {
    /// `ClientRequestToken`: 1 to 36 characters of the client's choice.
    pub text: String,
    /// What the request asks for. The same token with another fingerprint is a mistake of the caller.
    pub fingerprint: Fingerprint,
}

/// What a request with a token asks for, in 128 bits: equal for equal requests, and in all likelihood for no others.
///
/// It is made of the actions in their order: kind, table as given, item or key, the texts of the expressions, names and values;
/// or of the statements' texts and parameters. Values count by what they mean (`1.0` is `1`, sets have no order). The token
/// and what the answer is to show (`Return…`) do not count. Fingerprints outlive the process that made them: how they are
/// made does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint that [`Self::to_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// To be kept.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// A fingerprint in the making: XXH3 over the parts, each behind its length, so that no two lists of parts run together alike.
pub(crate) struct Digest(Xxh3Default);

impl Digest {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self(Xxh3Default::new())
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        self.count(text.iter().len());
        text.into_iter().for_each(|text| self.text(text));
    }

    pub(crate) fn item(&mut self, item: &Item) {
        self.bytes(&encode_item(item));
    }

    pub(crate) fn values(&mut self, values: &[AttributeValue]) {
        self.count(values.len());
        values.iter().for_each(|value| self.bytes(&encode_value(value)));
    }

    pub(crate) fn names(&mut self, names: Option<&BTreeMap<String, String>>) {
        self.count(names.map_or(0, BTreeMap::len));
        for (placeholder, name) in names.into_iter().flatten() {
            self.text(placeholder);
            self.text(name);
        }
    }

    pub(crate) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.digest128().to_be_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn count(&mut self, count: usize) {
        // The same on every machine.
        self.0.update(&(count as u64).to_be_bytes());
    }
}

/// Checks `ClientRequestToken`.
pub(crate) fn client_token(given: Option<&str>, violations: &mut Violations) {
    let place = Place::member("clientRequestToken");
    match given {
        Some("") => violations.add(place, "", Constraint::LengthMin(1)),
        Some(text) if text.chars().count() > limits::CLIENT_TOKEN_CHARACTERS_MAX => {
            violations.add(place, text, Constraint::LengthMax(limits::CLIENT_TOKEN_CHARACTERS_MAX));
        }
        _ => {}
    }
}

/// The token of a request whose fingerprint was made if there is one.
pub(crate) fn with_fingerprint(text: Option<Text<'_>>, digest: Option<Digest>) -> Option<ClientToken> {
    text.zip(digest)
        .map(|(text, digest)| ClientToken { text: text.into_owned(), fingerprint: digest.finish() })
}
