//! Any bytes at all, read as a list of corner points. What comes out as a geometry can be written into a snapshot or is refused.
#![no_main]

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;
mod written;

use libfuzzer_sys::fuzz_target;
use plantiles::import::read_corners;

fuzz_target!(|data: &[u8]| written::every_row(data, |bytes, intake| read_corners(bytes, intake)));
