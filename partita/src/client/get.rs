//! `partita get`: objects in rows, or whole.

use anyhow::{Context as _, Result};
use partita_controllers::table::{self, Columns};
use partita_model::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::Connection;
use crate::arguments::{GetOptions, Kind, OutputForm};
use crate::terminal;
use crate::wire::{Detail, List};

pub(crate) fn run(options: &GetOptions) -> Result<()> {
    let Kind::Tables = options.kind;
    let connection = Connection::new(&options.target)?;
    let objects = match &options.name {
        Some(name) => vec![connection.expect::<Detail>("GET", &connection.path(Some(name)), None)?.object],
        None => connection.expect::<List>("GET", &connection.path(None), None)?.items,
    };
    let rows = |columns| table::rows(&objects, columns, SystemClock.now());
    let text = match options.output {
        None | Some(OutputForm::Wide) if objects.is_empty() => {
            terminal::complain(&format!(
                "no tables are declared in namespace {}; `partita apply -f FILE` declares one, and `aws dynamodb list-tables` shows those made through the API",
                connection.namespace()
            ));
            return Ok(());
        }
        None => rows(Columns::Narrow),
        Some(OutputForm::Wide) => rows(Columns::Wide),
        Some(OutputForm::Name) => names(&objects),
        Some(OutputForm::Json) => format!("{:#}\n", whole(options, &objects)),
        Some(OutputForm::Yaml) => {
            partita_api::to_yaml(&whole(options, &objects)).context("cannot print YAML")?
        }
    };
    terminal::print(&text)
}

/// The one object that was asked for, or a list.
fn whole(options: &GetOptions, objects: &[Value]) -> Value {
    match (&options.name, objects) {
        (Some(_), [object]) => object.clone(),
        _ => json!({"apiVersion": "v1", "kind": "List", "items": objects}),
    }
}

fn names(objects: &[Value]) -> String {
    let names = objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap_or_default());
    names.map(|name| format!("table.partita.dev/{name}\n")).collect()
}
