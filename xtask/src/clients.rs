//! The real clients of the black-box tests: boto3 and the AWS CLI, the JavaScript SDK v3, the Go SDK v2, the Java SDK v2 with its
//! Enhanced Client, the Kinesis Client Library, and libraries that people use above them. And what the judge of histories needs.
//!
//! Each is installed by its own package manager from the pinned files under `e2e/clients`, into the cache folder, and again only
//! when those files change.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::shell::{Shell, has, run, say};

/// Installs what is missing.
pub(crate) fn install(shell: &Shell) -> Result<()> {
    strace()?;
    python(shell)?;
    javascript(shell)?;
    go(shell)?;
    java(shell)?;
    kcl(shell)
}

/// Tells the black-box tests where the clients are.
pub(crate) fn environment(shell: &Shell, command: &mut Command) {
    command
        .env("PARTITA_E2E_PYTHON", venv(shell).join("bin/python"))
        .env("PARTITA_E2E_NODE_MODULES", node_modules(shell))
        .env("PARTITA_E2E_JAVA", shell.cache.join("java"))
        .env("PARTITA_E2E_KCL", shell.cache.join("kcl"));
}

fn venv(shell: &Shell) -> PathBuf {
    shell.cache.join("python")
}

fn node_modules(shell: &Shell) -> PathBuf {
    shell.cache.join("node").join("node_modules")
}

/// The test that counts sync calls reads them from strace.
fn strace() -> Result<()> {
    if has("strace") {
        return Ok(());
    }
    say("installing strace")?;
    run(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends", "strace"]))
        .or_else(|_| {
            run(Command::new("apt-get").arg("update"))?;
            run(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends", "strace"]))
        })
        .context(
            "strace is missing and could not be installed: install it with your system's package manager",
        )
}

fn python(shell: &Shell) -> Result<()> {
    let requirements = shell.root.join("e2e/clients/python/requirements.txt");
    once(&venv(shell), &[&requirements], || {
        ensure!(has("python3"), "python3 is missing: install it with your system's package manager");
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv(shell)))?;
        // --no-deps: the list is complete, and the data package would pull in pandas only to be imported.
        run(Command::new(venv(shell).join("bin/pip"))
            .args(["install", "--quiet", "--no-deps", "--requirement"])
            .arg(&requirements))
    })
}

fn javascript(shell: &Shell) -> Result<()> {
    let from = shell.root.join("e2e/clients/javascript");
    let (manifest, lock, settings) =
        (from.join("package.json"), from.join("package-lock.json"), from.join(".npmrc"));
    let folder = shell.cache.join("node");
    once(&folder, &[&manifest, &lock], || {
        ensure!(has("npm"), "npm is missing: install Node.js with your system's package manager");
        std::fs::create_dir_all(&folder)?;
        for file in [&manifest, &lock, &settings] {
            std::fs::copy(file, folder.join(file.file_name().context("a file has a name")?))?;
        }
        run(Command::new("npm").current_dir(&folder).args(["ci", "--silent", "--no-audit", "--no-fund"]))
    })
}

fn go(shell: &Shell) -> Result<()> {
    ensure!(has_go(), "go is missing: install it with your system's package manager");
    ["e2e/clients/go", "e2e/linearizability"].into_iter().try_for_each(|module| {
        run(Command::new("go").current_dir(shell.root.join(module)).args(["mod", "download"]))
    })
}

fn has_go() -> bool {
    Command::new("go").arg("version").output().is_ok_and(|output| output.status.success())
}

fn java(shell: &Shell) -> Result<()> {
    maven(shell, "java", "src/test/java/dev/partita/EnhancedClientTest.java", "test-compile")
}

fn kcl(shell: &Shell) -> Result<()> {
    maven(shell, "kcl", "src/main/java/Consumer.java", "compile")
}

/// Compiles the one source of a Maven project, into `target`, with what it depends on in `target/dependency`.
fn maven(shell: &Shell, name: &str, source: &str, phase: &str) -> Result<()> {
    let from = shell.root.join("e2e/clients").join(name);
    let (manifest, code) = (from.join("pom.xml"), from.join(source));
    let folder = shell.cache.join(name);
    once(&folder, &[&manifest, &code], || {
        ensure!(has("mvn"), "Maven is missing: install it and a JDK with your system's package manager");
        let to = folder.join(source);
        std::fs::create_dir_all(to.parent().context("a source is in a folder")?)?;
        std::fs::copy(&manifest, folder.join("pom.xml"))?;
        std::fs::copy(&code, to)?;
        let mut maven = Command::new("mvn");
        maven.current_dir(&folder).args(["--quiet", "--batch-mode", phase, "dependency:copy-dependencies"]);
        run(&mut maven)
    })
}

/// Runs `install` unless `folder` was installed from these very files.
fn once(folder: &Path, files: &[&Path], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut wanted = Vec::new();
    for file in files {
        wanted.extend(std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    let stamp = folder.join("installed-from");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say(format!("installing clients into {}", folder.display()))?;
    install()?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
