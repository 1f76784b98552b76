//! Quantities as numbers, to compare them as Kubernetes does.

use serde_json::Value;

/// An amount in billionths, rounded up. As in Kubernetes, no amount is larger than 2⁶³ − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(i128);

const ONE: i128 = 1_000_000_000;
const MAX: i128 = i64::MAX as i128 * ONE;

/// The digits that count: with the largest unit, the product fits into 128 bits.
const DIGITS: u64 = 10_u64.pow(18);

impl Quantity {
    pub(crate) const ZERO: Self = Self(0);

    /// Parses a number, or a string such as `250m`, `1.5Gi` or `1e3`; `None` if it is not a quantity.
    pub(crate) fn parse(value: &Value) -> Option<Self> {
        match value {
            Value::String(string) => Self::parse_str(string),
            Value::Number(number) => Self::parse_str(&number.to_string()),
            _ => None,
        }
    }

    fn parse_str(string: &str) -> Option<Self> {
        let (whole, fraction, unit) = parts(string);
        let (factor, power) = unit_of(unit)?;
        let (mut digits, mut power) = (0_u64, power + 9);
        for (part, step) in [(whole, 0), (fraction, -1)] {
            for digit in part.bytes() {
                let digit = char::from(digit).to_digit(10)?;
                if digits < DIGITS {
                    digits = digits * 10 + u64::from(digit);
                    power += step;
                } else {
                    power += step + 1;
                }
            }
        }
        let amount = scaled(i128::from(digits) * factor, power).min(MAX);
        Some(Self(if string.starts_with('-') { -amount } else { amount }))
    }

    pub(crate) fn billionths(self) -> i128 {
        self.0
    }

    /// A whole number.
    pub(crate) const fn whole(number: i64) -> Self {
        Self(number as i128 * ONE)
    }

    pub(crate) fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// Whether it is a multiple of another one, which is not zero.
    pub(crate) fn is_multiple_of(self, other: Self) -> bool {
        other.0 != 0 && self.0 % other.0 == 0
    }

    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// The units that are powers of 1000, from a billionth on.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// The units that are powers of 1024.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The digits before the point, those after it, and the unit, without the sign.
fn parts(string: &str) -> (&str, &str, &str) {
    let unsigned = string.trim_start_matches(['+', '-']);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = unsigned.split_at(end.unwrap_or(unsigned.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    (whole, fraction, unit)
}

/// What a unit multiplies by: a factor, and a power of ten.
fn unit_of(unit: &str) -> Option<(i128, i64)> {
    if let Some(at) = DECIMAL.iter().position(|known| *known == unit) {
        return Some((1, 3 * i64::try_from(at).ok()? - 9));
    }
    if let Some(at) = BINARY.iter().position(|known| *known == unit) {
        return Some((1 << (10 * (at + 1)), 0));
    }
    let power = unit.strip_prefix(['e', 'E'])?.parse::<i64>().ok()?;
    Some((1, power.clamp(-1000, 1000)))
}

/// A number times a power of ten, rounded up.
fn scaled(number: i128, power: i64) -> i128 {
    let factor = |power: i64| u32::try_from(power).ok().and_then(|it| 10_i128.checked_pow(it));
    if number == 0 {
        0
    } else if power >= 0 {
        factor(power).and_then(|factor| number.checked_mul(factor)).unwrap_or(MAX)
    } else {
        factor(-power).map_or(1, |factor| (number + factor - 1) / factor)
    }
}

/// A quantity as the API server stores it: `0.5` as `500m`, `1024Mi` as `1Gi`. `in_list` is one of a list of
/// resources, which the server rounds up to thousandths. `None` if it is not a quantity, or too large to be
/// written otherwise. Source: Kubernetes, `ParseQuantity` and `CanonicalizeBytes` in
/// `apimachinery/pkg/api/resource/quantity.go`; `SetDefaults_ResourceList` in `pkg/apis/core/v1/defaults.go`.
pub(crate) fn canonical(value: &Value, in_list: bool) -> Option<String> {
    let written = match value {
        Value::String(string) => string.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let Quantity(mut amount) = Quantity::parse_str(&written)?;
    if in_list {
        let milli = ONE / 1000;
        amount = (amount.abs() + milli - 1) / milli * milli * amount.signum();
    }
    if amount == 0 {
        return Some("0".to_owned());
    }
    if is_kept(&written, in_list) {
        return Some(written);
    }
    if amount.abs() == MAX {
        return None;
    }
    let is_binary = written.ends_with('i') && amount % ONE == 0 && amount.abs() >= 1024 * ONE;
    if is_binary {
        let (mut number, mut unit) = (amount / ONE, "");
        for larger in BINARY {
            if number % 1024 == 0 {
                (number, unit) = (number / 1024, larger);
            }
        }
        return Some(format!("{number}{unit}"));
    }
    let (mut number, mut unit) = (amount, 0);
    while number % 1000 == 0 {
        (number, unit) = (number / 1000, unit + 1);
    }
    let suffix = DECIMAL.get(unit)?;
    let digits = written.trim_end_matches(|c: char| c.is_ascii_digit());
    let has_exponent = value.is_string() && digits.ends_with(['e', 'E', '-', '+']);
    let power = 3 * i64::try_from(unit).ok()? - 9;
    Some(match power {
        0 => number.to_string(),
        _ if has_exponent => format!("{number}e{power}"),
        _ => format!("{number}{suffix}"),
    })
}

/// Whether the API server keeps a quantity as it is written.
fn is_kept(written: &str, in_list: bool) -> bool {
    let (whole, fraction, unit) = parts(written);
    let whole = whole.trim_start_matches('0');
    if let Some(at) = BINARY.iter().position(|known| *known == unit) {
        // The server counts a decimal digit for every 10/3 bits.
        let digits = whole.len() + 3 * (at + 1) + 1;
        return fraction.is_empty()
            && digits <= 15
            && whole.parse().is_ok_and(|n: u64| !n.is_multiple_of(8));
    }
    let Some((_, power)) = unit_of(unit) else { return false };
    let power = power - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let least = if in_list { -3 } else { -9 };
    let digits = whole.len() + fraction.len();
    !whole.is_empty()
        && digits <= 18
        && power >= least
        && power % 3 == 0
        && !format!("{whole}{fraction}").ends_with("000")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_are_compared_as_numbers() {
        let quantity = |value: Value| Quantity::parse(&value).unwrap();
        let equal = [
            (json!("1"), json!(1)),
            (json!("1000m"), json!(1.0)),
            (json!("1Ki"), json!("1024")),
            (json!("1.5Gi"), json!("1536Mi")),
            (json!("1e3"), json!("1k")),
            (json!("-0.5"), json!("-500m")),
            (json!(".5"), json!(5e-1)),
            (json!("0.1n"), json!("1n")),
            (json!("9e99999999999"), json!("8Ei")),
            (json!("123456789012345678901234"), json!("10E")),
            (json!("0e999"), json!(0)),
            (json!("1e-999"), json!("1n")),
        ];
        for (one, other) in equal {
            assert_eq!(quantity(one.clone()), quantity(other), "{one}");
        }
        assert!(quantity(json!("999Mi")) < quantity(json!("1Gi")));
        assert!(quantity(json!("9007199254740993")) > quantity(json!("9007199254740992")));
        assert!(quantity(json!("2")).is_whole() && !quantity(json!("0.5")).is_whole());
        assert_eq!(Quantity::parse(&json!("1GB")), None);
    }

    #[test]
    fn quantities_are_written_as_the_api_server_stores_them() {
        let stored = [
            (json!("0.5"), "500m"),
            (json!(0.5), "500m"),
            (json!(1), "1"),
            (json!("1.0"), "1"),
            (json!("1024Mi"), "1Gi"),
            (json!("1.5Gi"), "1536Mi"),
            (json!("100Mi"), "100Mi"),
            (json!("512Mi"), "512Mi"),
            (json!("1000m"), "1"),
            (json!("1500m"), "1500m"),
            (json!("2000"), "2k"),
            (json!("1e3"), "1e3"),
            (json!("1000e3"), "1e6"),
            (json!("1073741824"), "1073741824"),
            (json!("0.5Ki"), "512"),
            (json!("0.1Ki"), "102400m"),
            (json!("0Gi"), "0"),
            (json!("-0.5"), "-500m"),
            (json!("1E"), "1E"),
            (json!("0.0001"), "1m"),
            (json!("1e-7"), "1e-3"),
            (json!(1e-7), "1m"),
            (json!("0100m"), "0100m"),
        ];
        for (written, expected) in stored {
            assert_eq!(canonical(&written, true).as_deref(), Some(expected), "{written}");
        }
        assert_eq!(canonical(&json!("0.0001"), false).as_deref(), Some("100u"));
        assert_eq!(canonical(&json!("1GB"), false), None);
    }
}
