//! The section of `docs/performance.md` that a comparison writes, between its two marks, and the plots beside it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use partita_bench::Workload;

use crate::load::{Case, Sample};
use crate::matrix::{CASES, Results, median};
use crate::plot::{Bar, bars, thousands};
use crate::system::{PARTITA, System};
use crate::targets::Target;

const BEGIN: &str = "<!-- cargo xtask compare: begin -->\n";
const END: &str = "<!-- cargo xtask compare: end -->\n";
/// Cases that have a plot: name of the file, title, case.
const PLOTS: [(&str, &str, Case); 5] = [
    (
        "get",
        "Strong GetItem, 1 KiB, 64 connections: requests a second",
        Case { workload: Workload::Get, connections: 64 },
    ),
    (
        "put",
        "Durable write of 1 KiB, 64 connections: requests a second",
        Case { workload: Workload::Put, connections: 64 },
    ),
    (
        "put-1",
        "Durable write of 1 KiB, 1 connection: requests a second",
        Case { workload: Workload::Put, connections: 1 },
    ),
    (
        "update",
        "Counter with a condition, 64 connections: requests a second",
        Case { workload: Workload::Update, connections: 64 },
    ),
    (
        "query",
        "Query of 10 × 1 KiB, 64 connections: requests a second",
        Case { workload: Workload::Query, connections: 64 },
    ),
];

/// What the page is made of.
pub(crate) struct Content<'a> {
    pub(crate) systems: &'a [Box<dyn System>],
    pub(crate) results: &'a Results,
    pub(crate) targets: &'a [Target],
    pub(crate) processor: &'a str,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
}

impl Content<'_> {
    /// The section in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let sync = median(self.results.syncs.iter().map(|sync| sync.as_secs_f64() * 1e3)).unwrap_or_default();
        let mut text = format!(
            "Server on one core of {}, client on another, both on the loopback; one fdatasync of 1 KiB takes {sync:.3} ms on this \
             disk. {} rounds of {} s each, interleaved over the systems, the others halted meanwhile; medians.\n\n",
            self.processor, self.rounds, self.seconds
        );
        self.targets(&mut text);
        for (name, title, _) in PLOTS {
            writeln!(text, "![{title}](performance/{name}.svg)\n").expect("a String takes all");
        }
        for (number, case) in CASES.into_iter().enumerate() {
            self.case(number, case, &mut text);
        }
        self.about(&mut text);
        text
    }

    fn targets(&self, text: &mut String) {
        text.push_str("### Targets\n\n| on one core, signatures checked | measured | aim | |\n| --- | --- | --- | --- |\n");
        for Target { what, measured, aim, met } in self.targets {
            let verdict = met.map_or("–", |met| if met { "met" } else { "**missed**" });
            writeln!(text, "| {what} | {measured} | {aim} | {verdict} |").expect("a String takes all");
        }
        text.push('\n');
    }

    fn case(&self, number: usize, case: Case, text: &mut String) {
        let rows: Vec<_> = self
            .systems
            .iter()
            .filter_map(|system| Some((system.name(), self.results.samples.get(&(number, system.name()))?)))
            .collect();
        if rows.is_empty() {
            return;
        }
        let (title, volume) = (title(case), case.workload == Workload::Scan);
        let unit = if volume { "MB/s of items" } else { "requests/s" };
        write!(
            text,
            "### {title}\n\n| | {unit} | p50 | p99 | CPU of the server | of the client |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
        )
        .expect("a String takes all");
        for (name, samples) in rows {
            let of = |figure: fn(&Sample) -> Option<f64>| median(samples.iter().filter_map(figure));
            let amount = of(if volume { |s| Some(s.megabytes_per_second) } else { |s| Some(s.per_second) });
            let cell = |figure: Option<f64>, unit: &str, digits: usize| {
                figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$} {unit}"))
            };
            let name = if name == PARTITA { format!("**{name}**") } else { name.to_owned() };
            writeln!(
                text,
                "| {name} | {} | {} | {} | {} | {} |",
                thousands(amount.unwrap_or_default()),
                cell(of(|sample| Some(sample.p50_ms)), "ms", 3),
                cell(of(|sample| sample.p99_ms), "ms", 3),
                cell(of(|sample| Some(sample.server_us)), "µs", 1),
                cell(of(|sample| sample.client_us), "µs", 1),
            )
            .expect("a String takes all");
        }
        text.push('\n');
    }

    fn about(&self, text: &mut String) {
        text.push_str("### What was compared\n\n");
        for system in self.systems {
            let absent = self.results.absent.iter().find(|(name, _)| *name == system.name());
            let absent = absent.map_or_else(String::new, |(_, why)| format!(" **Absent:** {why}"));
            writeln!(text, "- {}: {}.{absent}", system.name(), system.about()).expect("a String takes all");
        }
        text.push_str("\nProcessor time is for each request. For PostgreSQL p50 is the mean.\n");
        if !self.results.remarks.is_empty() {
            text.push_str("\nWhat went wrong:\n\n");
            for remark in &self.results.remarks {
                writeln!(text, "- {remark}").expect("a String takes all");
            }
        }
    }

    /// Writes the section and the plots.
    pub(crate) fn write(&self, page: &Path) -> Result<()> {
        let shown = page.display();
        let there = std::fs::read_to_string(page).with_context(|| format!("cannot read {shown}"))?;
        let replaced = replace(&there, &self.markdown())
            .with_context(|| format!("{shown} lacks the lines `{}` and `{}`", BEGIN.trim(), END.trim()))?;
        let folder = page.with_extension("");
        std::fs::create_dir_all(&folder)?;
        for (name, title, case) in PLOTS {
            let bars = bars(title, &self.bars(case));
            std::fs::write(folder.join(name).with_extension("svg"), bars)?;
        }
        std::fs::write(page, replaced).with_context(|| format!("cannot write {shown}"))
    }

    fn bars(&self, case: Case) -> Vec<Bar> {
        let of = |system: &'static str| {
            median(
                self.results
                    .of(case.workload, case.connections, system)
                    .iter()
                    .map(|sample| sample.per_second),
            )
        };
        let names = self.systems.iter().map(|system| system.name());
        names.filter_map(|label| Some(Bar { label, value: of(label)?, ours: label == PARTITA })).collect()
    }
}

fn title(Case { workload, connections }: Case) -> String {
    let what = match workload {
        Workload::Put => "Durable PutItem, 1 KiB",
        Workload::Get => "Strong GetItem, 1 KiB",
        Workload::Update => "UpdateItem: a counter with a condition",
        Workload::Query => "Query of 10 × 1 KiB",
        Workload::BatchWrite => "BatchWriteItem of 25 × 1 KiB",
        Workload::TransactWrite => "TransactWriteItems of 4 × 1 KiB",
        Workload::Scan => "Scan",
    };
    format!("{what}, {connections} connection{}", if connections == 1 { "" } else { "s" })
}

/// The page with what stands between the marks replaced; `None` without the marks.
fn replace(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{section}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("# Title\n\n{BEGIN}old\n{END}\nrest\n");
        let new = replace(&page, "new").unwrap();
        assert_eq!(new, format!("# Title\n\n{BEGIN}\nnew\n{END}\nrest\n"));
        assert_eq!(replace(&new, "new").unwrap(), new, "a second time changes nothing");
        assert!(replace("# Title", "new").is_none());
    }
}
