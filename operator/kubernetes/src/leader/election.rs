//! What to do with a Lease: pure, with the time as a parameter.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use partita_model::clock::UnixMillis;
use tokio::time::Instant;

use super::LEASE_NAME;

/// How long a Lease that was given up is said to last: its holder is nobody, and some readers want a positive number.
const GIVEN_UP_SECONDS: i32 = 1;

/// One candidate's view of the Lease.
pub(super) struct Election {
    identity: String,
    lease: Duration,
    /// What another holder wrote last, and since when it is known.
    seen: Option<(LeaseSpec, Instant)>,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Claim {
    /// Another holds it.
    Wait,
    /// There is no Lease: make this one.
    Create(Lease),
    /// Put this one in the place of the one that was read, and only of that one.
    Replace(Lease),
}

impl Election {
    pub(super) fn new(identity: &str, lease: Duration) -> Self {
        Self { identity: identity.to_owned(), lease, seen: None }
    }

    pub(super) fn identity(&self) -> &str {
        &self.identity
    }

    /// What to do with the Lease `stored`, read just before `now`. `time` is the time of day, which only people read.
    pub(super) fn claim(&mut self, stored: Option<Lease>, now: Instant, time: UnixMillis) -> Claim {
        let Some(mut lease) = stored else {
            let mut lease = Lease::default();
            lease.metadata.name = Some(LEASE_NAME.to_owned());
            lease.spec = Some(self.spec(None, time));
            return Claim::Create(lease);
        };
        if let Some(spec) = &lease.spec
            && self.is_held_by_another(spec, now)
        {
            return Claim::Wait;
        }
        lease.spec = Some(self.spec(lease.spec.take(), time));
        // What was read is replaced, not whatever is there by then: its version stays in the metadata.
        Claim::Replace(lease)
    }

    /// The Lease of nobody.
    pub(super) fn given_up(&self, mut held: Lease, time: UnixMillis) -> Lease {
        let spec = held.spec.get_or_insert_default();
        spec.holder_identity = None;
        spec.lease_duration_seconds = Some(GIVEN_UP_SECONDS);
        spec.renew_time = Some(micro(time));
        held
    }

    fn is_held_by_another(&mut self, spec: &LeaseSpec, now: Instant) -> bool {
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        if holder.is_empty() || holder == self.identity {
            return false;
        }
        let since = match &self.seen {
            Some((seen, since)) if seen == spec => *since,
            _ => {
                self.seen = Some((spec.clone(), now));
                now
            }
        };
        let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        now.duration_since(since) < seconds.map_or(self.lease, Duration::from_secs)
    }

    /// The Lease of this candidate, after `before`.
    fn spec(&self, before: Option<LeaseSpec>, time: UnixMillis) -> LeaseSpec {
        let before = before.unwrap_or_default();
        let is_own = before.holder_identity.as_deref() == Some(self.identity.as_str());
        let transitions = before.lease_transitions.unwrap_or(0);
        LeaseSpec {
            acquire_time: before.acquire_time.filter(|_| is_own).or_else(|| Some(micro(time))),
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(self.lease.as_secs()).unwrap_or(i32::MAX)),
            lease_transitions: Some(if is_own { transitions } else { transitions.saturating_add(1) }),
            renew_time: Some(micro(time)),
            ..before
        }
    }
}

fn micro(time: UnixMillis) -> MicroTime {
    let millis = i64::try_from(time.0).unwrap_or(i64::MAX);
    MicroTime(Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(15);
    const TIME: UnixMillis = UnixMillis(1_767_225_600_000);

    fn written(claim: Claim) -> Lease {
        match claim {
            Claim::Create(lease) | Claim::Replace(lease) => lease,
            Claim::Wait => panic!("held by another"),
        }
    }

    fn holder(lease: &Lease) -> (&str, i32) {
        let spec = lease.spec.as_ref().unwrap();
        (spec.holder_identity.as_deref().unwrap_or(""), spec.lease_transitions.unwrap())
    }

    #[test]
    fn the_first_candidate_makes_the_lease_and_the_next_waits_as_long_as_it_changes() {
        let now = Instant::now();
        let (mut a, mut b) = (Election::new("a", LEASE), Election::new("b", LEASE));
        let mut lease = written(a.claim(None, now, TIME));
        assert_eq!(holder(&lease), ("a", 1));
        for renewals in 0..5 {
            let later = now + LEASE * renewals;
            assert!(matches!(b.claim(Some(lease.clone()), later, TIME), Claim::Wait));
            lease = written(a.claim(Some(lease), later, UnixMillis(TIME.0 + u64::from(renewals) + 1)));
        }
        assert_eq!(holder(&lease), ("a", 1));
    }

    #[test]
    fn a_lease_that_does_not_change_is_taken_whatever_its_clock_says() {
        let now = Instant::now();
        for clock_of_holder in [UnixMillis(0), TIME, UnixMillis(TIME.0 * 2)] {
            let lease = written(Election::new("a", LEASE).claim(None, now, clock_of_holder));
            let mut b = Election::new("b", LEASE);
            assert!(matches!(b.claim(Some(lease.clone()), now, TIME), Claim::Wait));
            let almost = now + LEASE - Duration::from_millis(1);
            assert!(matches!(b.claim(Some(lease.clone()), almost, TIME), Claim::Wait));
            let taken = written(b.claim(Some(lease), now + LEASE, TIME));
            assert_eq!(holder(&taken), ("b", 2));
        }
    }

    #[test]
    fn a_lease_that_was_given_up_is_taken_at_once() {
        let now = Instant::now();
        let mut a = Election::new("a", LEASE);
        let lease = written(a.claim(None, now, TIME));
        let taken = written(Election::new("b", LEASE).claim(Some(a.given_up(lease, TIME)), now, TIME));
        assert_eq!(holder(&taken), ("b", 2));
    }

    #[test]
    fn a_renewal_keeps_when_the_lease_was_taken_and_which_version_it_replaces() {
        let now = Instant::now();
        let mut a = Election::new("a", LEASE);
        let mut lease = written(a.claim(None, now, TIME));
        lease.metadata.resource_version = Some("7".to_owned());
        let renewed = written(a.claim(Some(lease), now, UnixMillis(TIME.0 + 1_000)));
        let spec = renewed.spec.unwrap();
        assert_eq!(
            (spec.acquire_time, spec.renew_time),
            (Some(micro(TIME)), Some(micro(UnixMillis(TIME.0 + 1_000))))
        );
        assert_eq!(renewed.metadata.resource_version.as_deref(), Some("7"));
    }
}
