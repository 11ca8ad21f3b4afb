//! The cluster's own certificate authority, the certificates of its programs, and their kubeconfig files: made by openssl, thrown
//! away with the cluster.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::addresses::Addresses;
use crate::process;

/// Days the certificates hold: longer than any cluster runs.
const VALID_DAYS: &str = "365";
/// What a client certificate says of its use.
const CLIENT: &str = "extendedKeyUsage=clientAuth";

/// Makes everything in `folder`, for a cluster whose node is called `node`.
pub(crate) fn create(folder: &Path, addresses: Addresses, node: &str) -> Result<()> {
    std::fs::create_dir_all(folder).context("cannot make the folder of certificates")?;
    let authority = Authority { folder };
    authority.found()?;
    let names = [
        "DNS:localhost",
        "DNS:kubernetes",
        "DNS:kubernetes.default",
        "DNS:kubernetes.default.svc",
        "DNS:kubernetes.default.svc.cluster.local",
        "IP:127.0.0.1",
    ];
    let (address, service) = (addresses.node(), addresses.api_service());
    authority.issue(
        "apiserver",
        "/CN=kube-apiserver",
        &server(&format!("{},IP:{address},IP:{service}", names.join(","))),
    )?;
    authority.issue(
        "kubelet-server",
        &format!("/CN={node}"),
        &server(&format!("DNS:{node},IP:{address}")),
    )?;
    // Whoever comes with the front proxy's certificate may name any user: the API server alone has it.
    authority.issue("front-proxy", "/CN=front-proxy", &[CLIENT])?;
    authority.issue(
        "apiserver-to-kubelet",
        "/O=system:masters/CN=kube-apiserver-kubelet-client",
        &[CLIENT],
    )?;
    for (name, subject) in [
        ("admin", "/O=system:masters/CN=admin"),
        ("controller-manager", "/CN=system:kube-controller-manager"),
        ("scheduler", "/CN=system:kube-scheduler"),
        ("proxy", "/CN=system:kube-proxy"),
        ("kubelet", &format!("/O=system:nodes/CN=system:node:{node}")),
    ] {
        authority.issue(name, subject, &[CLIENT])?;
        authority.kubeconfig(name, &addresses.api_server())?;
    }
    authority.service_account_key()
}

fn server(names: &str) -> [String; 2] {
    [format!("subjectAltName={names}"), "extendedKeyUsage=serverAuth".to_owned()]
}

struct Authority<'a> {
    folder: &'a Path,
}

impl Authority<'_> {
    fn found(&self) -> Result<()> {
        openssl(
            self.request("ca", "/CN=partita-test-cluster").args(["-addext", "keyUsage=critical,keyCertSign"]),
        )
    }

    /// Makes `name.crt` and `name.key`.
    fn issue(&self, name: &str, subject: &str, extensions: &[impl AsRef<str>]) -> Result<()> {
        let mut command = self.request(name, subject);
        command.args(["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:false"]);
        for extension in extensions {
            command.args(["-addext", extension.as_ref()]);
        }
        openssl(&mut command)
    }

    fn request(&self, name: &str, subject: &str) -> Command {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.folder)
            .args(["req", "-x509", "-sha256", "-days", VALID_DAYS, "-subj", subject])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")]);
        command
    }

    /// The pair that signs and checks the tokens of service accounts.
    fn service_account_key(&self) -> Result<()> {
        let mut key = Command::new("openssl");
        key.current_dir(self.folder).args(["genpkey", "-algorithm", "EC"]).args([
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-out",
            "sa.key",
        ]);
        openssl(&mut key)?;
        let mut public = Command::new("openssl");
        openssl(public.current_dir(self.folder).args(["pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub"]))
    }

    fn kubeconfig(&self, name: &str, server: &str) -> Result<()> {
        let folder = self.folder;
        let path = |file: String| folder.join(file).display().to_string();
        let config = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "test", "cluster": { "server": server, "certificate-authority": path("ca.crt".into()) } }],
            "users": [{ "name": name, "user": {
                "client-certificate": path(format!("{name}.crt")), "client-key": path(format!("{name}.key")),
            } }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": name } }],
            "current-context": "test",
        });
        std::fs::write(folder.join(format!("{name}.kubeconfig")), serde_json::to_vec_pretty(&config)?)
            .with_context(|| format!("cannot write the kubeconfig of {name}"))
    }
}

fn openssl(command: &mut Command) -> Result<()> {
    process::output(command).map(drop).context("cannot make a certificate: it takes openssl 3.0 or newer")
}
