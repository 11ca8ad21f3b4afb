//! Waiting for our kinds: CRDs may be installed after the operator, and take a moment to be served.

use std::time::Duration;

use kube::Client;
use partita_api::{GROUP, VERSION};

/// Kinds that are waited for together.
pub(super) struct Kinds {
    /// In the plural.
    resources: &'static [&'static str],
    /// Rest between two looks.
    pause: Duration,
}

/// What nothing works without. CRDs are served a second or two after they were applied.
pub(super) const NEEDED: Kinds = Kinds { resources: &["regions", "tables"], pause: Duration::from_secs(1) };
/// What the CRDs of an earlier release lack: Helm leaves those in an upgrade, and somebody applies the new ones some day.
pub(super) const MAPPINGS: Kinds =
    Kinds { resources: &["eventsourcemappings"], pause: Duration::from_secs(30) };

/// Returns once the API server serves all of the kinds; says what it waits for, once for each change.
pub(super) async fn served(client: &Client, kinds: Kinds) {
    let missing = |served: &[&str]| missing(kinds.resources, served);
    let mut told = None;
    loop {
        let waiting_for = match client.list_api_group_resources(&format!("{GROUP}/{VERSION}")).await {
            Ok(list) => {
                let served: Vec<&str> =
                    list.resources.iter().map(|resource| resource.name.as_str()).collect();
                missing(&served)
            }
            Err(kube::Error::Api(status)) if status.code == 404 => missing(&[]),
            Err(error) => Some(format!("an answer of the API server ({error})")),
        };
        let Some(waiting_for) = waiting_for else { return };
        if told.as_ref() != Some(&waiting_for) {
            tracing::info!(waiting_for, "waiting; the chart partita-crds installs the kinds");
            told = Some(waiting_for);
        }
        tokio::time::sleep(kinds.pause).await;
    }
}

/// The needed resources that are not among the served ones, in words.
fn missing(needed: &[&str], served: &[&str]) -> Option<String> {
    let missing: Vec<String> = needed
        .iter()
        .filter(|needed| !served.contains(needed))
        .map(|needed| format!("{needed}.{GROUP}"))
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let needed = NEEDED.resources;
        assert_eq!(missing(needed, &[]).as_deref(), Some("regions.partita.dev, tables.partita.dev"));
        assert_eq!(missing(needed, &["tables", "tables/status"]).as_deref(), Some("regions.partita.dev"));
        assert_eq!(missing(needed, &["tables", "regions"]), None);
    }

    #[test]
    fn kinds_of_an_earlier_release_lack_mappings_only() {
        let earlier = ["regions", "regions/status", "tables", "tables/status"];
        assert_eq!(missing(NEEDED.resources, &earlier), None);
        let waiting_for = missing(MAPPINGS.resources, &earlier);
        assert_eq!(waiting_for.as_deref(), Some("eventsourcemappings.partita.dev"));
        assert_eq!(missing(MAPPINGS.resources, &["eventsourcemappings"]), None);
    }
}
