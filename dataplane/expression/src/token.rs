//! Tokens of the expression languages. Reading tokens never fails: a character that belongs to none is a token of its own,
//! which no grammar accepts.

/// Room for the tokens of most expressions, so that their list does not grow.
const TOKENS_USUAL: usize = 16;

/// A token and where it stands in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'t str,
    start: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A letter, then letters, digits and `_`: a name, a keyword or a function.
    Word,
    /// `#name`.
    Name,
    /// `:value`.
    Value,
    /// Digits.
    Digits,
    /// An operator or a punctuation mark.
    Mark,
    /// A character that no expression has.
    Unknown,
}

/// The tokens of `text`, without the white space between them.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(TOKENS_USUAL.min(text.len()));
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = first(rest);
        if let (Some(kind), Some(text)) = (kind, rest.get(..length)) {
            tokens.push(Token { kind, text, start });
        }
        start += length;
    }
    tokens
}

/// The text from the start of the token before `index` to the end of the token after it, as syntax errors show it.
pub(crate) fn window<'t>(text: &'t str, tokens: &[Token<'t>], index: usize) -> &'t str {
    let last = tokens.len().saturating_sub(1);
    let from = tokens.get(index.saturating_sub(1).min(last)).map_or(0, |token| token.start);
    let to = tokens.get((index + 1).min(last)).map_or(0, |token| token.start + token.text.len());
    text.get(from..to).unwrap_or_default()
}

/// The kind of what `rest` begins with, `None` for white space, and its length in bytes, at least 1.
fn first(rest: &str) -> (Option<TokenKind>, usize) {
    let bytes = rest.as_bytes();
    match bytes {
        [b' ' | b'\t' | b'\r' | b'\n', ..] => (None, 1),
        [b'a'..=b'z' | b'A'..=b'Z', ..] => (Some(TokenKind::Word), run(bytes, is_name_byte)),
        [b'0'..=b'9', ..] => (Some(TokenKind::Digits), run(bytes, |byte| byte.is_ascii_digit())),
        [b'#', next, ..] if is_name_byte(next) => (Some(TokenKind::Name), 1 + run(&bytes[1..], is_name_byte)),
        [b':', next, ..] if is_name_byte(next) => {
            (Some(TokenKind::Value), 1 + run(&bytes[1..], is_name_byte))
        }
        [b'<', b'=' | b'>', ..] | [b'>', b'=', ..] => (Some(TokenKind::Mark), 2),
        [b'=' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b',' | b'.' | b'+' | b'-', ..] => {
            (Some(TokenKind::Mark), 1)
        }
        _ => (Some(TokenKind::Unknown), rest.chars().next().map_or(1, char::len_utf8)),
    }
}

fn run(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(byte)).count()
}

/// A byte of names and placeholders after their first.
pub(crate) fn is_name_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_'
}
