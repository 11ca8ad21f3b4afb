//! One data file of the engine: blocks of rows, then filter, index, statistics and a footer, each with a checksum.
//!
//! ```text
//!   block … block | filter | index | statistics | footer: info | offset of the info, 8 bytes | version, 2 bytes
//! ```
//!
//! Every part but the last ten bytes ends with the CRC-32 of what is before it. Where the parts are is known from the manifest,
//! which repeats the info, so that a damaged footer hides nothing.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use slatedb::manifest::{SsTableHandle, SsTableInfo};
use slatedb::{SstFile, SstReader};

use super::{Damage, Part, Report};
use crate::error::{Error, Result};
use crate::space;

/// How much of a file is held at once, in bytes: some hundred blocks.
const READ_BYTES: u64 = 1024 * 1024;

/// The length of a checksum, in bytes.
const CHECKSUM_BYTES: usize = 4;

/// The length of what stands behind the info, in bytes.
const TAIL_BYTES: u64 = 10;

/// The versions of data files that the engine knows.
const VERSIONS: [u16; 2] = [1, 2];

/// A table under check.
struct Table<'a> {
    stored: &'a Arc<dyn ObjectStore>,
    file: &'a Path,
    report: &'a mut Report,
}

/// Checks the data file of `handle`, which is `file`, and adds what it finds to `report`.
pub(super) async fn check(
    stored: &Arc<dyn ObjectStore>,
    reader: &SstReader,
    handle: &SsTableHandle,
    file: &Path,
    report: &mut Report,
) -> Result<()> {
    let size = match stored.head(file).await {
        Ok(found) => found.size,
        Err(object_store::Error::NotFound { .. }) => 0,
        Err(error) => return Err(Error::unavailable("read a data file", error)),
    };
    report.bytes += size;
    let mut table = Table { stored, file, report };
    let info = &handle.info;
    let (statistics, footer) = match info.stats_len {
        0 => (None, info.index_offset + info.index_len),
        length => (Some(info.stats_offset..info.stats_offset + length), info.stats_offset + length),
    };
    if size <= footer + TAIL_BYTES {
        table.damaged(
            size..size,
            Part::Table,
            if size == 0 { "it is missing or empty" } else { "it is cut" },
        );
        return Ok(());
    }
    let filter = (info.filter_len > 0).then(|| info.filter_offset..info.filter_offset + info.filter_len);
    let index = info.index_offset..info.index_offset + info.index_len;
    let index_is_whole = table.section(index, Part::Table).await?;
    let statistics_are_whole = match statistics.clone() {
        Some(range) => table.section(range, Part::Table).await?,
        None => false,
    };
    if let Some(range) = filter {
        table.section(range, Part::Filter).await?;
    }
    table.footer(footer, size).await?;
    // Without the index nobody knows where a block begins; the index's own damage is told.
    if index_is_whole {
        let file = reader.open_with_handle(handle.clone()).map_err(failed)?;
        table.blocks(&file, info, statistics_are_whole).await?;
    }
    Ok(())
}

fn failed(error: slatedb::Error) -> Error {
    Error::unavailable("read a data file", error)
}

impl Table<'_> {
    fn damaged(&mut self, range: Range<u64>, part: Part, what: &'static str) {
        let bytes = (range.end > range.start).then(|| range.end - range.start);
        self.report.damages.push(Damage {
            file: self.file.to_string(),
            offset: range.start,
            bytes,
            part,
            what,
        });
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        self.stored
            .get_range(self.file, range)
            .await
            .map_err(|error| Error::unavailable("read a data file", error))
    }

    /// Checks a part of the file that ends with its checksum.
    async fn section(&mut self, range: Range<u64>, part: Part) -> Result<bool> {
        let whole = matches(&self.read(range.clone()).await?);
        if !whole {
            self.damaged(range, part, "its checksum does not match");
        }
        Ok(whole)
    }

    async fn footer(&mut self, start: u64, size: u64) -> Result<()> {
        self.section(start..size - TAIL_BYTES, Part::Table).await?;
        let tail = size - TAIL_BYTES..size;
        let bytes = self.read(tail.clone()).await?;
        let known = bytes.split_first_chunk().is_some_and(|(offset, version)| {
            let version = version.try_into().map(u16::from_be_bytes);
            u64::from_be_bytes(*offset) == start && version.is_ok_and(|version| VERSIONS.contains(&version))
        });
        if !known {
            self.damaged(tail, Part::Table, "it does not point to where its parts are");
        }
        Ok(())
    }

    /// Checks all blocks, some at a time.
    async fn blocks(&mut self, file: &SstFile, info: &SsTableInfo, statistics_are_whole: bool) -> Result<()> {
        let index = file.index().await.map_err(failed)?;
        let statistics = if statistics_are_whole { file.stats().await.map_err(failed)? } else { None };
        let end = if info.filter_len > 0 { info.filter_offset } else { info.index_offset };
        let starts: Vec<u64> = index.iter().map(|(offset, _)| offset).chain([end]).collect();
        let mut held = (0..0, Bytes::new());
        for (number, range) in
            starts.iter().zip(starts.iter().skip(1)).map(|(start, end)| *start..*end).enumerate()
        {
            if range.end > held.0.end {
                let until = range.end.max(end.min(range.start + READ_BYTES));
                held = (range.start..until, self.read(range.start..until).await?);
            }
            let at = |offset: u64| usize::try_from(offset - held.0.start).unwrap_or(usize::MAX);
            if held.1.get(at(range.start)..at(range.end)).is_some_and(matches) {
                continue;
            }
            // What the index has for a block may be anything between the rows before it and its own: for the first, nothing.
            let first = match number {
                0 => info.first_entry.as_deref(),
                _ => index.get(number).map(|(_, key)| key),
            };
            let first = first.unwrap_or_default();
            let last = index.get(number + 1).map(|(_, key)| key).or(info.last_entry.as_deref());
            let tables = space::table_of_data(first).zip(last.and_then(space::table_of_data));
            let count = statistics.as_ref().and_then(|all| all.block_stats.get(number)).map(|block| {
                u64::from(block.num_puts) + u64::from(block.num_deletes) + u64::from(block.num_merges)
            });
            self.damaged(
                range,
                Part::Rows { count, tables, first_key: Bytes::copy_from_slice(first) },
                "its checksum does not match",
            );
        }
        Ok(())
    }
}

/// Whether `section` ends with the checksum of the rest.
fn matches(section: impl AsRef<[u8]>) -> bool {
    let Some((content, checksum)) = section.as_ref().split_last_chunk::<CHECKSUM_BYTES>() else {
        return false;
    };
    u32::from_be_bytes(*checksum) == crc32fast::hash(content)
}
