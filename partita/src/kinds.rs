//! The kinds of declared objects that a local service has, as commands and paths name them.

use clap::ValueEnum;
use partita_api::{GROUP, definition, event_source_mapping_definition};
use serde_json::Value;

/// A kind, in the spellings that kubectl takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Tables
    #[value(name = "tables", aliases = ["table", "ptb", "tables.partita.dev", "table.partita.dev"])]
    Table,
    /// Event source mappings
    #[value(
        name = "eventsourcemappings",
        aliases = ["eventsourcemapping", "esm", "eventsourcemappings.partita.dev", "eventsourcemapping.partita.dev"]
    )]
    EventSourceMapping,
}

impl Kind {
    /// In the order of their names.
    pub(crate) const ALL: [Self; 2] = [Self::EventSourceMapping, Self::Table];

    /// The kind that an object names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As objects name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Table => "Table",
            Self::EventSourceMapping => "EventSourceMapping",
        }
    }

    /// As paths name it.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Table => "tables",
            Self::EventSourceMapping => "eventsourcemappings",
        }
    }

    /// An object of the kind, as kubectl names it.
    pub(crate) fn resource(self) -> String {
        format!("{}.{GROUP}", self.name().to_lowercase())
    }

    /// The kind's CRD.
    pub(crate) fn definition(self) -> Value {
        match self {
            Self::Table => definition(),
            Self::EventSourceMapping => event_source_mapping_definition(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_their_crds_name_them() {
        for kind in Kind::ALL {
            let names = &kind.definition()["spec"]["names"];
            assert_eq!(
                (kind.name(), kind.plural()),
                (names["kind"].as_str().unwrap(), names["plural"].as_str().unwrap())
            );
            let short = names["shortNames"][0].as_str().unwrap();
            let singular = names["singular"].as_str().unwrap();
            for spelling in [kind.plural(), singular, short, &kind.resource()] {
                assert_eq!(Kind::from_str(spelling, false), Ok(kind), "{spelling}");
            }
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
    }
}
