use std::io::Read as _;

use super::*;

/// Every file of an archive by its path.
fn read(bytes: &[u8]) -> BTreeMap<String, (u32, EntryType, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let header = entry.header();
        let path = entry.path().unwrap().display().to_string();
        files.insert(path, (header.mode().unwrap(), header.entry_type(), content));
    }
    files
}

fn written(image: &Image) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    image.write(&path).unwrap();
    std::fs::read(path).unwrap()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn every_blob_is_named_by_its_digest_and_reached_from_the_index() {
    let source = tempfile::NamedTempFile::new().unwrap();
    // Longer than a block, and not a multiple of one.
    std::fs::write(source.path(), vec![7; 3 * BLOCK + 5]).unwrap();
    let image = Image::new("localhost/tool:dev")
        .program("/opt/tool/bin/tool", source.path())
        .entrypoint(["/opt/tool/bin/tool", "serve"])
        .user("1:2")
        .folder("/tmp", 0o1777)
        .link("/bin", "opt/tool/bin")
        .text("/etc/passwd", "a:x:1:2::/:/none\n");
    let files = read(&written(&image));

    let index = json(&files["index.json"].2);
    assert_eq!(index["manifests"][0]["annotations"]["io.containerd.image.name"], "localhost/tool:dev");
    let blob = |descriptor: &Value| {
        let name = descriptor["digest"].as_str().unwrap().trim_start_matches("sha256:");
        let content = &files[&format!("blobs/sha256/{name}")].2;
        assert_eq!(digest(content), name);
        assert_eq!(descriptor["size"], content.len());
        content.clone()
    };
    let manifest = json(&blob(&index["manifests"][0]));
    let config = json(&blob(&manifest["config"]));
    assert_eq!(config["config"]["User"], "1:2");
    assert_eq!(config["config"]["Entrypoint"], json!(["/opt/tool/bin/tool", "serve"]));
    assert_eq!(config["rootfs"]["diff_ids"][0], manifest["layers"][0]["digest"]);

    let layer = read(&blob(&manifest["layers"][0]));
    assert_eq!(layer["opt/tool/bin/tool"], (0o755, EntryType::Regular, vec![7; 3 * BLOCK + 5]));
    assert_eq!(layer["tmp/"].0, 0o1777);
    assert_eq!(layer["opt/tool/"], (FOLDER_MODE, EntryType::Directory, vec![]));
    assert_eq!(layer["bin"].1, EntryType::Symlink);
    assert_eq!(layer["etc/passwd"].2, b"a:x:1:2::/:/none\n");
}

#[test]
fn the_same_recipe_gives_the_same_bytes() {
    let image = Image::base();
    assert_eq!(written(&image), written(&image));
}

#[test]
fn a_missing_source_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::partita(&folder.path().join("no-such-binary"));
    let error = image.write(&folder.path().join("image.tar")).unwrap_err();
    assert!(format!("{error:#}").contains("no-such-binary"), "{error:#}");
}
