//! What the kernel knows of a process.

use std::fs;

/// kB of memory that is in no file: heap and stacks, not mapped snapshots.
pub fn anonymous_kb(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

pub fn open_files(id: u32) -> usize {
    fs::read_dir(format!("/proc/{id}/fd")).unwrap().count()
}

/// Clock ticks (hundredths of a second) that its threads have run.
pub fn ticks(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    // After the name, which may hold anything.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [11, 12].map(|user_or_system| fields[user_or_system].parse::<u64>().unwrap()).iter().sum()
}
