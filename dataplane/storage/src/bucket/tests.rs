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
