//! From the parser's events to objects, with the line of each field.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::{Map, Value};

use super::scalar::resolve;
use super::{Document, Fault};

/// Deepest nesting: more than twice that of any kind, and far from the end of the stack.
const DEPTH_MAX: usize = 64;
/// Most values in a document, aliases written out: bounds the memory a small file can ask for.
const VALUES_MAX: usize = 100_000;

/// Reads the documents of `text`, whose first line has the number `first_line`.
pub(super) fn read(text: &str, first_line: usize) -> Result<Vec<Document>, Fault> {
    let mut documents = Vec::new();
    let mut tree = Tree {
        parser: Parser::new_from_str(text),
        lines_before: first_line - 1,
        lines: BTreeMap::new(),
        anchors: BTreeMap::new(),
        values: 0,
    };
    loop {
        match tree.next()?.0 {
            Event::StreamEnd => return Ok(documents),
            Event::DocumentStart(_) => {
                tree.lines.clear();
                tree.anchors.clear();
                tree.values = 0;
                let (event, span) = tree.next()?;
                let line = tree.line(&span);
                let object = tree.value(event, &span, "", 0)?;
                if !object.is_null() {
                    documents.push(Document { object, line, lines: std::mem::take(&mut tree.lines) });
                }
            }
            _ => {}
        }
    }
}

struct Tree<'a> {
    parser: Parser<'a, StrInput<'a>>,
    lines_before: usize,
    lines: BTreeMap<String, usize>,
    /// Values with an anchor, and how many values each is.
    anchors: BTreeMap<usize, (Value, usize)>,
    values: usize,
}

impl<'a> Tree<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn line(&self, span: &Span) -> usize {
        self.lines_before + span.start.line().max(1)
    }

    fn fault(&self, span: &Span, field: &str, reason: impl Into<String>) -> Fault {
        Fault { line: self.line(span), field: field.to_owned(), reason: reason.into() }
    }

    fn syntax(&self, error: &ScanError) -> Fault {
        let line = self.lines_before + error.marker().line().max(1);
        Fault { line, field: String::new(), reason: format!("not valid YAML: {}", error.info()) }
    }

    fn count(&mut self, more: usize, span: &Span) -> Result<(), Fault> {
        self.values += more;
        if self.values > VALUES_MAX {
            return Err(self.fault(
                span,
                "",
                format!("a document cannot have more than {VALUES_MAX} values"),
            ));
        }
        Ok(())
    }

    fn value(&mut self, event: Event<'a>, span: &Span, path: &str, depth: usize) -> Result<Value, Fault> {
        if depth > DEPTH_MAX {
            return Err(self.fault(span, path, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.lines.entry(path.to_owned()).or_insert_with(|| self.lines_before + span.start.line().max(1));
        self.count(1, span)?;
        let before = self.values;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(&text, style, tag.as_deref())),
            Event::SequenceStart(anchor, _) => (anchor, self.sequence(path, depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(path, depth)?),
            Event::Alias(anchor) => return self.alias(anchor, span, path),
            other => return Err(self.fault(span, path, format!("a value is missing before {other:?}"))),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), self.values - before + 1));
        }
        Ok(value)
    }

    fn alias(&mut self, anchor: usize, span: &Span, path: &str) -> Result<Value, Fault> {
        let Some((value, size)) = self.anchors.get(&anchor).cloned() else {
            return Err(self.fault(span, path, "an alias inside the value it stands for"));
        };
        self.count(size, span)?;
        Ok(value)
    }

    fn sequence(&mut self, path: &str, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(items));
            }
            let item = self.value(event, &span, &format!("{path}[{}]", items.len()), depth + 1)?;
            items.push(item);
        }
    }

    fn mapping(&mut self, path: &str, depth: usize) -> Result<Value, Fault> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let (key, is_merge) = self.key(event, &span, path)?;
            let child = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if map.contains_key(&key) {
                return Err(self.fault(&span, &child, format!("key \"{key}\" already set in map")));
            }
            self.lines.insert(child.clone(), self.line(&span));
            let (event, value_span) = self.next()?;
            let value = self.value(event, &value_span, &child, depth + 1)?;
            if is_merge {
                merged.push((value, span));
            } else {
                map.insert(key, value);
            }
        }
        for (value, span) in merged {
            self.merge(&mut map, value, &span, path)?;
        }
        Ok(Value::Object(map))
    }

    /// The key's text, and whether it is YAML 1.1's `<<`.
    fn key(&self, event: Event<'a>, span: &Span, path: &str) -> Result<(String, bool), Fault> {
        let Event::Scalar(text, style, _, tag) = event else {
            return Err(self.fault(span, path, "a key must be a scalar"));
        };
        if style == ScalarStyle::Plain && text == "<<" {
            return Ok((text.into_owned(), true));
        }
        Ok(match scalar(&text, style, tag.as_deref()) {
            Value::String(key) => (key, false),
            other => (other.to_string(), false),
        })
    }

    /// Adds what a merge key brings; keys that are there win.
    fn merge(
        &self,
        map: &mut Map<String, Value>,
        value: Value,
        span: &Span,
        path: &str,
    ) -> Result<(), Fault> {
        let sources = match value {
            Value::Array(sources) => sources,
            source => vec![source],
        };
        for source in sources {
            let Value::Object(source) = source else {
                return Err(self.fault(
                    span,
                    path,
                    "map merge requires map or sequence of maps as the value",
                ));
            };
            for (key, value) in source {
                map.entry(key).or_insert(value);
            }
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
    match (core, style) {
        (Some("str"), _) => Value::String(text.to_owned()),
        (Some("int" | "float" | "bool" | "null"), _) | (_, ScalarStyle::Plain) => resolve(text),
        _ => Value::String(text.to_owned()),
    }
}
