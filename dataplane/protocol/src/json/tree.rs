//! A body as a tree of JSON, without the elements of lists that cannot matter.
//!
//! A value of the tree takes 32 bytes, and one of the text two (`0,`): whoever sends 16 MiB of them must not get half a GiB. No
//! list of the service holds numbers, truth values or lists, so the first such element decides what is said of the list, and
//! those behind it are read without being kept. They are read all the same: what is no JSON is no JSON wherever it stands.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a body; `None` if it is some JSON, and no object.
pub(super) fn object(body: &[u8]) -> serde_json::Result<Option<Map<String, Value>>> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = if body.trim_ascii_start().starts_with(b"{") {
        Kept.deserialize(&mut reader)?
    } else {
        Passed.deserialize(&mut reader)?;
        Value::Null
    };
    reader.end()?;
    Ok(match read {
        Value::Object(members) => Some(members),
        _ => None,
    })
}

/// Reads a value.
struct Kept;

/// Reads a value as strictly, and keeps nothing.
struct Passed;

/// Whether what follows this element in a list cannot matter.
fn decides(element: &Value) -> bool {
    matches!(element, Value::Number(_) | Value::Bool(_) | Value::Array(_))
}

impl<'de> DeserializeSeed<'de> for Kept {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kept {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Self)? {
            let last = decides(&element);
            elements.push(element);
            if last {
                while list.next_element_seed(Passed)?.is_some() {}
                break;
            }
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            members.insert(name, map.next_value_seed(Self)?);
        }
        Ok(Value::Object(members))
    }
}

impl<'de> DeserializeSeed<'de> for Passed {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Passed {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Self)?.is_some() {
            map.next_value_seed(Self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is kept of a tree.
    fn pruned(value: Value) -> Value {
        match value {
            Value::Array(elements) => {
                let kept = elements.iter().position(decides).map_or(elements.len(), |last| last + 1);
                elements.into_iter().take(kept).map(pruned).collect()
            }
            Value::Object(members) => {
                members.into_iter().map(|(name, member)| (name, pruned(member))).collect()
            }
            scalar => scalar,
        }
    }

    fn agrees_with_the_usual_reader(body: &[u8]) {
        let usual = serde_json::from_slice::<Value>(body).map_err(|error| error.to_string());
        let usual = usual.map(|value| match pruned(value) {
            Value::Object(members) => Some(members),
            _ => None,
        });
        assert_eq!(
            object(body).map_err(|error| error.to_string()),
            usual,
            "{}",
            String::from_utf8_lossy(body)
        );
    }

    #[test]
    fn only_elements_that_cannot_matter_are_missing() {
        let read = object(br#"{"a":["",{},null,0,1,""],"b":[["x","y"],"z"],"c":[true,{"d":0}]}"#);
        let expected = serde_json::json!({"a": ["", {}, null, 0], "b": [["x", "y"]], "c": [true]});
        assert_eq!(read.unwrap().map(Value::Object), Some(expected));
    }

    #[test]
    fn what_is_not_kept_is_read_as_strictly() {
        for element in [
            "1e999",
            "01",
            "-",
            "tru",
            r#""\ud800""#,
            r#""\q""#,
            "\"\u{1}\"",
            "[",
            "{\"a\"}",
            "{1:2}",
            "]",
            "0,",
            "NaN",
            "{\"a\":0,}",
            "18446744073709551616",
            "-9223372036854775809",
            "1e-999",
            "\"\\u00e9\"",
        ] {
            for before in ["", "0,", "[],", "[0,", "{\"a\":[0,"] {
                agrees_with_the_usual_reader(format!("{{\"a\":[{before}{element}]}}").as_bytes());
                agrees_with_the_usual_reader(format!("[{before}{element}]").as_bytes());
            }
        }
        agrees_with_the_usual_reader(b"{\"a\":[0,\"\xff\"]}");
        for depth in [100, 126, 127, 128, 129, 10_000] {
            for open in ["[", "[0,[", "{\"a\":"] {
                agrees_with_the_usual_reader(format!("{{\"a\":{}", open.repeat(depth)).as_bytes());
                agrees_with_the_usual_reader(open.repeat(depth).as_bytes());
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_usual(body in r#"[{]("(a|b)":|[\[\]{},: ]|"x"|0|-1.5|true|null){0,40}"#) {
            agrees_with_the_usual_reader(body.as_bytes());
        }
    }
}
