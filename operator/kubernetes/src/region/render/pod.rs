//! The pod of a node, before any overlay.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EmptyDirVolumeSource, HTTPGetAction,
    PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, Probe, ResourceRequirements,
    SeccompProfile, SecretVolumeSource, SecurityContext, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt;
use partita_api::region::TERMINATION_GRACE_PERIOD_SECONDS_DEFAULT;
use partita_api::{NodePool, ObjectStoreType, Region, S3Store};

use super::{PORT_NAME, Site};
use crate::region::names;
use crate::region::observe::bucket_secret;
use crate::region::quantity::thousandths;

/// Seconds that a node has to end, where the spec says nothing.
pub(super) const GRACE_DEFAULT: i64 = TERMINATION_GRACE_PERIOD_SECONDS_DEFAULT;
/// What a node is sure to get where the spec says nothing: enough to serve a small load, little enough to fit anywhere.
const REQUESTS_DEFAULT: [(&str, &str); 2] = [("cpu", "100m"), ("memory", "256Mi")];
/// The part of a node's memory that its caches get. Rows that are not yet in files, and the compaction of files, take up to
/// 150 MiB besides. The node's own default is this part of what [`REQUESTS_DEFAULT`] asks for.
const CACHE_PART: u128 = 4;
/// The least that a node takes for its caches, in MiB.
const CACHE_MIB_MIN: u128 = 16;
/// User and group of the image.
const USER: i64 = 65532;
/// Files of Secrets: readable by the group that fsGroup gives them to, and by nobody else.
const SECRET_MODE: i32 = 0o440;
/// Seconds until a node is given up that does not answer its first health probe. Reading a long log takes a while, and the
/// store of a node that was cut off is held until its lease ends.
const STARTUP_SECONDS_MAX: i32 = 600;
/// Seconds between liveness probes, and how many fail before the node is started again: a minute of silence is no pause.
const LIVENESS_PERIOD_SECONDS: i32 = 10;
const LIVENESS_FAILURES: i32 = 6;

/// The spec of a node's pod.
pub(super) fn spec(region: &Region, site: &Site) -> PodSpec {
    let grace =
        region.spec.node_pool.as_ref().map_or(GRACE_DEFAULT, NodePool::termination_grace_period_seconds);
    PodSpec {
        containers: vec![container(region, site)],
        volumes: Some(volumes(region)),
        restart_policy: Some("Always".to_owned()),
        termination_grace_period_seconds: Some(grace),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        }),
        ..PodSpec::default()
    }
}

fn container(region: &Region, site: &Site) -> Container {
    let resources = region.spec.node_pool.as_ref().and_then(|pool| pool.resources.clone());
    Container {
        name: names::CONTAINER.to_owned(),
        image: Some(site.image.clone()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        args: Some(arguments(region, site)),
        ports: Some(vec![port(PORT_NAME, names::API_PORT), port("node", i32::from(names::NODE_PORT))]),
        resources: Some(resources.unwrap_or_else(resources_default)),
        volume_mounts: Some(mounts(region)),
        readiness_probe: Some(Probe {
            period_seconds: Some(1),
            failure_threshold: Some(2),
            ..probe("/readyz")
        }),
        liveness_probe: Some(Probe {
            period_seconds: Some(LIVENESS_PERIOD_SECONDS),
            timeout_seconds: Some(5),
            failure_threshold: Some(LIVENESS_FAILURES),
            ..probe("/healthz")
        }),
        startup_probe: Some(Probe {
            period_seconds: Some(1),
            failure_threshold: Some(STARTUP_SECONDS_MAX),
            ..probe("/healthz")
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..Capabilities::default()
            }),
            ..SecurityContext::default()
        }),
        // The last lines of its log then stand in the pod's status, and from there in the Region's.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        ..Container::default()
    }
}

fn arguments(region: &Region, site: &Site) -> Vec<String> {
    let spec = &region.spec;
    let credentials = format!("{}/{}", names::CREDENTIALS_PATH, names::CREDENTIALS);
    let listen = format!("0.0.0.0:{}", names::API_PORT);
    let node_listen = format!("0.0.0.0:{}", names::NODE_PORT);
    let mut arguments: Vec<String> = [
        "node",
        "--listen",
        &listen,
        "--node-listen",
        &node_listen,
        "--region",
        &spec.region_name,
        "--account-id",
        &spec.account_id,
        "--credentials",
        &credentials,
        "--internal-key",
        names::INTERNAL_PATH,
        "--control-endpoint",
        &site.control_endpoint,
    ]
    .map(str::to_owned)
    .into();
    if let Some(endpoint) = &spec.lambda_endpoint {
        arguments.extend(["--lambda-endpoint".to_owned(), endpoint.clone()]);
    }
    if let Some(size) = cache_size(region) {
        arguments.extend(["--cache-size".to_owned(), size]);
    }
    match &spec.object_store.s3 {
        None => arguments.extend(["--data".to_owned(), names::DATA_PATH.to_owned()]),
        Some(s3) => arguments.extend(bucket_arguments(s3, &spec.region_name)),
    }
    arguments
}

/// What the caches get of the memory that the Region gives a node: at most, or else at least. `None` where it says nothing.
fn cache_size(region: &Region) -> Option<String> {
    let resources = region.spec.node_pool.as_ref()?.resources.as_ref()?;
    let memory = [&resources.limits, &resources.requests]
        .into_iter()
        .flatten()
        .find_map(|amounts| amounts.get("memory"));
    let mebibytes = (thousandths(&memory?.0)? / 1000) >> 20;
    Some(format!("{}MiB", (mebibytes / CACHE_PART).max(CACHE_MIB_MIN)))
}

fn bucket_arguments(s3: &S3Store, region_name: &str) -> Vec<String> {
    let mut arguments = vec!["--bucket".to_owned(), s3.bucket.clone()];
    let mut option = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            arguments.extend([name.to_owned(), value.to_owned()]);
        }
    };
    option("--bucket-prefix", s3.prefix.as_deref());
    option("--bucket-endpoint", s3.endpoint.as_deref());
    option("--bucket-region", Some(s3.region.as_deref().unwrap_or(region_name)));
    option("--bucket-key", s3.credentials_secret_ref.as_ref().map(|_| names::BUCKET_PATH));
    if s3.path_style == Some(true) {
        arguments.push("--bucket-path-style".to_owned());
    }
    if s3.allow_http == Some(true) {
        arguments.push("--bucket-allow-http".to_owned());
    }
    arguments
}

fn volumes(region: &Region) -> Vec<Volume> {
    let name = region.name_any();
    let mut data = Volume { name: "data".to_owned(), ..Volume::default() };
    match region.spec.object_store.type_ {
        ObjectStoreType::Volume => {
            data.persistent_volume_claim = Some(PersistentVolumeClaimVolumeSource {
                claim_name: names::node(&name),
                ..PersistentVolumeClaimVolumeSource::default()
            });
        }
        ObjectStoreType::S3 => data.empty_dir = Some(EmptyDirVolumeSource::default()),
    }
    let mut volumes = vec![
        data,
        secret("credentials", names::credentials(&name)),
        secret("internal", names::internal(&name)),
    ];
    volumes.extend(bucket_secret(region).map(|bucket| secret("bucket", bucket.to_owned())));
    volumes
}

fn mounts(region: &Region) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: bool| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    };
    let mut mounts = vec![
        mount("data", names::DATA_PATH, false),
        mount("credentials", names::CREDENTIALS_PATH, true),
        mount("internal", names::INTERNAL_PATH, true),
    ];
    mounts.extend(bucket_secret(region).map(|_| mount("bucket", names::BUCKET_PATH, true)));
    mounts
}

fn secret(volume: &str, name: String) -> Volume {
    Volume {
        name: volume.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(name),
            default_mode: Some(SECRET_MODE),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    }
}

fn port(name: &str, number: i32) -> ContainerPort {
    ContainerPort { name: Some(name.to_owned()), container_port: number, ..ContainerPort::default() }
}

fn probe(path: &str) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String("node".to_owned()),
            ..HTTPGetAction::default()
        }),
        ..Probe::default()
    }
}

fn resources_default() -> ResourceRequirements {
    let requests: BTreeMap<_, _> =
        REQUESTS_DEFAULT.map(|(name, amount)| (name.to_owned(), Quantity(amount.to_owned()))).into();
    ResourceRequirements { requests: Some(requests), ..ResourceRequirements::default() }
}
