//! Makes a damaged shard in a folder usable again, and says beforehand what is lost by that.
//!
//! In a data file, a damaged block of rows is replaced by one that holds no row, and a damaged filter by none: both keep their place
//! and length, so that nothing else in the file changes. Where a lost row had older versions in other files, these come back: the
//! engine reads as if the newest had never been written. The file as it was is kept in the folder [`KEPT`]. What names or finds
//! rows, such as a manifest or an index, is not replaced, because nobody can say what it named.

mod block;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::error::{Error, Result};
use crate::folder::{self, FolderLock};
use crate::verify::{self, Damage, Part, Report};

/// The folder of a shard that keeps damaged files as they were. The engine does not look there.
const KEPT: &str = "damaged";

/// A shard in a folder that was looked at, and is held until this is dropped.
#[derive(Debug)]
pub struct Examined {
    objects: Arc<dyn ObjectStore>,
    shard: Path,
    report: Report,
    _lock: FolderLock,
}

/// What a repair loses in one part of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Loss<'a>(&'a Damage);

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
    Ok(Examined { objects, shard, report, _lock: lock })
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
        self.report.damages.is_empty()
    }

    /// What a repair would lose; nothing when there is no damage.
    pub fn losses(&self) -> impl Iterator<Item = Loss<'_>> {
        self.report.damages.iter().filter(|damage| can_repair(&damage.part)).map(Loss)
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
        let mut files: Vec<&str> = self.losses().map(|Loss(damage)| damage.file.as_str()).collect();
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
        for Loss(damage) in self.losses().filter(|Loss(damage)| damage.file == file) {
            let place = range(damage).and_then(|range| content.get_mut(range));
            let replaced = place.is_some_and(|place| match &damage.part {
                Part::Rows { first_key, .. } => block::without_rows(first_key, place),
                _ => block::without_filter(place),
            });
            if !replaced {
                return Err(Error::Corrupt { what: format!("{damage}; the part is too short to be replaced") });
            }
        }
        let name = path.filename().unwrap_or_default();
        let kept = self.shard.clone().join(KEPT).join(name);
        self.objects.put(&kept, original.into()).await.map_err(failed)?;
        self.objects.put(&path, Bytes::from(content).into()).await.map_err(failed)?;
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
        let Self(damage) = self;
        write!(formatter, "{damage}; ")?;
        match &damage.part {
            Part::Rows { count, tables, .. } => {
                match count {
                    Some(count) => write!(formatter, "its {count} rows and removals are lost")?,
                    None => write!(formatter, "its rows and removals are lost")?,
                }
                match tables {
                    Some((first, last)) if first == last => write!(formatter, ", of table {first}"),
                    Some((first, last)) => write!(formatter, ", of tables {first} to {last}"),
                    None => write!(formatter, ", bookkeeping of tables among them"),
                }
            }
            _ => write!(formatter, "nothing is lost, reads of absent rows become slower"),
        }
    }
}

#[cfg(test)]
mod tests;
