//! What a process on this machine uses, from Linux's `/proc`.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;

/// Ticks of processor time a second in `/proc/<pid>/stat`: fixed at 100 in Linux's interface to programs, whatever the kernel counts in.
const TICKS_A_SECOND: f64 = 100.0;

/// Whose use is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One process.
    Own,
    /// A process and all that it started: services that work in several processes.
    Family,
}

/// What a process used until now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Processor time, in the kernel too.
    pub cpu: Duration,
    /// Resident memory of the process alone.
    pub resident_bytes: u64,
    /// The most that it ever was.
    pub resident_bytes_max: u64,
}

impl Usage {
    /// Reads what a process uses.
    ///
    /// # Errors
    /// [`Error::Process`] if there is no such process, or no Linux.
    pub fn of(pid: u32, whose: Whose) -> Result<Self, Error> {
        Self::read(Path::new("/proc"), pid, whose).map_err(|source| Error::Process { pid, source })
    }

    fn read(proc: &Path, pid: u32, whose: Whose) -> io::Result<Self> {
        let status = std::fs::read_to_string(proc.join(pid.to_string()).join("status"))?;
        let kibibytes = |name: &str| -> io::Result<u64> {
            let value = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
            value.and_then(|value| value.parse::<u64>().ok()).ok_or_else(|| strange(name))
        };
        let ticks = match whose {
            Whose::Own => Process::read(proc, pid)?.ticks,
            Whose::Family => family_ticks(proc, pid)?,
        };
        #[expect(clippy::cast_precision_loss, reason = "2^53 ticks are three million years")]
        let cpu = Duration::from_secs_f64(ticks as f64 / TICKS_A_SECOND);
        let (resident, most) = (kibibytes("VmRSS:")?, kibibytes("VmHWM:")?);
        Ok(Self { cpu, resident_bytes: resident * 1_024, resident_bytes_max: most * 1_024 })
    }
}

/// A line of `/proc/<pid>/stat`, as far as it is of interest.
struct Process {
    parent: u32,
    /// Of itself.
    ticks: u64,
    /// Of children that ended and were waited for.
    ticks_of_ended: u64,
}

impl Process {
    fn read(proc: &Path, pid: u32) -> io::Result<Self> {
        let stat = std::fs::read_to_string(proc.join(pid.to_string()).join("stat"))?;
        // The second field is the program's name in brackets, and may hold blanks and brackets itself. After it come, from field 3 on:
        // the state, the parent (4), and the times (14 to 17).
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let field = |number: usize| -> io::Result<u64> {
            let value = fields.get(number - 3).and_then(|value| value.parse().ok());
            value.ok_or_else(|| strange("stat"))
        };
        let parent = u32::try_from(field(4)?).map_err(|_| strange("stat"))?;
        Ok(Self { parent, ticks: field(14)? + field(15)?, ticks_of_ended: field(16)? + field(17)? })
    }
}

/// A process and all that it started and that still run, itself first.
///
/// # Errors
/// [`Error::Process`] if there is no Linux.
pub fn family(pid: u32) -> Result<Vec<u32>, Error> {
    let members = members(Path::new("/proc"), pid).map_err(|source| Error::Process { pid, source })?;
    let mut members: Vec<u32> = members.into_keys().collect();
    members.sort_by_key(|member| (*member != pid, *member));
    Ok(members)
}

fn family_ticks(proc: &Path, pid: u32) -> io::Result<u64> {
    let members = members(proc, pid)?;
    Ok(members.values().map(|process| process.ticks + process.ticks_of_ended).sum())
}

fn members(proc: &Path, pid: u32) -> io::Result<HashMap<u32, Process>> {
    let mut processes = HashMap::new();
    for entry in std::fs::read_dir(proc)? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // It may have ended since the folder was read.
        if let Ok(process) = Process::read(proc, pid) {
            processes.insert(pid, process);
        }
    }
    let belongs = |of: u32| {
        let ancestors = std::iter::successors(Some(of), |of| processes.get(of).map(|process| process.parent));
        // Nobody is his own ancestor, but what is read is not from one instant.
        ancestors.take(processes.len()).any(|ancestor| ancestor == pid)
    };
    let strangers: Vec<u32> = processes.keys().copied().filter(|of| !belongs(*of)).collect();
    for stranger in strangers {
        processes.remove(&stranger);
    }
    Ok(processes)
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("no `{what}` where it is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(proc: &Path, pid: u32, name: &str, parent: u32, times: &str) {
        let folder = proc.join(pid.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let stat = format!("{pid} ({name}) S {parent} 1 1 0 -1 4194304 9 9 9 9 {times} 20 0 1 0 100 1 1");
        std::fs::write(folder.join("stat"), stat).unwrap();
        std::fs::write(folder.join("status"), "Name:\tx\nVmHWM:\t  300 kB\nVmRSS:\t  200 kB\n").unwrap();
    }

    #[test]
    fn a_family_is_counted_with_those_that_ended() {
        let proc = tempfile::tempdir().unwrap();
        process(proc.path(), 1, "init", 0, "1000 1000 0 0");
        process(proc.path(), 10, "post) (master", 1, "100 50 30 20");
        process(proc.path(), 11, "worker", 10, "7 3 0 0");
        process(proc.path(), 12, "worker of worker", 11, "20 10 0 0");
        process(proc.path(), 20, "stranger", 1, "500 500 0 0");
        let own = Usage::read(proc.path(), 10, Whose::Own).unwrap();
        assert_eq!(own.cpu, Duration::from_millis(1_500));
        assert_eq!((own.resident_bytes, own.resident_bytes_max), (204_800, 307_200));
        let family = Usage::read(proc.path(), 10, Whose::Family).unwrap();
        assert_eq!(family.cpu, Duration::from_millis(1_500 + 500 + 100 + 300));
    }

    #[test]
    fn an_absent_process_is_an_error() {
        let proc = tempfile::tempdir().unwrap();
        assert!(Usage::read(proc.path(), 1, Whose::Own).is_err());
    }
}
