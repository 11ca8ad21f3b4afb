//! How large an idle process is.

use std::path::Path;

use partita_storage::WriteBatch;

use crate::child::{child, open, tell};

/// The most memory that an idle process may use, in KiB: it shall be forgotten on a laptop.
const RESIDENT_KIB_MAX: u64 = 64 * 1024;

pub(crate) async fn be_idle(folder: &Path) {
    let store = open(folder).await;
    for number in 0..1_000u32 {
        let mut batch = WriteBatch::new();
        batch.put(number.to_be_bytes().to_vec(), vec![0; 1024]);
        drop(store.write(batch).await.unwrap());
    }
    store.barrier().await.unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    tell(&format!("resident {resident}\n"));
    store.close().await.unwrap();
}

#[test]
fn an_idle_process_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let output = child(&[], "footprint", folder.path(), 0).output().unwrap();
    assert!(output.status.success());
    let output = String::from_utf8(output.stdout).unwrap();
    let (_, figure) = output.split_once("resident ").unwrap();
    let resident: u64 = figure.split_whitespace().next().unwrap().parse().unwrap();
    assert!(resident < RESIDENT_KIB_MAX, "{resident} KiB");
}
