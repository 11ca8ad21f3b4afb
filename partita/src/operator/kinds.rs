//! Waiting for our kinds: CRDs may be installed after the operator, and take a moment to be served.

use std::time::Duration;

use kube::Client;
use partita_api::{GROUP, VERSION};

/// Rest between two looks. CRDs are served a second or two after they were applied.
const PAUSE: Duration = Duration::from_secs(1);
/// The resources that the operator watches.
const NEEDED: [&str; 3] = ["regions", "tables", "eventsourcemappings"];

/// Returns once the API server serves every kind; says what it waits for, once for each change.
pub(super) async fn served(client: &Client) {
    let mut told = None;
    loop {
        let waiting_for = match client.list_api_group_resources(&format!("{GROUP}/{VERSION}")).await {
            Ok(list) => missing(list.resources.iter().map(|resource| resource.name.as_str())),
            Err(kube::Error::Api(status)) if status.code == 404 => missing(std::iter::empty()),
            Err(error) => Some(format!("an answer of the API server ({error})")),
        };
        let Some(waiting_for) = waiting_for else { return };
        if told.as_ref() != Some(&waiting_for) {
            tracing::info!(waiting_for, "waiting; the chart partita-crds installs the kinds");
            told = Some(waiting_for);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The needed resources that are not among the served ones, in words.
fn missing<'a>(served: impl Iterator<Item = &'a str>) -> Option<String> {
    let served: Vec<&str> = served.collect();
    let missing: Vec<String> = NEEDED
        .into_iter()
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
        assert_eq!(
            missing([].into_iter()).as_deref(),
            Some("regions.partita.dev, tables.partita.dev, eventsourcemappings.partita.dev")
        );
        assert_eq!(
            missing(["tables", "tables/status", "eventsourcemappings"].into_iter()).as_deref(),
            Some("regions.partita.dev")
        );
        assert_eq!(missing(["tables", "regions", "eventsourcemappings"].into_iter()), None);
    }
}
