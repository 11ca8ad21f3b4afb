use super::*;

fn secret<'a>(credentials: &'a Credentials, id: &str) -> &'a [u8] {
    credentials.find(id).expect("a known access key").1.expose()
}

#[test]
fn shared_credentials_files_are_read() {
    let text = "# made by hand\n\n[default]\naws_access_key_id = AKIAONE\naws_secret_access_key=one/+secret==\n\
                region = eu-west-1\n\n; the other\n[ ops ]\naws_secret_access_key = two\naws_access_key_id = AKIATWO\n\
                aws_session_token = ignored\n[profile empty]\n";
    let credentials = Credentials::parse(text).expect("a good file");
    assert_eq!(credentials.len(), 2);
    assert_eq!(secret(&credentials, "AKIAONE"), b"one/+secret==");
    assert_eq!(secret(&credentials, "AKIATWO"), b"two");
}

#[test]
fn simple_files_are_read() {
    let credentials =
        Credentials::parse("# ours\r\nAKIAONE one\r\n\r\n  AKIATWO\ttwo=\r\n").expect("a good file");
    assert_eq!(credentials.len(), 2);
    assert_eq!(secret(&credentials, "AKIAONE"), b"one");
    assert_eq!(secret(&credentials, "AKIATWO"), b"two=");
}

#[test]
fn mistakes_are_reported_with_their_place() {
    let line = |line, expected| Error::Line { line, expected };
    let pairs = "an access key id, blanks, and its secret";
    let sections = "a [section] or a setting below one";
    for (text, error) in [
        ("", Error::Nothing),
        ("# nothing\n", Error::Nothing),
        ("[default]\nregion = x\n", Error::Nothing),
        ("AKIAONE\n", line(1, pairs)),
        ("\naws_access_key_id = AKIAONE\n", line(2, pairs)),
        ("aws_access_key_id = AKIAONE\n[default]\n", line(1, sections)),
        ("[default]\nnonsense\n", line(2, sections)),
        ("A/B secret\n", Error::Value { line: 1, source: Box::new(Error::Id) }),
        ("[a]\naws_secret_access_key =\n", Error::Value { line: 2, source: Box::new(Error::Secret) }),
        ("[a]\naws_access_key_id = X\n[b]\n", Error::Section { section: "a".to_owned() }),
        ("[a]\naws_secret_access_key = X\n", Error::Section { section: "a".to_owned() }),
        ("X one\nX two\n", Error::Twice { id: "X".to_owned() }),
    ] {
        assert_eq!(Credentials::parse(text).err(), Some(error), "{text:?}");
    }
}

#[test]
fn ids_that_would_break_a_signature_are_refused() {
    for id in ["", "a/b", "a,b", "a b", "a=b", "ä", "a\n"] {
        assert_eq!(AccessKeyId::new(id), Err(Error::Id), "{id:?}");
    }
    assert!(AccessKeyId::new("AKIDEXAMPLE-1_x").is_ok());
}

#[test]
fn secrets_are_never_shown() {
    let credentials = Credentials::single("AKIAONE", "hush-hush").expect("a good pair");
    let shown = format!("{credentials:?} {:?}", credentials.find("AKIAONE"));
    assert!(!shown.contains("hush"), "{shown}");
    let error = Credentials::parse("[a]\naws_secret_access_key = hush-hush\n").expect_err("no id");
    assert!(!format!("{error} {error:?}").contains("hush"));
    let error = Credentials::parse("AKIAONE hush hush\n").expect_err("three words");
    assert!(!format!("{error} {error:?}").contains("hush"));
}
