//! `partita delete`: asks for objects to go and waits until they are gone, as kubectl does.

use std::time::Duration;

use anyhow::{Result, bail};
use partita_controllers::ObjectKey;
use partita_controllers::source;
use serde_json::Value;

use super::Connection;
use crate::arguments::DeleteOptions;
use crate::kinds::Kind;
use crate::terminal;
use crate::wire::{Detail, ObjectPath};

/// Rest between looks whether the object is gone.
const POLL: Duration = Duration::from_millis(50);
/// After this long without an end, say what it waits for.
const EXPLAIN_AFTER_POLLS: u32 = 20;

pub(crate) fn run(options: &DeleteOptions) -> Result<()> {
    let connection = Connection::new(&options.target)?;
    let named = options.kind.into_iter().flat_map(|kind| options.names.iter().map(move |name| (kind, name)));
    let mut paths: Vec<ObjectPath> = named.map(|(kind, name)| connection.path(kind, Some(name))).collect();
    let loaded = source::load(&options.filename);
    if let Some(fault) = loaded.faults.first() {
        bail!("{fault}");
    }
    for declared in &loaded.documents {
        let key = ObjectKey::of(&declared.document.object);
        match key.and_then(|key| Some((Kind::named(&key.kind)?, key))) {
            Some((kind, key)) => {
                paths.push(ObjectPath { kind, namespace: key.namespace, name: Some(key.name) });
            }
            None => bail!(
                "{}:{}: an object needs metadata.name, and a kind that is known here",
                declared.file.display(),
                declared.document.line
            ),
        }
    }
    for path in &paths {
        let _object: Value = connection.expect("DELETE", path, None)?;
        wait(&connection, path)?;
        let name = path.name.as_deref().unwrap_or_default();
        terminal::say(&format!("{} \"{name}\" deleted", path.kind.resource()))?;
    }
    Ok(())
}

/// Returns once the object is gone; deletion protection, for one, keeps it until somebody lifts it.
fn wait(connection: &Connection<'_>, path: &ObjectPath) -> Result<()> {
    let mut polls = 0;
    loop {
        match connection.request::<Detail>("GET", path, None)? {
            Err(status) if status.code == 404 => return Ok(()),
            Err(status) => bail!("{} ({})", status.message, status.reason),
            Ok(Detail { object, .. }) => {
                polls += 1;
                if polls == EXPLAIN_AFTER_POLLS {
                    terminal::complain(&format!(
                        "waiting: {} (Ctrl-C stops waiting, not the deletion)",
                        reason(&object)
                    ));
                }
            }
        }
        std::thread::sleep(POLL);
    }
}

/// What keeps the object, in the words of its condition.
fn reason(object: &Value) -> &str {
    let conditions = object["status"]["conditions"].as_array();
    let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    ready.and_then(|ready| ready["message"].as_str()).unwrap_or("what it manages is being deleted")
}
