use http::HeaderValue;

use super::*;

fn answer(status: u16, content_type: Option<&str>, body: &'static str) -> Answer {
    let content_type = content_type.map(|value| (CONTENT_TYPE, HeaderValue::from_str(value).unwrap()));
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: content_type.into_iter().collect(),
        body: Bytes::from_static(body.as_bytes()),
    }
}

#[test]
fn answers_and_errors_of_the_api_are_passed_on() {
    for (status, body) in [
        (200, r#"{"TableNames":[]}"#),
        (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException","message":"m"}"#),
        (400, r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#),
        (400, "not even JSON"),
        (500, r#"{"__type":"x#InternalServerError"}"#),
    ] {
        let passed = relayed(answer(status, Some(AMZ_JSON), body)).unwrap();
        assert_eq!((passed.status.as_u16(), &*passed.body), (status, body.as_bytes()));
    }
}

#[test]
fn silence_is_what_every_call_would_hear() {
    for (status, content_type, body) in [
        (503, Some(AMZ_JSON), "{}"),
        (503, None, ""),
        (400, Some(AMZ_JSON), r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException"}"#),
        (
            400,
            Some(AMZ_JSON),
            r#"{"message":"m","__type":"com.amazon.coral.service#InvalidSignatureException"}"#,
        ),
    ] {
        let unfit = relayed(answer(status, content_type, body)).unwrap_err();
        assert!(matches!(unfit, Unfit::Silence(_)), "{status} {body}");
    }
}

#[test]
fn what_the_control_plane_would_not_say_is_strange() {
    for (status, content_type) in
        [(502, Some("text/html")), (404, None), (200, Some("application/json")), (400, Some("text/html"))]
    {
        let body = r#"{"__type":"x#InvalidSignatureException"}"#;
        let unfit = relayed(answer(status, content_type, body)).unwrap_err();
        assert!(matches!(unfit, Unfit::Strange(_)), "{status} {content_type:?}");
    }
}
