//! The CEL rules of the EventSourceMapping kind, each with the field and the message an API server answers when it does not hold.
//!
//! What only a parser can tell, such as whether a filter's pattern is one, is told by a condition.

use schemars::Schema;
use serde_json::{Value, json};

use crate::rules::rules;
use crate::validation::{LABEL, SUBDOMAIN};

/// Rules between the fields of a spec.
pub(super) fn mapping() -> Value {
    rules(&[
        (
            "",
            "has(self.tableRef) != has(self.eventSourceARN)",
            "exactly one of tableRef and eventSourceARN must be specified",
        ),
        (
            "tableRef",
            "has(self.tableRef) == has(oldSelf.tableRef) && (!has(self.tableRef) || self.tableRef == oldSelf.tableRef)",
            "tableRef is immutable",
        ),
        (
            "eventSourceARN",
            "has(self.eventSourceARN) == has(oldSelf.eventSourceARN) && \
             (!has(self.eventSourceARN) || self.eventSourceARN == oldSelf.eventSourceARN)",
            "eventSourceARN is immutable",
        ),
    ])
}

/// A reference to a table leads somewhere.
pub(super) fn table_ref() -> Value {
    rules(&[("", "has(self.from) && has(self.from.name)", "from.name must be specified")])
}

/// Names that lead somewhere are names of objects. References that nothing follows take what ACK's take.
pub(super) fn names(reference: &mut Schema) {
    for (field, pattern) in [("name", SUBDOMAIN), ("namespace", LABEL)] {
        let name = reference.pointer_mut(&format!("/properties/from/properties/{field}"));
        let name = name.expect("a reference has a name and a namespace");
        name["minLength"] = json!(1);
        name["pattern"] = json!(format!("^{pattern}$"));
    }
}

/// The least age is Lambda's own, beside the range of its model.
pub(super) fn record_age() -> Value {
    rules(&[("", "self == -1 || self >= 60", "must be -1, or from 60 to 604800")])
}

/// Records go to one place.
pub(super) fn target() -> Value {
    rules(&[(
        "",
        "[has(self.__function__), has(self.url), has(self.service)].filter(given, given).size() == 1",
        "exactly one of function, url and service must be specified",
    )])
}
