//! How a stream is named: by its table and by a label that no other stream of the table has.

use std::fmt;

use partita_model::TableName;
use partita_model::name::Scope;
use serde::{Deserialize, Serialize};

use crate::ServiceError;

/// What stands between the ARN of a stream's table and the stream's label.
const LABEL_MARK: &str = "/stream/";

/// A stream of this installation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName {
    /// The table whose changes it tells.
    pub table: TableName,
    /// [`StreamSettings::label`](partita_model::descriptor::StreamSettings).
    pub label: String,
}

impl StreamName {
    /// `<table arn>/stream/<label>`.
    pub fn arn(&self, scope: &Scope) -> StreamArn {
        StreamArn(format!("{}{LABEL_MARK}{}", scope.table_arn(&self.table), self.label))
    }
}

/// A stream as a request or an answer names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamArn(String);

impl StreamArn {
    /// Takes an ARN as it was given.
    pub fn as_given(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As clients see it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stream, if it can be one of `scope`. Others do not exist here (`ResourceNotFoundException`), and what is no stream's
    /// ARN at all is refused.
    pub fn name(&self, scope: &Scope) -> Result<StreamName, ServiceError> {
        let (table, label) = self.0.split_once(LABEL_MARK).ok_or_else(ServiceError::invalid_stream_arn)?;
        if !self.0.starts_with("arn:") || label.is_empty() || label.contains('/') {
            return Err(ServiceError::invalid_stream_arn());
        }
        let table = scope.table_of_arn(table).ok_or_else(|| ServiceError::stream_not_found(self))?;
        Ok(StreamName { table, label: label.to_owned() })
    }
}

impl fmt::Display for StreamArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() }
    }

    #[test]
    fn a_stream_is_found_by_the_arn_it_has() {
        let stream =
            StreamName { table: TableName::new("music"), label: "2026-10-08T23:20:48.000".to_owned() };
        let arn = stream.arn(&scope());
        let text = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";
        assert_eq!(arn.as_str(), text);
        assert_eq!(arn.name(&scope()).unwrap(), stream);
    }

    #[test]
    fn streams_of_others_are_not_there_and_other_texts_are_no_arns() {
        let name = |text: &str| StreamArn::as_given(text).name(&scope()).unwrap_err();
        for elsewhere in [
            "arn:aws:dynamodb:us-east-1:000000000000:table/music/stream/now",
            "arn:aws:dynamodb:eu-central-1:111111111111:table/music/stream/now",
            "arn:aws:kinesis:eu-central-1:000000000000:table/music/stream/now",
        ] {
            assert_eq!(name(elsewhere).name(), "ResourceNotFoundException", "{elsewhere}");
        }
        for malformed in [
            "arn:aws:dynamodb:eu-central-1:000000000000:table/music",
            "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/",
            "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/a/b",
            "music/stream/2026-10-08T23:20:48.000",
        ] {
            assert_eq!(name(malformed).name(), "ValidationException", "{malformed}");
        }
    }
}
