use std::sync::Arc;

use async_trait::async_trait;
use partita_wal::conformance::{self, Subject};
use partita_wal::simulated::{Failing, Loss};
use partita_wal::{FileLog, Folder, Log};
use slatedb::object_store::ObjectStore;
use slatedb::object_store::memory::InMemory;

use crate::host::Host;

#[async_trait]
impl Subject for Host {
    fn log(&self) -> Arc<dyn Log> {
        Arc::clone(&self.log) as Arc<dyn Log>
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects)
    }
    fn hold(&self) {
        self.disk.hold();
    }
    fn release(&self) {
        self.disk.release();
    }
    fn fail(&self) {
        self.disk.fail(Failing::Syncs);
    }
    fn syncs(&self) -> u64 {
        self.disk.syncs()
    }
    fn bytes(&self) -> u64 {
        let status = self.log.status();
        status.disk_bytes
    }
    async fn crash(&mut self, loss: u64) {
        let loss = if loss == 0 { Loss::Everything } else { Loss::Some(loss) };
        let disk = self.disk.cut_power(loss);
        let crashed = std::mem::replace(self, self.reopen(disk).unwrap());
        crashed.log.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_log_conforms() {
    conformance::all(async || Host::new()).await;
}

/// What a real folder can do of it: nobody holds its syncs back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_a_folder_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/there");
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    for round in 0..3 {
        let log = FileLog::open(&path, crate::host::options()).unwrap();
        let refused = FileLog::open(&path, crate::host::options()).err().unwrap();
        assert!(refused.to_string().contains("in use by another process"), "{refused}");
        let db = crate::host::start(log.as_ref(), &objects, "shard", Default::default()).await.unwrap();
        for before in 0..round * 3 {
            assert!(crate::host::has(&db, before).await, "{before}");
        }
        for number in round * 3..round * 3 + 3 {
            crate::host::put(&db, number, 400_000).await.unwrap();
        }
        assert!(partita_wal::check::check_on(&Folder::new(&path)).unwrap().damage.is_none());
        // The engine is dropped, and does not move its rows to a data file.
        log.close().await;
    }
    let report = partita_wal::check::check(&path).unwrap();
    assert_eq!(report.torn, None);
    assert_eq!(report.shards["shard"].rows, 9);
    assert!(report.segments > 3, "{report:?}");
}
