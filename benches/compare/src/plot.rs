//! Bars, as SVG that reads on light and on dark pages.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const LABEL_WIDTH: f64 = 190.0;
/// Room for the figure at the end of the longest bar.
const FIGURE_WIDTH: f64 = 90.0;
const BAR_HEIGHT: f64 = 18.0;
const ROW_HEIGHT: f64 = 26.0;
const TITLE_HEIGHT: f64 = 34.0;
const OURS: &str = "#2f6fde";
const OTHERS: &str = "#9aa4b2";

/// One bar.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) label: &'static str,
    pub(crate) value: f64,
    /// Drawn in the colour of what the page is about.
    pub(crate) ours: bool,
}

/// Horizontal bars from zero, on one linear scale.
pub(crate) fn bars(title: &str, bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let height =
        f64::from(u32::try_from(bars.len()).unwrap_or(u32::MAX)).mul_add(ROW_HEIGHT, TITLE_HEIGHT + 8.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <style>text {{ font: 13px sans-serif; fill: #1f2328 }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} }}</style>\n\
         <text x=\"8\" y=\"22\" font-weight=\"bold\">{title}</text>\n"
    );
    let mut y = TITLE_HEIGHT;
    for Bar { label, value, ours } in bars {
        let width = value / most * (WIDTH - LABEL_WIDTH - FIGURE_WIDTH);
        let (colour, middle) = (if *ours { OURS } else { OTHERS }, y + 14.0);
        let (label_end, figure) = (LABEL_WIDTH - 8.0, LABEL_WIDTH + width + 6.0);
        let value = thousands(*value);
        write!(
            svg,
            "<text x=\"{label_end}\" y=\"{middle}\" text-anchor=\"end\">{label}</text>\n\
             <rect x=\"{LABEL_WIDTH}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" fill=\"{colour}\"/>\n\
             <text x=\"{figure:.1}\" y=\"{middle}\">{value}</text>\n"
        )
        .expect("a String takes all");
        y += ROW_HEIGHT;
    }
    svg.push_str("</svg>\n");
    svg
}

/// A whole number with separators: `12,345`.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_room_and_others_their_share() {
        let svg = bars(
            "Reads",
            &[
                Bar { label: "Partita", value: 50_000.0, ours: true },
                Bar { label: "other", value: 12_500.0, ours: false },
            ],
        );
        assert!(svg.contains("width=\"480.0\"") && svg.contains("width=\"120.0\""), "{svg}");
        assert!(svg.contains(">50,000<") && svg.contains(OURS));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn thousands_are_set_apart() {
        let cases = [(0.4, "0"), (999.0, "999"), (1_000.0, "1,000"), (1_234_567.0, "1,234,567")];
        for (value, text) in cases {
            assert_eq!(thousands(value), text);
        }
    }
}
