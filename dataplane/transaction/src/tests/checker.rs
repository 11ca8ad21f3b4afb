//! Judges histories of transactions that append to lists and read them: is there one order of all of them that explains every
//! answer and does not contradict real time?
//!
//! The idea is Elle's (Kingsbury, Alvaro: "Elle: Inferring Isolation Anomalies from Experimental Observations", 2020). Every
//! element is appended once, so a list that was read tells in which order its appends took place, and so who depends on whom:
//!
//! - ww: one appended right behind the other,
//! - wr: one read what the other appended last,
//! - rw: one did not see yet what the other appended next,
//! - rt: one was answered before the other was asked for.
//!
//! A cycle of these cannot be put in any order. Which kinds of steps it needs names the anomaly, by Adya's names.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// A list, by number.
pub(super) type List = usize;
/// An element; appended once in a history.
pub(super) type Element = u64;

/// What a client knows of the end of its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was told of success, at this time.
    Succeeded(u64),
    /// It was told that nothing happened.
    Failed,
    /// It was told nothing.
    Unknown,
}

/// One transaction of a history.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// When it was asked for. Times are all different.
    pub(super) asked: u64,
    pub(super) end: End,
    /// In the order in which the elements are to stand in their lists.
    pub(super) appends: Vec<(List, Element)>,
    /// Whole lists as they were seen; only counted if it succeeded.
    pub(super) reads: Vec<(List, Vec<Element>)>,
}

/// What cannot be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Anomaly {
    /// An element is in a list twice: an append was carried out again.
    Duplicate { reader: usize, element: Element },
    /// An element that nobody appended to this list.
    Garbage { reader: usize, element: Element },
    /// G1a: what a transaction appended that failed.
    AbortedRead { reader: usize, writer: usize },
    /// G1b: some of what a transaction appended to a list, but not all of it.
    IntermediateRead { reader: usize, writer: usize },
    /// Two reads of one list of which neither continues the other.
    Diverged { list: List },
    /// Transactions that each come before the next, and the last before the first.
    Cycle(Cycle, Vec<usize>),
}

/// The kinds of cycles, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cycle {
    /// G0, dirty write: ww alone.
    Writes,
    /// G1c, circular information flow: ww and wr.
    Information,
    /// G-single, read skew: one rw.
    ReadSkew,
    /// G2, write skew: several rw.
    WriteSkew,
    /// An order exists, and contradicts real time.
    RealTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Ww,
    Wr,
    Rw,
    Rt,
}

/// Who comes before whom, and why.
#[derive(Default)]
struct Graph {
    steps: BTreeSet<(usize, usize, Step)>,
}

/// The first anomaly of a history, the worst kinds first.
pub(super) fn check(history: &[Transaction]) -> Result<(), Anomaly> {
    let writers = writers(history);
    for (reader, list, elements) in reads(history) {
        check_read(history, &writers, reader, list, elements)?;
    }
    let orders = orders(history)?;
    let graph = Graph::of(history, &writers, &orders);
    graph.check()
}

/// Who appended what.
fn writers(history: &[Transaction]) -> HashMap<(List, Element), usize> {
    let appends = history
        .iter()
        .enumerate()
        .flat_map(|(writer, transaction)| transaction.appends.iter().map(move |append| (*append, writer)));
    let mut writers = HashMap::new();
    for (append, writer) in appends {
        assert_eq!(writers.insert(append, writer), None, "each element is appended once");
    }
    writers
}

/// What successful transactions have seen.
fn reads(history: &[Transaction]) -> impl Iterator<Item = (usize, List, &[Element])> {
    let successful = history.iter().enumerate();
    let successful = successful.filter(|(_, transaction)| matches!(transaction.end, End::Succeeded(_)));
    successful.flat_map(|(reader, transaction)| {
        transaction.reads.iter().map(move |(list, elements)| (reader, *list, elements.as_slice()))
    })
}

fn check_read(
    history: &[Transaction],
    writers: &HashMap<(List, Element), usize>,
    reader: usize,
    list: List,
    elements: &[Element],
) -> Result<(), Anomaly> {
    let mut seen = BTreeSet::new();
    if let Some(&element) = elements.iter().find(|element| !seen.insert(**element)) {
        return Err(Anomaly::Duplicate { reader, element });
    }
    for &element in elements {
        let Some(&writer) = writers.get(&(list, element)) else {
            return Err(Anomaly::Garbage { reader, element });
        };
        if history[writer].end == End::Failed {
            return Err(Anomaly::AbortedRead { reader, writer });
        }
        let of_writer: Vec<_> = appended(&history[writer], list).collect();
        let found: Vec<_> = elements.iter().copied().filter(|element| of_writer.contains(element)).collect();
        if found != of_writer {
            return Err(Anomaly::IntermediateRead { reader, writer });
        }
    }
    Ok(())
}

fn appended(transaction: &Transaction, list: List) -> impl Iterator<Item = Element> {
    transaction.appends.iter().filter(move |(to, _)| *to == list).map(|(_, element)| *element)
}

/// The order of each list's elements: its longest read, which all others must begin.
fn orders(history: &[Transaction]) -> Result<BTreeMap<List, Vec<Element>>, Anomaly> {
    let mut orders: BTreeMap<List, Vec<Element>> = BTreeMap::new();
    for (_, list, elements) in reads(history) {
        let order = orders.entry(list).or_default();
        if elements.len() > order.len() {
            *order = elements.to_vec();
        }
    }
    match reads(history).find(|(_, list, elements)| !orders[list].starts_with(elements)) {
        Some((_, list, _)) => Err(Anomaly::Diverged { list }),
        None => Ok(orders),
    }
}

impl Graph {
    fn of(
        history: &[Transaction],
        writers: &HashMap<(List, Element), usize>,
        orders: &BTreeMap<List, Vec<Element>>,
    ) -> Self {
        let mut graph = Self::default();
        let writer = |list: List, element: Element| writers[&(list, element)];
        let seen: BTreeSet<(List, Element)> =
            orders.iter().flat_map(|(list, order)| order.iter().map(|element| (*list, *element))).collect();
        // Appends that succeeded and that no read has seen come behind all that were seen.
        let mut unseen: BTreeMap<List, BTreeSet<usize>> = BTreeMap::new();
        for (append, by) in writers {
            if matches!(history[*by].end, End::Succeeded(_)) && !seen.contains(append) {
                unseen.entry(append.0).or_default().insert(*by);
            }
        }
        let next = |list: List, length: usize| -> Vec<usize> {
            match orders.get(&list).and_then(|order| order.get(length)) {
                Some(element) => vec![writer(list, *element)],
                None => unseen.get(&list).into_iter().flatten().copied().collect(),
            }
        };
        for (list, order) in orders {
            for (place, element) in order.iter().enumerate() {
                next(*list, place + 1)
                    .into_iter()
                    .for_each(|to| graph.add(writer(*list, *element), to, Step::Ww));
            }
        }
        for (reader, list, elements) in reads(history) {
            if let Some(last) = elements.last() {
                graph.add(writer(list, *last), reader, Step::Wr);
            }
            next(list, elements.len()).into_iter().for_each(|to| graph.add(reader, to, Step::Rw));
        }
        graph.add_real_time(history, &seen);
        graph
    }

    /// Transactions of unknown end count if somebody saw what they did.
    fn add_real_time(&mut self, history: &[Transaction], seen: &BTreeSet<(List, Element)>) {
        let counts = |transaction: &Transaction| match transaction.end {
            End::Succeeded(_) => true,
            End::Failed => false,
            End::Unknown => transaction.appends.iter().any(|append| seen.contains(append)),
        };
        for (one, earlier) in history.iter().enumerate() {
            let End::Succeeded(answered) = earlier.end else { continue };
            for (other, later) in history.iter().enumerate() {
                if answered < later.asked && counts(later) {
                    self.add(one, other, Step::Rt);
                }
            }
        }
    }

    fn add(&mut self, from: usize, to: usize, step: Step) {
        if from != to {
            self.steps.insert((from, to, step));
        }
    }

    fn check(&self) -> Result<(), Anomaly> {
        let with = |kinds: &[Step]| self.next_by(kinds);
        let cycle = |kind: Cycle, found: Option<Vec<usize>>| match found {
            Some(cycle) => Err(Anomaly::Cycle(kind, cycle)),
            None => Ok(()),
        };
        cycle(Cycle::Writes, any_cycle(&with(&[Step::Ww])))?;
        let information = with(&[Step::Ww, Step::Wr]);
        cycle(Cycle::Information, any_cycle(&information))?;
        let rw = self.steps.iter().filter(|(.., step)| *step == Step::Rw);
        let skew = rw.clone().find_map(|(from, to, _)| path(&information, *to, *from));
        cycle(Cycle::ReadSkew, skew)?;
        cycle(Cycle::WriteSkew, any_cycle(&with(&[Step::Ww, Step::Wr, Step::Rw])))?;
        cycle(Cycle::RealTime, any_cycle(&with(&[Step::Ww, Step::Wr, Step::Rw, Step::Rt])))
    }

    fn next_by(&self, kinds: &[Step]) -> HashMap<usize, Vec<usize>> {
        let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
        for (from, to, step) in &self.steps {
            if kinds.contains(step) {
                next.entry(*from).or_default().push(*to);
            }
        }
        next
    }
}

/// A cycle, if there is one: what is left when whatever has nothing before it is taken away, again and again.
fn any_cycle(next: &HashMap<usize, Vec<usize>>) -> Option<Vec<usize>> {
    let mut before: BTreeMap<usize, usize> = BTreeMap::new();
    for (from, to) in next.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to))) {
        before.entry(*from).or_default();
        *before.entry(*to).or_default() += 1;
    }
    let mut free: VecDeque<usize> =
        before.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    while let Some(node) = free.pop_front() {
        before.remove(&node);
        for to in next.get(&node).into_iter().flatten() {
            let count = before.get_mut(to).expect("it has something before it");
            *count -= 1;
            if *count == 0 {
                free.push_back(*to);
            }
        }
    }
    // What is left is on a cycle or behind one.
    before.keys().find_map(|node| next.get(node)?.iter().find_map(|to| path(next, *to, *node)))
}

/// The shortest way from one to the other, both included.
fn path(next: &HashMap<usize, Vec<usize>>, from: usize, to: usize) -> Option<Vec<usize>> {
    let mut came_from = HashMap::from([(from, from)]);
    let mut waiting = VecDeque::from([from]);
    while let Some(node) = waiting.pop_front() {
        if node == to {
            let mut way = vec![to];
            let mut at = to;
            while at != from {
                at = came_from[&at];
                way.push(at);
            }
            way.reverse();
            return Some(way);
        }
        for step in next.get(&node).into_iter().flatten() {
            if !came_from.contains_key(step) {
                came_from.insert(*step, node);
                waiting.push_back(*step);
            }
        }
    }
    None
}
