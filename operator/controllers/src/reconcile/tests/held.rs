//! Which objects are kept from going, and since when.

use std::sync::Mutex;

use super::*;
use crate::Declared;

/// Declarations that can go at any time unless they are held, as an API server's do.
struct Holding {
    keeper: Arc<Keeper>,
    tables: Arc<FakeTables>,
    held: Mutex<bool>,
    /// What the API server says to the next hold.
    refuses: bool,
}

#[async_trait]
impl Declarations<Table> for Holding {
    async fn declared(&self, key: &ObjectKey) -> Result<Option<Table>, Error> {
        let mut object: Option<Table> = self.keeper.declared(key).await?;
        if let Some(object) = &mut object {
            let held = *self.held.lock().unwrap();
            object.metadata.finalizers =
                Some(if held { vec![Table::FINALIZER.to_owned()] } else { Vec::new() });
        }
        Ok(object)
    }

    async fn all(&self) -> Result<Vec<(ObjectKey, Table)>, Error> {
        self.keeper.all().await
    }

    async fn hold(&self, _key: &ObjectKey, _seen: &Table) -> Result<(), Error> {
        self.tables.note("hold");
        if self.refuses {
            return Err(Error::Objects("the object is being deleted".into()));
        }
        *self.held.lock().unwrap() = true;
        Ok(())
    }

    async fn set_status(&self, key: &ObjectKey, seen: &Table, status: &TableStatus) -> Result<(), Error> {
        self.keeper.set_status(key, seen, status).await
    }

    async fn release(&self, _key: &ObjectKey, _seen: &Table) -> Result<(), Error> {
        self.tables.note("release");
        Ok(())
    }
}

fn holding(world: &mut World, held: bool, refuses: bool) {
    let (keeper, tables) = (Arc::clone(&world.keeper), Arc::clone(&world.tables));
    let declarations = Arc::new(Holding { keeper, tables, held: Mutex::new(held), refuses });
    world.reconciler = Reconciler::new(declarations, Arc::default(), world.clock.clone());
}

#[tokio::test]
async fn an_object_is_held_once_before_its_table_is_made() {
    let mut world = World::new();
    holding(&mut world, false, false);
    world.apply(on_demand()).await;
    world.pass().await;
    assert_eq!(world.tables.calls(), ["hold", "CreateTable"]);
    world.pass().await;
    assert_eq!(world.tables.calls(), [""; 0]);
}

#[tokio::test]
async fn no_table_is_made_for_an_object_that_cannot_be_held() {
    let mut world = World::new();
    holding(&mut world, false, true);
    world.apply(on_demand()).await;
    let passed = world.reconciler.reconcile(&world.key, &Claim::Owner, Some(&world.place())).await;
    assert!(matches!(passed, Err(Error::Objects(_))), "{passed:?}");
    assert_eq!(world.tables.table("orders"), None);
}

#[tokio::test]
async fn an_object_that_takes_a_table_over_is_held() {
    let mut world = World::new();
    holding(&mut world, false, false);
    world.tables.add("orders", &definition::definition(&spec(on_demand())).unwrap());
    world.apply(on_demand()).await;
    world.pass().await;
    assert_eq!(world.tables.calls(), ["hold"]);
}

#[tokio::test]
async fn an_object_that_manages_no_table_is_not_held() {
    let mut world = World::new();
    holding(&mut world, false, false);
    world.apply(on_demand()).await;
    let rival = Claim::Rival(ObjectKey { name: "older".into(), ..world.key.clone() });
    world.reconciler.reconcile(&world.key, &rival, Some(&world.place())).await.unwrap();
    assert_eq!(world.tables.calls(), [""; 0]);

    let mut world = World::new();
    holding(&mut world, false, false);
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "adoptionPolicy": "Adopt"})).await;
    world.pass().await;
    world.assert_state("NotFound", &["Stalled"]).await;
    assert_eq!(world.tables.calls(), [""; 0]);
}

#[tokio::test]
async fn the_table_of_an_object_that_somebody_let_go_is_left_alone() {
    let mut world = World::settled(on_demand()).await;
    holding(&mut world, false, false);
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(world.pass().await, Next::Gone);
    assert_eq!(world.tables.calls(), ["release"]);
    assert!(world.tables.table("orders").is_some());
}
