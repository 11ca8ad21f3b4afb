//! `cargo xtask cluster`: the test cluster for people, by hand.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::{Subcommand, ValueEnum};
use partita_cluster::{Cluster, Image, Options, Tier, Tools};

use crate::shell::{self, Shell, environment, say};

/// The cluster that is meant when none is named.
const NAME: &str = "dev";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build Kubernetes and install what it needs (about ten minutes the first time)
    Build,
    /// Start a cluster with `localhost/partita:dev` in it, made of the sources as they are
    Start {
        #[arg(long, default_value = NAME)]
        name: String,
        #[arg(long, value_enum, default_value = "node")]
        tier: TierName,
        /// Without an image of Partita
        #[arg(long)]
        bare: bool,
    },
    /// Make `localhost/partita:dev` anew and bring it into a running cluster
    Load {
        #[arg(long, default_value = NAME)]
        name: String,
    },
    /// Print the names of the clusters that run
    List,
    /// Run a command where it reaches the cluster: `cluster exec -- kubectl get pods -A`
    Exec {
        #[arg(long, default_value = NAME)]
        name: String,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Open a shell where it reaches the cluster
    Shell {
        #[arg(long, default_value = NAME)]
        name: String,
    },
    /// Stop a cluster and remove everything of it
    Stop {
        #[arg(long, default_value = NAME)]
        name: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TierName {
    /// etcd and the API server: two seconds
    ApiServer,
    /// Everything, on one node: ten seconds
    Node,
}

pub(crate) fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::Build => build(shell),
        Command::Start { name, tier, bare } => start(shell, name, tier, bare),
        Command::Load { name } => {
            let cluster = find(shell, &name)?;
            cluster.import(&partita_image(shell)?)
        }
        Command::List => Cluster::running()?.iter().try_for_each(say),
        Command::Exec { name, command } => {
            let (program, arguments) = command.split_first().context("a command has a first word")?;
            shell::run(find(shell, &name)?.command(program).args(arguments))
        }
        Command::Shell { name } => {
            let program = environment("SHELL").unwrap_or_else(|| "/bin/sh".to_owned());
            shell::run(&mut find(shell, &name)?.command(program))
        }
        Command::Stop { name } => find(shell, &name)?.stop(),
    }
}

/// Builds and installs everything a cluster is made of.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    tools(shell).map(drop)
}

/// The statically linked `partita`, which needs nothing of the image it lies in. It is linked from the crates of the ordinary build.
pub(crate) fn static_binary(shell: &Shell) -> Result<PathBuf> {
    let arguments = ["rustc", "--release", "--locked", "--package", "partita", "--bin", "partita"];
    shell.cargo(&[&arguments[..], &["--", "-C", "target-feature=+crt-static"]].concat())?;
    let copy = static_path(shell);
    std::fs::create_dir_all(copy.parent().context("a file lies in a folder")?)?;
    std::fs::copy(shell.binary(), &copy).with_context(|| format!("cannot copy to {}", copy.display()))?;
    Ok(copy)
}

/// Where the statically linked binary lies: the ordinary build puts its own where cargo puts both.
pub(crate) fn static_path(shell: &Shell) -> PathBuf {
    shell.target.join("static").join("partita")
}

/// A program of the test cluster, such as `helm`.
pub(crate) fn program(shell: &Shell, name: &str) -> Result<PathBuf> {
    Ok(Tools::find(&shell.cache)?.programs().join(name))
}

fn start(shell: &Shell, name: String, tier: TierName, bare: bool) -> Result<()> {
    let tools = tools(shell)?;
    let tier = match tier {
        TierName::ApiServer => Tier::ApiServer,
        TierName::Node => Tier::Node,
    };
    let images =
        if bare || tier == Tier::ApiServer { Vec::new() } else { vec![partita_image(shell)?, Image::base()] };
    let options = Options { name: Some(name), images, detached: true, ..Options::new(tier, &shell.cache) };
    let cluster = Cluster::start(&tools, options)?;
    let named = if cluster.name() == NAME { String::new() } else { format!(" --name {}", cluster.name()) };
    say(format!("KUBECONFIG={}", cluster.kubeconfig().display()))?;
    say("It works in the cluster's own network only. Next:")?;
    say(format!("  cargo xtask cluster exec{named} -- kubectl get pods -A"))?;
    say(format!("  cargo xtask cluster shell{named}"))?;
    say(format!("  cargo xtask cluster stop{named}"))
}

fn partita_image(shell: &Shell) -> Result<Image> {
    let binary = static_binary(shell)?;
    ensure!(binary.is_file(), "{} is missing", binary.display());
    Ok(Image::partita(&binary))
}

fn tools(shell: &Shell) -> Result<Tools> {
    // Progress that cannot be printed is no reason to stop.
    Tools::ensure(&shell.cache, &mut |line| drop(say(line)))
}

fn find(shell: &Shell, name: &str) -> Result<Cluster> {
    Cluster::find(&Tools::find(&shell.cache)?, name)
}
