//! The judge: the program of `e2e/linearizability`, fed with files while the run goes on.

use std::collections::VecDeque;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::history::Entry;
use super::summary::{Complaints, Tally};

/// Files that wait to be judged; when the judge lags behind that far, the run waits for it.
const WAITING_MAX: usize = 4;
/// Sound histories that are kept, the newest: what happened shortly before a violation may explain it.
const KEPT: usize = 20;
/// How the checker says that no order explains a history.
const VIOLATION: i32 = 1;

/// The built program.
#[derive(Debug, Clone)]
pub struct Checker {
    program: PathBuf,
}

/// What the program said of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The collection that no order explains.
    pub violation: Option<String>,
    /// Collections looked at.
    pub collections: u64,
    /// Their entries.
    pub operations: u64,
}

impl Checker {
    /// Builds the program into a folder.
    ///
    /// # Errors
    /// When Go is missing or the program does not compile.
    pub fn build(folder: &Path) -> Result<Self> {
        let program = std::path::absolute(folder)?.join("linearizability");
        let output = Command::new("go")
            .current_dir(Self::sources())
            .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o"])
            .arg(&program)
            .arg(".")
            .output()
            .context("go is missing: install Go 1.26 or newer")?;
        ensure!(
            output.status.success(),
            "cannot build the checker: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Self { program })
    }

    /// Where its sources lie.
    #[must_use]
    pub fn sources() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("linearizability")
    }

    /// Judges a history; a violation is drawn as a page.
    ///
    /// # Errors
    /// When the program cannot tell: it is no history, or too long to be decided.
    pub fn check(&self, history: &Path, page: &Path) -> Result<Verdict> {
        let output = Command::new(&self.program).arg("-page").arg(page).arg(history).output()?;
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() && output.status.code() != Some(VIOLATION) {
            bail!("the checker could not judge {}: {out}{error}", history.display());
        }
        let said: Value =
            serde_json::from_str(&out).with_context(|| format!("the checker said {out}{error}"))?;
        let figure = |name: &str| said[name].as_u64().with_context(|| format!("the checker said {said}"));
        Ok(Verdict {
            violation: said["collection"].as_str().map(str::to_owned),
            collections: figure("collections")?,
            operations: figure("operations")?,
        })
    }
}

/// Judges files one after the other on a thread of its own.
pub(super) struct Judge {
    folder: PathBuf,
    files: u32,
    queue: SyncSender<PathBuf>,
    thread: JoinHandle<()>,
}

impl Judge {
    pub(super) fn new(
        checker: Checker,
        folder: &Path,
        tally: Arc<Tally>,
        complaints: Arc<Complaints>,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder).context("cannot make the folder of histories")?;
        let (queue, files) = sync_channel(WAITING_MAX);
        let thread = std::thread::spawn(move || judge(&checker, &files, &tally, &complaints));
        Ok(Self { folder: folder.to_owned(), files: 0, queue, thread })
    }

    /// Hands over the complete histories of some collections.
    pub(super) fn submit(&mut self, histories: impl IntoIterator<Item = Entry>) -> Result<()> {
        self.files += 1;
        let file = self.folder.join(format!("{:05}.jsonl", self.files));
        write(&file, histories)?;
        // It ends before the queue does only when a violation was found, which the run notices by itself.
        drop(self.queue.send(file));
        Ok(())
    }

    /// Waits until all is judged.
    pub(super) fn finish(self) -> Result<()> {
        drop(self.queue);
        self.thread.join().map_err(|_| anyhow::anyhow!("the judge panicked"))
    }
}

/// Writes histories as the checker reads them.
fn write(file: &Path, histories: impl IntoIterator<Item = Entry>) -> Result<()> {
    let mut lines = BufWriter::new(std::fs::File::create(file).context("cannot keep a history")?);
    for entry in histories {
        serde_json::to_writer(&mut lines, &entry)?;
        lines.write_all(b"\n")?;
    }
    lines.flush().context("cannot keep a history")
}

fn judge(checker: &Checker, files: &Receiver<PathBuf>, tally: &Tally, complaints: &Complaints) {
    let mut kept = VecDeque::new();
    for file in files {
        let page = file.with_extension("html");
        match checker.check(&file, &page) {
            Ok(Verdict { violation: None, collections, operations }) => tally.judged(collections, operations),
            Ok(Verdict { violation: Some(collection), .. }) => {
                complaints.add(format!(
                    "no order explains the history of {collection}: {} shows where every order breaks; judge {} again with \
                     `go run . FILE` in {}",
                    page.display(),
                    file.display(),
                    Checker::sources().display()
                ));
                return;
            }
            Err(wrong) => {
                complaints.add(format!("{wrong:#}"));
                return;
            }
        }
        kept.push_back(file);
        if kept.len() > KEPT
            && let Some(old) = kept.pop_front()
        {
            // One that cannot be removed only takes room.
            drop(std::fs::remove_file(old));
        }
    }
}
