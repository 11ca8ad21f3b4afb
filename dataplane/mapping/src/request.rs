//! Requests of Lambda's API for event source mappings.
//!
//! | operation | method and path below [`PATH`](crate::PATH) | here |
//! | --- | --- | --- |
//! | CreateEventSourceMapping | `POST /` | [`Create`] |
//! | ListEventSourceMappings | `GET /` | [`List`] |
//! | GetEventSourceMapping, DeleteEventSourceMapping | `GET /{UUID}`, `DELETE /{UUID}` | [`MappingId`] |
//! | UpdateEventSourceMapping | `PUT /{UUID}` | [`Update`] |

use std::collections::BTreeMap;

use partita_protocol::stream::StreamArn;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::function::FunctionName;
use crate::mapping::MappingId;
use crate::refusal::Refusal;
use crate::settings::{Changes, StartingPosition, limits};

/// What requests are signed for.
pub const SERVICE: &str = "lambda";

/// Names the error of an answer.
pub const ERROR_TYPE_HEADER: &str = "x-amzn-errortype";

/// Members of other event sources, and those that are not acted upon here: they are refused rather than forgotten.
const UNSUPPORTED: [&str; 13] = [
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "KMSKeyArn",
    "LoggingConfig",
    "MetricsConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "ScalingConfig",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "StartingPositionTimestamp",
    "Topics",
];

/// CreateEventSourceMapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {
    /// Where records come from. Whether it is there is for others to say.
    pub source: StreamArn,
    /// Where they go.
    pub function: FunctionName,
    /// Where to begin.
    pub starting_position: StartingPosition,
    /// What differs from the defaults.
    pub changes: Changes,
}

/// UpdateEventSourceMapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Where records are to go from now on.
    pub function: Option<FunctionName>,
    /// What else is to change.
    pub changes: Changes,
}

/// ListEventSourceMappings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Only mappings of this stream.
    pub source: Option<String>,
    /// Only mappings to this function.
    pub function: Option<FunctionName>,
    /// Only mappings behind this one.
    pub after: Option<MappingId>,
    /// Mappings on one page, 1 to 100.
    pub limit: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Members {
    event_source_arn: Option<String>,
    function_name: Option<String>,
    starting_position: Option<String>,
    #[serde(flatten)]
    changes: Changes,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl Members {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let members: Self = read_json(body)?;
        let is_given = |name: &&&str| members.others.get(**name).is_some_and(|value| !value.is_null());
        match UNSUPPORTED.iter().find(is_given) {
            Some(name) => Err(Refusal::unsupported(name)),
            None => Ok(members),
        }
    }
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| Refusal::Malformed(format!("Could not parse request body into json: {error}")))
}

impl Create {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// When it is malformed, or asks for what is not there. Values of settings are checked by [`Changes::apply`].
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let members = Members::read(body)?;
        let Some(function) = members.function_name else {
            return Err(Refusal::Validation(vec![Refusal::missing("functionName")]));
        };
        let function = self::function(&function)?;
        let source = members.event_source_arn.as_deref().map(stream).transpose()?.ok_or_else(|| {
            Refusal::InvalidParameter(
                "EventSourceArn is required: name the ARN of a table's stream.".to_owned(),
            )
        })?;
        let starting_position = StartingPosition::read(members.starting_position.as_deref())?;
        Ok(Self { source, function, starting_position, changes: members.changes })
    }
}

impl Update {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// As [`Create::read`].
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let members = Members::read(body)?;
        let function = members.function_name.as_deref().map(function).transpose()?;
        Ok(Self { function, changes: members.changes })
    }
}

impl List {
    /// Reads the query of a request: its parameters, decoded.
    ///
    /// # Errors
    /// When one of them is not what it should be.
    pub fn read<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let mut list = Self { source: None, function: None, after: None, limit: limits::LISTED_MAX };
        for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name {
                "EventSourceArn" => list.source = Some(value.to_owned()),
                "FunctionName" => list.function = Some(function(value)?),
                "Marker" => list.after = Some(marker(value)?),
                "MaxItems" => list.limit = max_items(value)?.min(limits::LISTED_MAX),
                _ => {}
            }
        }
        Ok(list)
    }
}

fn marker(given: &str) -> Result<MappingId, Refusal> {
    let refused =
        || Refusal::InvalidParameter("Invalid Marker: hand back NextMarker as it was given.".to_owned());
    MappingId::parse(given).ok_or_else(refused)
}

fn max_items(given: &str) -> Result<usize, Refusal> {
    let constraint = "Member must have value between 1 and 10000";
    let refused = || Refusal::Validation(vec![Refusal::violation("maxItems", given, constraint)]);
    given.parse().ok().filter(|items| (1..=10_000).contains(items)).ok_or_else(refused)
}

fn function(given: &str) -> Result<FunctionName, Refusal> {
    FunctionName::parse(given).ok_or_else(|| {
        let constraint = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?\
                          (\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
        Refusal::Validation(vec![Refusal::violation("functionName", given, constraint)])
    })
}

fn stream(given: &str) -> Result<StreamArn, Refusal> {
    let is_stream = given.starts_with("arn:") && given.contains(":dynamodb:") && given.contains("/stream/");
    if is_stream {
        Ok(StreamArn::as_given(given))
    } else {
        Err(Refusal::InvalidParameter("Unrecognized event source.".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STREAM: &str =
        "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";

    fn create(mut members: Value) -> Result<Create, Refusal> {
        let defaults =
            json!({"EventSourceArn": STREAM, "FunctionName": "indexer", "StartingPosition": "LATEST"});
        for (name, value) in defaults.as_object().unwrap() {
            members.as_object_mut().unwrap().entry(name).or_insert(value.clone());
        }
        Create::read(members.to_string().as_bytes())
    }

    #[test]
    fn a_mapping_is_asked_for() {
        let asked = create(json!({"BatchSize": 7, "SomethingNew": 1, "Topics": null})).unwrap();
        assert_eq!(asked.source.as_str(), STREAM);
        assert_eq!(asked.function.as_str(), "indexer");
        assert_eq!(asked.starting_position, StartingPosition::Latest);
        assert_eq!(asked.changes, Changes { batch_size: Some(7), ..Changes::default() });
    }

    #[test]
    fn what_is_missing_or_of_others_is_refused() {
        let name = |members: Value| create(members).unwrap_err().name();
        assert_eq!(name(json!({"FunctionName": null})), "ValidationException");
        assert_eq!(name(json!({"FunctionName": "a b"})), "ValidationException");
        assert_eq!(name(json!({"StartingPosition": null})), "ValidationException");
        assert_eq!(name(json!({"EventSourceArn": null})), "InvalidParameterValueException");
        assert_eq!(
            name(json!({"EventSourceArn": "arn:aws:sqs:eu-central-1:1:q"})),
            "InvalidParameterValueException"
        );
        assert_eq!(name(json!({"Topics": ["t"]})), "InvalidParameterValueException");
        assert_eq!(name(json!({"BatchSize": "7"})), "SerializationException");
        assert_eq!(Create::read(b"nonsense").unwrap_err().name(), "SerializationException");
    }

    #[test]
    fn an_update_needs_nothing() {
        assert_eq!(Update::read(b"").unwrap(), Update { function: None, changes: Changes::default() });
        let update = Update::read(br#"{"FunctionName":"other","Enabled":false}"#).unwrap();
        assert_eq!(update.function.unwrap().as_str(), "other");
        assert_eq!(update.changes.enabled, Some(false));
    }

    #[test]
    fn a_list_is_narrowed_by_parameters() {
        let id = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";
        let list = [("FunctionName", "f"), ("EventSourceArn", STREAM), ("Marker", id), ("MaxItems", "5")];
        let list = List::read(list).unwrap();
        assert_eq!((list.limit, list.source.as_deref()), (5, Some(STREAM)));
        assert_eq!((list.function.unwrap().as_str(), list.after.unwrap().as_str()), ("f", id));
        assert_eq!(List::read([("MaxItems", "9999"), ("Marker", "")]).unwrap().limit, 100);
        for (name, value) in [
            ("MaxItems", "0"),
            ("MaxItems", "10001"),
            ("MaxItems", "x"),
            ("Marker", "x"),
            ("FunctionName", " "),
        ] {
            assert!(List::read([(name, value)]).is_err(), "{name} {value}");
        }
    }
}
