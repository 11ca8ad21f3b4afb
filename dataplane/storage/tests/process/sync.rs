//! Watches the system calls of a process: an acknowledged write is in a log that was synced, in a file whose name was.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;

use partita_storage::WriteBatch;

use crate::child::{child, open, tell};

const WRITES: usize = 5;

pub(crate) async fn write_one_by_one(folder: &Path) {
    let store = open(folder).await;
    tell("opened\n");
    for number in 0..WRITES {
        let mut batch = WriteBatch::new();
        batch.put(format!("key {number}"), "value");
        store.write(batch).await.unwrap().durable().await.unwrap();
        tell(&format!("acknowledged {number}\n"));
    }
    store.close().await.unwrap();
}

/// What a trace says that matters here.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Synced(String),
    MadeFolder(String),
    Said(String),
}

/// Reads a trace made with `-f -y`: `PID name(arguments) = result`, where a call may be split in two lines.
fn events(trace: &str) -> Vec<Event> {
    let mut unfinished = HashMap::new();
    trace.lines().filter_map(|line| event(line, &mut unfinished)).collect()
}

fn event<'a>(line: &'a str, unfinished: &mut HashMap<&'a str, &'a str>) -> Option<Event> {
    let (process, call) = line.trim_start().split_once(' ')?;
    let call = call.trim_start();
    if let Some((call, _)) = call.split_once(" <unfinished ...>") {
        unfinished.insert(process, call);
        return None;
    }
    let (call, result) = match call.strip_prefix("<... ") {
        Some(resumed) => (unfinished.remove(process)?, resumed),
        None => (call, call),
    };
    let (_, result) = result.rsplit_once("= ")?;
    if result.starts_with('-') {
        return None;
    }
    let (name, arguments) = call.split_once('(')?;
    match name {
        "fsync" | "fdatasync" => {
            let (_, path) = arguments.split_once('<')?;
            Some(Event::Synced(path.split_once('>')?.0.to_owned()))
        }
        "mkdir" | "mkdirat" => Some(Event::MadeFolder(arguments.split('"').nth(1)?.to_owned())),
        "write" if arguments.starts_with('1') => Some(Event::Said(arguments.split('"').nth(1)?.to_owned())),
        _ => None,
    }
}

fn trace_of_a_writer(folder: &Path) -> Vec<Event> {
    let trace = folder.with_extension("trace");
    let wrapper = ["strace", "-f", "-y", "-s", "64", "-e"].map(OsStr::new);
    let calls = OsStr::new("trace=fsync,fdatasync,mkdir,mkdirat,write");
    let wrapper: Vec<_> = wrapper.into_iter().chain([calls, OsStr::new("-o"), trace.as_os_str()]).collect();
    let output =
        child(&wrapper, "sync", folder, 0).output().expect("this test needs strace: apt-get install strace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    events(&std::fs::read_to_string(trace).unwrap())
}

fn position(events: &[Event], said: &str) -> usize {
    let found = events.iter().position(|event| matches!(event, Event::Said(text) if text.contains(said)));
    found.unwrap_or_else(|| panic!("the trace does not show {said:?}: {events:#?}"))
}

#[test]
fn a_write_is_acknowledged_after_the_log_is_synced() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("not/there/yet");
    std::fs::create_dir(parent.path().join("not")).unwrap();
    std::fs::create_dir(parent.path().join("not/there")).unwrap();
    let events = trace_of_a_writer(&folder);
    let mut before = position(&events, "opened");
    every_new_folder_is_in_a_synced_one(&events[..before]);
    let named = |event: &Event| matches!(event, Event::Synced(path) if path.ends_with("/log"));
    assert!(events[..before].iter().any(named), "the log's file has its name before it is written");
    for number in 0..WRITES {
        let after = position(&events, &format!("acknowledged {number}"));
        let synced: Vec<_> = events[before..after]
            .iter()
            .filter_map(|event| match event {
                Event::Synced(path) => Some(path.as_str()),
                _ => None,
            })
            .collect();
        // A lone writer waits for one sync, not for two.
        assert_eq!(
            synced.iter().filter(|path| path.contains("/log/")).count(),
            1,
            "write {number}: {synced:?}"
        );
        before = after;
    }
}

fn every_new_folder_is_in_a_synced_one(events: &[Event]) {
    let mut made = 0;
    for (at, event) in events.iter().enumerate() {
        let Event::MadeFolder(folder) = event else { continue };
        made += 1;
        let parent = Path::new(folder).parent().unwrap().to_str().unwrap();
        let synced = events[at..].iter().any(|event| matches!(event, Event::Synced(path) if path == parent));
        assert!(synced, "{folder} was made, but {parent} was not synced");
    }
    assert!(made >= 4, "the shard's folders were made while being watched");
}

#[test]
fn split_calls_are_put_together() {
    let trace = "\
12    fsync(9</a/wal/1> <unfinished ...>
13    write(1<pipe:[7]>, \"said\\n\", 5) = 5
12    <... fsync resumed>)              = 0
12    fsync(9</a/wal>)                  = -1 EIO (Input/output error)
12    mkdir(\"/a/b\", 0777)               = 0";
    let expected = [
        Event::Said("said\\n".to_owned()),
        Event::Synced("/a/wal/1".to_owned()),
        Event::MadeFolder("/a/b".to_owned()),
    ];
    assert_eq!(events(trace), expected);
}
