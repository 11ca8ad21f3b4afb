//! The files a node's programs read, from the templates in `config/`, where `{{name}}` stands for a setting.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::lease::Record;
use crate::{Addresses, Tier, certificates, cgroup, process};

/// Where Debian and where the upstream archives put the CNI plugins.
const CNI_FOLDERS: [&str; 2] = ["/usr/lib/cni", "/opt/cni/bin"];
/// What a volume says it holds. Nothing measures it: it only has to be more than any claim asks for.
const VOLUME_CAPACITY: &str = "100Gi";

/// A cluster's settings, by the names that templates and node.sh use.
struct Settings(Vec<(&'static str, String)>);

/// The name of a cluster's node.
pub(crate) fn node_name(record: &Record) -> String {
    format!("node-{}", record.name)
}

/// Writes everything that the node's first process finds in the cluster's folder, but the images.
pub(crate) fn write(record: &Record) -> Result<()> {
    let folder = &record.folder;
    let addresses = Addresses::of(record.number);
    certificates::create(&folder.join("pki"), addresses, &node_name(record))?;
    std::fs::copy(folder.join("pki/admin.kubeconfig"), folder.join("kubeconfig"))
        .context("cannot write the kubeconfig")?;
    let cgroups: String = record.cgroups.iter().map(|cgroup| format!("{}\n", cgroup.display())).collect();
    put(folder, "cgroups", &cgroups)?;
    put(folder, "node.sh", include_str!("../node.sh"))?;
    put(folder, "node.env", &environment(record, addresses))?;
    if record.tier == Tier::Node {
        node(record, addresses)?;
    }
    Ok(())
}

/// The manifests of what every cluster with a node has: DNS and the default storage class.
pub(crate) fn base_manifests(record: &Record) -> String {
    let settings = Settings(vec![("dns", Addresses::of(record.number).dns().to_string())]);
    format!(
        "{}---\n{}",
        settings.fill(include_str!("../config/dns.yaml")),
        include_str!("../config/storage-class.yaml")
    )
}

/// The manifest of a volume in a folder of the cluster.
pub(crate) fn volume_manifest(record: &Record, number: usize, path: &Path) -> String {
    Settings(vec![
        ("number", number.to_string()),
        ("path", path.display().to_string()),
        ("node", node_name(record)),
        ("capacity", VOLUME_CAPACITY.to_owned()),
    ])
    .fill(include_str!("../config/volume.yaml"))
}

fn node(record: &Record, addresses: Addresses) -> Result<()> {
    let cni = CNI_FOLDERS.into_iter().find(|folder| Path::new(folder).join("ptp").is_file());
    let cni = cni.context("the CNI plugins are missing: run `cargo xtask cluster build`")?;
    let settings = Settings(vec![
        ("folder", record.folder.display().to_string()),
        ("node", node_name(record)),
        ("pods", addresses.pods()),
        ("dns", addresses.dns().to_string()),
        ("cni_programs", cni.to_owned()),
    ]);
    for (name, template) in [
        ("containerd.toml", containerd_template()?),
        ("cni/pods.conflist", include_str!("../config/cni.json")),
        ("kubelet.yaml", include_str!("../config/kubelet.yaml")),
        ("kube-proxy.yaml", include_str!("../config/kube-proxy.yaml")),
        ("resolv.conf", "# no server: see kubelet.yaml\n"),
    ] {
        put(&record.folder.join("config"), name, &settings.fill(template))?;
    }
    Ok(())
}

/// containerd changed its configuration with version 2.
fn containerd_template() -> Result<&'static str> {
    let version = process::output(Command::new("containerd").arg("--version"))?;
    let number = version.split_whitespace().nth(2).unwrap_or_default().trim_start_matches('v');
    Ok(if number.starts_with("1.") {
        include_str!("../config/containerd-1.toml")
    } else {
        include_str!("../config/containerd-2.toml")
    })
}

fn environment(record: &Record, addresses: Addresses) -> String {
    let tier = match record.tier {
        Tier::ApiServer => "api-server",
        Tier::Node => "node",
    };
    format!(
        "TIER={tier}\nNODE={}\nADDRESS={}\nSERVICES={}\nCGROUP_VERSION={}\n",
        node_name(record),
        addresses.node(),
        addresses.services(),
        cgroup::version()
    )
}

impl Settings {
    fn fill(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for (name, value) in &self.0 {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        debug_assert!(!text.contains("{{"), "a template names a setting that is not there:\n{text}");
        text
    }
}

fn put(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let parent = path.parent().context("a file lies in a folder")?;
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&path, text))
        .with_context(|| format!("cannot write {}", path.display()))
}
