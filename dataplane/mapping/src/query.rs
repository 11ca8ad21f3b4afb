//! Queries of Lambda's API for event source mappings.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is escaped in a query: everything but RFC 3986's unreserved characters, as signatures have it.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a query as it was sent, decoded. What is no UTF-8 becomes a replacement character.
pub fn parameters(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// The same parameters in one spelling, for a query that is passed on and signed anew: of odd ones (`%zz`, `%ff`) signer and
/// verifier may have different opinions.
pub fn respell(query: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
    let pairs = parameters(query).into_iter();
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{}={}", encode(&name), encode(&value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let expected = [("EventSourceArn", "arn:aws/x y"), ("MaxItems", "5")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters("EventSourceArn=arn%3Aaws%2Fx+y&MaxItems=5"), expected);
        assert!(parameters("").is_empty());
    }

    #[test]
    fn a_query_is_spelled_in_one_way() {
        for (sent, spelled) in [
            ("", ""),
            ("MaxItems=5&Marker=a-b_c.d~e", "MaxItems=5&Marker=a-b_c.d~e"),
            ("EventSourceArn=arn:aws/x", "EventSourceArn=arn%3Aaws%2Fx"),
            ("a=b+c%20d", "a=b%20c%20d"),
            ("a=%ff", "a=%EF%BF%BD"),
            ("a=%zz%", "a=%25zz%25"),
            ("a='\"{<é", "a=%27%22%7B%3C%C3%A9"),
            ("&&a=&b", "a="),
        ] {
            assert_eq!(respell(sent), spelled, "{sent}");
            assert_eq!(respell(spelled), spelled, "{sent}");
        }
    }
}
