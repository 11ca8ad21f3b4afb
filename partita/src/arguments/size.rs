//! Amounts of memory, as people write them.

use partita_storage::CACHE_BYTES_MIN;

/// The units an amount may have, and the bytes of each.
const UNITS: [(&str, usize); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// Reads the budget of the caches, `256MiB`, and refuses one that is too small to work with.
pub(super) fn cache_size(text: &str) -> Result<usize, String> {
    let bytes = bytes(text).ok_or("give a whole number of KiB, MiB or GiB, as in 256MiB")?;
    if bytes < CACHE_BYTES_MIN {
        return Err(format!("give at least {}MiB", CACHE_BYTES_MIN >> 20));
    }
    Ok(bytes)
}

fn bytes(text: &str) -> Option<usize> {
    let (number, times) =
        UNITS.iter().find_map(|&(unit, times)| Some((text.strip_suffix(unit)?.trim_end(), times)))?;
    // A sign is no digit, though the parser would take it.
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<usize>().ok()?.checked_mul(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        for (text, bytes) in
            [("256MiB", 256 << 20), ("16 MiB", 16 << 20), ("2GiB", 2 << 30), ("16384KiB", 16 << 20)]
        {
            assert_eq!(cache_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_or_too_small_is_refused_with_a_hint() {
        for text in [
            "",
            "MiB",
            "256",
            "256M",
            "256mib",
            "-1MiB",
            "+16MiB",
            "1.5GiB",
            "99999999999999999999GiB",
            "20000000000GiB",
        ] {
            assert!(cache_size(text).unwrap_err().contains("256MiB"), "{text:?}");
        }
        assert_eq!(cache_size("15MiB"), Err("give at least 16MiB".to_owned()));
        assert_eq!(cache_size("0KiB"), Err("give at least 16MiB".to_owned()));
    }
}
