//! Reading a whole log: for opening it, and for looking at it without changing anything.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};
use crate::error::{Error, Result};
use crate::format::{self, HeaderDefect, Kind, RecordHeader, SegmentHeader, VERSION};
use crate::scan::{self, End, Scanned};
use crate::state::{ShardState, Span};

/// The file with the log's id.
pub(crate) const ID_FILE: &str = "id";

/// What the id file says before the id.
const ID_PREFIX: &str = "partita log format 1, id ";

/// What was found on a disk.
#[derive(Default)]
pub(crate) struct Inspection {
    /// The log's id, by its file or by its segments.
    pub(crate) id: Option<u128>,
    pub(crate) has_id_file: bool,
    pub(crate) segments: Vec<FoundSegment>,
    pub(crate) shards: BTreeMap<String, FoundShard>,
    /// The number of the next group.
    pub(crate) next_group: u64,
    /// The newest segment ends with a torn group: where it begins.
    pub(crate) torn: bool,
    pub(crate) damage: Option<Damage>,
}

/// A segment that was read, as far as it can be.
pub(crate) struct FoundSegment {
    pub(crate) number: u64,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) salt: u32,
    /// Where the last whole group ends.
    pub(crate) tail: u64,
    /// Where that group begins; the same place when there is none.
    pub(crate) last_group: u64,
    pub(crate) bytes: u64,
}

/// What a shard has in the log.
#[derive(Default)]
pub(crate) struct FoundShard {
    pub(crate) state: ShardState,
    pub(crate) records: Records,
}

/// Records of a shard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Records {
    /// How many batches.
    pub batches: u64,
    /// How many rows are in them.
    pub rows: u64,
    /// Their length in the log, in bytes.
    pub bytes: u64,
    /// The sequence of the first batch; 0 when there is none.
    pub first_seq: u64,
    /// The sequence of the last batch; 0 when there is none.
    pub last_seq: u64,
}

impl Records {
    pub(crate) fn add(&mut self, seq: u64, payload: &[u8], count_rows: bool) {
        if self.batches == 0 {
            self.first_seq = seq;
        }
        self.batches += 1;
        self.last_seq = seq;
        self.bytes += (RecordHeader::BYTES + payload.len()) as u64;
        if count_rows {
            self.rows += crate::rows::count(payload);
        }
    }
}

/// Where a log is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file's name in the log's folder.
    pub file: String,
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What is wrong there.
    pub what: &'static str,
}

impl Damage {
    pub(crate) fn error(&self, disk: &dyn Disk) -> Error {
        Error::Damaged { place: disk.place(&self.file), offset: self.offset, what: self.what }
    }
}

/// Reads the log on `disk`. Damage is reported, and nothing after it is counted; with `rows`, rows are counted.
pub(crate) fn inspect(disk: &dyn Disk, rows: bool) -> Result<Inspection> {
    let mut found = Inspection { next_group: 1, ..Inspection::default() };
    let names = disk.names().map_err(|error| Error::disk("read", disk.place(""), error))?;
    found.has_id_file = names.iter().any(|name| name == ID_FILE);
    if found.has_id_file {
        match read_id(disk)? {
            Some(id) => found.id = Some(id),
            None => {
                let what = "it is not the id of a log";
                found.damage = Some(Damage { file: ID_FILE.to_owned(), offset: 0, what });
            }
        }
    }
    if let Some(cut) = names.iter().find(|name| format::cut_number(name).is_some()) {
        let what = "a repair was begun and not finished: repair the log again";
        found.damage = Some(Damage { file: cut.clone(), offset: 0, what });
    }
    let mut numbers: Vec<_> = names.iter().filter_map(|name| format::segment_number(name)).collect();
    numbers.sort_unstable();
    for (position, &number) in numbers.iter().enumerate() {
        if found.damage.is_some() {
            break;
        }
        let first = position == 0;
        let last = position + 1 == numbers.len();
        if let Some(previous) = found.segments.last().filter(|previous| previous.number + 1 != number) {
            let file = format::segment_name(previous.number + 1);
            found.damage = Some(Damage { file, offset: 0, what: "the file is missing" });
            break;
        }
        inspect_segment(disk, &mut found, number, Position { first, last }, rows)?;
    }
    Ok(found)
}

#[derive(Clone, Copy)]
struct Position {
    first: bool,
    last: bool,
}

fn inspect_segment(
    disk: &dyn Disk,
    found: &mut Inspection,
    number: u64,
    position: Position,
    rows: bool,
) -> Result<()> {
    let file_name = format::segment_name(number);
    let (file, bytes) = read(disk, &file_name)?;
    let damage = |offset: usize, what| Damage { file: file_name.clone(), offset: offset as u64, what };
    let header = match SegmentHeader::decode(&bytes) {
        Ok(header) => header,
        Err(HeaderDefect::Version(version)) => {
            return Err(Error::UnknownVersion {
                place: disk.place(&file_name),
                found: version,
                known: VERSION,
            });
        }
        Err(HeaderDefect::Damaged) => {
            found.damage = Some(damage(0, "the beginning of the file is not what was written"));
            return Ok(());
        }
    };
    if header.number != number || *found.id.get_or_insert(header.log) != header.log {
        found.damage = Some(damage(0, "the file belongs to another place or log"));
        return Ok(());
    }
    if !position.first && header.first_group != found.next_group {
        found.damage = previous_end(found);
        return Ok(());
    }
    let mut names = HashMap::new();
    let shards = &mut found.shards;
    let scanned = scan::scan(&bytes, &header, |group| apply(group, number, shards, &mut names, rows));
    let Scanned { end, tail, last_group, next_group } = scanned;
    found.next_group = next_group;
    found.segments.push(FoundSegment {
        number,
        file,
        salt: header.salt,
        tail: tail as u64,
        last_group: last_group as u64,
        bytes: bytes.len() as u64,
    });
    match end {
        End::Clean => {}
        End::Torn if position.last => found.torn = true,
        End::Torn => found.damage = Some(damage(tail, "the file ends too early")),
        End::Damaged(what) => found.damage = Some(damage(tail, what)),
    }
    Ok(())
}

/// The last groups of the newest segment that was read are missing.
fn previous_end(found: &Inspection) -> Option<Damage> {
    let previous = found.segments.last()?;
    let (file, offset) = (format::segment_name(previous.number), previous.tail);
    Some(Damage { file, offset, what: "the last groups are missing" })
}

/// Counts the records of a group.
fn apply(
    group: format::Records<'_>,
    segment: u64,
    shards: &mut BTreeMap<String, FoundShard>,
    names: &mut HashMap<u32, String>,
    rows: bool,
) -> std::result::Result<(), &'static str> {
    // A group's names stand behind the records that use them.
    for (header, payload) in group.iter().filter(|(header, _)| header.kind == Kind::Shard) {
        let path = std::str::from_utf8(payload).map_err(|_| "the path of a shard is not text")?;
        names.insert(header.shard, path.to_owned());
        let shard = shards.entry(path.to_owned()).or_default();
        if shard.state.spans.is_empty() {
            shard.state.trimmed = shard.state.trimmed.max(header.id);
            shard.state.last_id = shard.state.last_id.max(header.id);
        }
    }
    for (header, payload) in group {
        let path = names.get(&header.shard).ok_or("a record belongs to no shard")?;
        let shard = shards.entry(path.clone()).or_default();
        match header.kind {
            Kind::Shard => {}
            Kind::Rows => {
                shard.state.record(segment, header.shard, header.id);
                shard.records.add(header.seq, payload, rows);
            }
            Kind::Drop => *shard = FoundShard::default(),
            Kind::Lost => {
                shard.state.lost = true;
                shard.state.last_id = shard.state.last_id.max(header.id);
                let last_id = shard.state.last_id;
                shard.state.spans.push_back(Span { segment, number: header.shard, last_id });
            }
        }
    }
    Ok(())
}

pub(crate) fn read(disk: &dyn Disk, name: &str) -> Result<(Arc<dyn DiskFile>, Vec<u8>)> {
    let read = || {
        let file = disk.open(name)?;
        let bytes = usize::try_from(file.bytes()?).map_err(std::io::Error::other)?;
        let mut content = vec![0; bytes];
        file.read(&mut content, 0)?;
        Ok((file, content))
    };
    read().map_err(|error| Error::disk("read", disk.place(name), error))
}

fn read_id(disk: &dyn Disk) -> Result<Option<u128>> {
    let (_, content) = read(disk, ID_FILE)?;
    let text = String::from_utf8_lossy(&content);
    let id = text.strip_prefix(ID_PREFIX).and_then(|rest| rest.strip_suffix('\n'));
    Ok(id.filter(|id| id.len() == 32).and_then(|id| u128::from_str_radix(id, 16).ok()))
}

/// What the id file says.
pub(crate) fn id_text(id: u128) -> String {
    format!("{ID_PREFIX}{id:032x}\n")
}
