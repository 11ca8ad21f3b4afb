use partita_model::descriptor::Build;
use serde_json::json;

use super::*;

fn index(name: &str) -> IndexName {
    IndexName::new(name)
}

fn progress(id: u64, finished: bool) -> Progress {
    Progress { builds: BTreeMap::from([(TableId(id), Build { scanned_items: 1, finished })]) }
}

fn building() -> Parts {
    let part = IndexPart { id: TableId(7), state: IndexState::Building };
    Parts { indexes: BTreeMap::from([(index("by-c"), part)]), ..Parts::default() }
}

/// The states of the one index and of expiry, one step after the other.
fn states(mut parts: Parts, progress: &Progress) -> Vec<(Option<IndexState>, Option<ExpiryState>)> {
    let mut seen = Vec::new();
    loop {
        let index = parts.indexes.values().next().map(|part| part.state);
        seen.push((index, parts.time_to_live.as_ref().map(|part| part.state)));
        let next = parts.advanced(progress);
        if next == parts {
            return seen;
        }
        parts = next;
    }
}

#[test]
fn an_index_is_active_once_the_data_plane_knows_that_it_is_built() {
    use IndexState::{Active, Building, Built};
    let steps = |finished| states(building(), &progress(7, finished)).into_iter().map(|(index, _)| index);
    assert!(steps(true).eq([Some(Building), Some(Built), Some(Active)]));
    assert!(steps(false).eq([Some(Building)]));
    assert_eq!(states(building(), &progress(8, true)).len(), 1, "another index is built");
}

#[test]
fn expiry_goes_on_and_off() {
    use ExpiryState::{Disabling, Enabled, Enabling};
    let with = |state| {
        let setting = TimeToLive { id: TableId(7), attribute: "until".to_owned() };
        Parts { time_to_live: Some(ExpiryPart { setting, state }), ..Parts::default() }
    };
    let steps = |state| states(with(state), &progress(7, true)).into_iter().map(|(_, expiry)| expiry);
    assert!(steps(Enabling).eq([Some(Enabling), Some(Enabled)]));
    assert!(steps(Disabling).eq([Some(Disabling), None]));
    assert_eq!(with(Disabling).expiry(), None);
    assert!(with(Enabling).is_building() && with(Disabling).is_under_way() && !with(Enabled).is_under_way());
}

#[test]
fn what_leaves_is_gone_once_the_data_plane_knows() {
    let leaving: GlobalIndexDefinition = serde_json::from_value(json!({
        "IndexName": "by-c",
        "KeySchema": [{ "AttributeName": "c", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }))
    .unwrap();
    let parts = Parts { leaving: vec![leaving], ..Parts::default() };
    assert!(parts.is_under_way() && !parts.is_building());
    assert_eq!(parts.advanced(&Progress::default()), Parts::default());
}

#[test]
fn labels_say_when_to_the_millisecond_and_never_the_same_twice() {
    let mut parts = Parts::default();
    let mut labels = Vec::new();
    // The clock stands still, and is put back.
    for now in [1_728_000_000_123, 1_728_000_000_123, 0, 1_728_000_000_126] {
        parts.enable_stream(StreamView::KeysOnly, UnixMillis(now));
        labels.push(parts.enabled_stream().unwrap().label.clone());
        parts.disable_stream();
        assert_eq!(parts.enabled_stream(), None);
    }
    let expected = ["00.123", "00.124", "00.125", "00.126"].map(|end| format!("2024-10-04T00:00:{end}"));
    assert_eq!(labels, expected);
}

#[test]
fn the_stored_form_stays_readable() {
    let stored = r#"{"indexes":{"by-c":{"id":7,"state":"BUILT"}},"leaving":[],
        "stream":{"settings":{"label":"2024-10-04T00:00:00.123","view":"NEW_IMAGE","enabled":true},"since_ms":1728000000123},
        "time_to_live":{"setting":{"id":8,"attribute":"until"},"state":"DISABLING"},"time_to_live_changed_ms":5}"#;
    let read: Parts = serde_json::from_str(stored).unwrap();
    assert_eq!(
        serde_json::to_value(&read).unwrap(),
        serde_json::from_str::<serde_json::Value>(stored).unwrap()
    );
    assert_eq!(serde_json::from_str::<Parts>("{}").unwrap(), Parts::default());
}
