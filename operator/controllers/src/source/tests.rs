use std::fs;

use super::*;

fn texts(loaded: &Loaded) -> Vec<String> {
    loaded.faults.iter().map(ToString::to_string).collect()
}

fn kinds(loaded: &Loaded) -> Vec<String> {
    loaded.documents.iter().map(|d| d.document.object["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_folder_stands_for_the_manifests_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("b.yml"), "kind: B\n---\nkind: C\n").unwrap();
    fs::write(path.join("a.yaml"), "kind: A\n").unwrap();
    fs::write(path.join("d.json"), "{\"kind\": \"D\"}").unwrap();
    fs::write(path.join(".hidden.yaml"), "kind: Hidden\n").unwrap();
    fs::write(path.join("notes.txt"), "kind: Text\n").unwrap();
    fs::create_dir(path.join("below.yaml")).unwrap();
    let loaded = load(&[path.to_owned(), path.join("a.yaml")]);
    assert_eq!(
        (kinds(&loaded), texts(&loaded)),
        (vec!["A", "B", "C", "D"].into_iter().map(String::from).collect(), vec![])
    );
}

#[test]
fn what_cannot_be_read_is_named_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, "kind: A\n---\nspec:\n  a: 1\n  a: 2\n---\nkind: B\n").unwrap();
    let missing = folder.path().join("missing.yaml");
    let loaded = load(&[file.clone(), missing.clone()]);
    assert_eq!(kinds(&loaded), ["A", "B"]);
    let [twice, absent] = &texts(&loaded)[..] else { panic!("{loaded:?}") };
    assert_eq!(twice, &format!("{}:5: spec.a: key \"a\" already set in map", file.display()));
    assert!(absent.starts_with(&format!("{}: cannot be read: ", missing.display())), "{absent}");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, vec![b'#'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1]).unwrap();
    assert!(texts(&load(&[file]))[0].contains("more than 3145728 bytes"));
}

#[tokio::test]
async fn a_path_that_is_not_there_is_refused() {
    let error = Source::watch(vec!["/nowhere/at/all.yaml".into()]).err().unwrap();
    assert_eq!(error.to_string(), "cannot watch /nowhere/at/all.yaml");
}

/// Far longer than a change takes to be noticed, and not waited for unless it is not noticed.
const PATIENCE: Duration = Duration::from_secs(30);

async fn next(source: &mut Source) -> Loaded {
    tokio::time::timeout(PATIENCE, source.changed()).await.expect("the change is noticed")
}

#[tokio::test]
async fn writing_replacing_and_removing_a_file_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, "kind: A\n").unwrap();
    let mut source = Source::watch(vec![file.clone()]).unwrap();
    assert_eq!(kinds(&next(&mut source).await), ["A"]);

    fs::write(&file, "kind: B\n").unwrap();
    assert_eq!(kinds(&next(&mut source).await), ["B"]);

    let other = folder.path().join(".a.yaml.swp");
    fs::write(&other, "kind: C\n").unwrap();
    fs::rename(&other, &file).unwrap();
    assert_eq!(kinds(&next(&mut source).await), ["C"]);

    fs::remove_file(&file).unwrap();
    let loaded = next(&mut source).await;
    assert_eq!((kinds(&loaded).len(), loaded.faults.len()), (0, 1));
}

#[tokio::test]
async fn a_new_file_in_a_folder_is_noticed_and_reading_is_not_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = Source::watch(vec![folder.path().to_owned()]).unwrap();
    assert_eq!(next(&mut source).await, Loaded::default());
    fs::write(folder.path().join("a.yaml"), "kind: A\n").unwrap();
    assert_eq!(kinds(&next(&mut source).await), ["A"]);
    for access in [AccessKind::Read, AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read)] {
        assert!(!is_change(EventKind::Access(access)));
    }
    assert!(is_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
}

#[tokio::test(start_paused = true)]
async fn without_paths_there_is_never_a_change() {
    let mut source = Source::watch(Vec::new()).unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(3600), source.changed()).await;
    assert!(waited.is_err());
}
