//! The objects, their versions, and the log that watches read.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::apply::{self, Applied};
use super::request::{Call, Verb};

/// Resource, namespace and name.
type Key = (String, String, String);

/// What keeps an API server from doing what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) code: u16,
    reason: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into() }
    }

    pub(super) fn status(&self) -> Value {
        let (code, reason, message) = (self.code, self.reason, &self.message);
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": code, "reason": reason, "message": message,
        })
    }
}

struct Change {
    version: u64,
    resource: String,
    event: &'static str,
    object: Value,
}

#[derive(Default)]
pub(super) struct Store {
    objects: BTreeMap<Key, Value>,
    applied: BTreeMap<Key, Applied>,
    changes: Vec<Change>,
    version: u64,
    made: u64,
}

impl Store {
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn get(&self, call: &Call) -> Result<Value, Failure> {
        let missing =
            || Failure::new(404, "NotFound", format!("{} {:?} not found", call.resource, call.name));
        self.objects.get(&key(call)).cloned().ok_or_else(missing)
    }

    pub(super) fn list(&self, call: &Call) -> (Vec<Value>, u64) {
        let ours = self.objects.iter().filter(|((resource, ..), _)| *resource == call.resource);
        (
            ours.map(|(_, object)| object).filter(|object| call.selects(object)).cloned().collect(),
            self.version,
        )
    }

    /// What changed after a version, as a watch tells it.
    pub(super) fn changes(&self, call: &Call, after: u64) -> Vec<Value> {
        let later = self.changes.iter().filter(|change| change.version > after);
        let ours = later.filter(|change| change.resource == call.resource && call.selects(&change.object));
        ours.map(|change| json!({"type": change.event, "object": change.object})).collect()
    }

    pub(super) fn write(&mut self, call: &Call, body: &Value) -> Result<Value, Failure> {
        match call.verb {
            Verb::Create => self.create(call, body),
            Verb::Update => self.update(call, body),
            Verb::Patch if call.content_type.contains("apply") => {
                let manager = call.query("fieldManager").expect("an apply names its manager");
                self.apply(call, body, manager, call.query("force") == Some("true"))
            }
            Verb::Patch => self.merge(call, body),
            Verb::Delete => self.delete(call, Some(body)),
            Verb::Get | Verb::List | Verb::Watch => panic!("{call:?} writes nothing"),
        }
    }

    fn create(&mut self, call: &Call, body: &Value) -> Result<Value, Failure> {
        let mut call = call.clone();
        body["metadata"]["name"].as_str().unwrap_or_default().clone_into(&mut call.name);
        if call.name.is_empty() {
            let prefix = body["metadata"]["generateName"].as_str().expect("a name");
            call.name = format!("{prefix}{}", self.made);
        }
        if self.objects.contains_key(&key(&call)) {
            return Err(Failure::new(409, "AlreadyExists", format!("{} exists", call.name)));
        }
        let mut object = body.clone();
        self.made += 1;
        let made = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(self.made).unwrap());
        let metadata = &mut object["metadata"];
        metadata["name"] = json!(call.name);
        if !call.namespace.is_empty() {
            metadata["namespace"] = json!(call.namespace);
        }
        metadata["uid"] = json!(format!("uid-{}", self.made));
        metadata["creationTimestamp"] = json!(made.to_string());
        metadata["generation"] = json!(1);
        metadata["managedFields"] = json!([{"manager": "somebody", "operation": "Update"}]);
        if let Some(object) = object.as_object_mut().filter(|_| has_status_subresource(&call)) {
            object.remove("status");
        }
        Ok(self.put(&call, "ADDED", object))
    }

    fn update(&mut self, call: &Call, body: &Value) -> Result<Value, Failure> {
        let stored = self.get(call)?;
        checked(&stored, body)?;
        self.replace(call, stored, body.clone())
    }

    fn merge(&mut self, call: &Call, body: &Value) -> Result<Value, Failure> {
        let stored = self.get(call)?;
        checked(&stored, body)?;
        let mut object = stored.clone();
        apply::merge(&mut object, body);
        self.replace(call, stored, object)
    }

    pub(super) fn apply(
        &mut self,
        call: &Call,
        config: &Value,
        manager: &str,
        force: bool,
    ) -> Result<Value, Failure> {
        let stored = self.objects.get(&key(call)).cloned();
        let uid = config["metadata"].get("uid");
        let mut config = config.clone();
        for field in ["uid", "resourceVersion", "name", "namespace"] {
            config["metadata"].as_object_mut().unwrap().remove(field);
        }
        let manager = (manager.to_owned(), call.subresource.clone());
        let mut applied = self.applied.get(&key(call)).cloned().unwrap_or_default();
        let before = stored.clone().unwrap_or_else(|| json!({"metadata": {}}));
        let object = apply::apply(&before, &config, &manager, &mut applied, force)
            .map_err(|paths| Failure::new(409, "Conflict", paths.join(", ")))?;
        let done = match (stored, uid) {
            (Some(stored), Some(uid)) if stored["metadata"]["uid"] != *uid => {
                return Err(Failure::new(409, "Conflict", "another uid"));
            }
            (Some(stored), _) => self.replace(call, stored, object)?,
            (None, _) if !call.subresource.is_empty() => {
                return Err(Failure::new(404, "NotFound", format!("{} not found", call.name)));
            }
            (None, Some(_)) => return Err(Failure::new(409, "Conflict", "no object has this uid")),
            (None, None) => {
                let mut object = object;
                object["metadata"]["name"] = json!(call.name);
                self.create(call, &object)?
            }
        };
        self.applied.insert(key(call), applied);
        Ok(done)
    }

    pub(super) fn edit(&mut self, call: &Call, edit: impl FnOnce(&mut Value)) -> Result<Value, Failure> {
        let mut object = self.get(call)?;
        edit(&mut object);
        Ok(self.put(call, "MODIFIED", object))
    }

    pub(super) fn delete(&mut self, call: &Call, options: Option<&Value>) -> Result<Value, Failure> {
        let mut object = self.get(call)?;
        let wanted = options.and_then(|options| options.pointer("/preconditions/uid"));
        if wanted.is_some_and(|uid| *uid != object["metadata"]["uid"]) {
            return Err(Failure::new(409, "Conflict", "another uid"));
        }
        if is_kept(&object) {
            if object["metadata"].get("deletionTimestamp").is_none() {
                object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                grow(&mut object);
                object = self.put(call, "MODIFIED", object);
            }
            return Ok(object);
        }
        Ok(self.remove(call, object))
    }

    /// Puts `object` in the place of `stored`, as far as the call may change it.
    fn replace(&mut self, call: &Call, stored: Value, mut object: Value) -> Result<Value, Failure> {
        let whole = object.clone();
        if call.subresource == "status" {
            object = stored.clone();
            object["status"] = whole["status"].clone();
        } else if has_status_subresource(call) {
            object["status"] = stored["status"].clone();
        }
        if object["status"].is_null() {
            object.as_object_mut().unwrap().remove("status");
        }
        for field in ["uid", "creationTimestamp", "generation", "deletionTimestamp", "resourceVersion"] {
            object["metadata"][field] = stored["metadata"][field].clone();
        }
        object["metadata"].as_object_mut().unwrap().retain(|_, value| !value.is_null());
        if object == stored {
            return Ok(stored);
        }
        let dying = stored["metadata"].get("deletionTimestamp").is_some();
        if dying && count(&object) > count(&stored) {
            return Err(Failure::new(422, "Invalid", "no new finalizers while the object is being deleted"));
        }
        if object["spec"] != stored["spec"] {
            grow(&mut object);
        }
        Ok(if dying && !is_kept(&object) {
            self.remove(call, object)
        } else {
            self.put(call, "MODIFIED", object)
        })
    }

    fn put(&mut self, call: &Call, event: &'static str, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.insert(key(call), object.clone());
        self.note(call, event, object.clone());
        object
    }

    fn remove(&mut self, call: &Call, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.remove(&key(call));
        self.applied.remove(&key(call));
        self.note(call, "DELETED", object.clone());
        object
    }

    fn note(&mut self, call: &Call, event: &'static str, object: Value) {
        self.changes.push(Change { version: self.version, resource: call.resource.clone(), event, object });
    }
}

fn key(call: &Call) -> Key {
    (call.resource.clone(), call.namespace.clone(), call.name.clone())
}

/// A write that names a version or a uid is meant for that one only.
fn checked(stored: &Value, body: &Value) -> Result<(), Failure> {
    for field in ["uid", "resourceVersion"] {
        let given = body["metadata"].get(field);
        if given.is_some_and(|given| *given != stored["metadata"][field]) {
            return Err(Failure::new(409, "Conflict", format!("{field} is another")));
        }
    }
    Ok(())
}

fn has_status_subresource(call: &Call) -> bool {
    ["tables", "regions", "pods", "services", "persistentvolumeclaims"].contains(&call.resource.as_str())
}

fn is_kept(object: &Value) -> bool {
    count(object) > 0
}

fn count(object: &Value) -> usize {
    object["metadata"]["finalizers"].as_array().map_or(0, Vec::len)
}

fn grow(object: &mut Value) {
    let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
    object["metadata"]["generation"] = json!(generation + 1);
}
