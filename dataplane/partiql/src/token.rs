//! Tokens of a statement, each with its place.

use std::iter::Peekable;
use std::str::Chars;

use partita_protocol::error::{Malformation, Span};

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) at: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A keyword or a bare name, as written.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A string in single quotes.
    Text(String),
    /// A number without a sign, as written.
    Number(String),
    Symbol(Symbol),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Star,
    Slash,
    Percent,
    Plus,
    Minus,
    Concat,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftBag,
    RightBag,
    Comma,
    Colon,
    Dot,
    Semicolon,
    Parameter,
}

impl Symbol {
    /// All symbols, longer ones before those that they begin with.
    const ALL: [(&'static str, Self); 26] = [
        ("||", Self::Concat),
        ("<>", Self::Ne),
        ("!=", Self::Ne),
        ("<=", Self::Le),
        (">=", Self::Ge),
        ("<<", Self::LeftBag),
        (">>", Self::RightBag),
        ("<", Self::Lt),
        (">", Self::Gt),
        ("=", Self::Eq),
        ("*", Self::Star),
        ("/", Self::Slash),
        ("%", Self::Percent),
        ("+", Self::Plus),
        ("-", Self::Minus),
        ("(", Self::LeftParen),
        (")", Self::RightParen),
        ("[", Self::LeftBracket),
        ("]", Self::RightBracket),
        ("{", Self::LeftBrace),
        ("}", Self::RightBrace),
        (",", Self::Comma),
        (":", Self::Colon),
        (".", Self::Dot),
        (";", Self::Semicolon),
        ("?", Self::Parameter),
    ];
}

/// The tokens of a statement; the last one, and only that, is [`Token::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Lexeme>, Malformation> {
    let mut reader = Reader { rest: text.chars().peekable(), line: 1, column: 1 };
    let mut lexemes = Vec::new();
    loop {
        reader.skip_blanks()?;
        let (line, column) = (reader.line, reader.column);
        let token = reader.token()?;
        let end = token == Token::End;
        // Only a quoted token goes over a line's end, and no error points at one that does.
        let length = reader.column.saturating_sub(column);
        lexemes.push(Lexeme { token, at: Span { line, column, length } });
        if end {
            return Ok(lexemes);
        }
    }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let found = self.rest.next()?;
        match found {
            '\n' => (self.line, self.column) = (self.line + 1, 1),
            _ => self.column += 1,
        }
        Some(found)
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        match self.rest.peek() {
            Some(found) if wanted(*found) => self.next(),
            _ => None,
        }
    }

    fn begins_with(&self, text: &str) -> bool {
        let mut rest = self.rest.clone();
        text.chars().all(|wanted| rest.next() == Some(wanted))
    }

    fn skip(&mut self, text: &str) {
        text.chars().for_each(|_| {
            self.next();
        });
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) -> Result<(), Malformation> {
        loop {
            if self.next_if(char::is_whitespace).is_some() {
                continue;
            }
            if self.begins_with("--") {
                while self.next_if(|found| found != '\n').is_some() {}
            } else if self.begins_with("/*") {
                self.skip("/*");
                while !self.begins_with("*/") {
                    self.next().ok_or(Malformation::Unreadable)?;
                }
                self.skip("*/");
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Malformation> {
        let Some(first) = self.rest.peek().copied() else { return Ok(Token::End) };
        if begins_name(first) {
            return Ok(Token::Word(self.take_while(continues_name)));
        }
        if first == '"' {
            return self.quoted('"').map(Token::Quoted);
        }
        if first == '\'' {
            return self.quoted('\'').map(Token::Text);
        }
        let mut after = self.rest.clone();
        after.next();
        if first.is_ascii_digit() || (first == '.' && after.next().is_some_and(|c| c.is_ascii_digit())) {
            return self.number().map(Token::Number);
        }
        let found = Symbol::ALL.into_iter().find(|(spelling, _)| self.begins_with(spelling));
        let (spelling, symbol) = found.ok_or(Malformation::Unreadable)?;
        self.skip(spelling);
        Ok(Token::Symbol(symbol))
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.next_if(&wanted)).collect()
    }

    /// What stands between two quotes; a doubled quote stands for one.
    fn quoted(&mut self, quote: char) -> Result<String, Malformation> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next().ok_or(Malformation::Unreadable)? {
                found if found != quote => text.push(found),
                _ if self.next_if(|found| found == quote).is_some() => text.push(quote),
                _ => return Ok(text),
            }
        }
    }

    /// Digits, a point and an exponent. The service holds a number by its scale, the digits after the point less the exponent,
    /// and reads none whose exponent or scale has more than 32 bits.
    fn number(&mut self) -> Result<String, Malformation> {
        let mut text = self.take_while(|found| found.is_ascii_digit());
        let mut decimals = 0;
        if self.next_if(|found| found == '.').is_some() {
            let fraction = self.take_while(|found| found.is_ascii_digit());
            decimals = fraction.len() as i64;
            text.push('.');
            text.push_str(&fraction);
        }
        if let Some(e) = self.next_if(|found| matches!(found, 'e' | 'E')) {
            let mut exponent: String = self.next_if(|found| matches!(found, '+' | '-')).into_iter().collect();
            exponent.push_str(&self.take_while(|found| found.is_ascii_digit()));
            let value: i32 = exponent.parse().map_err(|_| Malformation::Unreadable)?;
            i32::try_from(decimals - i64::from(value)).map_err(|_| Malformation::Unreadable)?;
            text.push(e);
            text.push_str(&exponent);
        }
        match self.next_if(continues_name) {
            Some(_) => Err(Malformation::Unreadable),
            None => Ok(text),
        }
    }
}

fn begins_name(found: char) -> bool {
    found.is_ascii_alphabetic() || matches!(found, '_' | '$')
}

fn continues_name(found: char) -> bool {
    begins_name(found) || found.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let lexemes = tokens(text).expect(text);
        lexemes.iter().map(|lexeme| format!("{:?} {}", lexeme.token, lexeme.at)).collect()
    }

    #[test]
    fn tokens_have_places() {
        assert_eq!(
            shown("a.\"b\"\"c\" <>\n 'it''s'"),
            [
                "Word(\"a\") 1:1:1",
                "Symbol(Dot) 1:2:1",
                "Quoted(\"b\\\"c\") 1:3:6",
                "Symbol(Ne) 1:10:2",
                "Text(\"it's\") 2:2:7",
                "End 2:9:0",
            ]
        );
        assert_eq!(
            shown("<<1,.5e-3>>?"),
            [
                "Symbol(LeftBag) 1:1:2",
                "Number(\"1\") 1:3:1",
                "Symbol(Comma) 1:4:1",
                "Number(\".5e-3\") 1:5:5",
                "Symbol(RightBag) 1:10:2",
                "Symbol(Parameter) 1:12:1",
                "End 1:13:0",
            ]
        );
    }

    #[test]
    fn comments_are_blanks() {
        let words = |text| tokens(text).map(|found| found.len());
        assert_eq!(words("a -- b 'c\n/* d\n */ e/**/f --"), Ok(4));
        assert_eq!(words("a /* b"), Err(Malformation::Unreadable));
    }

    #[test]
    fn what_cannot_be_read_is_malformed() {
        for text in
            ["'a", "\"a", "#", "a @b", "`1`", "1e", "1ab", "1e2147483648", "1.5e-2147483647", "!", "é"]
        {
            assert_eq!(tokens(text), Err(Malformation::Unreadable), "{text}");
        }
        assert!(tokens("1e2147483647").is_ok());
    }
}
