//! `kubectl partita env`: the variables by which AWS SDKs and the AWS CLI find the service.

use anyhow::{Context as _, Result};

use super::cluster::{self, AccessKey, Cluster};
use crate::arguments::EnvOptions;
use crate::terminal;

/// The Service's port unless the Region names another.
const SERVICE_PORT: u16 = 8000;

pub(super) async fn run(options: &EnvOptions) -> Result<()> {
    let cluster = Cluster::connect(&options.cluster).await?;
    let region = cluster::region(&cluster).await?;
    let namespace = options.namespace.clone().or(region.status.namespace).context(
        "the Region's status does not say yet which namespace it runs in: see `kubectl partita status`, or name it with -n",
    )?;
    let name = region.metadata.name.unwrap_or_default();
    let secret = options.secret.clone().or(region.status.access_key_secret_name);
    let secret =
        secret.context("the operator has not made an access key yet: see `kubectl partita status`")?;
    let key = cluster.access_key(&namespace, &secret).await?;
    let endpoint = if options.in_cluster {
        region.status.endpoint.context("the Region has no endpoint yet: see `kubectl partita status`")?
    } else {
        let forward = Forward {
            context: options.cluster.context.as_deref(),
            namespace: &namespace,
            region: &name,
            port: options.port,
            service_port: region.spec.endpoint.port.unwrap_or(SERVICE_PORT),
        };
        terminal::complain(&format!("# forward the port in another terminal:\n# {}", forward.command()));
        format!("http://127.0.0.1:{}", options.port)
    };
    terminal::print(&lines(&endpoint, &key, &region.spec.region_name))
}

/// A port of this machine that leads to the Region's Service.
struct Forward<'a> {
    context: Option<&'a str>,
    namespace: &'a str,
    region: &'a str,
    port: u16,
    service_port: u16,
}

impl Forward<'_> {
    fn command(&self) -> String {
        let Self { namespace, region, port, service_port, .. } = self;
        let context =
            self.context.map(|context| format!(" --context {}", quoted(context))).unwrap_or_default();
        format!("kubectl{context} -n {namespace} port-forward service/partita-{region} {port}:{service_port}")
    }
}

/// Lines for a POSIX shell. Tables, streams and triggers are at one endpoint, and three services to an SDK. boto3 reads the region from another variable than the other SDKs.
fn lines(endpoint: &str, key: &AccessKey, region: &str) -> String {
    [
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", endpoint),
        ("AWS_ENDPOINT_URL_LAMBDA", endpoint),
        ("AWS_ACCESS_KEY_ID", &key.id),
        ("AWS_SECRET_ACCESS_KEY", &key.secret),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
    ]
    .map(|(name, value)| format!("export {name}={}\n", quoted(value)))
    .concat()
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_lines_name_everything_an_sdk_needs() {
        let key = AccessKey { id: "PARTITA0000000000001".into(), secret: "a/b+c=d'e".into() };
        expect_test::expect![[r#"
            export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000
            export AWS_ENDPOINT_URL_DYNAMODB_STREAMS=http://127.0.0.1:8000
            export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:8000
            export AWS_ACCESS_KEY_ID=PARTITA0000000000001
            export AWS_SECRET_ACCESS_KEY='a/b+c=d'\''e'
            export AWS_REGION=eu-west-1
            export AWS_DEFAULT_REGION=eu-west-1
        "#]]
        .assert_eq(&lines("http://127.0.0.1:8000", &key, "eu-west-1"));
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["", "plain", "two words", "$HOME `id` \"q\" 'q'", "a\nb", "\\", "!x", "*"] {
            let script = format!("printf %s {}", quoted(text));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }

    #[test]
    fn the_port_is_forwarded_to_the_regions_service() {
        let forward =
            Forward { context: None, namespace: "db", region: "default", port: 9000, service_port: 8000 };
        assert_eq!(forward.command(), "kubectl -n db port-forward service/partita-default 9000:8000");
        let forward = Forward { context: Some("kind x"), ..forward };
        assert_eq!(
            forward.command(),
            "kubectl --context 'kind x' -n db port-forward service/partita-default 9000:8000"
        );
    }
}
