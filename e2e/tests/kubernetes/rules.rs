//! Manifests as people write them: good ones, and ones that the API server itself must refuse.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::lab::Lab;

fn manifests(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = Lab::project("e2e/kubernetes/manifests").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    ensure!(!files.is_empty(), "{} holds no manifests", folder.display());
    Ok(files)
}

/// The API-server tier goes through all rules; here the way a person meets one is shown whole.
pub(crate) fn refused(lab: &Lab) -> Result<()> {
    for file in manifests("invalid/table")? {
        let text = std::fs::read_to_string(&file)?;
        let Some(wanted) = text.lines().find_map(|line| line.strip_prefix("# refused: ")) else { continue };
        let done = lab.try_apply(&text)?;
        ensure!(!done.success, "{} was accepted", file.display());
        for part in wanted.splitn(2, ": ") {
            ensure!(done.stderr.contains(part), "{}: `{part}` is not in {}", file.display(), done.stderr);
        }
    }
    Ok(())
}

pub(crate) fn ack(lab: &Lab) -> Result<()> {
    for file in manifests("ack")? {
        let text = std::fs::read_to_string(&file)?;
        lab.apply(&text).with_context(|| format!("{}", file.display()))?;
    }
    let listed = lab.get(&["tables", "-l", "suite=ack"])?.context("a list")?;
    let items = listed["items"].as_array().context("a list of tables")?;
    ensure!(!items.is_empty(), "the manifests carry the label suite=ack");
    for object in items {
        let name = object["metadata"]["name"].as_str().context("an object has a name")?;
        lab.wait("jsonpath={.status.tableStatus}=ACTIVE", &[&format!("table/{name}")])?;
        lab.wait("condition=ACK.ResourceSynced", &[&format!("table/{name}")])?;
    }
    // Protection first, then the objects: as their owners would have to.
    for object in items {
        let name = object["metadata"]["name"].as_str().context("an object has a name")?;
        let off = r#"{"spec": {"deletionProtectionEnabled": false}}"#;
        lab.kubectl_ok(&["patch", "table", name, "--type=merge", "-p", off])?;
        let delete = r#"{"spec": {"deletionPolicy": "Delete"}}"#;
        lab.kubectl_ok(&["patch", "table", name, "--type=merge", "-p", delete])?;
    }
    lab.kubectl_ok(&["delete", "tables", "-l", "suite=ack", "--timeout=60s"]).map(drop)
}
