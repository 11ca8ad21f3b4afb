//! A disk in memory that can be slow, broken and full, and that forgets what was not synced when its power is cut.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile, Space};

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

/// What becomes of what was not synced when the power is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// All of it is gone.
    Everything,
    /// Some sectors and names are gone and others are not, as this number has it.
    Some(u64),
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// Every write.
    Writes,
    /// Every sync of a file. What it should have written is still shown, but taken for written from then on, as Linux does.
    Syncs,
    /// Every sync of the folder.
    Names,
}

/// A disk. Clones are the same disk.
#[derive(Clone)]
pub struct SimulatedDisk(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    capacity: u64,
    held: bool,
    failing: Option<Failing>,
    /// The power was cut: nothing answers any more.
    off: bool,
    locked: bool,
    syncs: u64,
    random: u64,
}

#[derive(Default, Clone)]
struct Content {
    live: Vec<u8>,
    synced: Vec<u8>,
    /// What was written since the last sync.
    dirty: Vec<(usize, usize)>,
}

/// A step of a sequence of numbers that look random.
fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl SimulatedDisk {
    /// An empty disk with room for `capacity` bytes.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        Self::with(State { capacity, ..State::default() })
    }

    fn with(state: State) -> Self {
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on syncs of files wait.
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Ends [`hold`](Self::hold).
    pub fn release(&self) {
        self.lock().held = false;
        self.0.changed.notify_all();
    }

    /// From now on something fails, also where it waits.
    pub fn fail(&self, failing: Failing) {
        self.lock().failing = Some(failing);
        self.0.changed.notify_all();
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        self.lock().failing = None;
    }

    /// Makes the disk larger or smaller.
    pub fn resize(&self, capacity: u64) {
        self.lock().capacity = capacity;
    }

    /// The number of syncs of files.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// Cuts the power: whoever uses the disk meets errors from now on. Returns the disk as it is afterwards.
    #[must_use]
    pub fn cut_power(&self, loss: Loss) -> Self {
        let mut state = self.lock();
        state.off = true;
        self.0.changed.notify_all();
        let mut random = match loss {
            Loss::Everything => None,
            Loss::Some(seed) => Some(seed),
        };
        let mut keep = || random.as_mut().is_some_and(|random| mix(random) & 1 == 0);
        let mut names = state.synced_names.clone();
        for (name, file) in &state.names {
            if names.get(name) != Some(file) && keep() {
                names.insert(name.clone(), *file);
            }
        }
        names.retain(|name, _| state.names.contains_key(name) || !keep());
        let files = state.files.iter().map(|file| file.after_cut(&mut keep)).collect();
        let (capacity, random) = (state.capacity, state.random);
        Self::with(State { files, synced_names: names.clone(), names, capacity, random, ..State::default() })
    }

    /// A disk with the same files, all synced.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.lock();
        let files = state.files.iter().map(|file| Content::synced(file.live.clone())).collect();
        let (names, capacity, random) = (state.names.clone(), state.capacity, state.random);
        Self::with(State { files, synced_names: names.clone(), names, capacity, random, ..State::default() })
    }

    /// What is in a file, and `None` when there is none of this name.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        Some(state.files.get(*state.names.get(name)?)?.live.clone())
    }

    /// Puts a file on the disk behind the back of its user, or removes it.
    pub fn put(&self, name: &str, content: Option<Vec<u8>>) {
        let mut state = self.lock();
        let file = content.map(|content| {
            state.files.push(Content::synced(content));
            state.files.len() - 1
        });
        let state = &mut *state;
        for names in [&mut state.names, &mut state.synced_names] {
            match file {
                Some(file) => names.insert(name.to_owned(), file),
                None => names.remove(name),
            };
        }
    }
}

impl Content {
    fn synced(content: Vec<u8>) -> Self {
        Self { live: content.clone(), synced: content, dirty: Vec::new() }
    }

    /// What is left of a file when the power was cut.
    fn after_cut(&self, keep: &mut impl FnMut() -> bool) -> Self {
        let mut content = self.synced.clone();
        for &(start, end) in &self.dirty {
            let mut at = start;
            while at < end {
                let next = ((at / SECTOR_BYTES + 1) * SECTOR_BYTES).min(end);
                if keep() && next <= self.live.len() {
                    content.resize(content.len().max(next), 0);
                    content[at..next].copy_from_slice(&self.live[at..next]);
                }
                at = next;
            }
        }
        Self::synced(content)
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        if self.off { Err(io::Error::other("the power was cut")) } else { Ok(()) }
    }

    fn used(&self) -> u64 {
        self.names.values().filter_map(|file| self.files.get(*file)).map(|file| file.live.len() as u64).sum()
    }

    fn file(&self, name: &str) -> io::Result<usize> {
        self.check()?;
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for SimulatedDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        let state = self.lock();
        state.check()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        state.check()?;
        state.files.push(Content::default());
        let file = state.files.len() - 1;
        state.names.insert(name.to_owned(), file);
        Ok(Arc::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.lock().file(name)?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        let file = state.file(from)?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.file(name)?;
        state.names.remove(name);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.check()?;
        if state.failing == Some(Failing::Names) {
            return Err(io::Error::other("an injected fault"));
        }
        state.synced_names = state.names.clone();
        Ok(())
    }

    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let mut state = SimulatedDisk::lock(self);
        state.check()?;
        if std::mem::replace(&mut state.locked, true) {
            return Ok(None);
        }
        Ok(Some(Box::new(Unlock(self.clone()))))
    }

    fn space(&self) -> io::Result<Space> {
        let state = self.lock();
        state.check()?;
        Ok(Space { free: state.capacity.saturating_sub(state.used()), total: state.capacity })
    }

    fn random(&self) -> u128 {
        let mut state = self.lock();
        u128::from(mix(&mut state.random)) << 64 | u128::from(mix(&mut state.random))
    }

    fn place(&self, name: &str) -> String {
        format!("simulated/{name}")
    }
}

struct Unlock(SimulatedDisk);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.lock().locked = false;
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    file: usize,
}

impl SimulatedFile {
    fn with<T>(&self, change: impl FnOnce(&mut Content) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.lock();
        state.check()?;
        change(state.files.get_mut(self.file).ok_or(io::ErrorKind::NotFound)?)
    }
}

impl DiskFile for SimulatedFile {
    fn bytes(&self) -> io::Result<u64> {
        self.with(|file| Ok(file.live.len() as u64))
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.with(|file| {
            let start = usize::try_from(offset).map_err(io::Error::other)?;
            let found = file.live.get(start..start + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
            buffer.copy_from_slice(found);
            Ok(())
        })
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start + bytes.len();
        {
            let state = self.disk.lock();
            let length = state.files.get(self.file).map_or(0, |file| file.live.len());
            if state.used() + end.saturating_sub(length) as u64 > state.capacity {
                return Err(io::ErrorKind::StorageFull.into());
            }
            if state.failing == Some(Failing::Writes) {
                return Err(io::Error::other("an injected fault"));
            }
        }
        self.with(|file| {
            file.live.resize(file.live.len().max(end), 0);
            file.live[start..end].copy_from_slice(bytes);
            file.dirty.push((start, end));
            Ok(())
        })
    }

    fn reserve(&self, bytes: u64) -> io::Result<()> {
        let present = self.bytes()?;
        let zeros = usize::try_from(bytes.saturating_sub(present)).map_err(io::Error::other)?;
        if zeros == 0 { Ok(()) } else { self.write(&vec![0; zeros], present) }
    }

    fn cut(&self, bytes: u64) -> io::Result<()> {
        self.with(|file| {
            file.live.truncate(usize::try_from(bytes).map_err(io::Error::other)?);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        while state.held && !state.off && state.failing != Some(Failing::Syncs) {
            state = self.disk.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.check()?;
        if state.failing == Some(Failing::Syncs) {
            if let Some(file) = state.files.get_mut(self.file) {
                file.dirty.clear();
            }
            return Err(io::Error::other("an injected fault"));
        }
        state.syncs += 1;
        let file = state.files.get_mut(self.file).ok_or(io::ErrorKind::NotFound)?;
        file.synced.resize(file.live.len(), 0);
        for (start, end) in std::mem::take(&mut file.dirty) {
            let end = end.min(file.live.len());
            if start < end {
                file.synced[start..end].copy_from_slice(&file.live[start..end]);
            }
        }
        Ok(())
    }
}
