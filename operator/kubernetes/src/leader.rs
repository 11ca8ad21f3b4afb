//! One operator at a time: leadership by a Lease.
//!
//! As client-go does it, so that it holds whatever the clocks of two machines say: another holder's time is up when its
//! Lease did not *change* for as long as it is to last, measured by the own monotonic clock, never by comparing the time
//! in the Lease with the time of day. A holder gives up before anybody may take over from it: it ends its work if it
//! could not renew for ten seconds, and drops it well before the fifteen are over after which another may take over.
//!
//! A Lease makes two operators at a time unlikely, not impossible (a process may be stopped for a minute and go on). What
//! must never happen twice is guarded elsewhere: by generations of descriptors and by the stores' own fencing.

mod election;

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::PostParams;
use partita_model::clock::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Error;
use election::{Claim, Election};

/// The Lease's name.
pub const LEASE_NAME: &str = "partita-operator";

/// How long things take; the relations between them are what keeps two leaders apart.
#[derive(Clone, Copy, Debug)]
struct Timing {
    /// Nobody takes over from a holder whose Lease changed less than this ago.
    lease: Duration,
    /// A holder that could not renew for this long ends its work.
    renew_within: Duration,
    /// Between two attempts to take or to renew.
    retry_after: Duration,
    /// From the end of `renew_within` until work that did not end by itself is dropped; both together stay below
    /// `lease`.
    end_within: Duration,
}

/// The values client-go's users agree on.
const TIMING: Timing = Timing {
    lease: Duration::from_secs(15),
    renew_within: Duration::from_secs(10),
    retry_after: Duration::from_secs(2),
    end_within: Duration::from_secs(4),
};

/// Does `work` while this process leads: waits for the Lease `partita-operator`, then renews it until the work is done.
///
/// The work is given a signal that becomes true when it is to end, because `stop` says so or leadership was lost. The
/// Lease is kept until the work has ended, and then given up, so that the next operator need not wait.
///
/// `None` if `stop` came before this process led.
///
/// # Errors
/// [`Error::LeadershipLost`]: the work was told to end, and dropped if it did not do so in time.
pub async fn lead<F: Future>(
    client: kube::Client,
    namespace: &str,
    identity: &str,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<bool>,
    work: impl FnOnce(watch::Receiver<bool>) -> F,
) -> Result<Option<F::Output>, Error> {
    let leader = Leader::new(Api::namespaced(client, namespace), identity, clock, TIMING);
    leader.lead(stop, work).await
}

struct Leader {
    leases: Api<Lease>,
    election: Election,
    clock: Arc<dyn Clock>,
    timing: Timing,
    /// The Lease as this process wrote it last.
    held: Option<Lease>,
}

impl Leader {
    fn new(leases: Api<Lease>, identity: &str, clock: Arc<dyn Clock>, timing: Timing) -> Self {
        let election = Election::new(identity, timing.lease);
        Self { leases, election, clock, timing, held: None }
    }

    async fn lead<F: Future>(
        mut self,
        mut stop: watch::Receiver<bool>,
        work: impl FnOnce(watch::Receiver<bool>) -> F,
    ) -> Result<Option<F::Output>, Error> {
        let renewed = tokio::select! {
            biased;
            () = stopped(&mut stop) => return Ok(None),
            renewed = self.acquire() => renewed,
        };
        tracing::info!(identity = self.election.identity(), "this operator leads");
        let (end, told_to_end) = watch::channel(false);
        let mut work = Box::pin(work(told_to_end));
        let mut told = false;
        let ended = {
            let mut renewal = std::pin::pin!(self.renew(renewed));
            loop {
                tokio::select! {
                    biased;
                    done = &mut work => break Ok(done),
                    last = &mut renewal => break Err(last),
                    () = stopped(&mut stop), if !told => {
                        told = true;
                        end.send_replace(true);
                    }
                }
            }
        };
        match ended {
            Ok(done) => {
                self.release().await;
                Ok(Some(done))
            }
            Err(last) => {
                tracing::error!(identity = self.election.identity(), "leadership was lost");
                end.send_replace(true);
                let deadline = last + self.timing.renew_within + self.timing.end_within;
                if tokio::time::timeout_at(deadline, work).await.is_err() {
                    tracing::error!("work that goes on without leadership was dropped");
                }
                Err(Error::LeadershipLost)
            }
        }
    }

    /// Tries until the Lease is taken, and tells when.
    async fn acquire(&mut self) -> Instant {
        loop {
            let begun = Instant::now();
            match self.attempt().await {
                Ok(true) => return begun,
                Ok(false) => {}
                Err(why) => {
                    tracing::warn!("the Lease {LEASE_NAME} cannot be taken, and is tried again: {why}")
                }
            }
            tokio::time::sleep(self.timing.retry_after).await;
        }
    }

    /// Renews until that fails for too long, and tells when it was done last.
    async fn renew(&mut self, mut renewed: Instant) -> Instant {
        loop {
            tokio::time::sleep(self.timing.retry_after).await;
            // An attempt counts from its beginning: the API server may have written it then.
            let begun = Instant::now();
            match tokio::time::timeout_at(renewed + self.timing.renew_within, self.attempt()).await {
                Ok(Ok(true)) => renewed = begun,
                // Somebody else holds it.
                Ok(Ok(false)) => return renewed,
                Ok(Err(why)) => {
                    tracing::warn!("the Lease {LEASE_NAME} was not renewed, and is tried again: {why}")
                }
                Err(_) => return renewed,
            }
            if renewed.elapsed() >= self.timing.renew_within {
                return renewed;
            }
        }
    }

    /// Takes or renews the Lease; `false` if another holds it.
    async fn attempt(&mut self) -> Result<bool, String> {
        match tokio::time::timeout(self.timing.renew_within, self.write()).await {
            Ok(Ok(held)) => Ok(held),
            Ok(Err(kube::Error::Api(status))) if status.is_conflict() || status.is_already_exists() => {
                self.held = None;
                Err("somebody else wrote it at the same time".to_owned())
            }
            Ok(Err(error)) => {
                self.held = None;
                Err(error.to_string())
            }
            Err(_) => Err("the API server does not answer".to_owned()),
        }
    }

    async fn write(&mut self) -> Result<bool, kube::Error> {
        let stored = match self.held.take() {
            Some(held) => Some(held),
            None => self.leases.get_opt(LEASE_NAME).await?,
        };
        let claim = self.election.claim(stored, Instant::now(), self.clock.now());
        let written = match claim {
            Claim::Wait => return Ok(false),
            Claim::Create(lease) => self.leases.create(&PostParams::default(), &lease).await?,
            Claim::Replace(lease) => self.leases.replace(LEASE_NAME, &PostParams::default(), &lease).await?,
        };
        self.held = Some(written);
        Ok(true)
    }

    /// Gives the Lease up. If that fails the next operator waits until it runs out.
    async fn release(mut self) {
        let Some(held) = self.held.take() else { return };
        let lease = self.election.given_up(held, self.clock.now());
        let params = PostParams::default();
        let given_up = self.leases.replace(LEASE_NAME, &params, &lease);
        match tokio::time::timeout(self.timing.end_within, given_up).await {
            Ok(Ok(_)) => tracing::info!("leadership was given up"),
            Ok(Err(error)) => tracing::warn!("the Lease {LEASE_NAME} was not given up: {error}"),
            Err(_) => {
                tracing::warn!("the Lease {LEASE_NAME} was not given up: the API server does not answer")
            }
        }
    }
}

/// Returns once the work is to end, or nobody is left who could say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("nobody is left to stop the operator");
    }
}

#[cfg(test)]
mod tests;
