//! Looking at a log without changing it, and repairing a damaged one.
//!
//! A log that is damaged before its end is refused, because what comes after the damage cannot be had without what
//! the damage hides: later batches were computed from earlier ones. A repair therefore keeps everything before the
//! damage, for all shards, and nothing after it. The files that it takes out of the log are kept beside it, under other
//! names. Rows that were already moved to data files are not lost with their records; so a plan says the most that a
//! repair may lose.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::disk::Disk;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::format::{self, GroupHeader, Kind, RecordHeader, SegmentHeader, UNFINISHED_SUFFIX};
use crate::inspect::{self, Damage, ID_FILE, Inspection, Records};

/// What a segment that a repair takes out of the log is called, behind its name.
const DAMAGED_SUFFIX: &str = ".damaged";

/// What was found in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The log's id, if it has one.
    pub id: Option<u128>,
    /// How many segments were read, up to the damage.
    pub segments: usize,
    /// Where they end, in bytes of all of them.
    pub bytes: u64,
    /// The shards by path, each with its records before the damage.
    pub shards: BTreeMap<String, Records>,
    /// The newest segment ends with a group that was not written whole: its file and where the group begins. Opening the
    /// log cuts it off; its writers were never told that it was durable.
    pub torn: Option<(String, u64)>,
    /// Where the log is damaged. It cannot be opened then.
    pub damage: Option<Damage>,
}

/// What a repair would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairPlan {
    /// The damage; the log is kept up to there.
    pub damage: Damage,
    /// What is kept, by shard.
    pub kept: BTreeMap<String, Records>,
    /// What is behind the damage and can still be read, by shard: the repair loses it, except rows that were moved to
    /// data files before.
    pub lost: BTreeMap<String, Records>,
    /// How many bytes behind the damage cannot be read, so that nobody knows what they were.
    pub unreadable_bytes: u64,
    /// The files that leave the log, with the names under which they are kept.
    pub files: Vec<(String, String)>,
    /// The highest id of a record of each shard that can be read behind the damage.
    last_ids: BTreeMap<String, u64>,
    /// Shards that the log's user knows of.
    known: BTreeSet<String>,
}

impl RepairPlan {
    /// Says of a shard that it used this log. When the damage hides all of its records, the log does not know: and would
    /// be refused afterwards by a manifest that knows of some.
    pub fn shard(&mut self, path: &str) {
        self.known.insert(path.to_owned());
    }
}

/// Reads the log in `folder` and changes nothing. A process may have it open; the end of its log is then reported as it
/// was found.
///
/// # Errors
/// [`Error::UnknownVersion`] when a newer version wrote it, [`Error::Disk`] when it cannot be read. Damage is no error.
pub fn check(folder: &Path) -> Result<Report> {
    check_on(&Folder::new(folder))
}

/// As [`check`], on any disk.
///
/// # Errors
/// As [`check`].
pub fn check_on(disk: &dyn Disk) -> Result<Report> {
    let found = inspect::inspect(disk, true)?;
    let torn = found.segments.last().filter(|_| found.torn);
    Ok(Report {
        id: found.id,
        segments: found.segments.len(),
        bytes: found.segments.iter().map(|segment| segment.tail).sum(),
        torn: torn.map(|segment| (format::segment_name(segment.number), segment.tail)),
        shards: records(&found),
        damage: found.damage,
    })
}

fn records(found: &Inspection) -> BTreeMap<String, Records> {
    found.shards.iter().map(|(path, shard)| (path.clone(), shard.records)).collect()
}

/// Says what a repair of the log in `folder` would do, and changes nothing; `None` when there is nothing to repair.
///
/// # Errors
/// As [`check`], and [`Error::InUse`] when a process has the log open.
pub fn plan_repair(folder: &Path) -> Result<Option<RepairPlan>> {
    plan_repair_on(&Folder::new(folder))
}

/// As [`plan_repair`], on any disk.
///
/// # Errors
/// As [`plan_repair`].
pub fn plan_repair_on(disk: &dyn Disk) -> Result<Option<RepairPlan>> {
    let _held = hold(disk)?;
    plan(disk)
}

fn hold(disk: &dyn Disk) -> Result<Box<dyn Send + Sync>> {
    let held = disk.lock().map_err(|error| Error::disk("lock", disk.place(""), error))?;
    held.ok_or_else(|| Error::InUse { log: disk.place("") })
}

fn plan(disk: &dyn Disk) -> Result<Option<RepairPlan>> {
    let found = inspect::inspect(disk, true)?;
    let Some(damage) = found.damage.clone() else { return Ok(None) };
    let mut plan = RepairPlan {
        kept: records(&found),
        lost: BTreeMap::new(),
        unreadable_bytes: 0,
        files: Vec::new(),
        last_ids: BTreeMap::new(),
        known: BTreeSet::new(),
        damage,
    };
    let names = disk.names().map_err(|error| Error::disk("read", disk.place(""), error))?;
    if plan.damage.file == ID_FILE {
        plan.files.push(set_aside(ID_FILE, &names));
        return Ok(Some(plan));
    }
    if let Some(first) = format::cut_number(&plan.damage.file) {
        plan.files = newer(&names, first);
        return Ok(Some(plan));
    }
    // The segment with the damage, and all behind it. When groups are missing at a segment's end, that segment is whole.
    let first = format::segment_number(&plan.damage.file).unwrap_or_default();
    let mut salvage = Salvage { plan: &mut plan, names: BTreeMap::new() };
    for number in numbers(&names).into_iter().filter(|number| *number >= first) {
        let name = format::segment_name(number);
        let (_, bytes) = inspect::read(disk, &name)?;
        let damaged = number == first;
        let from = if damaged { usize::try_from(salvage.plan.damage.offset).unwrap_or(0) } else { 0 };
        salvage.segment(&bytes, from);
        salvage.plan.files.push(set_aside(&name, &names));
    }
    Ok(Some(plan))
}

fn numbers(names: &[String]) -> Vec<u64> {
    let mut numbers: Vec<_> = names.iter().filter_map(|name| format::segment_number(name)).collect();
    numbers.sort_unstable();
    numbers
}

/// A name for a file that leaves the log: one that no file has, so that an earlier repair's files stay.
fn set_aside(name: &str, names: &[String]) -> (String, String) {
    let numbered = (2..).map(|number| format!("{name}{DAMAGED_SUFFIX}-{number}"));
    let free = std::iter::once(format!("{name}{DAMAGED_SUFFIX}")).chain(numbered);
    let free = free.into_iter().find(|free| !names.contains(free));
    (name.to_owned(), free.unwrap_or_default())
}

/// The segments behind `first`, with the names under which they are kept.
fn newer(names: &[String], first: u64) -> Vec<(String, String)> {
    let newer = numbers(names).into_iter().filter(|number| *number > first);
    newer.map(|number| set_aside(&format::segment_name(number), names)).collect()
}

/// Counts what can still be read behind the damage.
struct Salvage<'a> {
    plan: &'a mut RepairPlan,
    /// The paths of shards by their numbers in the segment.
    names: BTreeMap<u32, String>,
}

impl Salvage<'_> {
    /// Counts the groups that begin at `from` or behind it. The names of shards are taken from the whole segment.
    fn segment(&mut self, bytes: &[u8], from: usize) {
        self.names.clear();
        let Ok(header) = SegmentHeader::decode(bytes) else {
            self.plan.unreadable_bytes += bytes.len().saturating_sub(from) as u64;
            return;
        };
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let mut at = SegmentHeader::BYTES;
        let mut groups = Vec::new();
        while at < end {
            let rest = bytes.get(at..).unwrap_or_default();
            match whole_group(rest, header.salt) {
                Some((length, records)) => {
                    groups.push((at, records));
                    at += length;
                }
                None => {
                    self.plan.unreadable_bytes += u64::from(at >= from);
                    at += 1;
                }
            }
        }
        for (_, records) in &groups {
            for (header, payload) in records.iter().filter(|(header, _)| header.kind == Kind::Shard) {
                self.names.insert(header.shard, String::from_utf8_lossy(payload).into_owned());
            }
        }
        for (_, records) in groups.into_iter().filter(|(at, _)| *at >= from) {
            for (header, payload) in records.into_iter().filter(|(header, _)| header.kind == Kind::Rows) {
                let name = self.names.get(&header.shard).cloned().unwrap_or_else(|| "?".to_owned());
                self.plan.lost.entry(name.clone()).or_default().add(header.seq, payload, true);
                let last = self.plan.last_ids.entry(name).or_default();
                *last = header.id.max(*last);
            }
        }
    }
}

/// The whole group at the beginning of `rest`: its length and its records.
fn whole_group(rest: &[u8], salt: u32) -> Option<(usize, format::Records<'_>)> {
    let header = GroupHeader::decode(rest, salt)?;
    let body = rest.get(GroupHeader::BYTES..header.group_bytes())?;
    Some((header.group_bytes(), format::records(body, salt)?))
}

/// Does what `plan` says. When it ends early, it can be planned and done again.
///
/// # Errors
/// [`Error::Replanned`] when the log is not what it was; nothing was changed then. As [`plan_repair`] otherwise.
pub fn repair(folder: &Path, plan: &RepairPlan) -> Result<()> {
    repair_on(&Folder::new(folder), plan)
}

/// As [`repair`], on any disk.
///
/// # Errors
/// As [`repair`].
pub fn repair_on(disk: &dyn Disk, plan: &RepairPlan) -> Result<()> {
    let _held = hold(disk)?;
    let planned = self::plan(disk)?.map(|planned| RepairPlan { known: plan.known.clone(), ..planned });
    if planned.as_ref() != Some(plan) {
        return Err(Error::Replanned { place: disk.place("") });
    }
    let done = if plan.damage.file == ID_FILE {
        set_files_aside(disk, &plan.files)
    } else if let Some(first) = format::cut_number(&plan.damage.file) {
        finish(disk, first)
    } else {
        cut_short(disk, plan)
    };
    done.map_err(|error| Error::disk("repair", disk.place(""), error))
}

/// Keeps the part of the damaged segment before the damage, marks what is lost, and takes the rest out of the log.
///
/// The part that is kept is written beside the log first. From the moment it has its name until it has the segment's, a
/// crash leaves a log that is refused and whose repair can be finished; before that, one that is damaged where it was.
fn cut_short(disk: &dyn Disk, plan: &RepairPlan) -> std::io::Result<()> {
    let Some(first) = format::segment_number(&plan.damage.file) else { return Ok(()) };
    let name = format::segment_name(first);
    let found = |error: Error| std::io::Error::other(error);
    let damaged =
        if disk.names()?.contains(&name) { inspect::read(disk, &name).map_err(found)?.1 } else { Vec::new() };
    let inspection = inspect::inspect(disk, false).map_err(found)?;
    let offset = usize::try_from(plan.damage.offset).unwrap_or(0);
    let header = match SegmentHeader::decode(&damaged) {
        Ok(header) if offset >= SegmentHeader::BYTES => header,
        _ => SegmentHeader {
            number: first,
            log: inspection.id.unwrap_or_else(|| disk.random()),
            salt: disk.random() as u32 | 1,
            first_group: inspection.next_group,
        },
    };
    let mut content = header.encode().to_vec();
    content.extend_from_slice(damaged.get(SegmentHeader::BYTES..offset).unwrap_or_default());
    let lost = lost_group(plan, &header, inspection.next_group, content.len() as u64);
    content.extend_from_slice(&lost);
    let unfinished = format!("{name}{UNFINISHED_SUFFIX}");
    let file = disk.create(&unfinished)?;
    file.write(&content, 0)?;
    file.sync()?;
    for (_, copy) in plan.files.iter().filter(|(from, _)| *from == name) {
        let file = disk.create(copy)?;
        file.write(&damaged, 0)?;
        file.sync()?;
    }
    disk.sync()?;
    disk.rename(&unfinished, &format::cut_name(first))?;
    disk.sync()?;
    finish(disk, first)
}

/// Takes the segments behind `first` out of the log, and puts what is kept of `first` in its place.
fn finish(disk: &dyn Disk, first: u64) -> std::io::Result<()> {
    set_files_aside(disk, &newer(&disk.names()?, first))?;
    let name = format::segment_name(first);
    disk.rename(&format::cut_name(first), &name)?;
    disk.sync()
}

/// Files leave from the newest on.
fn set_files_aside(disk: &dyn Disk, files: &[(String, String)]) -> std::io::Result<()> {
    for (from, to) in files.iter().rev() {
        disk.rename(from, to)?;
        disk.sync()?;
    }
    Ok(())
}

/// A group that says of every shard that records of it may be lost: the engine's manifest may know of more than is there.
fn lost_group(plan: &RepairPlan, header: &SegmentHeader, number: u64, offset: u64) -> Vec<u8> {
    let mut bytes = vec![0; GroupHeader::BYTES];
    let paths: BTreeSet<_> = plan.kept.keys().chain(plan.last_ids.keys()).chain(&plan.known).collect();
    for (position, path) in paths.into_iter().enumerate() {
        // Above the numbers that the kept part of the segment may use.
        let shard = u32::MAX - u32::try_from(position).unwrap_or(u32::MAX);
        let id = plan.last_ids.get(path).copied().unwrap_or(0);
        let lost = RecordHeader { kind: Kind::Lost, shard, id, seq: 0 };
        lost.append(&mut bytes, &[], header.salt);
        let name = RecordHeader { kind: Kind::Shard, shard, id: 0, seq: 0 };
        name.append(&mut bytes, path.as_bytes(), header.salt);
    }
    GroupHeader::complete(&mut bytes, number, offset, header.salt);
    bytes
}
