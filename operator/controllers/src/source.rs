//! Files and folders with manifests: read, and read again when they change.
//!
//! A folder stands for the `.yaml`, `.yml` and `.json` files in it, not below it, as with `kubectl apply -f`. Folders
//! are watched rather than files, because editors replace files instead of writing them. The file system's events only
//! tell that it is time to look; what changed is found by reading.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::Error;
use crate::manifest::{self, Document, FILE_BYTES_MAX, Fault};

/// Quiet time after an event before files are read: an editor's save is several events.
const SETTLE: Duration = Duration::from_millis(50);
/// Longest wait for quiet.
const SETTLE_MAX: Duration = Duration::from_millis(400);
/// Files are read at least this often: not every file system sends events, and a folder may be replaced as a whole.
const RESCAN_AFTER: Duration = Duration::from_secs(5);
/// Most files taken from one folder: a wrong folder is noticed before it fills memory.
const FILES_PER_FOLDER_MAX: usize = 10_000;

/// A document and the file it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// The file.
    pub file: PathBuf,
    /// The document.
    pub document: Document,
}

/// A fault and the file it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The file or folder.
    pub file: PathBuf,
    /// The fault; line 0 if it is not of one line.
    pub fault: Fault,
}

impl FileFault {
    fn of_file(file: &Path, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), fault: Fault { line: 0, field: String::new(), reason: reason.into() } }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { line, field, reason } = &self.fault;
        write!(f, "{}:", self.file.display())?;
        if *line > 0 {
            write!(f, "{line}:")?;
        }
        if !field.is_empty() {
            write!(f, " {field}:")?;
        }
        write!(f, " {reason}")
    }
}

/// What files declare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// Documents, in the order of paths as given, then of names, then of lines.
    pub documents: Vec<Declared>,
    /// What could not be read.
    pub faults: Vec<FileFault>,
}

/// Reads the manifests of files and folders.
pub fn load(paths: &[PathBuf]) -> Loaded {
    let mut loaded = Loaded::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        for file in files(path, &mut loaded.faults) {
            if seen.insert(file.clone()) {
                load_file(&file, &mut loaded);
            }
        }
    }
    loaded
}

fn files(path: &Path, faults: &mut Vec<FileFault>) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            faults.push(FileFault::of_file(path, format!("cannot be read: {error}")));
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_manifest(path)).collect();
    files.sort();
    if files.len() > FILES_PER_FOLDER_MAX {
        let reason = format!("has {} manifests; only the first {FILES_PER_FOLDER_MAX} are read", files.len());
        faults.push(FileFault::of_file(path, reason));
        files.truncate(FILES_PER_FOLDER_MAX);
    }
    files
}

/// Hidden files are what editors leave behind while they write.
fn is_manifest(path: &Path) -> bool {
    let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'));
    let known =
        path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|e| extension == *e));
    known && !hidden && path.is_file()
}

fn load_file(file: &Path, loaded: &mut Loaded) {
    let text = match read(file) {
        Ok(text) => text,
        Err(error) => {
            loaded.faults.push(FileFault::of_file(file, format!("cannot be read: {error}")));
            return;
        }
    };
    let (documents, faults) = manifest::parse(&text);
    loaded
        .documents
        .extend(documents.into_iter().map(|document| Declared { file: file.to_owned(), document }));
    loaded.faults.extend(faults.into_iter().map(|fault| FileFault { file: file.to_owned(), fault }));
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let bytes = std::fs::File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if bytes as u64 > FILE_BYTES_MAX {
        let message = format!("it has more than {FILE_BYTES_MAX} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}

/// Watches files and folders.
pub struct Source {
    paths: Vec<PathBuf>,
    watcher: RecommendedWatcher,
    events: mpsc::Receiver<()>,
    last: Option<Loaded>,
}

impl Source {
    /// Watches `paths`, which must be there.
    ///
    /// # Errors
    /// [`Error::Watch`] if a path is not there. One that cannot be watched is looked at now and then.
    pub fn watch(paths: Vec<PathBuf>) -> Result<Self, Error> {
        // One event that waits is enough to look again.
        let (sender, events) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| is_change(event.kind)) && sender.try_send(()).is_err() {
                tracing::trace!("a look at the manifests is due already");
            }
        });
        let first = paths.first().cloned().unwrap_or_default();
        let watcher = watcher.map_err(|source| Error::Watch { path: first, source })?;
        let mut source = Self { paths, watcher, events, last: None };
        for path in source.paths.clone() {
            match source.follow(&path) {
                Ok(()) => {}
                Err(error) if path.exists() => {
                    tracing::warn!(path = %path.display(), %error, seconds = RESCAN_AFTER.as_secs(), "no events of changes; looking now and then");
                }
                Err(source) => return Err(Error::Watch { path, source }),
            }
        }
        Ok(source)
    }

    /// A folder is watched itself; of a file, the folder it is in.
    fn follow(&mut self, path: &Path) -> notify::Result<()> {
        if !path.exists() {
            return Err(notify::Error::path_not_found().add_path(path.to_owned()));
        }
        let folder = match path.parent() {
            _ if path.is_dir() => path,
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        self.watcher.watch(folder, RecursiveMode::NonRecursive)
    }

    /// What the files declare, as soon as it is something else than last time; at once the first time. Without paths it
    /// never returns.
    ///
    /// Not cancel safe: a change that was noticed and not returned may be found late, or only with the next one.
    pub async fn changed(&mut self) -> Loaded {
        if self.paths.is_empty() {
            std::future::pending::<()>().await;
        }
        loop {
            if self.last.is_some() {
                self.wait().await;
            }
            let paths = self.paths.clone();
            let loaded = match tokio::task::spawn_blocking(move || load(&paths)).await {
                Ok(loaded) => loaded,
                Err(error) => {
                    tracing::error!(%error, "cannot read the manifests");
                    continue;
                }
            };
            if self.last.as_ref() != Some(&loaded) {
                self.last = Some(loaded.clone());
                return loaded;
            }
        }
    }

    /// Has what was returned last returned again with the next look, because it could not be dealt with.
    pub fn again(&mut self) {
        self.last = Some(Loaded::default());
    }

    /// Waits for an event and then for quiet, or for the time to look anyway.
    async fn wait(&mut self) {
        let Ok(Some(())) = tokio::time::timeout(RESCAN_AFTER, self.events.recv()).await else {
            self.follow_again();
            return;
        };
        let quiet =
            async { while let Ok(Some(())) = tokio::time::timeout(SETTLE, self.events.recv()).await {} };
        if tokio::time::timeout(SETTLE_MAX, quiet).await.is_err() {
            tracing::debug!("manifests keep changing; reading them as they are");
        }
    }

    /// A folder that was replaced is another folder, which nobody watches yet.
    fn follow_again(&mut self) {
        for path in self.paths.clone() {
            if let Err(error) = self.follow(&path) {
                tracing::debug!(path = %path.display(), %error, "cannot watch for now");
            }
        }
    }
}

/// Reading a file is an event too, and must not lead to reading it.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
