//! Event source mappings in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use partita_controllers::MappingControl;
use partita_controllers::mapping::Observed;
use partita_mapping::{Mapping, MappingId, Refusal, Settings, State, Target};
use partita_model::TableName;
use partita_model::clock::UnixMillis;
use partita_protocol::stream::{StreamArn, StreamName};

#[derive(Default)]
struct Kept {
    labels: BTreeMap<TableName, String>,
    mappings: BTreeMap<MappingId, Observed>,
    made: u64,
    calls: Vec<&'static str>,
}

/// Mappings of the streams that tables have. All is done at once.
#[derive(Default)]
pub(crate) struct FakeMappings(Mutex<Kept>);

impl FakeMappings {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    /// The table has a stream of that label from now on.
    pub(crate) fn stream(&self, table: &str, label: &str) {
        self.kept().labels.insert(TableName::new(table), label.to_owned());
    }

    /// The calls that changed something, since this was asked last.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.kept().calls)
    }

    /// What the mappings go to.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.kept().mappings.values().map(|observed| observed.mapping.target.name().to_owned()).collect()
    }
}

#[async_trait]
impl MappingControl for FakeMappings {
    async fn latest_stream(&self, table: &TableName) -> Result<Option<StreamName>, Refusal> {
        let label = self.kept().labels.get(table).cloned();
        Ok(label.map(|label| StreamName { table: table.clone(), label }))
    }

    async fn find(&self, id: &MappingId) -> Result<Option<Observed>, Refusal> {
        Ok(self.kept().mappings.get(id).cloned())
    }

    async fn find_between(&self, source: &StreamArn, target: &str) -> Result<Option<Observed>, Refusal> {
        let is = |o: &&Observed| o.mapping.source == *source && o.mapping.target.name() == target;
        Ok(self.kept().mappings.values().find(is).cloned())
    }

    fn new_id(&self) -> Result<MappingId, Refusal> {
        let mut kept = self.kept();
        kept.made += 1;
        Ok(MappingId::parse(&format!("00000000-0000-0000-0000-{:012}", kept.made)).unwrap())
    }

    async fn create(
        &self,
        id: &MappingId,
        source: StreamArn,
        target: Target,
        settings: Settings,
    ) -> Result<(), Refusal> {
        if let Some(there) = self.find_between(&source, target.name()).await? {
            let (target, existing) = (target.name().to_owned(), there.mapping.id);
            return Err(Refusal::Exists { source_arn: source, target, existing });
        }
        let mut kept = self.kept();
        kept.calls.push("create");
        let last_modified = UnixMillis(1_000);
        let mapping = Mapping { id: id.clone(), generation: 1, source, target, settings, last_modified };
        let state = State::settled(&mapping);
        kept.mappings.insert(id.clone(), Observed { mapping, state, last_result: None });
        Ok(())
    }

    async fn update(&self, id: &MappingId, target: Target, settings: Settings) -> Result<(), Refusal> {
        let mut kept = self.kept();
        kept.calls.push("update");
        let observed = kept.mappings.get_mut(id).ok_or(Refusal::NotFound)?;
        observed.mapping = Mapping { target, settings, ..observed.mapping.clone() };
        observed.state = State::settled(&observed.mapping);
        Ok(())
    }

    async fn delete(&self, id: &MappingId) -> Result<(), Refusal> {
        let mut kept = self.kept();
        kept.calls.push("delete");
        kept.mappings.remove(id).map(drop).ok_or(Refusal::NotFound)
    }
}

/// No mappings, for those who need none.
pub(crate) fn no_mappings() -> Arc<dyn MappingControl> {
    Arc::<FakeMappings>::default()
}
