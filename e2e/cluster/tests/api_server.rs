//! The small tier: an API server in seconds, several side by side, none left behind.

use std::io::BufRead as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use partita_cluster::{Cluster, Options, Steps, Tier, Tools, cache_folder, enter_network};

/// For what takes milliseconds.
const SOON: Duration = Duration::from_secs(10);

fn widget(size: i32) -> String {
    format!(
        "apiVersion: test.partita.dev/v1\nkind: Widget\nmetadata: {{ name: one, namespace: default }}\nspec: {{ size: {size} }}\n"
    )
}

#[test]
fn api_servers_validate_and_run_side_by_side() -> Result<()> {
    let cache = cache_folder()?;
    let tools = Tools::find(&cache)?;
    let mut steps = Steps::begin();
    let one = Cluster::start(&tools, Options::new(Tier::ApiServer, &cache))?;
    steps.done("the API server answers");

    one.apply(include_str!("manifests/widgets.yaml"))?;
    one.kubectl(&["wait", "--for=condition=Established", "crd/widgets.test.partita.dev", "--timeout=20s"])?;
    one.apply(&widget(2))?;
    assert_eq!(one.kubectl(&["get", "widget", "one", "--output=jsonpath={.spec.colour}"])?, "blue");
    steps.done("a kind of ours is stored with its defaults");
    let refused = one.apply(&widget(0)).expect_err("a rule forbids it").to_string();
    assert!(refused.contains("spec.size: Invalid value: 0"), "{refused}");
    let refused = one.apply(&widget(1)).expect_err("a rule forbids it").to_string();
    assert!(refused.contains("spec.size") && refused.contains("a widget does not shrink"), "{refused}");
    steps.done("the schema and CEL rules refuse with the field named");

    let two = Cluster::start(&tools, Options::new(Tier::ApiServer, &cache))?;
    assert_ne!(one.addresses(), two.addresses());
    let kinds = two.kubectl(&["api-resources", "--api-group=test.partita.dev", "--output=name"])?;
    assert_eq!(kinds, "", "the second knows nothing of the first");
    steps.done("a second cluster runs beside it");

    let address = (one.addresses().node(), 6443);
    let inside = std::thread::spawn(move || {
        enter_network()?;
        TcpStream::connect_timeout(&address.into(), SOON).context("cannot connect")
    });
    inside.join().expect("nothing in it panics")?;
    steps.done("a thread of this process reaches it");

    let folder = one.folder().to_path_buf();
    let name = one.name().to_owned();
    drop(one);
    assert!(!folder.exists());
    assert!(!Cluster::running()?.contains(&name));
    steps.done("nothing of the first is left");
    two.kubectl(&["get", "namespaces"])?;
    two.stop()?;

    ends_with_its_process()?;
    steps.done("a cluster ends when the process that started it is killed");
    Ok(())
}

fn ends_with_its_process() -> Result<()> {
    // Cargo puts tests into `deps` and examples beside it.
    let test = std::env::current_exe()?;
    let example = test.ancestors().nth(2).context("cargo builds into folders")?.join("examples/hold");
    let mut holder = Command::new(example).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    std::io::BufReader::new(holder.stdout.take().context("standard output is piped")?)
        .read_line(&mut line)?;
    let name = line.trim();
    assert!(Cluster::running()?.iter().any(|running| running == name), "`{name}` runs");
    holder.kill()?;
    holder.wait()?;
    for _ in 0..200 {
        if !Cluster::running()?.iter().any(|running| running == name) {
            return Ok(());
        }
        std::thread::sleep(SOON / 200);
    }
    bail!("{name} runs on without the process that started it")
}
