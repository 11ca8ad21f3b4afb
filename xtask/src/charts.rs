//! The charts: linted, rendered and compared with what is committed, packaged, and given values they have to refuse.
//!
//! No cluster is needed. What the renders do in one is for the end-to-end tests.

mod refusals;
mod security;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use partita_cluster::Tools;
use serde_json::Value;

use crate::shell::{Shell, environment, output, say};

/// Renders of the chart `partita` that are committed: `tests/golden/<name>.yaml` from `tests/values/<name>.yaml`.
const RENDERS: [&str; 3] = ["defaults", "s3", "everything"];

/// Runs every check of the charts.
pub(crate) fn run_checks(shell: &Shell) -> Result<()> {
    let charts = Charts { shell, helm: helm(shell)? };
    charts.lint()?;
    charts.goldens()?;
    charts.notes()?;
    charts.kinds()?;
    refusals::check(&charts)
}

/// Helm, and the folder it works on.
struct Charts<'a> {
    shell: &'a Shell,
    helm: PathBuf,
}

impl Charts<'_> {
    /// Helm in the project's root. It is told of no cluster, so that it cannot find one by accident.
    fn helm(&self) -> Command {
        let mut helm = self.shell.command(&self.helm);
        helm.env("KUBECONFIG", "/dev/null").env("HELM_CACHE_HOME", self.shell.cache.join("helm"));
        helm
    }

    fn file(&self, path: &str) -> PathBuf {
        self.shell.root.join("charts/partita/tests").join(path)
    }

    fn lint(&self) -> Result<()> {
        output(self.helm().args(["lint", "--strict", "charts/partita-crds"]))?;
        RENDERS.iter().try_for_each(|name| {
            output(self.helm().args(["lint", "--strict", "charts/partita"]).args(self.values(name))).map(drop)
        })
    }

    fn values(&self, render: &str) -> [PathBuf; 2] {
        ["--values".into(), self.file(&format!("values/{render}.yaml"))]
    }

    /// Each render is what is committed, and every pod in it is as secure as the project promises.
    fn goldens(&self) -> Result<()> {
        for name in RENDERS {
            let rendered = output(
                self.helm()
                    .args(["template", "partita", "charts/partita", "--namespace", "partita"])
                    .args(self.values(name)),
            )?;
            expect(&self.file(&format!("golden/{name}.yaml")), &rendered)?;
            let found = security::check(&documents(&rendered)?);
            ensure!(found.is_empty(), "the render `{name}` has weak pods:\n{}", found.join("\n"));
        }
        Ok(())
    }

    /// What `helm install` prints at its end.
    fn notes(&self) -> Result<()> {
        let printed = output(self.helm().args([
            "install",
            "partita",
            "charts/partita",
            "--namespace",
            "partita",
            "--dry-run=client",
        ]))?;
        let (_, notes) = printed.split_once("\nNOTES:\n").context("helm install prints no notes")?;
        expect(&self.file("golden/notes.txt"), notes)
    }

    /// Packaged, both charts bring the kinds exactly as `crds/` has them: links became files, and no brace in a description
    /// was taken for a template.
    fn kinds(&self) -> Result<()> {
        let folder = self.shell.target.join("charts");
        let generated = self.generated_kinds()?;
        for chart in ["partita", "partita-crds"] {
            let package = folder.join(format!("{chart}-{}.tgz", env!("CARGO_PKG_VERSION")));
            output(self.helm().args(["package", &format!("charts/{chart}"), "--destination"]).arg(&folder))?;
            let rendered = output(self.helm().args(["template", "partita", "--include-crds"]).arg(&package))?;
            let mut packaged = documents(&rendered)?;
            packaged.retain(|document| document["kind"] == "CustomResourceDefinition");
            packaged.sort_by_key(name_of);
            ensure!(packaged == generated, "the packaged chart `{chart}` does not bring the kinds of crds/");
        }
        say("both packaged charts bring the kinds of crds/")
    }

    fn generated_kinds(&self) -> Result<Vec<Value>> {
        let folder = self.shell.root.join("crds");
        let mut kinds = Vec::new();
        for entry in folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))? {
            kinds.extend(documents(&read(&entry?.path())?)?);
        }
        kinds.sort_by_key(name_of);
        Ok(kinds)
    }
}

/// Helm of the test cluster's programs, or, where a test cluster cannot be built, one of your own (version 4).
fn helm(shell: &Shell) -> Result<PathBuf> {
    if let Some(helm) = environment("PARTITA_HELM") {
        return Ok(helm.into());
    }
    let tools = Tools::find(&shell.cache).context("or set PARTITA_HELM to a Helm 4 of yours")?;
    Ok(tools.programs().join("helm"))
}

fn name_of(document: &Value) -> String {
    document["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// The documents of a YAML stream.
fn documents(text: &str) -> Result<Vec<Value>> {
    serde_saphyr::from_multiple(text).context("a render is no YAML")
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Compares with a committed file, or rewrites it when `UPDATE_EXPECT` is set.
fn expect(path: &Path, actual: &str) -> Result<()> {
    if environment("UPDATE_EXPECT").is_some() {
        return std::fs::write(path, actual).with_context(|| format!("cannot write {}", path.display()));
    }
    let expected = read(path)?;
    let Some(line) = first_difference(&expected, actual) else { return Ok(()) };
    bail!(
        "{} differs from line {line} on: see what changed with \
         `UPDATE_EXPECT=1 cargo xtask test --only charts && git diff charts`, and commit it if it is right",
        path.display()
    )
}

/// The number of the first line that two texts do not share.
fn first_difference(expected: &str, actual: &str) -> Option<usize> {
    if expected == actual {
        return None;
    }
    let shared = expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual);
    Some(shared.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_is_told_by_its_first_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a\n", "a"), Some(2), "a missing end of line is a difference too");
    }
}
