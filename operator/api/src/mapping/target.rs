//! Who gets the records of a mapping.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Exactly one of its fields is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = super::rules::target()))]
pub struct MappingTarget {
    /// A function behind a server of Lambda's Invoke API. It gets what a Lambda function gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionTarget>,
    /// Address that begins with http:// or https:// and takes CloudEvents in binary mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^https?://[a-zA-Z0-9_\[][!-~]*$"), length(max = 2048))]
    pub url: Option<String>,
    /// Service in the object's namespace that takes CloudEvents in binary mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceTarget>,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunctionTarget {
    /// Name of the function, with its version or alias if it has one, or its ARN.
    #[schemars(
        regex(
            pattern = r"^(arn:[a-z0-9-]+:lambda:[a-z0-9-]*:[0-9]{12}:function:|([0-9]{12}:)?(function:)?)[a-zA-Z0-9_.-]{1,64}(:\$?[a-zA-Z0-9_.-]+)?$"
        ),
        length(min = 1, max = 256)
    )]
    pub name: String,
    /// Address of the server of Lambda's Invoke API that knows the function. Default: the installation's, which is the
    /// Region's lambdaEndpoint in a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^https?://[a-zA-Z0-9_\[][!-~]*$"), length(max = 2048))]
    pub endpoint: Option<String>,
}

/// A Service of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceTarget {
    /// Name of the Service, in the object's namespace.
    #[schemars(regex(pattern = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"), length(min = 1, max = 63))]
    pub name: String,
    /// Port of the Service.
    #[schemars(range(min = 1, max = 65535), extend("format" = "int32"))]
    pub port: i32,
    /// Path that events are posted to. Default: /.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^/[!-~]*$"), length(max = 1024))]
    pub path: Option<String>,
    /// How the Service is spoken to. Default: HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<TargetScheme>,
}

impl ServiceTarget {
    /// The address of the Service in a namespace, for those inside the cluster.
    pub fn url(&self, namespace: &str) -> String {
        let scheme = match self.scheme.unwrap_or_default() {
            TargetScheme::Http => "http",
            TargetScheme::Https => "https",
        };
        let path = self.path.as_deref().unwrap_or("/");
        format!("{scheme}://{}.{namespace}.svc:{}{path}", self.name, self.port)
    }
}

/// How a Service is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(transform = crate::crd::undescribed)]
pub enum TargetScheme {
    /// Without TLS.
    #[default]
    Http,
    /// With TLS.
    Https,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_an_address_in_its_namespace() {
        let mut service = ServiceTarget { name: "sink".into(), port: 8080, path: None, scheme: None };
        assert_eq!(service.url("shop"), "http://sink.shop.svc:8080/");
        service = ServiceTarget { path: Some("/a?b".into()), scheme: Some(TargetScheme::Https), ..service };
        assert_eq!(service.url("shop"), "https://sink.shop.svc:8080/a?b");
    }
}
