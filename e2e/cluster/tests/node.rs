//! The whole tier: what a node, its network, its volumes and Helm have to do before anything of ours is tested on them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use partita_cluster::{Cluster, Image, Options, Steps, Tier, Tools, cache_folder};

const CLIENT: &str = r#"
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: client
      image: localhost/base:dev
      command: [/bin/sleep, infinity]
      volumeMounts: [{ name: usr, mountPath: /usr, readOnly: true }]
  volumes: [{ name: usr, hostPath: { path: /usr } }]
"#;

/// What a program printed that runs where the cluster is reached.
fn printed(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn get(cluster: &Cluster, url: &str) -> Result<String> {
    printed(cluster.command("curl").args(["--silent", "--show-error", "--fail", "--max-time", "5", url]))
}

fn get_from(cluster: &Cluster, pod: &str, url: &str) -> Result<String> {
    let program =
        format!("import urllib.request as r; print(r.urlopen('{url}', timeout=5).read().decode(), end='')");
    cluster.kubectl(&["exec", pod, "--", "/usr/bin/env", "python3", "-c", &program])
}

fn field(cluster: &Cluster, object: &str, path: &str) -> Result<String> {
    cluster.kubectl(&["get", object, &format!("--output=jsonpath={{{path}}}")])
}

#[test]
fn a_node_runs_pods_services_volumes_and_charts() -> Result<()> {
    let cache = cache_folder()?;
    let tools = Tools::find(&cache)?;
    let mut steps = Steps::begin();
    let cluster =
        Cluster::start(&tools, Options { images: vec![Image::base()], ..Options::new(Tier::Node, &cache) })?;
    let nodes = cluster.kubectl(&["get", "nodes", "--no-headers"])?;
    assert!(nodes.contains(" Ready ") && nodes.contains(" v1.36."), "{nodes}");
    steps.done("the node is Ready and DNS serves");

    cluster.apply(&format!("{}---{CLIENT}", include_str!("manifests/web.yaml")))?;
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"])?;
    cluster.kubectl(&["wait", "pod/client", "--for=condition=Ready", "--timeout=60s"])?;
    assert_eq!(field(&cluster, "persistentvolumeclaim/web", ".status.phase")?, "Bound");
    steps.done("a pod is ready, without rights, with a volume of the default class");

    network(&cluster, &mut steps)?;
    volume(&cluster, &mut steps)?;

    // A container's first process hears no other signal from outside.
    printed(cluster.node_command("pkill").args(["--signal", "KILL", "--full", "http.server"]))?;
    cluster.kubectl(&[
        "wait",
        "pod",
        "--selector=app=web",
        "--for=jsonpath={.status.containerStatuses[0].restartCount}=1",
        "--timeout=60s",
    ])?;
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"])?;
    steps.done("a killed process is started again");

    chart(&cluster, &mut steps)?;
    later_image(&cluster, &tools)?;
    steps.done("an image brought in later runs");

    let (folder, namespace) = (cluster.folder().to_path_buf(), format!("partita-{}", cluster.name()));
    cluster.stop()?;
    assert!(!folder.exists());
    let cgroups =
        printed(Command::new("find").args(["/sys/fs/cgroup", "-maxdepth", "6", "-name", &namespace]))?;
    assert_eq!(cgroups, "", "cgroups are left");
    steps.done("nothing of it is left");
    Ok(())
}

fn network(cluster: &Cluster, steps: &mut Steps) -> Result<()> {
    let service = field(cluster, "service/web", ".spec.clusterIP")?;
    let pod = field(cluster, "pods", ".items[?(@.metadata.labels.app=='web')].status.podIP")?;
    for address in [format!("{service}:80"), format!("{pod}:8080")] {
        assert_eq!(get(cluster, &format!("http://{address}/starts"))?, "started\n", "{address}");
    }
    steps.done("the runner reaches the pod and its service");
    for name in ["web", "web.default.svc.cluster.local"] {
        let found = cluster.kubectl(&["exec", "client", "--", "/usr/bin/getent", "ahostsv4", name])?;
        assert!(found.starts_with(&service), "{name}: {found}");
    }
    assert_eq!(get_from(cluster, "client", "http://web/starts")?, "started\n");
    assert_eq!(
        get_from(cluster, "deployment/web", "http://web/starts")?,
        "started\n",
        "through its own service"
    );
    steps.done("a pod finds a service by name and reaches it");
    let out = cluster.command("ip").args(["route", "get", "192.0.2.1"]).output()?;
    assert!(!out.status.success(), "a packet finds a way out: {}", String::from_utf8_lossy(&out.stdout));
    steps.done("there is no way out");
    Ok(())
}

fn volume(cluster: &Cluster, steps: &mut Steps) -> Result<()> {
    cluster.kubectl(&["delete", "pod", "--selector=app=web", "--wait=true"])?;
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"])?;
    assert_eq!(get_from(cluster, "client", "http://web/starts")?, "started\nstarted\n");
    steps.done("a volume keeps its files when its pod goes");
    Ok(())
}

fn chart(cluster: &Cluster, steps: &mut Steps) -> Result<()> {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart");
    cluster.helm(&["install", "first", &chart.display().to_string(), "--wait", "--timeout=60s"])?;
    assert_eq!(field(cluster, "deployment/first", ".status.readyReplicas")?, "1");
    cluster.helm(&["uninstall", "first", "--wait"])?;
    let left = cluster.kubectl(&["get", "deployment", "first", "--ignore-not-found"])?;
    assert_eq!(left, "");
    steps.done("Helm installs a chart, waits for it, and removes it");
    Ok(())
}

/// Its program is one that prints and ends, so that the pod succeeds.
fn later_image(cluster: &Cluster, tools: &Tools) -> Result<()> {
    cluster.import(&tools.versitygw_image())?;
    cluster.kubectl(&[
        "run",
        "s3",
        "--image=localhost/versitygw:dev",
        "--restart=Never",
        "--",
        "--version",
    ])?;
    cluster.kubectl(&["wait", "pod/s3", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s"])?;
    cluster.add_volumes(1)?;
    assert_eq!(field(cluster, "persistentvolume/local-5", ".status.phase")?, "Available");
    Ok(())
}
