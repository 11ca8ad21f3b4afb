//! Builds the Go programs and `pause` into a folder named by what they are built from.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::process;

/// Builds kept, the newest: a clone on an older commit finds its own, and a disk does not fill (a build has 250 MB).
const KEPT: usize = 3;
/// Packages compiled between two lines of progress.
const PROGRESS_PACKAGES: usize = 100;
/// Lines of the compiler shown when it fails.
const ERROR_LINES: usize = 30;
/// Without paths of this machine, symbols and a C library: small, and the same wherever it is built.
const FLAGS: [&str; 3] = ["-trimpath", "-ldflags", "-s -w"];

/// A Go program: the folder of its module, the package to build, and other names it answers to.
struct Program {
    module: &'static str,
    package: &'static str,
    links: &'static [&'static str],
}

const PROGRAMS: [Program; 4] = [
    // The longest last: a mistake in the others is told within a minute.
    Program { module: "coredns", package: ".", links: &[] },
    Program { module: "helm", package: "helm.sh/helm/v4/cmd/helm", links: &[] },
    Program { module: "versitygw", package: "github.com/versity/versitygw/cmd/versitygw", links: &[] },
    Program {
        module: "kubernetes",
        package: ".",
        links: &[
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-proxy",
            "kube-scheduler",
            "kubectl",
            "kubelet",
        ],
    },
];

/// The folder of the programs, built if need be.
pub(super) fn ensure(folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let built = folder.join(key()?);
    if built.is_dir() {
        // The newest are kept, and what is used is new.
        File::open(&built)
            .and_then(|file| file.set_modified(now()))
            .context("cannot mark a build as used")?;
        return Ok(built);
    }
    let lock = File::create(folder.join("lock")).context("cannot make the lock of the build")?;
    if lock.try_lock().is_err() {
        progress("another clone builds the test cluster's programs: waiting for it");
        lock.lock().context("cannot wait for another build")?;
    }
    if built.is_dir() {
        return Ok(built);
    }
    let unfinished = built.with_extension("unfinished");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).context("cannot remove an unfinished build")?;
    }
    std::fs::create_dir_all(&unfinished).context("cannot make the folder of the build")?;
    pause(&unfinished)?;
    for program in &PROGRAMS {
        compile(program, &unfinished, progress)?;
    }
    std::fs::rename(&unfinished, &built).context("cannot keep the build")?;
    remove_old(folder)?;
    Ok(built)
}

/// The folder of the programs, if they were built.
pub(super) fn find(folder: &Path) -> Result<PathBuf> {
    let built = folder.join(key()?);
    ensure!(
        built.is_dir(),
        "the test cluster's programs are not built: run `cargo xtask cluster build` (about ten minutes, once)"
    );
    Ok(built)
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("go")
}

fn pause_source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pause.c")
}

/// Names what is built: the sources, the versions of all modules, the compiler and how it is called.
fn key() -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(go_version()?);
    hash.update(FLAGS.concat());
    let mut files = vec![pause_source()];
    for program in &PROGRAMS {
        let folder = sources().join(program.module);
        files.extend(["go.mod", "go.sum", "main.go"].map(|name| folder.join(name)));
    }
    // A module that only names a tool has no code of its own.
    for file in files.iter().filter(|file| file.exists()) {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        hash.update(bytes.len().to_be_bytes());
        hash.update(bytes);
    }
    Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn go_version() -> Result<String> {
    process::output(Command::new("go").arg("version").current_dir(sources().join("kubernetes")))
        .context("go is missing: install Go 1.26 or newer")
}

fn pause(out: &Path) -> Result<()> {
    let mut compiler = Command::new("cc");
    compiler.args(["-static", "-Os", "-s", "-o"]).arg(out.join("pause")).arg(pause_source());
    process::output(&mut compiler)
        .map(drop)
        .context("cannot build pause: install a C compiler and a static C library")
}

fn compile(program: &Program, out: &Path, progress: &mut dyn FnMut(&str)) -> Result<()> {
    let name = program.module;
    progress(&format!("building {name}"));
    let folder = sources().join(name);
    let [trim, linker, mut flags] = FLAGS.map(str::to_owned);
    if name == "kubernetes" {
        flags.push_str(&kubernetes_version(&folder)?);
    }
    let mut command = Command::new("go");
    command
        .current_dir(&folder)
        .env("CGO_ENABLED", "0")
        .args(["build", "-v", "-mod=readonly", "-buildvcs=false", &trim, &linker, &flags, "-o"])
        .arg(out.join(name))
        .arg(program.package);
    go_build(&mut command, name, progress)?;
    for link in program.links {
        std::os::unix::fs::symlink(name, out.join(link)).with_context(|| format!("cannot link {link}"))?;
    }
    Ok(())
}

/// Linker flags that tell every program which version it is, as the release's own build does: clients and charts ask for it.
fn kubernetes_version(folder: &Path) -> Result<String> {
    let mut list = Command::new("go");
    list.current_dir(folder).args(["list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes"]);
    let version = process::output(&mut list)?.trim().to_owned();
    let mut numbers = version.trim_start_matches('v').split('.');
    let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
        bail!("`{version}` is not a version of Kubernetes")
    };
    let package = "k8s.io/component-base/version";
    Ok(format!(
        " -X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor} \
         -X {package}.gitTreeState=clean -X {package}/verflag.programName=Kubernetes"
    ))
}

/// With -v the compiler names each package it compiles, on standard error, where its errors come too.
fn go_build(command: &mut Command, name: &str, progress: &mut dyn FnMut(&str)) -> Result<()> {
    let mut build = command.stderr(Stdio::piped()).spawn().context("cannot start go")?;
    let said = build.stderr.take().context("standard error is piped")?;
    let mut last = std::collections::VecDeque::new();
    for (count, line) in (1..).zip(BufReader::new(said).lines()) {
        if count % PROGRESS_PACKAGES == 0 {
            progress(&format!("building {name}: {count} packages compiled"));
        }
        last.push_back(line.context("cannot read what the compiler says")?);
        if last.len() > ERROR_LINES {
            last.pop_front();
        }
    }
    let status = build.wait().context("cannot wait for go")?;
    ensure!(status.success(), "cannot build {name}:\n{}", Vec::from(last).join("\n"));
    Ok(())
}

fn remove_old(folder: &Path) -> Result<()> {
    let mut builds = Vec::new();
    for entry in std::fs::read_dir(folder).context("cannot list builds")? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            builds.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    builds.sort();
    builds.reverse();
    for (_, build) in builds.iter().skip(KEPT) {
        std::fs::remove_dir_all(build).with_context(|| format!("cannot remove {}", build.display()))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the age of a build is the file system's")]
fn now() -> SystemTime {
    SystemTime::now()
}
