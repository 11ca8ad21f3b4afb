//! Names of functions.

use std::fmt;

use partita_model::name::Scope;
use serde::{Deserialize, Serialize};

/// A function's name with its version or alias, if one was given: `indexer`, `indexer:live`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FunctionName(String);

/// The longest name without a version, as the service has it.
const NAME_CHARACTERS_MAX: usize = 64;

impl FunctionName {
    /// Takes a name, an ARN, or an ARN's end from region, account or `function:` on, each with or without a version. Region and
    /// account are not looked at: which functions there are is the endpoint's business. `None` if it is none of these.
    pub fn parse(given: &str) -> Option<Self> {
        let parts: Vec<_> = given.split(':').collect();
        let (base, version) = match own(&parts) {
            [base] => (base, None),
            [base, version] => (base, Some(version)),
            _ => return None,
        };
        let is_version = |text: &&str| !text.is_empty() && is_word(text.strip_prefix('$').unwrap_or(text));
        let fits = is_name(base) && version.is_none_or(is_version);
        fits.then(|| Self(version.map_or_else(|| (*base).to_owned(), |version| format!("{base}:{version}"))))
    }

    /// The name, with its version.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ARN the function has for clients.
    pub fn arn(&self, scope: &Scope) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", scope.region, scope.account_id, self.0)
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The parts behind all prefixes. As in the service's pattern each prefix stands at the beginning only, is taken where it can be
/// one, and is the function's own name where nothing else would be left for that.
fn own<'a, 'b>(parts: &'b [&'a str]) -> &'b [&'a str] {
    let scoped = match parts {
        ["arn", _, "lambda", _, account, rest @ ..] if is_account(account) => rest,
        [account, rest @ ..] if is_account(account) && begins_with_name(rest) => rest,
        // The region, not a name: that has one part behind it.
        [_, account, rest @ ..] if is_account(account) && begins_with_name(rest) => rest,
        parts => parts,
    };
    match scoped {
        ["function", rest @ ..] if begins_with_name(rest) => rest,
        scoped => scoped,
    }
}

fn begins_with_name(parts: &[&str]) -> bool {
    parts.first().is_some_and(|name| is_name(name))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_CHARACTERS_MAX && is_word(text)
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_many_ways() {
        for (given, name) in [
            ("indexer", "indexer"),
            ("indexer:live", "indexer:live"),
            ("arn:aws:lambda:us-west-2:123456789012:function:indexer", "indexer"),
            ("arn:aws:lambda:us-west-2:123456789012:function:indexer:$LATEST", "indexer:$LATEST"),
            ("us-west-2:123456789012:function:indexer:live", "indexer:live"),
            ("123456789012:function:indexer", "indexer"),
            ("123456789012:function:indexer:live", "indexer:live"),
            ("123456789012:indexer", "indexer"),
            ("function:indexer", "indexer"),
            ("function:indexer:live", "indexer:live"),
        ] {
            assert_eq!(FunctionName::parse(given).unwrap().as_str(), name, "{given}");
        }
    }

    #[test]
    fn prefixes_are_parts_at_the_beginning() {
        for (given, name) in [
            ("my-function", "my-function"),
            ("my-function:v1", "my-function:v1"),
            ("order-function:prod", "order-function:prod"),
            ("function", "function"),
            ("functions:v1", "functions:v1"),
            ("function:function", "function"),
            ("function:function:v1", "function:v1"),
            ("function:$LATEST", "function:$LATEST"),
            ("123456789012", "123456789012"),
            ("123456789012:$LATEST", "123456789012:$LATEST"),
            ("123456789012:function", "function"),
            ("123456789012:my-function:v1", "my-function:v1"),
            ("arn:aws:lambda:us-west-2:123456789012:function:my-function:v1", "my-function:v1"),
            ("arn:aws:lambda:us-west-2:123456789012:function:function:v1", "function:v1"),
        ] {
            assert_eq!(FunctionName::parse(given).unwrap().as_str(), name, "{given}");
        }
    }

    #[test]
    fn other_texts_name_no_function() {
        let long = "x".repeat(65);
        for given in [
            "",
            "a b",
            "a/b",
            "indexer:",
            ":live",
            "a:b:c",
            "my-function:indexer:live",
            "indexer:function:live",
            "arn:aws:sqs:us-west-2:1:queue",
            "arn:aws:sqs:us-west-2:123456789012:function:indexer",
            "arn:aws:lambda:us-west-2:123456789012:function:",
            "arn:aws:lambda:us-west-2:12345678901:function:indexer",
            "function:",
            &long,
        ] {
            assert_eq!(FunctionName::parse(given), None, "{given}");
        }
    }
}
