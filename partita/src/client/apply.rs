//! `partita apply`: manifests to the running service, each verdict told with its file and line.

use anyhow::{Result, bail};
use partita_controllers::ObjectKey;
use partita_controllers::admit::admit;
use partita_controllers::source::{self, Declared};
use partita_model::clock::{Clock as _, SystemClock};

use super::Connection;
use crate::arguments::ApplyOptions;
use crate::kinds::Kind;
use crate::terminal;
use crate::wire::{Applied, ObjectPath, Outcome};

pub(crate) fn run(options: &ApplyOptions) -> Result<()> {
    let connection = Connection::new(&options.target)?;
    let loaded = source::load(&options.filename);
    let mut refused = loaded.faults.len();
    for fault in &loaded.faults {
        terminal::complain(&format!("error: {fault}"));
    }
    for declared in &loaded.documents {
        refused += usize::from(!apply(&connection, declared)?);
    }
    match refused {
        0 if loaded.documents.is_empty() => bail!("no objects were found in the given files"),
        0 => Ok(()),
        1 => bail!("one file or object was refused"),
        many => bail!("{many} files or objects were refused"),
    }
}

/// Whether the service took the object.
fn apply(connection: &Connection<'_>, declared: &Declared) -> Result<bool> {
    let document = &declared.document;
    let complain = |field: &str, message: &str| {
        let (file, line) = (declared.file.display(), document.line_of(field));
        let field = if field.is_empty() { String::new() } else { format!(" {field}:") };
        terminal::complain(&format!("error: {file}:{line}:{field} {message}"));
    };
    let mut object = document.object.clone();
    if object["metadata"].is_object() && object["metadata"].get("namespace").is_none() {
        object["metadata"]["namespace"] = connection.namespace().into();
    }
    let Some(key) = ObjectKey::of(&object) else {
        complain("", "an object needs a kind and metadata.name");
        return Ok(false);
    };
    let Some(kind) = Kind::named(&key.kind) else {
        // Whoever knows all kinds says why this one is of no use here.
        let refused = admit(&object, None, SystemClock.now()).err().unwrap_or_default();
        refused.iter().for_each(|error| complain(&error.path, &error.message));
        return Ok(false);
    };
    let path = ObjectPath { kind, namespace: key.namespace, name: Some(key.name.clone()) };
    match connection.request::<Applied>("PUT", &path, Some(&object))? {
        Ok(applied) => {
            let outcome = match applied.outcome {
                Outcome::Created => "created",
                Outcome::Configured => "configured",
                Outcome::Unchanged => "unchanged",
            };
            terminal::say(&format!("{}/{} {outcome}", kind.resource(), key.name))?;
            Ok(true)
        }
        Err(status) if status.causes.is_empty() => {
            complain("", &status.message);
            Ok(false)
        }
        Err(status) => {
            status.causes.iter().for_each(|cause| complain(&cause.field, &cause.message));
            Ok(false)
        }
    }
}
