use object_store::memory::InMemory;

use super::*;

const CONTENT: &[u8] = b"\x00\x02what the engine wrote";

fn manifest() -> Path {
    Path::from("shards/1/manifest/00000000000000000001.manifest")
}

fn sealed() -> (Arc<InMemory>, Sealed) {
    let inner = Arc::new(InMemory::new());
    let sealed = Sealed::new(Arc::clone(&inner) as Arc<dyn ObjectStore>, Path::from("shards/1"));
    (inner, sealed)
}

async fn read(objects: &dyn ObjectStore, location: &Path) -> Result<Bytes> {
    objects.get(location).await?.bytes().await
}

#[tokio::test]
async fn small_objects_are_sealed_and_nobody_sees_it() {
    let (inner, objects) = sealed();
    let pieces: PutPayload =
        [Bytes::from_static(b"\x00\x02what the "), Bytes::from_static(b"engine wrote")].into_iter().collect();
    objects.put(&manifest(), pieces).await.unwrap();
    let found = objects.get(&manifest()).await.unwrap();
    assert_eq!((found.meta.size, found.range.clone()), (CONTENT.len() as u64, 0..CONTENT.len() as u64));
    assert_eq!(found.bytes().await.unwrap(), CONTENT);
    assert_eq!(objects.get_range(&manifest(), 2..6).await.unwrap().as_ref(), b"what");
    let ranges = objects.get_ranges(&manifest(), &[2..6, 7..10]).await.unwrap();
    assert_eq!(ranges, [b"what".as_slice(), b"the"]);
    let stored = read(inner.as_ref(), &manifest()).await.unwrap();
    assert_eq!(stored.len(), HEAD_BYTES + CONTENT.len());
    assert!(stored.starts_with(MAGIC) && stored.ends_with(CONTENT));
    assert!(objects.put_multipart(&manifest()).await.is_err(), "a seal needs the whole");
}

#[tokio::test]
async fn other_objects_are_as_they_are() {
    let (inner, objects) = sealed();
    for path in
        ["shards/1/compacted/1.sst", "shards/1/claim", "shards/1/wal/1.sst", "shards/2/manifest/1.manifest"]
    {
        let path = Path::from(path);
        objects.put(&path, CONTENT.into()).await.unwrap();
        assert_eq!(read(inner.as_ref(), &path).await.unwrap(), CONTENT);
        assert_eq!(read(&objects, &path).await.unwrap(), CONTENT);
    }
}

#[tokio::test]
async fn any_changed_byte_and_any_cut_is_told_with_file_and_offset() {
    let (inner, objects) = sealed();
    objects.put(&manifest(), CONTENT.into()).await.unwrap();
    let stored = read(inner.as_ref(), &manifest()).await.unwrap();
    let refused = async |damaged: Vec<u8>| {
        inner.put(&manifest(), damaged.into()).await.unwrap();
        let error = read(&objects, &manifest()).await.unwrap_err();
        let broken = Broken::find(&error).expect("the error says that it is damage").clone();
        assert_eq!(broken.path, manifest().to_string());
        assert!(
            broken.offset <= stored.len() as u64 && error.to_string().contains(&broken.to_string()),
            "{error}"
        );
    };
    for place in 0..stored.len() {
        for flip in [0x01, 0x80, 0xff, stored[place]] {
            let mut damaged = stored.to_vec();
            damaged[place] ^= flip;
            if damaged != stored {
                refused(damaged).await;
            }
        }
    }
    for length in 0..stored.len() {
        refused(stored[..length].to_vec()).await;
    }
    refused([&stored[..], b"x"].concat()).await;
}

#[tokio::test]
async fn what_was_written_before_seals_is_read() {
    let (inner, objects) = sealed();
    for content in [&b"\x00\x01old"[..], b"\x00\x02old", b"1234", b"0"] {
        inner.put(&manifest(), Bytes::from_static(content).into()).await.unwrap();
        assert_eq!(read(&objects, &manifest()).await.unwrap(), content);
    }
}
