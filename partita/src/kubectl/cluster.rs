//! What the plugin reads of a cluster.

use anyhow::{Context as _, Result, anyhow, bail};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use partita_api::{GROUP, VERSION};
use partita_model::clock::{Clock as _, SystemClock};
use serde::de::DeserializeOwned;

use super::objects::{Mapping, Region, Table};
use crate::arguments;
use crate::kinds::Kind;

/// The name of the Lease that a leading operator holds.
const LEASE: &str = "partita-operator";
/// Objects asked for at once.
const PAGE: u32 = 500;

/// A connection to an API server.
pub(super) struct Cluster {
    client: Client,
    /// The namespace of the kubeconfig's context.
    pub(super) namespace: String,
}

/// An operator's Lease, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leader {
    pub(super) namespace: String,
    pub(super) holder: String,
    /// Since it last said that it is there.
    pub(super) silent_seconds: i64,
    /// Whether it may still be there.
    pub(super) alive: bool,
}

/// An access key for people.
#[derive(Clone)]
pub(super) struct AccessKey {
    pub(super) id: String,
    pub(super) secret: String,
}

impl Cluster {
    pub(super) async fn connect(options: &arguments::Cluster) -> Result<Self> {
        let config =
            config(options).await.context("cannot find the cluster; does `kubectl get nodes` work?")?;
        let namespace = config.default_namespace.clone();
        Ok(Self { client: Client::try_from(config).context("cannot prepare the connection")?, namespace })
    }

    /// The Regions, oldest first; `None` if the cluster does not know the kind.
    pub(super) async fn regions(&self) -> Result<Option<Vec<Region>>> {
        let regions: Option<Vec<Region>> = self.list("Region", "regions").await?;
        Ok(regions.map(|mut regions| {
            regions.sort_by(|a, b| {
                let age = |region: &Region| region.metadata.creation_timestamp.clone().map(|time| time.0);
                age(a).cmp(&age(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name))
            });
            regions
        }))
    }

    /// The Tables of all namespaces; `None` if the cluster does not know the kind.
    pub(super) async fn tables(&self) -> Result<Option<Vec<Table>>> {
        self.list("Table", "tables").await
    }

    /// The EventSourceMappings of all namespaces; `None` if the cluster does not know the kind.
    pub(super) async fn mappings(&self) -> Result<Option<Vec<Mapping>>> {
        self.list(Kind::EventSourceMapping.name(), Kind::EventSourceMapping.plural()).await
    }

    /// Objects of one of our kinds.
    pub(super) fn objects_in(&self, kind: Kind, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &resource(kind.name(), kind.plural()))
    }

    /// The operators' Leases: in one namespace, or wherever there are any.
    pub(super) async fn leaders(&self, namespace: Option<&str>) -> Result<Vec<Leader>> {
        let leases: Api<Lease> = match namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let named = ListParams::default().fields(&format!("metadata.name={LEASE}"));
        let found = leases.list(&named).await.context(
            "cannot read the operator's Lease: name its namespace, or ask for the right to list leases",
        )?;
        let now = i64::try_from(SystemClock.now().0 / 1_000).unwrap_or(i64::MAX);
        Ok(found.into_iter().filter_map(|lease| leader(&lease, now)).collect())
    }

    /// The access key in a Secret.
    pub(super) async fn access_key(&self, namespace: &str, name: &str) -> Result<AccessKey> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let secret = secrets.get_opt(name).await.with_context(|| format!("cannot read Secret {name}"))?;
        let secret = secret.ok_or_else(|| {
            anyhow!("there is no Secret {name} in namespace {namespace}; `--secret NAME` chooses another")
        })?;
        let field = |key: &str| {
            let bytes = secret.data.as_ref().and_then(|data| data.get(key));
            let text = bytes.and_then(|bytes| String::from_utf8(bytes.0.clone()).ok());
            text.with_context(|| {
                format!("Secret {name} has no {key}: an access key has accessKeyID and secretAccessKey")
            })
        };
        Ok(AccessKey { id: field("accessKeyID")?, secret: field("secretAccessKey")? })
    }

    async fn list<T: DeserializeOwned>(&self, kind: &str, plural: &str) -> Result<Option<Vec<T>>> {
        let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource(kind, plural));
        let mut page = ListParams::default().limit(PAGE);
        let mut objects = Vec::new();
        loop {
            let list = match api.list(&page).await {
                Ok(list) => list,
                Err(kube::Error::Api(status)) if status.code == 404 => return Ok(None),
                Err(error) => return Err(error).with_context(|| format!("cannot list {plural}.{GROUP}")),
            };
            for object in list.items {
                objects.push(view(&object).with_context(|| format!("cannot read a {kind}"))?);
            }
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(Some(objects)),
            }
        }
    }
}

/// The one Region of the installation.
pub(super) async fn region(cluster: &Cluster) -> Result<Region> {
    match cluster.regions().await? {
        None => {
            bail!("the cluster does not know the kind Region: install the chart partita-crds, then partita")
        }
        Some(regions) => {
            regions.into_iter().next().context("there is no Region: the chart partita makes one")
        }
    }
}

/// Only the parts that are shown.
fn view<T: DeserializeOwned>(object: &DynamicObject) -> Result<T> {
    Ok(serde_json::from_value(serde_json::to_value(object)?)?)
}

async fn config(options: &arguments::Cluster) -> Result<Config> {
    let chosen = KubeConfigOptions { context: options.context.clone(), ..KubeConfigOptions::default() };
    Ok(match (&options.kubeconfig, &options.context) {
        (Some(file), _) => Config::from_custom_kubeconfig(Kubeconfig::read_from(file)?, &chosen).await?,
        (None, Some(_)) => Config::from_kubeconfig(&chosen).await?,
        (None, None) => Config::infer().await?,
    })
}

fn resource(kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, kind), plural)
}

/// `now` in seconds since 1970.
fn leader(lease: &Lease, now: i64) -> Option<Leader> {
    let spec = lease.spec.as_ref()?;
    let holder = spec.holder_identity.clone().filter(|holder| !holder.is_empty())?;
    let renewed = spec.renew_time.as_ref().map_or(0, |time| time.0.as_second());
    let silent_seconds = now.saturating_sub(renewed).max(0);
    let alive = silent_seconds <= i64::from(spec.lease_duration_seconds.unwrap_or(0));
    Some(Leader {
        namespace: lease.metadata.namespace.clone().unwrap_or_default(),
        holder,
        silent_seconds,
        alive,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lease(spec: serde_json::Value) -> Lease {
        serde_json::from_value(json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": LEASE, "namespace": "db"}, "spec": spec,
        }))
        .unwrap()
    }

    #[test]
    fn a_leader_is_alive_until_its_lease_runs_out() {
        let held = lease(json!({
            "holderIdentity": "op-1", "renewTime": "1970-01-01T00:01:40.000000Z", "leaseDurationSeconds": 15
        }));
        let at = |now| leader(&held, now).unwrap();
        assert_eq!((at(110).alive, at(110).silent_seconds), (true, 10));
        assert!(at(115).alive && !at(116).alive);
        assert_eq!(at(90).silent_seconds, 0, "clocks may differ");
    }

    #[test]
    fn a_released_lease_has_no_leader() {
        assert_eq!(leader(&lease(json!({"holderIdentity": ""})), 0), None);
        assert_eq!(leader(&lease(json!({})), 0), None);
    }
}
