use k8s_openapi::ByteString;
use serde_json::{Value, json};

use super::*;
use crate::testing::{ApiServer, NAMESPACE, PATIENCE, Write, installation};

const POD: &str = "partita-default-node-0";
/// Soon enough to count many rounds.
const QUICK: Pace = Pace {
    resync: Duration::from_millis(2),
    retry_min: Duration::from_millis(1),
    retry_max: Duration::from_millis(4),
};
/// Passes in which a settled Region must cause no write.
const PASSES: i64 = 50;

struct World {
    server: Arc<ApiServer>,
    tables: watch::Sender<Option<i64>>,
    views: watch::Receiver<Option<RegionView>>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl World {
    fn start(server: Arc<ApiServer>) -> Self {
        let (tables, counted) = watch::channel(None);
        let (shown, views) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(run(installation(&server), QUICK, counted, shown, stopped));
        Self { server, tables, views, stop, work }
    }

    /// A Region whose node serves.
    async fn ready(spec: Value) -> Self {
        let world = Self::start(ApiServer::new());
        world.apply("default", spec);
        world.serve().await;
        world.until_ready("True", "Settled").await;
        world
    }

    fn apply(&self, name: &str, spec: Value) {
        self.server.apply(&manifest(name, spec));
    }

    /// Waits for a pod without a status and makes it serve, as a kubelet does.
    async fn serve(&self) {
        self.server.until("Pod", NAMESPACE, POD, |pod| pod["status"].is_null()).await;
        self.server.edit("Pod", NAMESPACE, POD, |pod| {
            let conditions = json!([{"type": "Ready", "status": "True"}]);
            pod["status"] = json!({"phase": "Running", "podIP": "10.0.0.7", "conditions": conditions});
        });
    }

    async fn until_ready(&self, status: &str, reason: &str) -> Value {
        self.until("default", "Ready", status, reason).await
    }

    async fn until(&self, name: &str, type_: &str, status: &str, reason: &str) -> Value {
        let is = |region: &Value| {
            let condition = condition(region, type_);
            condition["status"] == status
                && condition["reason"] == reason
                && region["status"]["observedGeneration"] == region["metadata"]["generation"]
        };
        self.server.until("Region", "", name, is).await
    }

    /// Nothing is to be done any more. What is counted in the status shows that passes are made.
    async fn until_settled(&self) {
        for number in 0..3 {
            self.tables.send_replace(Some(number));
            let is = |region: &Value| {
                region["status"]["tables"] == number && condition(region, "Reconciling")["status"] == "False"
            };
            self.server.until("Region", "", "default", is).await;
        }
    }

    async fn until_file(&self, is: impl Fn(&str) -> bool) -> String {
        let of = |secret: &Value| text(&secret["data"]["credentials"]);
        let name = "partita-default-credentials";
        of(&self.server.until("Secret", NAMESPACE, name, |secret| is(&of(secret))).await)
    }

    fn pod(&self) -> Value {
        self.server.object("Pod", NAMESPACE, POD).unwrap()
    }

    async fn end(self) -> Arc<ApiServer> {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.work).await.unwrap().unwrap();
        self.server
    }
}

fn manifest(name: &str, spec: Value) -> Value {
    let mut whole = json!({
        "apiVersion": "partita.dev/v1", "kind": "Region", "metadata": {"name": name},
        "spec": {"regionName": "eu-west-1", "accountID": "123456789012", "objectStore": {"type": "Volume"}},
    });
    for (field, value) in spec.as_object().unwrap() {
        whole["spec"][field] = value.clone();
    }
    whole
}

fn access_key(name: &str, id: &str) -> Value {
    let bytes = |text: &str| json!(ByteString(text.as_bytes().to_vec()));
    json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"partita.dev/access-key": "true"}},
        "data": {"accessKeyID": bytes(id), "secretAccessKey": bytes("s")},
    })
}

fn condition(object: &Value, type_: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|condition| condition["type"] == type_);
    found.cloned().unwrap_or_default()
}

fn text(base64: &Value) -> String {
    let bytes: Option<ByteString> = serde_json::from_value(base64.clone()).ok();
    bytes.map(|bytes| String::from_utf8(bytes.0).unwrap()).unwrap_or_default()
}

fn shown(writes: &[Write]) -> Vec<String> {
    writes.iter().map(|write| format!("{} {} {}", write.verb, write.resource, write.name)).collect()
}

#[tokio::test]
async fn an_empty_cluster_becomes_a_region_that_serves() {
    let mut world = World::start(ApiServer::new());
    world.apply("default", json!({}));
    world.until_ready("False", "NodeStarting").await;
    world.serve().await;
    let region = world.until_ready("True", "Settled").await;
    assert_eq!(region["status"]["endpoint"], "http://partita-default.partita.svc:8000");
    assert_eq!(region["status"]["nodesReady"], "1/1");
    let has_node = |view: &Option<RegionView>| view.as_ref().is_some_and(|view| view.node.is_some());
    let view = world.views.wait_for(has_node).await.unwrap().clone().unwrap();
    assert_eq!(view.node, Some("10.0.0.7:8081".parse().unwrap()));
    assert_eq!(view.node_uid.as_deref(), world.pod()["metadata"]["uid"].as_str());
    assert_eq!((view.name.as_str(), view.scope.region.as_str()), ("default", "eu-west-1"));
    let internal = world.server.object("Secret", NAMESPACE, "partita-default-internal").unwrap();
    assert_eq!(view.internal_key.id(), text(&internal["data"]["accessKeyID"]));
    let first = world.server.object("Secret", NAMESPACE, "partita-default-access-key").unwrap();
    let file = world.until_file(|file| !file.is_empty()).await;
    assert!(file.contains(&text(&first["data"]["secretAccessKey"])), "{file}");
}

#[tokio::test]
async fn a_settled_region_causes_no_write_and_neither_does_a_restart() {
    let world = World::ready(json!({})).await;
    world.until_settled().await;
    // Each count is seen in the status, so each is a pass; a restart makes passes of its own.
    world.server.writes();
    for number in 10..10 + PASSES {
        world.tables.send_replace(Some(number));
        world.server.until("Region", "", "default", |region| region["status"]["tables"] == number).await;
    }
    let status_only = vec!["patch regions/status default".to_owned(); usize::try_from(PASSES).unwrap()];
    assert_eq!(shown(&world.server.writes()), status_only, "one for each count that was told");
    let tables = 10 + PASSES - 1;
    let server = world.end().await;
    let mut world = World::start(server);
    world.tables.send_replace(Some(tables));
    world.views.wait_for(Option::is_some).await.unwrap();
    world.tables.send_replace(Some(0));
    world.server.until("Region", "", "default", |region| region["status"]["tables"] == 0).await;
    assert_eq!(shown(&world.server.writes()), ["patch regions/status default"], "the one that was told");
}

#[tokio::test]
async fn a_pod_that_was_deleted_is_started_again() {
    let world = World::ready(json!({})).await;
    let before = world.pod()["metadata"]["uid"].clone();
    world.server.delete("Pod", NAMESPACE, POD);
    world.until_ready("False", "NodeStarting").await;
    world.serve().await;
    world.until_ready("True", "Settled").await;
    assert_ne!(world.pod()["metadata"]["uid"], before);
}

#[tokio::test]
async fn other_settings_replace_the_pod() {
    let world = World::ready(json!({})).await;
    world.apply("default", json!({"nodePool": {"terminationGracePeriodSeconds": 5}}));
    let is = |pod: &Value| pod["spec"]["terminationGracePeriodSeconds"] == 5;
    world.server.until("Pod", NAMESPACE, POD, is).await;
    world.serve().await;
    world.until_ready("True", "Settled").await;
    let checks = format!("{POD}-check");
    assert_eq!(world.server.object("Pod", NAMESPACE, &checks), None, "a dry run leaves nothing");
}

#[tokio::test]
async fn a_pod_that_would_be_refused_does_not_cost_the_one_that_serves() {
    let world = World::ready(json!({})).await;
    let before = world.pod();
    world.server.fail("create", "pods", 422, usize::MAX);
    world.apply("default", json!({"nodePool": {"podTemplate": {"spec": {"priority": -3}}}}));
    let region = world.until("default", "Stalled", "True", "InvalidSpec").await;
    let message = condition(&region, "Stalled")["message"].to_string();
    assert!(message.contains("a fault was asked for"), "{message}");
    assert_eq!(world.pod(), before);
}

#[tokio::test]
async fn an_access_key_is_accepted_when_it_is_added_and_no_more_when_it_is_deleted() {
    let world = World::ready(json!({})).await;
    let sum = |pod: &Value| pod["metadata"]["annotations"]["partita.dev/credentials-checksum"].clone();
    let (before, uid) = (sum(&world.pod()), world.pod()["metadata"]["uid"].clone());
    world.server.apply(&access_key("more", "AKMORE"));
    world.until_file(|file| file.contains("AKMORE")).await;
    world.server.until("Pod", NAMESPACE, POD, |pod| sum(pod) != before).await;
    world.server.until("Region", "", "default", |region| region["status"]["accessKeys"] == 2).await;
    world.server.delete("Secret", NAMESPACE, "more");
    world.until_file(|file| !file.contains("AKMORE")).await;
    let pod = world.server.until("Pod", NAMESPACE, POD, |pod| sum(pod) == before).await;
    assert_eq!(pod["metadata"]["uid"], uid, "the pod stays");
}

#[tokio::test]
async fn a_malformed_access_key_is_told_and_breaks_nothing() {
    let world = World::ready(json!({})).await;
    world.server.apply(&access_key("a-bad", "with/slash"));
    world.server.apply(&access_key("b-good", "AKGOOD"));
    world.until_file(|file| file.contains("AKGOOD") && !file.contains("slash")).await;
    let region = world.until("default", "ACK.Advisory", "True", "CredentialsInvalid").await;
    assert!(condition(&region, "ACK.Advisory")["message"].as_str().unwrap().contains("Secret a-bad"));
    world.until_ready("True", "Settled").await;
    world.server.until_any("Event", |event| event["reason"] == "CredentialsInvalid").await;
}

#[tokio::test]
async fn an_overlay_that_makes_no_pod_stalls_and_keeps_the_pod() {
    let world = World::ready(json!({})).await;
    let before = world.pod();
    world.apply("default", json!({"nodePool": {"podTemplate": {"spec": {"nodeSelecter": {"a": "b"}}}}}));
    let region = world.until("default", "Stalled", "True", "InvalidSpec").await;
    let message = condition(&region, "Stalled")["message"].to_string();
    assert!(message.contains("spec.nodePool.podTemplate.spec.nodeSelecter"), "{message}");
    assert_eq!(world.pod(), before);
    world.apply("default", json!({}));
    world.until_ready("True", "Settled").await;
}

#[tokio::test]
async fn a_second_region_conflicts_until_the_first_is_gone() {
    let mut world = World::ready(json!({})).await;
    world.apply("second", json!({"regionName": "eu-west-2"}));
    let region = world.until("second", "Stalled", "True", "Conflict").await;
    assert!(condition(&region, "Ready")["message"].as_str().unwrap().contains("Region default is older"));
    assert_eq!(world.server.object("Pod", NAMESPACE, "partita-second-node-0"), None);
    world.server.delete("Region", "", "default");
    world.until("second", "Ready", "False", "NodeStarting").await;
    let second = |view: &Option<RegionView>| view.as_ref().is_some_and(|view| view.name == "second");
    world.views.wait_for(second).await.unwrap();
}

#[tokio::test]
async fn a_suspended_region_keeps_its_status_fresh_and_its_children_as_they_are() {
    let world = World::ready(json!({})).await;
    world.until_settled().await;
    world.apply("default", json!({"suspend": true, "endpoint": {"port": 80}}));
    world.until("default", "Reconciling", "False", "Suspended").await;
    world.server.writes();
    world.server.delete("Pod", NAMESPACE, POD);
    let region = world.until_ready("False", "Suspended").await;
    assert_eq!(region["status"]["nodesReady"], "0/1");
    let writes = shown(&world.server.writes());
    assert!(
        writes.iter().all(|write| write.ends_with("regions/status default") || write.contains("events")),
        "{writes:?}"
    );
}

#[tokio::test]
async fn a_step_that_fails_is_told_and_tried_again() {
    let world = World::start(ApiServer::new());
    world.server.fail("patch", "services", 500, 3);
    world.apply("default", json!({}));
    world.server.until_any("Event", |event| event["reason"] == "StepFailed").await;
    world.serve().await;
    world.until_ready("True", "Settled").await;
    world.until_settled().await;
    assert!(world.server.object("Service", NAMESPACE, "partita-default").is_some());
}

#[tokio::test]
async fn a_bucket_waits_for_its_secret() {
    let s3 = json!({"bucket": "b", "credentialsSecretRef": {"name": "bucket-key"}});
    let world = World::start(ApiServer::new());
    world.apply("default", json!({"objectStore": {"type": "S3", "s3": s3}}));
    world.until_ready("False", "CredentialsInvalid").await;
    let mut secret = access_key("bucket-key", "AKB");
    secret["metadata"]["labels"] = json!({});
    world.server.apply(&secret);
    world.serve().await;
    world.until_ready("True", "Settled").await;
    assert_eq!(world.server.objects("PersistentVolumeClaim").len(), 0);
}

#[tokio::test]
async fn a_key_whose_secret_lost_its_labels_is_not_made_anew() {
    let world = World::ready(json!({})).await;
    let name = "partita-default-internal";
    let key = |secret: &Value| secret["data"]["secretAccessKey"].clone();
    let before = key(&world.server.object("Secret", NAMESPACE, name).unwrap());
    let server = world.end().await;
    server.edit("Secret", NAMESPACE, name, |secret| secret["metadata"]["labels"] = json!({}));
    let world = World::start(server);
    let is = |secret: &Value| secret["metadata"]["labels"]["partita.dev/region"] == "default";
    let after = world.server.until("Secret", NAMESPACE, name, is).await;
    assert_eq!(key(&after), before);
}

#[tokio::test]
async fn an_object_that_cannot_be_read_does_not_keep_others_from_being_seen() {
    let world = World::start(ApiServer::new());
    let mut odd = manifest("a-odd", json!({}));
    odd["spec"]["nodePool"] = json!({"replicas": "many"});
    world.server.apply(&odd);
    world.apply("default", json!({}));
    world.serve().await;
    world.until_ready("True", "Settled").await;
    world.server.until_any("Event", |event| event["reason"] == "InvalidSpec").await;
}
