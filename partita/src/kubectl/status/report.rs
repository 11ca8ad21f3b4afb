//! From what was seen to what is said: pure. A program reads it as JSON, people as [`text`](super::text).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use partita_api::conditions::types;
use partita_controllers::declarations::finalizer;
use serde::Serialize;

use super::Seen;
use super::next::next_steps;
use crate::kinds::Kind;
use crate::kubectl::cluster::Leader;
use crate::kubectl::objects::{Condition, Mapping, Node, Region, Table, condition};

/// What the status of an object is called while it has none.
const UNSEEN: &str = "not seen yet";

/// Everything that is said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Whether everything is as it should be.
    pub(super) ready: bool,
    /// Whether the cluster knows our kinds.
    pub(super) kinds_installed: bool,
    pub(super) operator: Option<OperatorReport>,
    pub(super) regions: Vec<RegionReport>,
    pub(super) tables: ObjectsReport,
    pub(super) event_source_mappings: ObjectsReport,
    /// What to do next, the most important first.
    pub(super) next: Vec<String>,
}

/// The operator that leads, or led last.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OperatorReport {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) alive: bool,
    pub(super) silent_seconds: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegionReport {
    pub(super) name: String,
    pub(super) region_name: String,
    #[serde(rename = "accountID")]
    pub(super) account_id: String,
    pub(super) ready: bool,
    /// The conditions worth saying: `Ready`, and others that hold.
    pub(super) conditions: Vec<ConditionReport>,
    pub(super) store: String,
    pub(super) namespace: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) access_keys: Option<u64>,
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConditionReport {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectsReport {
    pub(super) total: usize,
    /// Numbers of objects by the status, or state, that the API gives of what they declare.
    pub(super) by_status: BTreeMap<String, usize>,
    pub(super) not_ready: Vec<ObjectReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectReport {
    #[serde(skip)]
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
    /// Only of tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) table_name: Option<String>,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
}

impl Report {
    pub(super) fn of(seen: &Seen) -> Self {
        let mut report = Self {
            ready: false,
            kinds_installed: seen.regions.is_some() && seen.tables.is_some(),
            operator: seen.leaders.first().map(OperatorReport::of),
            regions: seen.regions.iter().flatten().map(RegionReport::of).collect(),
            tables: ObjectsReport::of(seen.tables.as_deref().unwrap_or_default()),
            event_source_mappings: ObjectsReport::of(seen.mappings.as_deref().unwrap_or_default()),
            next: Vec::new(),
        };
        report.ready = report.kinds_installed
            && report.operator.as_ref().is_some_and(|operator| operator.alive)
            && !report.regions.is_empty()
            && report.regions.iter().all(|region| region.ready)
            && report.tables.not_ready.is_empty()
            && report.event_source_mappings.not_ready.is_empty();
        report.next = next_steps(&report);
        report
    }
}

impl OperatorReport {
    fn of(leader: &Leader) -> Self {
        let Leader { namespace, holder, silent_seconds, alive } = leader.clone();
        Self { namespace, name: holder, alive, silent_seconds }
    }
}

impl RegionReport {
    fn of(region: &Region) -> Self {
        let (spec, status) = (&region.spec, &region.status);
        let ready = readiness(&status.conditions, region.metadata.generation);
        let others = status.conditions.iter().filter(|condition| is_worth_saying(condition));
        let store = match spec.object_store.type_.as_str() {
            "S3" => format!("bucket {}", spec.object_store.s3.bucket),
            "Volume" => "a volume".to_owned(),
            other => other.to_owned(),
        };
        Self {
            name: region.metadata.name.clone().unwrap_or_default(),
            region_name: spec.region_name.clone(),
            account_id: spec.account_id.clone(),
            ready: ready.status == "True",
            conditions: std::iter::once(ready).chain(others.map(ConditionReport::of)).collect(),
            store,
            namespace: status.namespace.clone(),
            endpoint: status.endpoint.clone(),
            access_keys: status.access_keys,
            nodes: status.nodes.clone(),
        }
    }
}

impl ConditionReport {
    fn of(condition: &Condition) -> Self {
        let Condition { type_, status, reason, message, .. } = condition.clone();
        Self { type_, status, reason, message }
    }
}

/// An object that declares something in a namespace.
trait Declaring {
    const KIND: Kind;

    fn metadata(&self) -> &ObjectMeta;
    fn conditions(&self) -> &[Condition];
    /// What the API says of what it declares.
    fn status(&self) -> Option<&str>;
    fn table_name(&self) -> Option<&str>;
}

impl Declaring for Table {
    const KIND: Kind = Kind::Table;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn conditions(&self) -> &[Condition] {
        &self.status.conditions
    }

    fn status(&self) -> Option<&str> {
        self.status.table_status.as_deref()
    }

    fn table_name(&self) -> Option<&str> {
        Some(&self.spec.table_name)
    }
}

impl Declaring for Mapping {
    const KIND: Kind = Kind::EventSourceMapping;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn conditions(&self) -> &[Condition] {
        &self.status.conditions
    }

    fn status(&self) -> Option<&str> {
        self.status.state.as_deref()
    }

    fn table_name(&self) -> Option<&str> {
        None
    }
}

impl ObjectsReport {
    fn of<D: Declaring>(objects: &[D]) -> Self {
        let mut by_status = BTreeMap::new();
        for object in objects {
            *by_status.entry(object.status().unwrap_or(UNSEEN).to_owned()).or_default() += 1;
        }
        let mut not_ready: Vec<_> = objects.iter().filter_map(ObjectReport::unless_ready).collect();
        not_ready.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        Self { total: objects.len(), by_status, not_ready }
    }
}

impl ObjectReport {
    fn unless_ready<D: Declaring>(object: &D) -> Option<Self> {
        let metadata = object.metadata();
        let ready =
            let_go(D::KIND, metadata).unwrap_or_else(|| readiness(object.conditions(), metadata.generation));
        (ready.status != "True").then(|| Self {
            kind: D::KIND,
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            table_name: object.table_name().map(str::to_owned),
            status: object.status().unwrap_or(UNSEEN).to_owned(),
            reason: ready.reason,
            message: ready.message,
        })
    }
}

/// `Ready`, or what stands for it where nobody has looked at the object's newest spec.
fn readiness(conditions: &[Condition], generation: Option<i64>) -> ConditionReport {
    let unseen = |message: &str| ConditionReport {
        type_: types::READY.to_owned(),
        status: "Unknown".to_owned(),
        reason: "NotObserved".to_owned(),
        message: message.to_owned(),
    };
    match condition(conditions, types::READY) {
        None => unseen("no operator has looked at it yet"),
        Some(ready) if ready.observed_generation.zip(generation).is_some_and(|(seen, now)| seen < now) => {
            unseen("the operator has not looked at its newest change yet")
        }
        Some(ready) => ConditionReport::of(ready),
    }
}

/// What stands for `Ready` of an object that is deleted, that we have let go, and that somebody else still holds: nobody tells of
/// its state any more.
fn let_go(kind: Kind, metadata: &ObjectMeta) -> Option<ConditionReport> {
    let holders = metadata.finalizers.as_deref().unwrap_or_default();
    let only_others = metadata.deletion_timestamp.is_some()
        && holders.iter().all(|holder| Some(holder.as_str()) != finalizer(kind.name()));
    only_others.then(|| ConditionReport {
        type_: types::READY.to_owned(),
        status: "False".to_owned(),
        reason: "Deleting".to_owned(),
        message: format!("the object is deleted and waits for {}", holders.join(", ")),
    })
}

/// ACK's conditions repeat ours.
fn is_worth_saying(condition: &Condition) -> bool {
    condition.type_ != types::READY && condition.status == "True" && !condition.type_.starts_with("ACK.")
}
