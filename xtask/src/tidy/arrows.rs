//! The crates a crate may use. A new arrow is a decision: it changes this table and docs/architecture.md in a commit of its own.

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::shell::Shell;

/// Each crate with the crates of ours that it may use in its product code.
const ARROWS: &[(&str, &[&str])] = &[
    ("partita-model", &[]),
    ("partita-expression", &["partita-model"]),
    ("partita-protocol", &["partita-model", "partita-expression"]),
    ("partita-partiql", &["partita-model", "partita-expression", "partita-protocol"]),
    ("partita-identity", &["partita-model"]),
    ("partita-wal", &[]),
    ("partita-storage", &["partita-model", "partita-wal"]),
    ("partita-table", &["partita-model", "partita-expression", "partita-protocol", "partita-storage"]),
    ("partita-transaction", &["partita-model", "partita-protocol", "partita-table"]),
    ("partita-index", &["partita-model", "partita-storage", "partita-table"]),
    ("partita-stream", &["partita-model", "partita-protocol", "partita-storage", "partita-table"]),
    ("partita-mapping", &["partita-model", "partita-protocol"]),
    (
        "partita-trigger",
        &[
            "partita-model",
            "partita-protocol",
            "partita-mapping",
            "partita-storage",
            "partita-table",
            "partita-stream",
        ],
    ),
    (
        "partita-gateway",
        &[
            "partita-model",
            "partita-protocol",
            "partita-partiql",
            "partita-identity",
            "partita-table",
            "partita-transaction",
            "partita-stream",
        ],
    ),
    (
        "partita-node",
        &[
            "partita-model",
            "partita-protocol",
            "partita-mapping",
            "partita-identity",
            "partita-storage",
            "partita-table",
            "partita-transaction",
            "partita-index",
            "partita-stream",
            "partita-trigger",
            "partita-gateway",
        ],
    ),
    ("partita-api", &[]),
    ("partita-controlplane", &["partita-model", "partita-protocol", "partita-mapping"]),
    ("partita-controllers", &["partita-model", "partita-protocol", "partita-mapping", "partita-api"]),
    ("partita-kubernetes", &["partita-model", "partita-protocol", "partita-api", "partita-controllers"]),
    (
        "partita",
        &[
            "partita-model",
            "partita-protocol",
            "partita-identity",
            "partita-storage",
            "partita-table",
            "partita-stream",
            "partita-mapping",
            "partita-trigger",
            "partita-gateway",
            "partita-api",
            "partita-controlplane",
            "partita-controllers",
            "partita-node",
            "partita-kubernetes",
            "partita-bench",
        ],
    ),
    ("partita-bench", &[]),
    ("partita-compare", &["partita-bench"]),
    (
        "partita-instructions",
        &[
            "partita-model",
            "partita-protocol",
            "partita-identity",
            "partita-storage",
            "partita-table",
            "partita-gateway",
        ],
    ),
    ("partita-cluster", &[]),
    ("partita-e2e", &["partita-cluster"]),
    ("xtask", &["partita-cluster"]),
];

pub(crate) fn check(shell: &Shell) -> Result<Vec<String>> {
    let metadata =
        MetadataCommand::new().current_dir(&shell.root).no_deps().exec().context("cargo metadata failed")?;
    let mut found = Vec::new();
    for package in metadata.packages {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name.as_str()) else {
            found.push(format!(
                "{}: not in the table of crate arrows (xtask/src/tidy/arrows.rs)",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let ours = dependency.path.is_some() && dependency.kind == DependencyKind::Normal;
            if ours && !allowed.contains(&dependency.name.as_str()) {
                found.push(format!(
                    "{} may not use {}: arrows only point down (docs/architecture.md)",
                    package.name, dependency.name
                ));
            }
        }
    }
    Ok(found)
}
