//! Reconciling event source mappings: observe, plan, act, report, as with tables.
//!
//! - **An object finds its mapping** by the id in its status, which is there before the mapping is; and where there is none by stream
//!   and target, which no two mappings share. So a mapping of before, made through the API or for an object of before, is taken over, unless another object manages it.
//! - **A field that the manifest names belongs to the manifest**, and is put back; one that is absent stays as the API left it.
//! - **A mapping of a table follows the table.** When its stream is replaced the mapping is made again for the new one, from its
//!   beginning, whatever `startingPosition` says: so nothing that is written after the replacement is missed.
//! - **What is not there yet is waited for**: the Table object, the table, the stream.

mod claims;
mod pass;
mod plan;
mod wanted;

use std::sync::Arc;

use async_trait::async_trait;
use partita_api::EventSourceMapping;
use partita_mapping::{Mapping, MappingId, Refusal, Settings, State, Target};
use partita_model::TableName;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use partita_protocol::stream::{StreamArn, StreamName};

use crate::clerk::Clerk;
use crate::declarations::{Declarations, is_held};
use crate::events::EventLog;
use crate::reconcile::{Next, end};
use crate::{Error, ObjectKey};
use claims::Claims;
use pass::Pass;
use plan::{Desired, Plan, Step, plan};

/// Steps of one pass: more than any plan leads to, which is to delete a mapping, to make it again, and to look.
const STEPS_PER_PASS_MAX: usize = 4;

type End = end::End<Observed>;

/// What one look shows.
type Seen = (Desired, Option<Observed>);

/// A mapping as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What is kept of it.
    pub mapping: Mapping,
    /// Where it is in its life.
    pub state: State,
    /// How its latest delivery went; `None` if there was none, or nobody knows.
    pub last_result: Option<String>,
}

/// The control plane, as a reconciler of mappings needs it. Every call may be repeated.
#[async_trait]
pub trait MappingControl: Send + Sync + 'static {
    /// The latest stream of a table; `None` if there is no such table, or it never had one.
    async fn latest_stream(&self, table: &TableName) -> Result<Option<StreamName>, Refusal>;

    /// A mapping by its id; `None` if there is no such mapping.
    async fn find(&self, id: &MappingId) -> Result<Option<Observed>, Refusal>;

    /// The mapping of that stream to the target of that name; `None` if there is no such mapping.
    async fn find_between(&self, source: &StreamArn, target: &str) -> Result<Option<Observed>, Refusal>;

    /// An id for a mapping to come, never given out before.
    fn new_id(&self) -> Result<MappingId, Refusal>;

    /// Makes a mapping of that id. Nothing changes if it is there already.
    async fn create(
        &self,
        id: &MappingId,
        source: StreamArn,
        target: Target,
        settings: Settings,
    ) -> Result<(), Refusal>;

    /// Changes a mapping.
    async fn update(&self, id: &MappingId, target: Target, settings: Settings) -> Result<(), Refusal>;

    /// Deletes a mapping, at once or soon.
    async fn delete(&self, id: &MappingId) -> Result<(), Refusal>;
}

/// What references of objects lead to.
#[async_trait]
pub trait References: Send + Sync + 'static {
    /// The table that a Table object declares, by name or ARN; `None` if there is no such object.
    ///
    /// # Errors
    /// [`Error::Objects`]
    async fn table_name(&self, namespace: &str, name: &str) -> Result<Option<String>, Error>;
}

/// Where mappings are.
#[derive(Clone)]
pub struct MappingPlace {
    /// What makes them.
    pub control: Arc<dyn MappingControl>,
    /// What their ARNs say.
    pub scope: Scope,
    /// Whether deliveries are made from inside a cluster, where Services have addresses.
    pub in_cluster: bool,
}

/// Makes mappings what objects say. One pass at a time for one object.
pub struct MappingReconciler {
    clerk: Clerk<EventSourceMapping>,
    references: Arc<dyn References>,
    claims: Claims,
}

impl MappingReconciler {
    /// A reconciler of the objects in `declarations`, which tells `events` what happens to them.
    pub fn new(
        declarations: Arc<dyn Declarations<EventSourceMapping>>,
        references: Arc<dyn References>,
        events: Arc<EventLog>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { clerk: Clerk::new(declarations, events, clock), references, claims: Claims::default() }
    }

    /// One pass over the object. Without a `place` nothing can be done about a mapping, and the status says so.
    ///
    /// Cancel safe: what was begun is found by the next pass.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::Stored`]. Failures of the control plane are not errors: the status tells of them.
    pub async fn reconcile(&self, key: &ObjectKey, place: Option<&MappingPlace>) -> Result<Next, Error> {
        let Some(object) = self.clerk.declarations.declared(key).await? else {
            self.forget(key);
            return Ok(Next::Gone);
        };
        let mut pass = Pass::new(key, object, place);
        let end = match place {
            // Somebody let it go: only others keep it, and its mapping is none of ours any more.
            _ if pass.is_deleted() && !is_held(&pass.object) => End::gone(),
            None => pass.placeless(),
            Some(place) => self.run(&mut pass, place).await?,
        };
        if end.next == Next::Gone {
            self.clerk.let_go(key, &pass.object).await?;
            self.claims.remove(key);
        } else {
            self.report(&mut pass, &end).await?;
        }
        Ok(end.next)
    }

    async fn report(&self, pass: &mut Pass<'_>, end: &End) -> Result<(), Error> {
        let now = self.clerk.clock.now();
        let new = pass.status(end, now);
        self.clerk.report(pass.key, &mut pass.object, &end.verdict, new, now).await
    }

    async fn run(&self, pass: &mut Pass<'_>, place: &MappingPlace) -> Result<End, Error> {
        for _ in 0..STEPS_PER_PASS_MAX {
            let (desired, observed) = match self.look(pass, place).await? {
                Ok(seen) => seen,
                Err(refusal) => return Ok(pass.failed("GetEventSourceMapping", &refusal, None)),
            };
            let planned = plan(&desired, observed.as_ref());
            if planned.manages()
                && let Some(observed) = &observed
                && let Some(owner) = self.take(pass, observed).await?
            {
                return Ok(pass.rival(&owner));
            }
            if planned.manages() || pass.id.is_some() {
                self.clerk.hold(pass.key, &mut pass.object).await?;
            }
            let step = match planned {
                Plan::Step(step) => *step,
                end => return Ok(pass.end(end, observed)),
            };
            let name = step.name();
            if let Err(refusal) = self.announce(pass, place, &step, observed.as_ref()).await? {
                return Ok(pass.failed(name, &refusal, observed));
            }
            if let Err(refusal) = self.act(pass, place, step).await {
                return Ok(pass.failed(name, &refusal, observed));
            }
            tracing::info!(object = %pass.key, step = name, "step done");
        }
        Ok(pass.pause())
    }

    /// What is desired, and what is there.
    async fn look(&self, pass: &mut Pass<'_>, place: &MappingPlace) -> Result<Result<Seen, Refusal>, Error> {
        let known = match &pass.id {
            Some(id) => place.control.find(id).await,
            None => Ok(None),
        };
        let known = match known {
            Ok(known) => known,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // A mapping whose id is known goes with its object, whatever became of the Table meanwhile.
        let by_id = pass.is_deleted() && pass.id.is_some();
        if known.is_none() {
            pass.withdraws();
        }
        let source =
            if by_id { Err(Plan::Release) } else { pass.source(self.references.as_ref(), place).await? };
        let desired = pass.desired(source);
        let observed = match known {
            Some(known) => Ok(Some(known)),
            None => find_between(&desired, place).await,
        };
        Ok(observed.map(|observed| (desired, observed.map(|observed| pass.recognised(observed)))))
    }

    /// Makes the mapping the object's, unless another object manages it: then gives that one's key.
    async fn take(&self, pass: &mut Pass<'_>, observed: &Observed) -> Result<Option<ObjectKey>, Error> {
        let id = &observed.mapping.id;
        let known = pass.id.as_ref() == Some(id);
        if !known {
            let uuid = Some(id.as_str());
            let manages = |object: &EventSourceMapping| {
                let let_go = object.metadata.deletion_timestamp.is_some() && !is_held(object);
                !let_go && object.status.as_ref().and_then(|status| status.uuid.as_deref()) == uuid
            };
            let all = self.clerk.declarations.all().await?;
            let owner = all.into_iter().find(|(key, object)| key != pass.key && manages(object));
            if let Some((owner, _)) = owner {
                return Ok(Some(owner));
            }
        }
        if let Err(owner) = self.claims.claim(id, pass.key) {
            return Ok(Some(owner));
        }
        if !known {
            pass.adopts(id.clone());
        }
        Ok(None)
    }

    /// Writes down what has to be known of a step if nothing after it ever is: the id of a mapping to come, and the stream that a
    /// mapping moves away from.
    async fn announce(
        &self,
        pass: &mut Pass<'_>,
        place: &MappingPlace,
        step: &Step,
        observed: Option<&Observed>,
    ) -> Result<Result<(), Refusal>, Error> {
        let end = match (step, observed) {
            (Step::Create { source, .. }, _) => {
                let id = match place.control.new_id() {
                    Ok(id) => id,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if self.claims.claim(&id, pass.key).is_err() {
                    return Ok(Err(Refusal::Internal));
                }
                pass.announces(id, source);
                pass.intent()
            }
            (Step::Move, Some(observed)) if !pass.told_of(&observed.mapping.source) => {
                pass.moving(observed.clone())
            }
            _ => return Ok(Ok(())),
        };
        self.report(pass, &end).await?;
        Ok(Ok(()))
    }

    async fn act(&self, pass: &mut Pass<'_>, place: &MappingPlace, step: Step) -> Result<(), Refusal> {
        let control = place.control.as_ref();
        // Steps are planned for a mapping that was seen, and so taken, or announced.
        let id = pass.id.clone().ok_or(Refusal::NotFound)?;
        match step {
            Step::Create { source, target, settings } => {
                let made = control.create(&id, source, target, settings).await;
                pass.answered(&made);
                made
            }
            Step::Update { target, settings } => control.update(&id, target, settings).await,
            Step::Move | Step::Delete => control.delete(&id).await,
        }
    }

    /// What happened to objects.
    pub fn events(&self) -> Arc<EventLog> {
        Arc::clone(&self.clerk.events)
    }

    /// Forgets what is remembered of an object that is gone. A pass that finds it gone does so itself.
    pub fn forget(&self, key: &ObjectKey) {
        self.clerk.forget(key);
        self.claims.remove(key);
    }
}

/// The mapping between what is desired.
async fn find_between(desired: &Desired, place: &MappingPlace) -> Result<Option<Observed>, Refusal> {
    match (&desired.source, &desired.target) {
        (Ok(source), Ok(target)) => place.control.find_between(&source.arn, target.name()).await,
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
