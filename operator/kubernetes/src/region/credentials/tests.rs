use expect_test::expect;
use k8s_openapi::ByteString;
use partita_identity::Credentials;

use super::*;

fn secret(name: &str, parts: &[(&str, &str)]) -> Secret {
    let data = parts.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec())));
    let mut secret = Secret { data: Some(data.collect()), ..Secret::default() };
    secret.metadata.name = Some(name.to_owned());
    secret
}

fn pair(name: &str, id: &str, key: &str) -> Secret {
    secret(name, &[("accessKeyID", id), ("secretAccessKey", key)])
}

#[test]
fn the_file_is_sorted_and_the_first_access_key_leads() {
    let (first, b, a) = (pair("zzz", "AK0", "s0"), pair("b", "AK2", "s2"), pair("a", "AK1", "s1"));
    let merged = merge(Some(&first), [&b, &first, &a]);
    expect![[r#"
        [zzz]
        aws_access_key_id = AK0
        aws_secret_access_key = s0
        [a]
        aws_access_key_id = AK1
        aws_secret_access_key = s1
        [b]
        aws_access_key_id = AK2
        aws_secret_access_key = s2
    "#]]
    .assert_eq(&merged.file);
    assert_eq!((merged.count, merged.skipped.len()), (3, 0));
    assert_eq!(merge(Some(&first), [&a, &b]), merged, "the order of Secrets does not matter");
    assert_eq!(Credentials::parse(&merged.file).unwrap().len(), 3, "the node reads what the operator writes");
}

#[test]
fn what_is_malformed_or_repeated_is_left_out_and_told() {
    let bad = [
        secret("a-empty", &[]),
        secret("b-half", &[("accessKeyID", "AK9")]),
        pair("c-blank", "AK8", "trailing \n"),
        pair("d-slash", "A/K", "s"),
        pair("e-again", "AK0", "other"),
        pair("f-void", "", "s"),
        pair("g-lines", "AK7", "one\naws_access_key_id = AK6"),
    ];
    let first = pair("first", "AK0", "s0");
    let merged = merge(Some(&first), &bad);
    let told: Vec<String> = merged.skipped.iter().map(|s| format!("{} {}", s.secret, s.why)).collect();
    expect![[r#"
        a-empty has no key accessKeyID
        b-half has no key secretAccessKey
        c-blank has a secretAccessKey with blanks around it or a line break in it
        d-slash has an accessKeyID that is not made of visible ASCII characters other than '/', ',' and '='
        e-again has the access key id of Secret first
        f-void has an empty accessKeyID
        g-lines has a secretAccessKey with blanks around it or a line break in it"#]]
    .assert_eq(&told.join("\n"));
    assert_eq!(merged.count, 1);
    assert_eq!(Credentials::parse(&merged.file).unwrap().len(), 1);
}

#[test]
fn whatever_a_secret_holds_the_node_can_read_the_file() {
    for text in ["#", ";", "[x]", "a=b", "=", "ключ", "a b", "\u{a0}x", "'\"\\", "x\u{7f}"] {
        let (id, key) = (pair("a", text, "secret"), pair("b", "AKID", text));
        let merged = merge(None, [&id, &key]);
        if merged.count > 0 {
            let read = Credentials::parse(&merged.file).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(read.len(), merged.count, "{text:?}");
        }
    }
}

#[test]
fn a_region_takes_no_more_than_its_maximum() {
    let many: Vec<Secret> =
        (0..=ACCESS_KEYS_MAX).map(|n| pair(&format!("s{n:04}"), &format!("AK{n}"), "s")).collect();
    let merged = merge(None, &many);
    assert_eq!((merged.count, merged.skipped.len()), (ACCESS_KEYS_MAX, 1));
}

#[test]
fn nothing_at_all_is_an_empty_file() {
    assert_eq!(merge(None, []), Merged::default());
}

#[test]
fn the_sum_depends_on_file_and_salt() {
    let (one, two) = (AccessKey::new("i", "one"), AccessKey::new("i", "two"));
    assert_eq!(sum(&one, b"f"), sum(&one, b"f"));
    assert_ne!(sum(&one, b"f"), sum(&one, b"g"));
    assert_ne!(sum(&one, b"f"), sum(&two, b"f"));
}
