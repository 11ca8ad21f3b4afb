//! One object in full, as `kubectl describe` prints an object whose kind it does not know.

use partita_model::clock::UnixMillis;
use serde_json::Value;

use crate::events::{Event, Severity};
use crate::table::age;

/// Words that a label shows in capitals.
const ACRONYMS: [&str; 14] =
    ["API", "ARN", "ID", "SSE", "KMS", "TTL", "URL", "UID", "IP", "JSON", "AWS", "ACK", "S3", "IAM"];

/// Describes `object` and its latest `events`. `now` gives ages. Ends with a line break.
pub fn describe(object: &Value, events: &[Event], now: UnixMillis) -> String {
    let metadata = &object["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Lines::default();
    lines.pair(0, "Name", &text(&metadata["name"]));
    lines.pair(0, "Namespace", &text(&metadata["namespace"]));
    lines.map(&metadata["labels"], "Labels");
    lines.map(&metadata["annotations"], "Annotations");
    lines.pair(0, "API Version", &text(&object["apiVersion"]));
    lines.pair(0, "Kind", &text(&object["kind"]));
    for (field, value) in object.as_object().into_iter().flatten() {
        if ["apiVersion", "kind"].contains(&field.as_str()) {
            continue;
        }
        let mut value = value.clone();
        if field == "metadata"
            && let Some(metadata) = value.as_object_mut()
        {
            for said in ["name", "namespace", "labels", "annotations", "managedFields"] {
                metadata.remove(said);
            }
        }
        lines.field(0, field, &value);
    }
    lines.events(events, now);
    lines.finish()
}

/// Lines of a label, or of a label and a value; values of neighbours are aligned.
#[derive(Default)]
struct Lines {
    lines: Vec<(String, Option<String>)>,
}

impl Lines {
    fn pair(&mut self, level: usize, label: &str, value: &str) {
        self.lines.push((format!("{}{label}:", indent(level)), Some(value.to_owned())));
    }

    fn heading(&mut self, level: usize, label: &str) {
        self.lines.push((format!("{}{label}:", indent(level)), None));
    }

    fn field(&mut self, level: usize, name: &str, value: &Value) {
        let label = label(name);
        match value {
            Value::Object(fields) => {
                self.heading(level, &label);
                fields.iter().for_each(|(name, value)| self.field(level + 1, name, value));
            }
            Value::Array(items) => {
                self.heading(level, &label);
                items.iter().for_each(|item| self.item(level + 1, item));
            }
            Value::String(text) => self.pair(level, &label, text),
            other => self.pair(level, &label, &other.to_string()),
        }
    }

    fn item(&mut self, level: usize, item: &Value) {
        match item {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| self.field(level, name, value)),
            Value::String(text) => self.lines.push((format!("{}{text}", indent(level)), None)),
            other => self.lines.push((format!("{}{other}", indent(level)), None)),
        }
    }

    /// A map of texts, such as labels, one to a line.
    fn map(&mut self, map: &Value, label: &str) {
        let mut label = label.to_owned();
        for (key, value) in map.as_object().into_iter().flatten() {
            let entry = format!("{key}={}", value.as_str().unwrap_or_default());
            let first = std::mem::take(&mut label);
            let first = if first.is_empty() { first } else { format!("{first}:") };
            self.lines.push((first, Some(entry)));
        }
        if !label.is_empty() {
            self.pair(0, &label, "<none>");
        }
    }

    fn events(&mut self, events: &[Event], now: UnixMillis) {
        if events.is_empty() {
            return self.pair(0, "Events", "<none>");
        }
        self.heading(0, "Events");
        let rows: Vec<[String; 4]> = events.iter().map(|event| row(event, now)).collect();
        let titles = ["Type", "Reason", "Age", "Message"].map(str::to_owned);
        let rules = titles.clone().map(|title| "-".repeat(title.len()));
        let table: Vec<&[String; 4]> = [&titles, &rules].into_iter().chain(&rows).collect();
        let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second, third) = (width(0), width(1), width(2));
        for [kind, reason, age, message] in table {
            let line = format!("  {kind:<first$}  {reason:<second$}  {age:<third$}  {message}");
            self.lines.push((line, None));
        }
    }

    fn finish(self) -> String {
        let mut text = String::new();
        let mut rest = &self.lines[..];
        while !rest.is_empty() {
            let aligned = rest.iter().take_while(|(_, value)| value.is_some()).count();
            let (block, after) = rest.split_at(aligned.max(1).min(rest.len()));
            let width = block.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + 2;
            for (label, value) in block {
                let line =
                    value.as_ref().map_or_else(|| label.clone(), |value| format!("{label:<width$}{value}"));
                text.push_str(line.trim_end());
                text.push('\n');
            }
            rest = after;
        }
        text
    }
}

fn row(event: &Event, now: UnixMillis) -> [String; 4] {
    let kind = match event.severity {
        Severity::Normal => "Normal",
        Severity::Warning => "Warning",
    };
    let age = age(&crate::admit::rfc3339(event.last), now);
    let age = if event.count > 1 { format!("{age} (x{})", event.count) } else { age };
    [kind.to_owned(), event.reason.clone(), age, event.message.clone()]
}

fn indent(level: usize) -> String {
    "  ".repeat(level)
}

/// `kmsMasterKeyID` as `KMS Master Key ID`: words begin with a capital, and known acronyms are all capitals.
fn label(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut previous_lower = true;
    for character in name.chars() {
        let upper = character.is_uppercase();
        match words.last_mut() {
            Some(word) if !(upper && previous_lower) => word.push(character),
            _ => words.push(character.to_string()),
        }
        previous_lower = !upper;
    }
    words.iter().map(|word| capitalised(word)).collect::<Vec<_>>().join(" ")
}

fn capitalised(word: &str) -> String {
    let capitals = word.to_uppercase();
    if ACRONYMS.contains(&capitals.as_str()) {
        return capitals;
    }
    let mut characters = word.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_words() {
        for (name, words) in [
            ("kmsMasterKeyID", "KMS Master Key ID"),
            ("tableStatus", "Table Status"),
            ("ackResourceMetadata", "ACK Resource Metadata"),
            ("spec", "Spec"),
            ("tableID", "Table ID"),
            ("indexARN", "Index ARN"),
        ] {
            assert_eq!(label(name), words);
        }
    }

    #[test]
    fn an_object_is_described_in_full() {
        let object = json!({
            "apiVersion": "partita.dev/v1", "kind": "Table",
            "metadata": {
                "name": "orders", "namespace": "default", "generation": 2,
                "labels": {"app": "shop", "team": "a"}, "creationTimestamp": "1970-01-01T00:00:10Z",
            },
            "spec": {
                "tableName": "orders", "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
                "suspend": false, "localSecondaryIndexes": [{"projection": {"nonKeyAttributes": ["a", "b"]}}],
            },
        });
        let event = Event {
            severity: Severity::Warning,
            reason: "Recreated".into(),
            message: "made again".into(),
            last: UnixMillis(70_000),
            count: 2,
        };
        expect_test::expect![[r#"
            Name:         orders
            Namespace:    default
            Labels:       app=shop
                          team=a
            Annotations:  <none>
            API Version:  partita.dev/v1
            Kind:         Table
            Metadata:
              Creation Timestamp:  1970-01-01T00:00:10Z
              Generation:          2
            Spec:
              Key Schema:
                Attribute Name:  pk
                Key Type:        HASH
              Local Secondary Indexes:
                Projection:
                  Non Key Attributes:
                    a
                    b
              Suspend:     false
              Table Name:  orders
            Events:
              Type     Reason     Age       Message
              ----     ------     ---       -------
              Warning  Recreated  30s (x2)  made again
        "#]]
        .assert_eq(&describe(&object, &[event], UnixMillis(100_000)));
    }

    #[test]
    fn an_object_without_events_says_so() {
        let text = describe(&json!({"metadata": {"name": "a"}}), &[], UnixMillis(0));
        assert!(text.ends_with("Events:  <none>\n"), "{text}");
    }
}
