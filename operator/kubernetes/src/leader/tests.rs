use super::*;
use crate::testing::{ApiServer, NAMESPACE, PATIENCE, SetClock};

/// Renewed often, and never lost on a busy machine.
const STEADY: Timing = Timing { retry_after: Duration::from_millis(5), ..TIMING };
/// Lost soon enough to be waited for.
const QUICK: Timing =
    Timing { renew_within: Duration::from_millis(60), end_within: Duration::from_millis(60), ..STEADY };

struct World {
    server: Arc<ApiServer>,
    clock: Arc<SetClock>,
}

impl World {
    fn new() -> Self {
        Self { server: ApiServer::new(), clock: Arc::default() }
    }

    fn candidate(&self, identity: &str) -> Leader {
        self.candidate_with(identity, STEADY)
    }

    fn candidate_with(&self, identity: &str, timing: Timing) -> Leader {
        let clock = Arc::<SetClock>::clone(&self.clock);
        Leader::new(Api::namespaced(self.server.client(), NAMESPACE), identity, clock, timing)
    }

    async fn until_held_by(&self, identity: &str) {
        let is = |lease: &serde_json::Value| lease["spec"]["holderIdentity"] == identity;
        self.server.until("Lease", NAMESPACE, LEASE_NAME, is).await;
    }
}

/// Work that ends when it is told to.
async fn obedient(mut end: watch::Receiver<bool>) -> &'static str {
    end.wait_for(|end| *end).await.unwrap();
    "ended"
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

#[tokio::test]
async fn the_next_candidate_leads_as_soon_as_the_first_gives_up() {
    let world = World::new();
    let (stop_a, stopped_a) = watch::channel(false);
    let (stop_b, stopped_b) = watch::channel(false);
    let a = tokio::spawn(world.candidate("a").lead(stopped_a, obedient));
    world.until_held_by("a").await;
    let b = tokio::spawn(world.candidate("b").lead(stopped_b, obedient));
    stop_a.send_replace(true);
    assert_eq!(in_time(a).await.unwrap().unwrap(), Some("ended"));
    world.until_held_by("b").await;
    stop_b.send_replace(true);
    assert_eq!(in_time(b).await.unwrap().unwrap(), Some("ended"));
    let lease = world.server.object("Lease", NAMESPACE, LEASE_NAME).unwrap();
    assert_eq!((&lease["spec"]["leaseTransitions"], lease["spec"].get("holderIdentity")), (&2.into(), None));
}

#[tokio::test]
async fn who_is_stopped_before_leading_does_nothing() {
    let world = World::new();
    let (_keep, stopped) = watch::channel(true);
    let led = world.candidate("a").lead(stopped, async |_end| panic!("nobody asked for work")).await;
    assert_eq!(led.unwrap(), None::<()>);
    assert_eq!(world.server.writes(), []);
}

#[tokio::test]
async fn the_lease_is_renewed_while_the_work_lasts() {
    let world = World::new();
    let (stop, stopped) = watch::channel(false);
    let led = tokio::spawn(world.candidate("a").lead(stopped, obedient));
    world.until_held_by("a").await;
    let version = |lease: &serde_json::Value| -> u64 {
        lease["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
    };
    let first = version(&world.server.object("Lease", NAMESPACE, LEASE_NAME).unwrap());
    for tick in 1..4 {
        world.clock.set(tick);
        world.server.until("Lease", NAMESPACE, LEASE_NAME, |lease| version(lease) >= first + tick).await;
    }
    stop.send_replace(true);
    in_time(led).await.unwrap().unwrap();
}

#[tokio::test]
async fn leadership_that_cannot_be_renewed_ends_the_work() {
    let world = World::new();
    let (_stop, stopped) = watch::channel(false);
    let (told, was_told) = tokio::sync::oneshot::channel();
    let work = |end| async move {
        obedient(end).await;
        told.send(()).unwrap();
    };
    let led = tokio::spawn(world.candidate_with("a", QUICK).lead(stopped, work));
    world.until_held_by("a").await;
    world.server.fail("update", "leases", 500, usize::MAX);
    in_time(was_told).await.unwrap();
    assert!(matches!(in_time(led).await.unwrap(), Err(Error::LeadershipLost)));
}

#[tokio::test]
async fn a_few_failures_are_outlived() {
    let world = World::new();
    world.server.fail("get", "leases", 500, 2);
    let (stop, stopped) = watch::channel(false);
    let led = tokio::spawn(world.candidate("a").lead(stopped, obedient));
    world.until_held_by("a").await;
    world.server.fail("update", "leases", 409, 1);
    world.clock.set(9_000);
    let is = |lease: &serde_json::Value| lease["spec"]["renewTime"] == "1970-01-01T00:00:09.000000Z";
    world.server.until("Lease", NAMESPACE, LEASE_NAME, is).await;
    stop.send_replace(true);
    assert_eq!(in_time(led).await.unwrap().unwrap(), Some("ended"));
}

#[tokio::test]
async fn work_that_does_not_end_is_dropped_before_another_may_lead() {
    let world = World::new();
    let (_stop, stopped) = watch::channel(false);
    let led = tokio::spawn(
        world.candidate_with("a", QUICK).lead(stopped, async |_end| std::future::pending::<()>().await),
    );
    world.until_held_by("a").await;
    world.server.edit("Lease", NAMESPACE, LEASE_NAME, |lease| lease["spec"]["holderIdentity"] = "b".into());
    assert!(matches!(in_time(led).await.unwrap(), Err(Error::LeadershipLost)));
    let lease = world.server.object("Lease", NAMESPACE, LEASE_NAME).unwrap();
    assert_eq!(lease["spec"]["holderIdentity"], "b");
}
