//! Makes a damaged shard in a folder usable again, and says beforehand what is lost by that.
//!
//! In a data file, a damaged block of rows is replaced by one that holds no row, and a damaged filter by none: both keep their place
//! and length, so that nothing else in the file changes. Where a lost row had older versions in other files, these come back: the
//! engine reads as if the newest had never been written. The file as it was is kept in the folder `damaged`. What names or finds
//! rows, such as a manifest or an index, is not replaced, because nobody can say what it named. The log is cut where its damage
//! begins (`partita_wal::check` says why).

mod block;

use std::fmt;
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use partita_wal::check::{self, RepairPlan};

use crate::error::{Error, Result};
use crate::folder::{self, FolderLock};
use crate::verify::{self, Damage, Part, Report};

/// The folder of a shard that keeps damaged files as they were. The engine does not look there.
const KEPT: &str = "damaged";

/// The folder of a shard that has its log.
const LOG: &str = "log";

/// A shard in a folder that was looked at, and is held until this is dropped.
#[derive(Debug)]
pub struct Examined {
    objects: Arc<dyn ObjectStore>,
    shard: Path,
    report: Report,
    /// Where the log is, and how it would be repaired; `None` when it is whole.
    log: Option<(PathBuf, RepairPlan)>,
    _lock: FolderLock,
}

/// What a repair loses.
#[derive(Debug, PartialEq, Eq)]
pub enum Loss<'a> {
    /// In one part of a file.
    Part(&'a Damage),
    /// In the log, from its damage on.
    Log(&'a RepairPlan),
}

/// Looks at the shard at `path` beneath `folder`, and changes nothing but what every start cleans up.
///
/// # Errors
/// [`Error::FolderInUse`] when a process has it open, [`Error::Folder`] when there is none; otherwise it could not be read. Damage
/// is no error.
pub async fn examine(folder: PathBuf, path: &str) -> Result<Examined> {
    let shard = Path::parse(path).map_err(|error| Error::unavailable("use the path of the shard", error))?;
    let place = shard.parts().fold(folder.clone(), |folder, part| folder.join(part.as_ref()));
    // Opening would make what is not there.
    std::fs::metadata(&place).map_err(|error| Error::folder("find", &place, error))?;
    let (objects, lock) = folder::open(folder, &shard).await?;
    let report = verify::check(&objects, &shard).await?;
    let log = examine_log(place.join(LOG), &shard).await?;
    Ok(Examined { objects, shard, report, log, _lock: lock })
}

async fn examine_log(folder: PathBuf, shard: &Path) -> Result<Option<(PathBuf, RepairPlan)>> {
    if !folder.exists() {
        return Ok(None);
    }
    let plan = blocking(folder.clone(), check::plan_repair).await?;
    Ok(plan.map(|mut plan| {
        plan.shard(shard.as_ref());
        (folder, plan)
    }))
}

/// Works on the log's folder in a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    folder: PathBuf,
    work: impl FnOnce(&FsPath) -> partita_wal::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(move || work(&folder)).await;
    let done = done.map_err(|error| Error::unavailable("examine the log", error))?;
    done.map_err(|error| Error::unavailable("examine the log", error))
}

impl Examined {
    /// What was read, and what is damaged.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// True when nothing is damaged.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.report.damages.is_empty() && self.log.is_none()
    }

    /// What a repair would lose; nothing when there is no damage.
    pub fn losses(&self) -> impl Iterator<Item = Loss<'_>> {
        self.damaged_parts().map(Loss::Part).chain(self.log.iter().map(|(_, plan)| Loss::Log(plan)))
    }

    fn damaged_parts(&self) -> impl Iterator<Item = &Damage> {
        self.report.damages.iter().filter(|damage| can_repair(&damage.part))
    }

    /// What no repair can help: only an older copy of the folder can.
    pub fn beyond_repair(&self) -> impl Iterator<Item = &Damage> {
        self.report.damages.iter().filter(|damage| !can_repair(&damage.part))
    }

    /// Repairs what can be repaired. When it ends early, it can be done again.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub async fn repair(&self) -> Result<()> {
        if let Some((folder, plan)) = self.log.clone() {
            blocking(folder, move |folder| check::repair(folder, &plan)).await?;
        }
        let mut files: Vec<&str> = self.damaged_parts().map(|damage| damage.file.as_str()).collect();
        files.dedup();
        for file in files {
            self.repair_file(file).await?;
        }
        Ok(())
    }

    async fn repair_file(&self, file: &str) -> Result<()> {
        let failed = |error| Error::unavailable("repair a data file", error);
        let path = Path::from(file);
        let original = self.objects.get(&path).await.map_err(failed)?.bytes().await.map_err(failed)?;
        let mut content = original.to_vec();
        for damage in self.damaged_parts().filter(|damage| damage.file == file) {
            let place = range(damage).and_then(|range| content.get_mut(range));
            let replaced = place.is_some_and(|place| match &damage.part {
                Part::Rows { first_key, .. } => block::without_rows(first_key, place),
                _ => block::without_filter(place),
            });
            if !replaced {
                return Err(Error::Corrupt {
                    what: format!("{damage}; the part is too short to be replaced"),
                });
            }
        }
        self.keep(path.filename().unwrap_or_default(), original).await.map_err(failed)?;
        self.objects.put(&path, Bytes::from(content).into()).await.map_err(failed)?;
        Ok(())
    }

    /// Keeps a file as it was, beside what an earlier repair kept of it.
    async fn keep(&self, name: &str, original: Bytes) -> object_store::Result<()> {
        let folder = self.shard.clone().join(KEPT);
        for number in 1_u64.. {
            let kept = match number {
                1 => folder.clone().join(name),
                _ => folder.clone().join(format!("{name}-{number}")),
            };
            let put = self.objects.put_opts(&kept, original.clone().into(), PutMode::Create.into()).await;
            match put {
                Err(object_store::Error::AlreadyExists { .. }) => {
                    // The same when a repair ended early and is repeated.
                    if self.objects.get(&kept).await?.bytes().await? == original {
                        break;
                    }
                }
                put => return put.map(drop),
            }
        }
        Ok(())
    }
}

fn can_repair(part: &Part) -> bool {
    matches!(part, Part::Rows { .. } | Part::Filter)
}

/// Where a damage is, in a file that is in memory.
fn range(damage: &Damage) -> Option<Range<usize>> {
    let start = usize::try_from(damage.offset).ok()?;
    Some(start..start.checked_add(usize::try_from(damage.bytes?).ok()?)?)
}

impl fmt::Display for Loss<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(damage) => {
                write!(formatter, "{damage}; ")?;
                part_is_lost(&damage.part, formatter)
            }
            Self::Log(plan) => log_is_lost(plan, formatter),
        }
    }
}

fn part_is_lost(part: &Part, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Part::Rows { count, tables, .. } = part else {
        return formatter.write_str("nothing is lost, reads of absent rows become slower");
    };
    match count {
        Some(count) => write!(formatter, "its {count} rows and removals are lost")?,
        None => formatter.write_str("its rows and removals are lost")?,
    }
    match tables {
        Some((first, last)) if first == last => write!(formatter, ", of table {first}"),
        Some((first, last)) => write!(formatter, ", of tables {first} to {last}"),
        None => formatter.write_str(", bookkeeping of tables among them"),
    }
}

fn log_is_lost(plan: &RepairPlan, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let damage = &plan.damage;
    write!(
        formatter,
        "{LOG}/{} at byte {}: {}; what was logged after it is lost",
        damage.file, damage.offset, damage.what
    )?;
    formatter.write_str(", except rows that are in data files already")?;
    for (shard, lost) in &plan.lost {
        write!(
            formatter,
            "; of {shard} these are {} batches with {} rows in {} bytes, sequences {} to {}",
            lost.batches, lost.rows, lost.bytes, lost.first_seq, lost.last_seq
        )?;
    }
    match plan.unreadable_bytes {
        0 => Ok(()),
        bytes => write!(formatter, "; {bytes} bytes cannot be read, nobody knows what they were"),
    }
}

#[cfg(test)]
mod tests;
