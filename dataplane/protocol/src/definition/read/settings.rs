//! The settings that CreateTable and UpdateTable share.

use partita_model::descriptor::StreamView;
use serde_json::Value;

use super::super::member::{at_least, required};
use super::super::{
    OnDemandThroughput, SseSpecification, SseType, StreamSpecification, TableClass, WarmThroughput,
};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::operation::Choices;

const TABLE_CLASSES: Choices<TableClass> = Choices {
    all: &[
        ("STANDARD", TableClass::Standard),
        ("STANDARD_INFREQUENT_ACCESS", TableClass::StandardInfrequentAccess),
    ],
    classic: "STANDARD, STANDARD_INFREQUENT_ACCESS",
    modern: "STANDARD, STANDARD_INFREQUENT_ACCESS",
};
const STREAM_VIEW_TYPES: Choices<StreamView> = Choices {
    all: &[
        ("KEYS_ONLY", StreamView::KeysOnly),
        ("NEW_IMAGE", StreamView::NewImage),
        ("OLD_IMAGE", StreamView::OldImage),
        ("NEW_AND_OLD_IMAGES", StreamView::NewAndOldImages),
    ],
    classic: "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES",
    modern: "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES",
};
const SSE_TYPES: Choices<SseType> = Choices {
    all: &[("AES256", SseType::Aes256), ("KMS", SseType::Kms)],
    classic: "AES256, KMS",
    modern: "AES256, KMS",
};

/// The members that CreateTable and UpdateTable share.
#[derive(Debug)]
pub(crate) struct DraftSettings {
    stream: Option<DraftStream>,
    sse: Option<DraftSse>,
    table_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
    warm_throughput: Option<DraftWarm>,
    on_demand_throughput: Option<OnDemandThroughput>,
}

/// [`DraftSettings`] within the constraints of the service model.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) stream: Option<StreamSpecification>,
    pub(crate) sse: Option<SseSpecification>,
    pub(crate) table_class: Option<TableClass>,
    pub(crate) deletion_protection_enabled: Option<bool>,
    pub(crate) warm_throughput: Option<WarmThroughput>,
    pub(crate) on_demand_throughput: Option<OnDemandThroughput>,
}

impl DraftSettings {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            stream: members.read("StreamSpecification", DraftStream::read)?,
            sse: members.read("SSESpecification", DraftSse::read)?,
            table_class: members.string("TableClass")?,
            deletion_protection_enabled: members.boolean("DeletionProtectionEnabled")?,
            warm_throughput: members.read("WarmThroughput", DraftWarm::read)?,
            on_demand_throughput: members.read("OnDemandThroughput", on_demand)?,
        })
    }

    pub(crate) fn check(self, violations: &mut Violations) -> Settings {
        Settings {
            stream: self.stream.map(|stream| stream.check(violations)),
            sse: self.sse.map(|sse| sse.check(violations)),
            table_class: TABLE_CLASSES.check(
                self.table_class.as_deref(),
                &Place::member("tableClass"),
                violations,
            ),
            deletion_protection_enabled: self.deletion_protection_enabled,
            warm_throughput: self
                .warm_throughput
                .map(|w| w.check(&Place::member("warmThroughput"), violations)),
            on_demand_throughput: self.on_demand_throughput,
        }
    }
}

#[derive(Debug)]
pub(super) struct DraftWarm {
    read_units: Option<i64>,
    write_units: Option<i64>,
}

impl DraftWarm {
    pub(super) fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            read_units: members.long("ReadUnitsPerSecond")?,
            write_units: members.long("WriteUnitsPerSecond")?,
        })
    }

    pub(super) fn check(self, place: &Place, violations: &mut Violations) -> WarmThroughput {
        WarmThroughput {
            read_units_per_second: at_least(
                self.read_units,
                0,
                &place.then("readUnitsPerSecond"),
                violations,
            ),
            write_units_per_second: at_least(
                self.write_units,
                0,
                &place.then("writeUnitsPerSecond"),
                violations,
            ),
        }
    }
}

pub(super) fn on_demand(value: Value) -> Result<OnDemandThroughput, ServiceError> {
    let mut members = Members::of_value(value)?;
    Ok(OnDemandThroughput {
        max_read_request_units: members.long("MaxReadRequestUnits")?,
        max_write_request_units: members.long("MaxWriteRequestUnits")?,
    })
}

#[derive(Debug)]
struct DraftStream {
    enabled: Option<bool>,
    view: Option<String>,
}

impl DraftStream {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { enabled: members.boolean("StreamEnabled")?, view: members.string("StreamViewType")? })
    }

    fn check(self, violations: &mut Violations) -> StreamSpecification {
        let place = Place::member("streamSpecification");
        let enabled = required(self.enabled, &place.then("streamEnabled"), violations);
        let view = STREAM_VIEW_TYPES.check(self.view.as_deref(), &place.then("streamViewType"), violations);
        StreamSpecification { stream_enabled: enabled.unwrap_or(false), stream_view_type: view }
    }
}

#[derive(Debug)]
struct DraftSse {
    enabled: Option<bool>,
    kind: Option<String>,
    key: Option<String>,
}

impl DraftSse {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            enabled: members.boolean("Enabled")?,
            kind: members.string("SSEType")?,
            key: members.string("KMSMasterKeyId")?,
        })
    }

    fn check(self, violations: &mut Violations) -> SseSpecification {
        let place = Place::member("sSESpecification").then("sSEType");
        let sse_type = SSE_TYPES.check(self.kind.as_deref(), &place, violations);
        SseSpecification { enabled: self.enabled, sse_type, kms_master_key_id: self.key }
    }
}
