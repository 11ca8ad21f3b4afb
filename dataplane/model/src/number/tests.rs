use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, Signed, Zero};
use proptest::prelude::*;

use super::*;
use crate::arbitrary;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn refusal(text: &str) -> NumberError {
    text.parse::<Number>().unwrap_err()
}

/// The value in arbitrary precision, made from the parts and not by our own parser or printer.
fn exact(number: &Number) -> BigDecimal {
    let digits = BigInt::from(number.digits());
    let signed = if number.is_negative() { -digits } else { digits };
    BigDecimal::new(signed, -i64::from(number.exponent()))
}

/// What [`Number`] must make of an exact value: the limits, stated once more in other terms.
fn expected(value: &BigDecimal) -> Result<BigDecimal, NumberError> {
    if value.is_zero() {
        return Ok(value.clone());
    }
    let power = |exponent: i64| BigDecimal::new(BigInt::from(1), -exponent);
    let (digits, _) = value.normalized().into_bigint_and_exponent();
    if value.abs() >= power(126) {
        Err(NumberError::Overflow)
    } else if value.abs() < power(-130) {
        Err(NumberError::Underflow)
    } else if digits.abs() >= BigInt::from(10).pow(38) {
        Err(NumberError::TooManyDigits)
    } else {
        Ok(value.clone())
    }
}

fn assert_exact(actual: Result<Number, NumberError>, value: &BigDecimal) -> Result<(), TestCaseError> {
    match (actual, expected(value)) {
        (Ok(number), Ok(value)) => prop_assert_eq!(exact(&number), value),
        // A sum of very many digits is refused before its magnitude is known.
        (Err(NumberError::TooManyDigits), Err(NumberError::Overflow | NumberError::Underflow)) => {}
        (actual, expected) => prop_assert_eq!(actual.map(|n| exact(&n)), expected),
    }
    Ok(())
}

#[test]
fn text_comes_back_in_plain_notation() {
    let zeros = |count: usize| "0".repeat(count);
    let cases = [
        ("0", "0".to_owned()),
        ("-0", "0".to_owned()),
        ("+0.00e7", "0".to_owned()),
        ("0e999999999999999999999", "0".to_owned()),
        ("1.500", "1.5".to_owned()),
        ("0010", "10".to_owned()),
        ("+7", "7".to_owned()),
        ("-7", "-7".to_owned()),
        ("1e3", "1000".to_owned()),
        ("1E+3", "1000".to_owned()),
        ("1200e-2", "12".to_owned()),
        ("-12.34e1", "-123.4".to_owned()),
        ("0.05", "0.05".to_owned()),
        (".5", "0.5".to_owned()),
        ("5.", "5".to_owned()),
        ("1E125", format!("1{}", zeros(125))),
        ("-1E-130", format!("-0.{}1", zeros(129))),
        ("1.2E-130", format!("0.{}12", zeros(129))),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678".to_owned()),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678".to_owned()),
        ("1.0000000000000000000000000000000000001", "1.0000000000000000000000000000000000001".to_owned()),
    ];
    for (text, plain) in cases {
        assert_eq!(number(text).to_string(), plain, "{text}");
    }
}

#[test]
fn other_texts_are_not_numeric() {
    let texts = [
        "",
        " ",
        " 1",
        "1 ",
        "+",
        "-",
        ".",
        "e",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e1.5",
        "1e1e1",
        "--1",
        "+-1",
        "1-",
        "1.2.3",
        "1,000",
        "0x10",
        "1_000",
        "NaN",
        "Infinity",
        "-Infinity",
        "abc",
        "١",
        "1\u{0}",
        "é",
        "1é",
        "1eé",
    ];
    for text in texts {
        assert_eq!(refusal(text), NumberError::NotNumeric { text: text.to_owned() });
    }
}

#[test]
fn limits_are_sharp() {
    let nines = "9".repeat(38);
    assert_eq!(number(&format!("{nines}e88")).to_string(), format!("{nines}{}", "0".repeat(88)));
    assert_eq!(refusal("1e126"), NumberError::Overflow);
    assert_eq!(refusal("-10e125"), NumberError::Overflow);
    assert_eq!(refusal("9e99999999999999999999999"), NumberError::Overflow);
    assert_eq!(refusal("9.99e-131"), NumberError::Underflow);
    assert_eq!(refusal("-1e-99999999999999999999999"), NumberError::Underflow);
    assert_eq!(refusal(&format!("{nines}.9")), NumberError::TooManyDigits);
    assert_eq!(refusal(&format!("1{}1", "0".repeat(37))), NumberError::TooManyDigits);
    // Zeros around the significant digits do not count, however many.
    assert_eq!(number(&format!("{}{nines}.{}", "0".repeat(500), "0".repeat(500))), number(&nines));
    assert_eq!(number(&format!("1{}e-1000", "0".repeat(1000))), Number::from(1u64));
    assert_eq!(number(&format!("0.{}1e1000", "0".repeat(999))), Number::from(1u64));
    // A number that is both too large and too long is too large.
    assert_eq!(refusal(&"9".repeat(200)), NumberError::Overflow);
    assert_eq!(refusal(&format!("0.{}{nines}9", "0".repeat(140))), NumberError::Underflow);
}

#[test]
fn sums_are_exact_or_refused() {
    let sum = |a: &str, b: &str| number(a).checked_add(&number(b)).map(|n| n.to_string());
    assert_eq!(sum("0.1", "0.2"), Ok("0.3".to_owned()));
    assert_eq!(sum("1e38", "-1"), Ok("9".repeat(38)));
    assert_eq!(sum("1e37", "1"), Ok(format!("1{}1", "0".repeat(36))));
    assert_eq!(sum("1e38", "1"), Err(NumberError::TooManyDigits));
    assert_eq!(sum("1e39", "-1"), Err(NumberError::TooManyDigits));
    assert_eq!(sum("1e125", "1e-130"), Err(NumberError::TooManyDigits));
    assert_eq!(sum("1e125", "-1e125"), Ok("0".to_owned()));
    assert_eq!(sum("5e125", "5e125"), Err(NumberError::Overflow));
    assert_eq!(sum("1.1e-130", "-1e-130"), Err(NumberError::Underflow));
    assert_eq!(sum(&"9".repeat(38), "1"), Ok(format!("1{}", "0".repeat(38))));
    // Beyond u128 on the way.
    assert_eq!(sum("3.4e38", &"9".repeat(38)), Err(NumberError::TooManyDigits));
    assert_eq!(number("1").checked_sub(&number("1e-37")), Ok(number(&format!("0.{}", "9".repeat(37)))));
}

#[test]
fn zero_has_no_sign() {
    assert_eq!(-Number::ZERO, Number::ZERO);
    assert_eq!(Number::ZERO.checked_sub(&Number::ZERO), Ok(Number::ZERO));
    assert_eq!(Number::from_parts(true, 0, 99), Ok(Number::ZERO));
    assert_eq!((-Number::from(3)).to_string(), "-3");
}

#[test]
fn integers_convert() {
    assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
    assert_eq!(Number::from(i64::MIN).to_string(), "-9223372036854775808");
    assert_eq!(Number::from(0i64), Number::ZERO);
    assert_eq!(Number::from(-1200), number("-1200"));
    assert_eq!(Number::from(1200u32).significant_digits(), 2);
}

#[test]
fn ordered_form_refuses_what_it_would_not_write() {
    let cases: [&[u8]; 11] = [
        &[],
        &[0x23, 0x82, 0x14],                              // no such class
        &[0x22],                                          // no magnitude
        &[0x22, 0x82],                                    // no digits
        &[0x22, 0x82, 0x15],                              // ends within the digits
        &[0x22, 0x82, 0x02],                              // first digit zero
        &[0x22, 0x82, 0x15, 0x00],                        // last pair zero
        &[0x22, 0x82, 0xC8],                              // pair 100
        &[0x20, 0x7D, 0xEA],                              // goes on
        &[0x22, 0x82, 0x00],                              // zero in long form
        &[[0x22, 0x82].as_slice(), &[0x15; 20]].concat(), // twenty pairs
    ];
    for bytes in cases {
        assert_eq!(ordered::read(bytes), None, "{bytes:02x?}");
    }
}

fn hash(number: &Number) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}

/// Pairs that are often close to each other, so that sums cancel and comparisons turn on the last digit.
fn pair() -> impl Strategy<Value = (Number, Number)> {
    let close = (arbitrary::number(), -2i128..=2).prop_map(|(a, step)| {
        let moved = a.digits().saturating_add_signed(step);
        let b = Number::from_parts(a.is_negative(), moved, i32::from(a.exponent())).unwrap_or(a);
        (a, if step == 0 { -b } else { b })
    });
    prop_oneof![(arbitrary::number(), arbitrary::number()), close]
}

proptest! {
    #[test]
    fn parse_inverts_display(n in arbitrary::number()) {
        let text = n.to_string();
        prop_assert!(!text.contains(['e', 'E', '+']) && !text.ends_with('.'));
        prop_assert_eq!(text.parse::<Number>(), Ok(n));
        let mut pushed = b"before".to_vec();
        n.push_text(&mut pushed);
        prop_assert_eq!(String::from_utf8(pushed).unwrap(), format!("before{text}"));
    }

    #[test]
    fn parse_agrees_with_arbitrary_precision(
        text in "[+-]?([0-9]{1,45}(\\.[0-9]{0,45})?|\\.[0-9]{1,45})([eE][+-]?[0-9]{1,3})?"
    ) {
        // The reference reads no bare point and no leading plus.
        let reference: BigDecimal = text.trim_start_matches('+').replace("-.", "-0.").parse().unwrap();
        let expected = expected(&reference);
        prop_assert_eq!(text.parse::<Number>().map(|n| exact(&n)), expected);
    }

    #[test]
    fn parse_takes_any_text(text in "\\PC*") {
        if let Err(NumberError::NotNumeric { text: given }) = text.parse::<Number>() {
            prop_assert_eq!(given, text);
        }
    }

    #[test]
    fn equal_values_are_equal_and_hash_alike(n in arbitrary::number(), zeros in 0u32..6) {
        if let Some(digits) = 10u128.checked_pow(zeros).and_then(|scale| n.digits().checked_mul(scale)) {
            let other = Number::from_parts(n.is_negative(), digits, i32::from(n.exponent()) - zeros as i32).unwrap();
            prop_assert_eq!(other, n);
            prop_assert_eq!(hash(&other), hash(&n));
        }
    }

    #[test]
    fn order_is_by_value((a, b) in pair()) {
        prop_assert_eq!(a.cmp(&b), exact(&a).cmp(&exact(&b)));
        prop_assert_eq!(a == b, exact(&a) == exact(&b));
    }

    #[test]
    fn sum_and_difference_agree_with_arbitrary_precision((a, b) in pair()) {
        assert_exact(a.checked_add(&b), &(exact(&a) + exact(&b)))?;
        assert_exact(a.checked_sub(&b), &(exact(&a) - exact(&b)))?;
    }

    #[test]
    fn significant_digits_are_those_written(n in arbitrary::number()) {
        let text = n.to_string();
        let written: String = text.chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(n.significant_digits() as usize, written.trim_matches('0').len().max(1));
    }

    #[test]
    fn ordered_form_takes_only_its_own_bytes(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..24),
        (0x20u8..=0x22, prop::collection::vec(any::<u8>(), 1..23)).prop_map(|(class, rest)| [vec![class], rest].concat()),
    ]) {
        if let Some((n, rest)) = ordered::read(&bytes) {
            let mut again = Vec::new();
            ordered::write(&n, &mut again);
            prop_assert!(again.len() <= 21);
            again.extend_from_slice(rest);
            prop_assert_eq!(again, bytes);
        }
    }
}
