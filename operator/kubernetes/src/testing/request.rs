//! What a request asks of the API server.

use http::request::Parts;
use serde_json::Value;

/// What is to be done, as a role says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
}

impl Verb {
    pub(crate) const ALL: [Self; 7] =
        [Self::Get, Self::List, Self::Watch, Self::Create, Self::Update, Self::Patch, Self::Delete];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// A request, or what one would be.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    pub(crate) group: String,
    /// Plural.
    pub(crate) resource: String,
    pub(crate) subresource: String,
    /// Empty for all namespaces, and for objects that are in none.
    pub(crate) namespace: String,
    pub(crate) name: String,
    query: Vec<(String, String)>,
    pub(crate) content_type: String,
}

impl Call {
    pub(crate) fn of_request(parts: &Parts) -> Self {
        let mut segments = parts.uri.path().split('/').filter(|segment| !segment.is_empty());
        let group = match segments.next() {
            Some("apis") => segments.next().unwrap(),
            _ => "",
        };
        segments.next().expect("a version");
        let mut rest: Vec<&str> = segments.collect();
        let mut namespace = "";
        if rest.len() > 2 && rest[0] == "namespaces" {
            namespace = rest[1];
            rest.drain(..2);
        }
        let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        let query: Vec<(String, String)> =
            parts.uri.query().unwrap_or_default().split('&').filter_map(pair).collect();
        let watches = query.iter().any(|(key, value)| key == "watch" && value == "true");
        let verb = match (parts.method.as_str(), part(1).is_empty()) {
            ("GET", true) if watches => Verb::Watch,
            ("GET", true) => Verb::List,
            ("GET", false) => Verb::Get,
            ("POST", _) => Verb::Create,
            ("PUT", _) => Verb::Update,
            ("PATCH", _) => Verb::Patch,
            ("DELETE", _) => Verb::Delete,
            other => panic!("{other:?}"),
        };
        let content_type = parts.headers.get(http::header::CONTENT_TYPE);
        Self {
            verb,
            group: group.to_owned(),
            resource: part(0),
            subresource: part(2),
            namespace: namespace.to_owned(),
            name: part(1),
            query,
            content_type: content_type.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default(),
        }
    }

    pub(crate) fn of_object(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let call = Self::of_kind(
            object["kind"].as_str().unwrap(),
            &text(&metadata["namespace"]),
            &text(&metadata["name"]),
        );
        let group = object["apiVersion"].as_str().unwrap().split_once('/').map_or("", |(group, _)| group);
        Self { group: group.to_owned(), ..call }
    }

    /// A call for an object of a kind; the group is not looked at.
    pub(crate) fn of_kind(kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            verb: Verb::Get,
            group: String::new(),
            resource: format!("{}s", kind.to_lowercase()),
            subresource: String::new(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            query: Vec::new(),
            content_type: String::new(),
        }
    }

    /// The resource with its subresource.
    pub(crate) fn full_resource(&self) -> String {
        match self.subresource.as_str() {
            "" => self.resource.clone(),
            subresource => format!("{}/{subresource}", self.resource),
        }
    }

    pub(crate) fn query(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Whether the object is one that is listed or watched: by namespace, `labelSelector` and `fieldSelector`.
    pub(crate) fn selects(&self, object: &Value) -> bool {
        let metadata = &object["metadata"];
        let namespace = metadata["namespace"].as_str().unwrap_or_default();
        let labels = self.query("labelSelector").unwrap_or_default().split(',').filter_map(pair);
        let fields = self.query("fieldSelector").unwrap_or_default().split(',').filter_map(pair);
        (self.namespace.is_empty() || self.namespace == namespace)
            && labels.clone().all(|(key, value)| metadata["labels"][key] == value.as_str())
            && fields.clone().all(|(key, value)| {
                let pointer = format!("/{}", key.replace('.', "/"));
                object.pointer(&pointer).and_then(Value::as_str) == Some(value.as_str())
            })
    }
}

/// `key=value`, decoded.
fn pair(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    Some((decoded(key), decoded(value.trim_start_matches('='))))
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
