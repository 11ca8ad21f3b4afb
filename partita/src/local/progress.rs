//! Tables that take their time to get where they are going, such as those whose new index is being filled, are looked at until
//! they are there.

use std::sync::Arc;

use partita_controlplane::{ControlPlane, Rests};
use tokio::sync::watch;

/// Looks until `stopped` says so.
pub(super) async fn run(control: Arc<ControlPlane>, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = look(&control) => {}
        // An error means that the sender is gone, and with it the service.
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

async fn look(control: &ControlPlane) {
    let mut rests = Rests::default();
    // Opening the control plane may have left something.
    let mut unfinished = 1;
    loop {
        let rest = rests.unfinished();
        tokio::select! {
            () = tokio::time::sleep(rest), if unfinished > 0 => {}
            () = control.left_unfinished() => {
                rests.again();
                tokio::time::sleep(rests.unfinished()).await;
            }
        }
        match control.drive().await {
            Ok(left) => unfinished = left,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "cannot look at unfinished tables, trying again later");
            }
        }
    }
}
