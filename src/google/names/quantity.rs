//! Quantities: how Kubernetes writes amounts of CPU, memory and storage.

/// Whether a text is a quantity: a decimal number, then a power of two (`Mi`), a power of ten (`M`)
/// or an exponent (`e6`). Source: Kubernetes API, Quantity.
pub(crate) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let number = number.bytes().any(|b| b.is_ascii_digit()) && number.matches('.').count() <= 1;
    let exponent = || {
        let power = suffix.strip_prefix(['e', 'E'])?;
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        Some(!power.is_empty() && power.bytes().all(|b| b.is_ascii_digit()))
    };
    let unit =
        ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E"];
    number && (unit.contains(&suffix) || exponent().unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::is_quantity;

    #[test]
    fn quantities() {
        for text in
            ["1", "0.5", ".5", "5.", "250m", "512Mi", "1Gi", "+1k", "-1", "1e3", "1E", "1E+3"]
        {
            assert!(is_quantity(text), "{text}");
        }
        for text in [
            "", "m", ".", "1.2.3", "1GB", "512mb", "1 Gi", "1K", "1e", "1e+", "0x10", "1Gi ",
            "1\n", "1e+-3",
        ] {
            assert!(!is_quantity(text), "{text}");
        }
    }
}
