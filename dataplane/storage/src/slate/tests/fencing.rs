use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

use super::{LOG, options, put, start};
use crate::error::Error;
use crate::fault::{Fault, FaultyObjects};
use crate::open::{Location, StoreOptions, open};
use crate::store::Visibility;

#[tokio::test]
async fn a_second_owner_fences_the_first() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let first = start(&objects).await;
    first.write(put("a", "1")).await.unwrap().durable().await.unwrap();
    objects.inject(LOG, Fault::Hang);
    let waiting = first.write(put("b", "1")).await.unwrap();

    let second = start(&FaultyObjects::new(objects.beneath())).await;
    objects.clear();
    let lost = waiting.durable().await.unwrap_err();
    assert!(matches!(lost, Error::Fenced), "{lost}");
    assert!(matches!(first.get(b"a", Visibility::Durable).await, Err(Error::Fenced)));
    assert!(matches!(first.write(put("c", "1")).await, Err(Error::Fenced)));
    assert!(matches!(first.close().await, Err(Error::Fenced)));

    assert_eq!(second.get(b"a", Visibility::Durable).await.unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(second.get(b"b", Visibility::Applied).await.unwrap(), None, "what was held back is gone");
    second.write(put("b", "2")).await.unwrap().durable().await.unwrap();
    second.close().await.unwrap();
}

#[tokio::test]
async fn an_idle_owner_learns_that_it_was_fenced_when_it_writes() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let first = start(&objects).await;
    let second = start(&objects).await;
    let refused = async { first.write(put("a", "1")).await?.durable().await }.await.unwrap_err();
    assert!(matches!(refused, Error::Fenced), "{refused}");
    assert_eq!(second.get(b"a", Visibility::Durable).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_opener_does_not_disturb_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let options = || StoreOptions::new(Location::Folder(folder.path().join("new/data")), "shard");
    let owner = open(options()).await.unwrap();
    let refused = open(options()).await.err().unwrap();
    assert!(matches!(refused, Error::FolderInUse { .. }), "{refused}");
    owner.write(put("a", "1")).await.unwrap().durable().await.unwrap();
    owner.close().await.unwrap();
    let next = open(options()).await.unwrap();
    assert_eq!(next.get(b"a", Visibility::Durable).await.unwrap().as_deref(), Some(&b"1"[..]));
    next.close().await.unwrap();
}

#[tokio::test]
async fn a_shard_of_another_format_is_refused_before_its_owner_is_fenced() {
    let objects = FaultyObjects::new(Arc::new(InMemory::new()));
    let owner = start(&objects).await;
    let claim = Path::from("shards/1/claim");
    objects.beneath().put(&claim, PutPayload::from_static(b"another format")).await.unwrap();
    let refused = open(options(&objects)).await.err().unwrap();
    assert!(matches!(&refused, Error::ForeignClaim { found, .. } if found == "another format"), "{refused}");
    owner.write(put("a", "1")).await.unwrap().durable().await.unwrap();
}

#[tokio::test]
async fn a_dropped_store_frees_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let options = || StoreOptions::new(Location::Folder(folder.path().to_owned()), "shard");
    let dropped = open(options()).await.unwrap();
    dropped.write(put("a", "1")).await.unwrap().durable().await.unwrap();
    drop(dropped);
    let next = loop {
        match open(options()).await {
            Err(Error::FolderInUse { .. }) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    assert_eq!(next.get(b"a", Visibility::Durable).await.unwrap().as_deref(), Some(&b"1"[..]));
}
