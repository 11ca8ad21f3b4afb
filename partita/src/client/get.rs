//! `partita get`: objects in rows, or whole.

use anyhow::{Context as _, Result};
use partita_controllers::table::{self, Columns};
use partita_model::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::Connection;
use crate::arguments::{GetOptions, OutputForm};
use crate::kinds::Kind;
use crate::terminal;
use crate::wire::{Detail, List};

pub(crate) fn run(options: &GetOptions) -> Result<()> {
    let kind = options.kind;
    let connection = Connection::new(&options.target)?;
    let objects = match &options.name {
        Some(name) => {
            vec![connection.expect::<Detail>("GET", &connection.path(kind, Some(name)), None)?.object]
        }
        None => connection.expect::<List>("GET", &connection.path(kind, None), None)?.items,
    };
    let rows = |columns| table::rows(&kind.definition(), &objects, columns, SystemClock.now());
    let text = match options.output {
        None | Some(OutputForm::Wide) if objects.is_empty() => {
            terminal::complain(&none(kind, connection.namespace()));
            return Ok(());
        }
        None => rows(Columns::Narrow),
        Some(OutputForm::Wide) => rows(Columns::Wide),
        Some(OutputForm::Name) => names(kind, &objects),
        Some(OutputForm::Json) => format!("{:#}\n", whole(options, &objects)),
        Some(OutputForm::Yaml) => {
            partita_api::to_yaml(&whole(options, &objects)).context("cannot print YAML")?
        }
    };
    terminal::print(&text)
}

fn none(kind: Kind, namespace: &str) -> String {
    let (what, listing) = match kind {
        Kind::Table => ("tables", "aws dynamodb list-tables"),
        Kind::EventSourceMapping => ("event source mappings", "aws lambda list-event-source-mappings"),
    };
    format!(
        "no {what} are declared in namespace {namespace}; `partita apply -f FILE` declares one, and `{listing}` shows those made \
         through the API"
    )
}

/// The one object that was asked for, or a list.
fn whole(options: &GetOptions, objects: &[Value]) -> Value {
    match (&options.name, objects) {
        (Some(_), [object]) => object.clone(),
        _ => json!({"apiVersion": "v1", "kind": "List", "items": objects}),
    }
}

fn names(kind: Kind, objects: &[Value]) -> String {
    let names = objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap_or_default());
    names.map(|name| format!("{}/{name}\n", kind.resource())).collect()
}
