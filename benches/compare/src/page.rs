//! The section of `docs/performance.md` that a comparison writes, between its two marks, and the plots beside it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use partita_bench::Workload;

use crate::cases::{CASES, Case};
use crate::load::Sample;
use crate::matrix::{Results, median};
use crate::plot::{Bar, bars, thousands};
use crate::system::{PARTITA, System};
use crate::targets::Target;

const BEGIN: &str = "<!-- cargo xtask compare: begin -->\n";
const END: &str = "<!-- cargo xtask compare: end -->\n";
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
        let sync = self.results.syncs.values().flatten().map(|sync| sync.as_secs_f64() * 1e3);
        let sync = median(sync).unwrap_or_default();
        let mut text = format!(
            "Server on one core of {}, client on another, both on the loopback; one fdatasync of 1 KiB takes {sync:.3} ms on this \
             disk. {} rounds of {} s each, interleaved over the systems, the others halted meanwhile; medians.\n\n",
            self.processor, self.rounds, self.seconds
        );
        self.targets(&mut text);
        for case in CASES.into_iter().filter(|case| case.plotted) {
            writeln!(text, "![{}](performance/{}.svg)\n", plot_title(case), case.file())
                .expect("a String takes all");
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
        let samples = |name| Some(self.results.samples.get(&(number, name))?.iter().flatten().collect());
        let rows = self.systems.iter().filter_map(|system| Some((system.name(), samples(system.name())?)));
        let rows: Vec<(_, Vec<_>)> = rows.filter(|(_, samples): &(_, Vec<_>)| !samples.is_empty()).collect();
        if rows.is_empty() {
            return;
        }
        let (title, volume) = (case.title(), case.workload == Workload::Scan);
        let unit = if volume { "MB/s of items" } else { "requests/s" };
        write!(
            text,
            "### {title}\n\n| | {unit} | p50 | p99 | CPU of the server | of the client |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
        )
        .expect("a String takes all");
        rows.iter().for_each(|(name, samples)| row(name, samples, volume, text));
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
        for case in CASES.into_iter().filter(|case| case.plotted) {
            let bars = bars(&plot_title(case), &self.bars(case));
            std::fs::write(folder.join(case.file()).with_extension("svg"), bars)?;
        }
        std::fs::write(page, replaced).with_context(|| format!("cannot write {shown}"))
    }

    fn bars(&self, case: Case) -> Vec<Bar> {
        let of = |system: &'static str| {
            median(
                self.results
                    .of(case.workload, case.connections, system)
                    .iter()
                    .flatten()
                    .map(|sample| sample.per_second),
            )
        };
        let names = self.systems.iter().map(|system| system.name());
        names.filter_map(|label| Some(Bar { label, value: of(label)?, ours: label == PARTITA })).collect()
    }
}

/// A system's line in the table of a case: medians of the rounds that it has.
fn row(name: &str, samples: &[&Sample], volume: bool, text: &mut String) {
    let of = |figure: fn(&Sample) -> Option<f64>| median(samples.iter().copied().filter_map(figure));
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

fn plot_title(case: Case) -> String {
    format!("{}: requests a second", case.title())
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
