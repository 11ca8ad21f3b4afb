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
    /// Takes a name, an ARN or the part of one that begins with the account. Region and account are not looked at: which functions
    /// there are is the endpoint's business. `None` if it is none of these.
    pub fn parse(given: &str) -> Option<Self> {
        let name = match given.split_once("function:") {
            Some((_, name)) => name,
            // `account:name` has no `function:`.
            None => match given.split_once(':') {
                Some((account, name))
                    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) =>
                {
                    name
                }
                _ => given,
            },
        };
        let (base, version) =
            name.split_once(':').map_or((name, None), |(base, version)| (base, Some(version)));
        let is_name =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let is_version = |text: &str| !text.is_empty() && is_name(text.strip_prefix('$').unwrap_or(text));
        let fits = !base.is_empty() && base.len() <= NAME_CHARACTERS_MAX && is_name(base);
        (fits && version.is_none_or(is_version)).then(|| Self(name.to_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_four_ways() {
        for (given, name) in [
            ("indexer", "indexer"),
            ("indexer:live", "indexer:live"),
            ("arn:aws:lambda:us-west-2:123456789012:function:indexer", "indexer"),
            ("arn:aws:lambda:us-west-2:123456789012:function:indexer:$LATEST", "indexer:$LATEST"),
            ("123456789012:function:indexer", "indexer"),
            ("123456789012:indexer", "indexer"),
        ] {
            assert_eq!(FunctionName::parse(given).unwrap().as_str(), name, "{given}");
        }
    }

    #[test]
    fn other_texts_name_no_function() {
        let long = "x".repeat(65);
        for given in
            ["", "a b", "a/b", "indexer:", "a:b:c", "arn:aws:sqs:us-west-2:1:queue", "function:", &long]
        {
            assert_eq!(FunctionName::parse(given), None, "{given}");
        }
    }
}
