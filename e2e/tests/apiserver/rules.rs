//! Every rule of the CRDs, tried on a real API server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use partita_cluster::Cluster;

use crate::{install_crds, kubectl, kubectl_ok, kubectl_with, project};

const DRY_RUN: [&str; 5] = ["apply", "--server-side", "--dry-run=server", "-f", "-"];

fn manifests(folder: &str, ending: &str) -> Result<Vec<PathBuf>> {
    let folder = project("e2e/kubernetes/manifests").join(folder);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// `# refused: <field>: <words of the message>`, or only the words where the whole object is meant.
fn expected<'a>(text: &'a str, file: &Path) -> Result<(&'a str, &'a str)> {
    let line = text.lines().find_map(|line| line.strip_prefix("# refused: "));
    let line = line.with_context(|| format!("{} does not say what is expected", file.display()))?;
    Ok(line.split_once(": ").unwrap_or(("", line)))
}

fn must_refuse(cluster: &Cluster, text: &str, file: &Path) -> Result<()> {
    let (field, words) = expected(text, file)?;
    // As most people apply: the API server then judges the whole object, and says all that is wrong with it.
    let done = kubectl_with(cluster, &["apply", "--dry-run=server", "-f", "-"], text)?;
    ensure!(!done.success, "{} was accepted", file.display());
    for part in [field, words] {
        ensure!(done.text.contains(part), "{}: `{part}` is not in: {}", file.display(), done.text);
    }
    Ok(())
}

pub(crate) fn check(cluster: &Cluster) -> Result<()> {
    crds_fit(cluster)?;
    install_crds(cluster)?;
    let mut tried = 0;
    for folder in ["ack", "valid/table", "valid/mapping", "valid/region"] {
        for file in manifests(folder, ".yaml")? {
            let done = kubectl_with(cluster, &DRY_RUN, &read(&file)?)?;
            ensure!(done.success, "{} was refused: {}", file.display(), done.text);
            tried += 1;
        }
    }
    for folder in ["invalid/table", "invalid/mapping", "invalid/region"] {
        let all = manifests(folder, ".yaml")?;
        for file in &all {
            let name = file.to_string_lossy();
            if name.ends_with(".before.yaml") {
                continue;
            }
            if let Some(stem) = name.strip_suffix(".after.yaml") {
                transition(cluster, Path::new(&format!("{stem}.before.yaml")), file)?;
            } else {
                must_refuse(cluster, &read(file)?, file)?;
            }
            tried += 1;
        }
    }
    ensure!(tried > 40, "only {tried} manifests were tried");
    eprintln!("{tried} manifests got the verdict they should");
    explained(cluster)
}

/// A change that a rule forbids: the object is there, and stays as it was.
fn transition(cluster: &Cluster, before: &Path, after: &Path) -> Result<()> {
    let text = read(before)?;
    let done = kubectl_with(cluster, &["apply", "-f", "-"], &text)?;
    ensure!(done.success, "{} was refused: {}", before.display(), done.text);
    let refused = must_refuse(cluster, &read(after)?, after);
    let gone = kubectl_with(cluster, &["delete", "-f", "-"], &text)?;
    ensure!(gone.success, "{}", gone.text);
    refused
}

/// `kubectl apply` without `--server-side` keeps the whole manifest in an annotation, which has a limit.
fn crds_fit(cluster: &Cluster) -> Result<()> {
    for file in std::fs::read_dir(project("crds"))? {
        let file = file?.path();
        let done = kubectl(cluster, &["apply", "-f", &file.to_string_lossy()])?;
        ensure!(done.success, "{}: {}", file.display(), done.text);
    }
    Ok(())
}

/// What `kubectl explain` tells a newcomer.
fn explained(cluster: &Cluster) -> Result<()> {
    for (field, words) in [
        ("table.spec.keySchema", "Primary key"),
        ("eventsourcemapping.spec.startingPosition", "TRIM_HORIZON"),
        ("region.spec.objectStore", "objectStore"),
        ("table.status.conditions", "conditions"),
    ] {
        let text = kubectl_ok(cluster, &["explain", field])?;
        ensure!(text.contains(words), "{text}");
    }
    Ok(())
}
