//! One object during one pass: what it asks for, and what is told of it.

use partita_api::annotations::{ADOPTION_POLICY, Annotations};
use partita_api::conditions::reasons;
use partita_api::mapping::MappingDeletionPolicy;
use partita_api::{
    AdoptionPolicy, DeletionPolicy, EventSourceMapping, EventSourceMappingStatus, ResourceMetadata,
};
use partita_mapping::{MappingId, Refusal, StartingPosition, State, Target};
use partita_model::clock::UnixMillis;
use partita_model::name::Scope;
use partita_protocol::operation::TableRef;
use partita_protocol::stream::StreamArn;

use super::plan::{Desired, Plan, Source};
use super::{End, MappingPlace, Observed, References, wanted};
use crate::clerk::cause_in;
use crate::plan::Cause;
use crate::status::{self, Advice, PARTITION, Verdict};
use crate::{Error, ObjectKey};

const ADOPTED: &str = "the mapping was there already and is managed from now on";
const RECREATED: &str =
    "the mapping was deleted through the API although the manifest declares it, and was made again";

/// An object during a pass.
pub(super) struct Pass<'a> {
    pub(super) key: &'a ObjectKey,
    pub(super) object: EventSourceMapping,
    /// The mapping that the object manages, managed last, or is about to make.
    pub(super) id: Option<MappingId>,
    /// Whether the id is that of a mapping that was to come, and nobody knows whether it did.
    announced: bool,
    place: Option<&'a MappingPlace>,
    /// How the object came by its mapping, if that is worth telling.
    origin: Option<Cause>,
    annotations: Annotations,
    /// Whether `tableRef` leads to a Table; `None` if it was not followed.
    resolved: Option<bool>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        key: &'a ObjectKey,
        object: EventSourceMapping,
        place: Option<&'a MappingPlace>,
    ) -> Self {
        let given = object.metadata.annotations.clone().unwrap_or_default();
        let mut annotations = match place {
            Some(MappingPlace { scope, .. }) => Annotations::read(&given, &scope.region, &scope.account_id),
            None => Annotations::read(&given, "", ""),
        };
        if place.is_none() {
            // Whether one does not apply here can be told only once it is known where that is.
            annotations.ignored.clear();
        } else if annotations.adoption_policy.is_some_and(|policy| policy != AdoptionPolicy::AdoptOrCreate) {
            let why = "a mapping that is there is taken over, and one that is not is made";
            annotations.ignored.push((ADOPTION_POLICY.to_owned(), why.to_owned()));
        }
        let status = object.status.as_ref();
        let id = status.and_then(|status| status.uuid.as_deref()).and_then(MappingId::parse);
        let announced = id.is_some() && status.is_some_and(is_announcement);
        let current = status.filter(|status| status.observed_generation == object.metadata.generation);
        let origin = current.and_then(|status| cause_in(&status.conditions)).and_then(|(reason, message)| {
            let told = [reasons::ADOPTED, reasons::RECREATED, reasons::MOVED];
            Some(Cause::new(told.into_iter().find(|told| *told == reason)?, message))
        });
        Self { key, object, id, announced, place, origin, annotations, resolved: None }
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.object.metadata.deletion_timestamp.is_some()
    }

    /// What is to become of the mapping, once the object is to be deleted.
    fn deletion_policy(&self) -> Option<MappingDeletionPolicy> {
        self.is_deleted().then_some(())?;
        let annotated = self.annotations.deletion_policy.map(|policy| match policy {
            DeletionPolicy::Retain => MappingDeletionPolicy::Retain,
            DeletionPolicy::Delete | DeletionPolicy::BackupThenDelete => MappingDeletionPolicy::Delete,
        });
        Some(self.object.spec.deletion_policy.or(annotated).unwrap_or(MappingDeletionPolicy::Delete))
    }

    /// Where records are to come from, or why that cannot be told.
    pub(super) async fn source(
        &mut self,
        references: &dyn References,
        place: &MappingPlace,
    ) -> Result<Result<Source, Plan>, Error> {
        let spec = &self.object.spec;
        let Some(reference) =
            spec.table_ref.as_ref().map(|reference| reference.from.clone().unwrap_or_default())
        else {
            let given = StreamArn::as_given(spec.event_source_arn.clone().unwrap_or_default());
            return Ok(stream(&given, place).await);
        };
        let name = reference.name.unwrap_or_default();
        let namespace = reference.namespace.unwrap_or_else(|| self.key.namespace.clone());
        let table = references.table_name(&namespace, &name).await?;
        self.resolved = Some(table.is_some());
        Ok(match table {
            Some(table) => stream_of(&table, place).await,
            None => {
                let message = format!("waiting for the Table {namespace}/{name}");
                Err(Plan::wait(reasons::REFERENCE_NOT_FOUND, message))
            }
        })
    }

    pub(super) fn desired(&self, source: Result<Source, Plan>) -> Desired {
        let spec = &self.object.spec;
        let in_cluster = self.place.is_some_and(|place| place.in_cluster);
        // What comes to a new stream before the mapping does would be missed otherwise.
        let starting_position = match &source {
            Ok(source) if self.moves_to(&source.arn) => StartingPosition::TrimHorizon,
            _ => wanted::starting_position(spec.starting_position),
        };
        Desired {
            source,
            target: wanted::target(&spec.target, &self.key.namespace, in_cluster),
            changes: wanted::changes(spec),
            starting_position,
            deletion: self.deletion_policy(),
            suspended: spec.suspend.unwrap_or(self.annotations.read_only),
        }
    }

    /// Whether the mapping was one of another stream.
    fn moves_to(&self, source: &StreamArn) -> bool {
        self.stream_before().is_some_and(|before| before != source.as_str())
    }

    /// The stream of the mapping that was there last.
    fn stream_before(&self) -> Option<&str> {
        self.object.status.as_ref()?.event_source_arn.as_deref()
    }

    /// The mapping as it was seen, with what was known of it before: a control plane that begins anew has to tell the data plane of
    /// every mapping again, and does not know until then how any of them does.
    pub(super) fn recognised(&mut self, mut observed: Observed) -> Observed {
        let Observed { mapping, state, last_result } = &mut observed;
        self.announced &= self.id.as_ref() != Some(&mapping.id);
        let status = self.object.status.as_ref();
        let Some(status) = status.filter(|status| status.uuid.as_deref() == Some(mapping.id.as_str())) else {
            return observed;
        };
        let settled = State::settled(mapping);
        let unchanged = status.state.as_deref() == Some(settled.as_str())
            && status.last_modified == Some(status::time(mapping.last_modified));
        if unchanged && matches!(state, State::Creating | State::Updating) {
            *state = settled;
        }
        if last_result.is_none() {
            last_result.clone_from(&status.last_processing_result);
        }
        observed
    }

    /// The mapping was there, and is the object's from now on.
    pub(super) fn adopts(&mut self, id: MappingId) {
        (self.id, self.announced) = (Some(id), false);
        self.origin = Some(Cause::new(reasons::ADOPTED, ADOPTED));
    }

    /// Whether it was told that the mapping that was there last is of that stream.
    pub(super) fn told_of(&self, source: &StreamArn) -> bool {
        self.stream_before() == Some(source.as_str())
    }

    /// There is no mapping of the id. One that was to come was not made.
    pub(super) fn withdraws(&mut self) {
        if std::mem::take(&mut self.announced) {
            self.id = None;
        }
    }

    /// The mapping is about to be made.
    pub(super) fn announces(&mut self, id: MappingId, source: &StreamArn) {
        (self.id, self.announced) = (Some(id), true);
        self.origin = self.stream_before().map(|before| {
            if before != source.as_str() {
                let message = format!(
                    "the table's stream was replaced: the mapping was made again for {source}, from its beginning; \
                     what an earlier stream still held is not delivered"
                );
                Cause::new(reasons::MOVED, message)
            } else {
                Cause::new(reasons::RECREATED, RECREATED)
            }
        });
    }

    /// The call that was to make the mapping was answered. Where nobody knows whether it was made, the next look tells.
    pub(super) fn answered(&mut self, made: &Result<(), Refusal>) {
        match made {
            Ok(()) => self.announced = false,
            Err(Refusal::Internal) => {}
            Err(_) => self.withdraws(),
        }
    }
}

/// Whether a status says no more of a mapping than that it is to come.
fn is_announcement(status: &EventSourceMappingStatus) -> bool {
    status.state.as_deref() == Some(State::Creating.as_str()) && status.last_modified.is_none()
}

/// The stream that a spec names.
async fn stream(given: &StreamArn, place: &MappingPlace) -> Result<Source, Plan> {
    let stream = given.name(&place.scope).map_err(|_| elsewhere(given.as_str(), &place.scope))?;
    let latest = place.control.latest_stream(&stream.table).await.map_err(unanswered)?;
    Ok(Source { arn: stream.arn(&place.scope), is_latest: latest == Some(stream), followed: false })
}

/// The latest stream of a table, which is given by name or ARN.
async fn stream_of(given: &str, place: &MappingPlace) -> Result<Source, Plan> {
    let table = TableRef::new(given).name(&place.scope).map_err(|_| elsewhere(given, &place.scope))?;
    let latest = place.control.latest_stream(&table).await.map_err(unanswered)?.ok_or_else(|| {
        let message =
            format!("waiting for a stream of the table {table}, as its streamSpecification declares one");
        Plan::wait(reasons::SOURCE_NOT_FOUND, message)
    })?;
    Ok(Source { arn: latest.arn(&place.scope), is_latest: true, followed: true })
}

fn elsewhere(arn: &str, scope: &Scope) -> Plan {
    let Scope { region, account_id } = scope;
    Plan::refuse(reasons::INVALID_SPEC, format!("{arn} is not in region {region} and account {account_id}"))
}

fn unanswered(refusal: Refusal) -> Plan {
    Plan::Failed("DescribeTable", refusal)
}

/// How a pass ends.
impl Pass<'_> {
    /// The end of a pass without a place.
    pub(super) fn placeless(&self) -> End {
        match self.deletion_policy() {
            None => End::placeless("the mapping waits for a Region that is ready"),
            Some(MappingDeletionPolicy::Retain) => End::gone(),
            // Also without an id: the object is held, and the answer to the call that made its mapping may have been lost.
            Some(MappingDeletionPolicy::Delete) => End::placeless(
                "the object is to be deleted, and its mapping can be deleted only once there is a Region that is ready; \
                 set deletionPolicy to Retain to leave the mapping as it is",
            ),
        }
    }

    /// What is said before the mapping is made.
    pub(super) fn intent(&self) -> End {
        let creating = || Cause::new(reasons::CREATING, "the mapping is being created");
        End::progressing(self.origin.clone().unwrap_or_else(creating), None)
    }

    /// What is said before a mapping goes of which less was said.
    pub(super) fn moving(&self, observed: Observed) -> End {
        let cause = Cause::new(reasons::MOVED, "the mapping of an earlier stream is being deleted");
        End::progressing(cause, Some(observed))
    }

    /// Another object manages the mapping.
    pub(super) fn rival(&self, owner: &ObjectKey) -> End {
        if self.is_deleted() {
            return End::gone();
        }
        End::stalled(Cause::new(reasons::CONFLICT, format!("{owner} manages the mapping")), None)
    }

    /// A call failed. What the rules refuse is tried again only with the next resync.
    pub(super) fn failed(&self, call: &str, refusal: &Refusal, observed: Option<Observed>) -> End {
        let message = format!("{call}: {}: {refusal}", refusal.name());
        match refusal {
            Refusal::Internal => End::failing(message, observed),
            // Somebody was faster; the next look tells.
            Refusal::InProgress | Refusal::NotFound => {
                End::progressing(Cause::new(reasons::UPDATING, message), self.own(observed))
            }
            Refusal::Exists { .. } => {
                End::stalled(Cause::new(reasons::CONFLICT, message), self.own(observed))
            }
            _ => End::stalled(Cause::new(reasons::INVALID_SPEC, message), self.own(observed)),
        }
    }

    /// The end of a pass that took as many steps as one may.
    pub(super) fn pause(&self) -> End {
        End::progressing(Cause::new(reasons::UPDATING, "the mapping is being changed"), None)
    }

    /// The end of a pass whose plan has no step to do now.
    pub(super) fn end(&self, plan: Plan, observed: Option<Observed>) -> End {
        let observed = self.own(observed);
        match plan {
            Plan::Settled | Plan::Step(_) => {
                let settled = || Cause::new(reasons::SETTLED, "the mapping is as declared");
                End::resync(Verdict::Settled(self.origin.clone().unwrap_or_else(settled)), observed)
            }
            Plan::Suspended(step) => {
                let message = format!("suspended; waiting: {}", step.name());
                End::resync(Verdict::Suspended(Cause::new(reasons::SUSPENDED, message)), observed)
            }
            // Why a mapping is made is worth more than that it is.
            Plan::Wait(cause) if cause.reason == reasons::CREATING => {
                End::progressing(self.origin.clone().unwrap_or(cause), observed)
            }
            Plan::Wait(cause) => End::progressing(cause, observed),
            Plan::Refuse(cause) => End::stalled(cause, observed),
            Plan::Failed(call, refusal) => self.failed(call, &refusal, observed),
            Plan::Release => End::gone(),
        }
    }

    /// The mapping, if it is known to be the object's.
    fn own(&self, observed: Option<Observed>) -> Option<Observed> {
        observed.filter(|observed| self.id.as_ref() == Some(&observed.mapping.id))
    }
}

/// What is told of the object.
impl Pass<'_> {
    pub(super) fn status(&self, end: &End, now: UnixMillis) -> EventSourceMappingStatus {
        let previous = self.object.status.clone().unwrap_or_default();
        let mut new = match (self.place, &end.observed) {
            (Some(place), Some(observed)) => seen(observed, &place.scope),
            (Some(_), None) if !matches!(end.verdict, Verdict::Failing(_)) => self.unseen(&previous),
            // Nobody answered: what was seen last is still the best that is known.
            _ => previous.clone(),
        };
        let generation = self.object.metadata.generation;
        let advice = Advice {
            unsupported: Vec::new(),
            ignored_annotations: self.annotations.ignored.clone(),
            unresolved: self.resolved.map(|resolved| if resolved { vec![] } else { vec!["tableRef"] }),
        };
        new.observed_generation = generation;
        new.conditions = status::conditions(&end.verdict, &advice, generation, &previous.conditions, now);
        new
    }

    /// There is no mapping, or it is another object's. The id and the stream of one that was there tell later what became of it.
    fn unseen(&self, previous: &EventSourceMappingStatus) -> EventSourceMappingStatus {
        EventSourceMappingStatus {
            uuid: self.id.as_ref().map(ToString::to_string),
            event_source_arn: previous.event_source_arn.clone(),
            state: self.announced.then(|| State::Creating.as_str().to_owned()),
            ..EventSourceMappingStatus::default()
        }
    }
}

fn seen(observed: &Observed, scope: &Scope) -> EventSourceMappingStatus {
    let Observed { mapping, state, last_result } = observed;
    EventSourceMappingStatus {
        ack_resource_metadata: Some(ResourceMetadata {
            arn: Some(mapping.id.arn(scope)),
            owner_account_id: scope.account_id.clone(),
            partition: Some(PARTITION.to_owned()),
            region: scope.region.clone(),
        }),
        uuid: Some(mapping.id.to_string()),
        event_source_arn: Some(mapping.source.to_string()),
        table_name: mapping.source.name(scope).ok().map(|stream| stream.table.to_string()),
        target: Some(mapping.target.name().to_owned()),
        function_arn: match &mapping.target {
            Target::Lambda { function, .. } => Some(function.arn(scope)),
            Target::Http { .. } => None,
        },
        state: Some(state.as_str().to_owned()),
        last_processing_result: last_result.clone(),
        last_modified: Some(status::time(mapping.last_modified)),
        ..EventSourceMappingStatus::default()
    }
}
