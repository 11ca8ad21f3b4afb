//! Amounts of storage as Kubernetes writes them.

/// The amount in thousandths, so that `1500m` and `1.5` are whole numbers; `None` if it is none, or negative, or beyond what
/// Kubernetes can count.
pub(crate) fn thousandths(quantity: &str) -> Option<u128> {
    let end = quantity.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(quantity.len());
    let (number, suffix) = quantity.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let (times, over) = multiplier(suffix)?;
    // Kubernetes rounds up what is finer than a thousandth.
    Some(digits.checked_mul(times)?.checked_mul(1000)?.div_ceil(scale.checked_mul(over)?))
}

/// What a suffix multiplies with, as a fraction.
fn multiplier(suffix: &str) -> Option<(u128, u128)> {
    if let Some(power) = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|unit| *unit == suffix) {
        return Some((1_u128 << (10 * power), 1));
    }
    if let Some(power) = ["n", "u", "m"].iter().position(|unit| *unit == suffix) {
        return Some((1, [1_000_000_000, 1_000_000, 1_000].get(power).copied()?));
    }
    if let Some(power) = ["k", "M", "G", "T", "P", "E"].iter().position(|unit| *unit == suffix) {
        return Some((1000_u128.checked_pow(u32::try_from(power).ok()? + 1)?, 1));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let ten = 10_u128.checked_pow(exponent.unsigned_abs())?;
    Some(if exponent < 0 { (1, ten) } else { (ten, 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_can_be_written_in_many_ways() {
        for (one, other) in [
            ("1Gi", "1024Mi"),
            ("1.5Gi", "1536Mi"),
            ("1500m", "1.5"),
            ("1e3", "1k"),
            ("5E", "5000P"),
            ("2E2", "200"),
            ("1000000000", "1G"),
            ("25e-1", "2.5"),
            (".5Ki", "512"),
        ] {
            assert_eq!(thousandths(one), thousandths(other), "{one} {other}");
            assert!(thousandths(one).is_some(), "{one}");
        }
        assert!(thousandths("10Gi") > thousandths("10G"));
        assert!(thousandths("1Ei") > thousandths("999Pi"));
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for bad in ["", ".", "Gi", "-1", "1 Gi", "1gi", "1.2.3", "e5", "1e", "1e99", "x"] {
            assert_eq!(thousandths(bad), None, "{bad:?}");
        }
        assert_eq!(thousandths(&"9".repeat(60)), None);
    }
}
