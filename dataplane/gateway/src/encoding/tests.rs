use super::*;

fn headers(name: http::header::HeaderName, values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(name.clone(), value.parse().expect("a header value"));
    }
    headers
}

#[test]
fn what_is_encoded_decodes() {
    let body = b"partita ".repeat(1000);
    for coding in [Coding::Gzip, Coding::Deflate] {
        let encoded = coding.encode(&body);
        assert!(encoded.len() < 200);
        assert_eq!(coding.decode(&encoded, body.len()), Ok(body.clone()));
        assert_eq!(coding.decode(&encoded, body.len() - 1), Err(DecodeError::TooLarge));
    }
}

#[test]
fn gzip_members_may_follow_each_other() {
    let body = [Coding::Gzip.encode(b"{\"a\":"), Coding::Gzip.encode(b"1}")].concat();
    assert_eq!(Coding::Gzip.decode(&body, 100), Ok(b"{\"a\":1}".to_vec()));
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let bomb = Coding::Gzip.encode(&vec![0; 64 * 1024 * 1024]);
    assert!(bomb.len() < 512 * 1024);
    assert_eq!(Coding::Gzip.decode(&bomb, 1024), Err(DecodeError::TooLarge));
}

#[test]
fn bodies_that_are_not_compressed_are_malformed() {
    for coding in [Coding::Gzip, Coding::Deflate] {
        for body in [&b""[..], b"{}", b"\x1f\x8b\x08", &coding.encode(b"whole")[..12]] {
            assert_eq!(coding.decode(body, 100), Err(DecodeError::Malformed), "{coding:?} {body:?}");
        }
    }
}

#[test]
fn request_codings_are_recognised() {
    for (value, coding) in [
        ("gzip", Ok(Some(Coding::Gzip))),
        ("GZIP", Ok(Some(Coding::Gzip))),
        ("x-gzip", Ok(Some(Coding::Gzip))),
        ("deflate", Ok(Some(Coding::Deflate))),
        ("identity", Ok(None)),
        ("", Ok(None)),
        ("br", Err(UnknownCoding)),
        ("gzip, gzip", Err(UnknownCoding)),
    ] {
        assert_eq!(Coding::of_request(&headers(CONTENT_ENCODING, &[value])), coding, "{value}");
    }
    assert_eq!(Coding::of_request(&HeaderMap::new()), Ok(None));
    assert_eq!(Coding::of_request(&headers(CONTENT_ENCODING, &["gzip", "gzip"])), Err(UnknownCoding));
}

#[test]
fn the_answer_gets_the_coding_the_caller_likes_best() {
    for (values, coding) in [
        (&[][..], None),
        (&["identity"], None),
        (&["gzip"], Some(Coding::Gzip)),
        (&["deflate, gzip"], Some(Coding::Gzip)),
        (&["gzip;q=0.5, deflate"], Some(Coding::Deflate)),
        (&["gzip;q=0"], None),
        (&["br", "deflate"], Some(Coding::Deflate)),
        (&["gzip;q=nonsense"], None),
        (&["*"], None),
    ] {
        assert_eq!(Coding::accepted(&headers(ACCEPT_ENCODING, values)), coding, "{values:?}");
    }
}
