//! Container images, made without a container engine: an OCI image layout with one layer, in a tar file that containerd imports.

mod recipes;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

const FOLDER_MODE: u32 = 0o755;
/// What a tar file is made of.
const BLOCK: usize = 512;
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// What a container starts from: a name, files, and what runs as whom.
///
/// The same recipe gives the same image, byte for byte. Its platform is this machine's.
///
/// ```no_run
/// # use partita_cluster::Image;
/// let image = Image::new("localhost/tool:dev").program("/tool", "target/release/tool").entrypoint(["/tool"]).user("65532:65532");
/// ```
#[derive(Clone, Debug)]
pub struct Image {
    name: String,
    entrypoint: Vec<String>,
    user: String,
    /// By path without the leading slash, so that a folder comes before what lies in it.
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Folder { mode: u32 },
    Text { text: String },
    Program { source: PathBuf },
    Link { target: String },
}

impl Image {
    /// An empty image. `name` has a registry, or pods will look for it at one: `localhost/NAME:dev`; a tag other than `latest` keeps
    /// kubelet from pulling what is there.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), entrypoint: Vec::new(), user: "0:0".to_owned(), entries: BTreeMap::new() }
    }

    /// The name that pods use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a container runs unless its pod says otherwise.
    #[must_use]
    pub fn entrypoint(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.entrypoint = words.into_iter().map(Into::into).collect();
        self
    }

    /// Who runs it: `UID:GID`. Numbers, or kubelet cannot tell that it is not root.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Adds an empty folder.
    #[must_use]
    pub fn folder(self, path: &str, mode: u32) -> Self {
        self.entry(path, Entry::Folder { mode })
    }

    /// Adds a file that everyone may read.
    #[must_use]
    pub fn text(self, path: &str, text: impl Into<String>) -> Self {
        self.entry(path, Entry::Text { text: text.into() })
    }

    /// Adds a file of the machine that everyone may run. It is read when the image is written.
    #[must_use]
    pub fn program(self, path: &str, source: impl Into<PathBuf>) -> Self {
        self.entry(path, Entry::Program { source: source.into() })
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: impl Into<String>) -> Self {
        self.entry(path, Entry::Link { target: target.into() })
    }

    /// Writes the image as a tar file in OCI image layout.
    ///
    /// # Errors
    /// A source cannot be read, it changed meanwhile, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.write_to(path)
            .with_context(|| format!("cannot write the image {} to {}", self.name, path.display()))
    }

    fn entry(mut self, path: &str, entry: Entry) -> Self {
        let path = path.trim_matches('/');
        for (end, _) in path.match_indices('/') {
            let folder = path.get(..end).expect("a match ends at a character's edge").to_owned();
            self.entries.entry(folder).or_insert(Entry::Folder { mode: FOLDER_MODE });
        }
        self.entries.insert(path.to_owned(), entry);
        self
    }

    fn write_to(&self, path: &Path) -> Result<()> {
        // Twice: the digest and size stand before the layer, and a layer may be larger than what memory should hold.
        let mut measure = Measure::default();
        self.layer(&mut measure)?;
        let layer = measure.blob(LAYER_TYPE);
        let config = Blob::of(CONFIG_TYPE, &self.config(&layer))?;
        let manifest = Blob::of(
            MANIFEST_TYPE,
            &json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config.descriptor, "layers": [layer.descriptor] }),
        )?;

        let mut out = BufWriter::new(File::create(path)?);
        put(&mut out, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        put(&mut out, "index.json", &serde_json::to_vec(&self.index(&manifest))?)?;
        for blob in [&config, &manifest] {
            put(&mut out, &blob.path(), &blob.bytes)?;
        }
        out.write_all(header(&layer.path(), EntryType::Regular, 0o644, measure.bytes)?.as_bytes())?;
        self.layer(&mut out)?;
        pad(&mut out, measure.bytes)?;
        // Two empty blocks end an archive.
        out.write_all(&[0; 2 * BLOCK])?;
        out.flush()?;
        Ok(())
    }

    fn config(&self, layer: &Blob) -> Value {
        json!({
            "architecture": architecture(),
            "os": "linux",
            "config": { "Entrypoint": self.entrypoint, "User": self.user, "WorkingDir": "/", "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"] },
            "rootfs": { "type": "layers", "diff_ids": [layer.digest()] },
        })
    }

    fn index(&self, manifest: &Blob) -> Value {
        let mut descriptor = manifest.descriptor.clone();
        // What containerd names the image by.
        descriptor["annotations"] = json!({ "io.containerd.image.name": self.name });
        json!({ "schemaVersion": 2, "manifests": [descriptor] })
    }

    fn layer(&self, out: impl Write) -> Result<()> {
        let mut layer = Builder::new(out);
        for (path, entry) in &self.entries {
            match entry {
                Entry::Folder { mode } => {
                    let header = header(&format!("{path}/"), EntryType::Directory, *mode, 0)?;
                    layer.append(&header, std::io::empty())?;
                }
                Entry::Text { text } => {
                    let header = header(path, EntryType::Regular, 0o644, text.len() as u64)?;
                    layer.append(&header, text.as_bytes())?;
                }
                Entry::Link { target } => {
                    let mut header = header(path, EntryType::Symlink, 0o777, 0)?;
                    header.set_link_name(target)?;
                    header.set_cksum();
                    layer.append(&header, std::io::empty())?;
                }
                Entry::Program { source } => {
                    let file = File::open(source)
                        .with_context(|| format!("cannot read {}, meant for an image", source.display()))?;
                    let header = header(path, EntryType::Regular, 0o755, file.metadata()?.len())?;
                    layer.append(&header, file)?;
                }
            }
        }
        layer.into_inner().context("cannot end a layer")?;
        Ok(())
    }
}

/// A piece of an image, named by the digest of its bytes.
struct Blob {
    descriptor: Value,
    bytes: Vec<u8>,
}

impl Blob {
    fn of(media_type: &str, document: &Value) -> Result<Self> {
        let bytes = serde_json::to_vec(document)?;
        let mut measure = Measure::default();
        measure.write_all(&bytes)?;
        Ok(Self { bytes, ..measure.blob(media_type) })
    }

    fn digest(&self) -> &str {
        self.descriptor["digest"].as_str().unwrap_or_default()
    }

    fn path(&self) -> String {
        format!("blobs/{}", self.digest().replace(':', "/"))
    }
}

/// Counts and digests what is written, and keeps none of it.
#[derive(Default)]
struct Measure {
    digest: Sha256,
    bytes: u64,
}

impl Measure {
    fn blob(&self, media_type: &str) -> Blob {
        let digest: String =
            self.digest.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let descriptor =
            json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": self.bytes });
        Blob { descriptor, bytes: Vec::new() }
    }
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Adds a file to the outer archive. That is written piece by piece, since [`Builder`] takes an entry only from a reader, and a layer
/// is made by a writer.
fn put(out: &mut impl Write, path: &str, bytes: &[u8]) -> Result<()> {
    out.write_all(header(path, EntryType::Regular, 0o644, bytes.len() as u64)?.as_bytes())?;
    out.write_all(bytes)?;
    pad(out, bytes.len() as u64)
}

/// Fills the last block of an entry.
fn pad(out: &mut impl Write, bytes: u64) -> Result<()> {
    let over = usize::try_from(bytes % BLOCK as u64).expect("less than a block");
    Ok(out.write_all(&[0; BLOCK][..(BLOCK - over) % BLOCK])?)
}

fn header(path: &str, kind: EntryType, mode: u32, bytes: u64) -> Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(path).with_context(|| format!("{path} is too long for a tar header"))?;
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(bytes);
    // No time: an image is made of its content alone.
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}

/// The names of Go, which OCI uses.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests;
