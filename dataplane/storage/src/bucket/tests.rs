use super::*;

fn bucket() -> Bucket {
    Bucket {
        bucket: "items".to_owned(),
        prefix: None,
        endpoint: Some("https://s3.example.com:9000/".to_owned()),
        region: Some("eu-west-1".to_owned()),
        path_style: true,
        allow_http: false,
        credentials: Some(BucketCredentials {
            access_key_id: "KEY".to_owned(),
            secret_access_key: "hidden".to_owned(),
        }),
    }
}

#[test]
fn a_secret_is_never_shown() {
    let shown = format!("{:?} {:#?} {}", bucket(), bucket(), bucket());
    assert!(shown.contains("KEY") && !shown.contains("hidden"), "{shown}");
}

#[test]
fn the_bucket_goes_into_the_path_or_into_the_host() {
    let url = |bucket: Bucket| bucket.endpoint_url().unwrap();
    assert_eq!(url(bucket()).as_deref(), Some("https://s3.example.com:9000"));
    let in_host = Bucket { path_style: false, ..bucket() };
    assert_eq!(url(in_host).as_deref(), Some("https://items.s3.example.com:9000"));
    assert_eq!(url(Bucket { endpoint: None, ..bucket() }), None);
}

#[test]
fn an_endpoint_that_cannot_be_used_is_refused_with_what_to_write() {
    for (endpoint, word) in [
        ("http://host", "use https://, or allow HTTP"),
        ("host:9000", "write it as https://host"),
        ("https://", "write it as https://host"),
        ("https://host/bucket", "write it as https://host"),
        ("ftp://host", "write it as https://host"),
    ] {
        let refused = Bucket { endpoint: Some(endpoint.to_owned()), ..bucket() }.objects().unwrap_err();
        let text = refused.to_string();
        assert!(text.contains(&format!("items at {endpoint}")) && text.contains(word), "{text}");
        assert!(!refused.retryable(), "{text}");
    }
}

#[test]
fn a_prefix_comes_before_the_shards_path() {
    let place = |prefix: Option<&str>| {
        let bucket = Bucket { prefix: prefix.map(str::to_owned), ..bucket() };
        bucket.place(&Path::from("shards/1")).map(|path| path.to_string())
    };
    assert_eq!(place(None).unwrap(), "shards/1");
    assert_eq!(place(Some("")).unwrap(), "shards/1");
    assert_eq!(place(Some("/a/b/")).unwrap(), "a/b/shards/1");
    assert!(place(Some("a//b")).is_err());
}

mod texts {
    use std::io;

    use object_store::client::{HttpError, HttpErrorKind};

    use super::*;

    /// An error at the start, as the client's: `text` is what its innermost cause says.
    fn explained(source: object_store::Error) -> Error {
        bucket().explain(Error::unavailable("write to the object store", source))
    }

    fn answered(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.into() }
    }

    fn failed(kind: HttpErrorKind, text: &'static str) -> object_store::Error {
        let source = Box::new(HttpError::new(kind, io::Error::other(text)));
        object_store::Error::Generic { store: "S3", source }
    }

    fn code(code: &str) -> object_store::Error {
        answered(&format!(
            "403 Forbidden: <?xml version=\"1.0\"?><Error><Code>{code}</Code><Message/></Error>"
        ))
    }

    #[test]
    fn each_trouble_says_what_to_do() {
        for (source, advice) in [
            (code("NoSuchBucket"), "it does not exist; create it"),
            (code("AccessDenied"), "access is denied; allow the access key to get, put and delete"),
            (code("InvalidAccessKeyId"), "correct the access key ID"),
            (code("SignatureDoesNotMatch"), "correct the secret access key"),
            (code("ExpiredToken"), "provide new ones"),
            (code("AuthorizationHeaderMalformed"), "set the region to the bucket's own"),
            (code("PermanentRedirect"), "set the region to the bucket's own"),
            (code("RequestTimeTooSkewed"), "set the clock of this machine"),
            (code("NotImplemented"), "does not know conditional puts"),
            (answered("Received redirect without LOCATION, this …"), "set the region to the bucket's own"),
            (
                answered("Error performing PUT http://169.254.169.254/latest/api/token in 1s"),
                "no credentials were found; provide an access key",
            ),
            (
                failed(HttpErrorKind::Connect, "tcp connect error"),
                "its server does not answer; correct the endpoint",
            ),
            (failed(HttpErrorKind::Timeout, "operation timed out"), "its server does not answer"),
            (
                failed(HttpErrorKind::Connect, "invalid peer certificate: UnknownIssuer"),
                "add the certificate authority",
            ),
            (
                failed(HttpErrorKind::Connect, "received corrupt message of type InvalidContentType"),
                "correct the endpoint's port or write http://",
            ),
            (
                object_store::Error::PermissionDenied { path: "probe".to_owned(), source: "403".into() },
                "access is denied",
            ),
        ] {
            let text = explained(source).to_string();
            let start = "the bucket items at https://s3.example.com:9000/ cannot be used: ";
            assert!(text.starts_with(start) && text.contains(advice), "{text}");
        }
    }

    #[test]
    fn an_error_that_says_nothing_of_the_bucket_stays_what_it_is() {
        let error = explained(answered("503 Slow Down"));
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
        assert!(matches!(bucket().explain(Error::Fenced), Error::Fenced));
    }

    #[test]
    fn only_what_others_can_repair_is_tried_again() {
        assert!(explained(code("NoSuchBucket")).retryable());
        assert!(!explained(failed(HttpErrorKind::Connect, "InvalidContentType")).retryable());
    }
}
