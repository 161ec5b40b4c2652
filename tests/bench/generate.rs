//! Writes one layer of a made-up national plan as rows for `COPY … FROM STDIN`.
//!
//!     bench_generate LAYER FACTOR SEED
//!
//! The same arguments give the same bytes on every machine: numbers come from a hash of their place, and
//! sine and cosine are computed here, since those of the system differ in the last bit. A line on standard
//! error tells rows, vertices and the checksum of what was written.
//!
//! Features lie in clusters ("counties") on a lattice of cells that grows outwards in a spiral, so that more
//! features make clusters larger, not denser. A feature either fills its cell and shares each border, vertex
//! by vertex, with its neighbours, or stands free inside it, with holes or in parts.

use std::{
    fmt::Write as _,
    io::{self, BufWriter, Write},
    process::ExitCode,
};

struct Kind {
    name: &'static str,
    prefix: &'static str,
    features: f64,
    counties: u64,
    /// Fewest and most vertices, and how strongly small numbers are favoured.
    vertices: (f64, f64, u32),
    /// Smallest and largest height of a cell in degrees.
    cell: (f64, f64),
    /// Shares of features that fill their cell; of the rest, those in several parts. Share with holes.
    filling: f64,
    multipart: f64,
    holed: f64,
    categories: &'static [&'static str],
    /// What a name ends in.
    noun: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "block",
        prefix: "KC",
        features: 200_000.0,
        counties: 2_800,
        vertices: (8.0, 200.0, 5),
        cell: (0.008, 0.05),
        filling: 0.45,
        multipart: 0.07,
        holed: 0.06,
        categories: &["重点勘查区块", "空白区块", "已设探矿权整合", "探转采区块"],
        noun: "勘查区块",
    },
    Kind {
        name: "base",
        prefix: "JD",
        features: 300.0,
        counties: 30,
        vertices: (1_500.0, 2_500.0, 1),
        cell: (0.5, 1.4),
        filling: 0.7,
        multipart: 0.3,
        holed: 0.1,
        categories: &["能源资源基地", "国家规划矿区", "重点矿区"],
        noun: "能源资源基地",
    },
    Kind {
        name: "prohibited",
        prefix: "JZ",
        features: 50_000.0,
        counties: 2_800,
        vertices: (20.0, 500.0, 5),
        cell: (0.015, 0.09),
        filling: 0.25,
        multipart: 0.12,
        holed: 0.12,
        categories: &[
            "自然保护区",
            "生态保护红线",
            "饮用水水源保护区",
            "永久基本农田",
            "文物保护单位",
            "城镇开发边界",
            "交通干线两侧",
            "地质公园",
        ],
        noun: "禁止开采区",
    },
];

/// Boxes in which counties lie (west, south, east, north, weight): roughly where mining is, no boundary.
const PLACES: [[f64; 5]; 6] = [
    [106.0, 33.0, 122.0, 42.0, 0.34],
    [104.0, 23.0, 120.0, 33.0, 0.32],
    [119.0, 42.0, 131.0, 50.0, 0.12],
    [80.0, 36.0, 106.0, 46.0, 0.10],
    [97.0, 23.0, 104.0, 33.0, 0.08],
    [82.0, 29.5, 97.0, 36.0, 0.04],
];

const MINERALS: [&str; 40] = [
    "煤",
    "铁",
    "铜",
    "铝土矿",
    "金",
    "银",
    "铅",
    "锌",
    "钨",
    "锡",
    "锑",
    "钼",
    "镍",
    "钴",
    "锂",
    "稀土",
    "磷",
    "钾盐",
    "萤石",
    "晶质石墨",
    "石油",
    "天然气",
    "页岩气",
    "煤层气",
    "铀",
    "地热",
    "锰",
    "铬",
    "钒",
    "钛",
    "铂族",
    "铌",
    "钽",
    "硫铁矿",
    "重晶石",
    "高岭土",
    "膨润土",
    "石灰岩",
    "硅质原料",
    "矿泉水",
];
const SYLLABLES: [&str; 48] = [
    "安", "宁", "平", "和", "永", "长", "新", "兴", "东", "西", "南", "北", "山", "河", "江", "海", "清",
    "临", "阳", "城", "武", "文", "华", "丰", "泰", "吉", "广", "德", "昌", "龙", "凤", "石", "金", "白",
    "青", "林", "川", "原", "谷", "溪", "源", "泉", "屯", "留", "沁", "盂", "曲", "襄",
];
const SUFFIXES: [&str; 4] = ["县", "区", "市", "旗"];
const PROVINCES: [u32; 31] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
    61, 62, 63, 64, 65,
];
const LEVELS: [&str; 3] = ["国家级", "省级", "市县级"];

/// A degree of longitude is shorter than one of latitude; this makes cells about square.
const STRETCH: f64 = 1.25;

// ---- numbers from places ----

/// Mixes the bits of a place (SplitMix64).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A source of numbers for one thing; `at(n)` is its n-th number in 0..1.
#[derive(Clone, Copy)]
struct Dice(u64);

impl Dice {
    fn of(self, thing: u64) -> Self {
        Self(mix(self.0 ^ mix(thing)))
    }
    fn at(self, n: u64) -> f64 {
        (mix(self.0.wrapping_add(n)) >> 11) as f64 / (1u64 << 53) as f64
    }
    fn between(self, n: u64, low: f64, high: f64) -> f64 {
        low + (high - low) * self.at(n)
    }
    fn pick<T: Copy>(self, n: u64, from: &[T]) -> T {
        from[((self.at(n) * from.len() as f64) as usize).min(from.len() - 1)]
    }
    /// -1..1, wavy rather than jagged: halfway between a coarse and a fine series.
    fn wave(self, i: u64, period: u64) -> f64 {
        let coarse = 5u64;
        let (step, rest) = (i / coarse, (i % coarse) as f64 / coarse as f64);
        let steps = period.div_ceil(coarse).max(1);
        let (a, b) = (self.at(1_000 + step % steps), self.at(1_000 + (step + 1) % steps));
        2.0 * (0.75 * (a + (b - a) * rest) + 0.25 * self.at(100_000 + i)) - 1.0
    }
}

/// Cosine and sine of a part of a full turn, by their series: the same bits everywhere.
fn direction(turn: f64) -> [f64; 2] {
    let quarter = ((turn * 4.0).floor() as i64).rem_euclid(4);
    let x = (turn * 4.0 - (turn * 4.0).floor()) * std::f64::consts::FRAC_PI_2;
    let (mut cos, mut sin) = (1.0, x);
    let (mut even, mut odd) = (1.0, x);
    for n in 1..12 {
        let n = f64::from(n);
        even *= -x * x / ((2.0 * n - 1.0) * (2.0 * n));
        odd *= -x * x / ((2.0 * n) * (2.0 * n + 1.0));
        cos += even;
        sin += odd;
    }
    match quarter {
        0 => [cos, sin],
        1 => [-sin, cos],
        2 => [-cos, -sin],
        _ => [sin, -cos],
    }
}

// ---- shapes, in cells of a county's lattice ----

type Point = [f64; 2];
type Ring = Vec<Point>;

/// A closed line around `centre`, seen from there in one piece, so it cannot cross itself. Between 0.65 and 1
/// of `radius`; with 8 vertices or more its chords stay outside half of it.
fn around(dice: Dice, centre: Point, radius: f64, vertices: u64) -> Ring {
    (0..vertices)
        .map(|i| {
            let turn = (i as f64 + dice.between(200_000 + i, -0.3, 0.3)) / vertices as f64;
            let r = radius * (0.825 + 0.175 * dice.wave(i, vertices));
            let [cos, sin] = direction(turn);
            [centre[0] + r * cos, centre[1] + r * sin]
        })
        .collect()
}

/// One to three holes about `centre`, apart from each other and within `radius` · 0.37.
fn holes(dice: Dice, centre: Point, radius: f64) -> Vec<Ring> {
    let count = 1 + (dice.at(0) * dice.at(1) * 4.0) as u64;
    let ring = |i: u64| {
        let [cos, sin] = direction(i as f64 / count as f64);
        let off = if count == 1 { 0.0 } else { 0.25 * radius };
        let centre = [centre[0] + off * cos, centre[1] + off * sin];
        let dice = dice.of(i);
        let mut ring = around(dice, centre, 0.12 * radius, 6 + (dice.at(2) * 10.0) as u64);
        ring.reverse();
        ring
    };
    (0..count.min(3)).map(ring).collect()
}

struct Lattice {
    dice: Dice,
    origin: Point,
    cell: f64,
}

impl Lattice {
    fn corner(&self, x: i64, y: i64) -> Point {
        let dice = self.dice.of(place(x, y, 0));
        [x as f64 + dice.between(0, -0.15, 0.15), y as f64 + dice.between(1, -0.15, 0.15)]
    }

    /// The vertices of the edge that starts at corner `x`, `y`, without its end. It strays from the chord by
    /// at most 0.3 of the distance to the nearer end: it stays in a rhombus of 17°, and two edges meet at 44°
    /// or more, so edges never cross.
    fn edge(&self, kind: &Kind, [x, y]: [i64; 2], upwards: bool) -> Ring {
        let dice = self.dice.of(place(x, y, 1 + u64::from(upwards)));
        let a = self.corner(x, y);
        let b = if upwards { self.corner(x, y + 1) } else { self.corner(x + 1, y) };
        let d = [b[0] - a[0], b[1] - a[1]];
        let pieces = (vertex_count(kind, dice) / 4).max(2);
        (0..pieces)
            .map(|i| {
                let t = i as f64 / pieces as f64;
                let off = 0.3 * t.min(1.0 - t) * dice.wave(i, pieces);
                [a[0] + d[0] * t - d[1] * off, a[1] + d[1] * t + d[0] * off]
            })
            .collect()
    }

    /// The outline of a cell; each edge is the neighbour's too.
    fn cell(&self, kind: &Kind, [x, y]: [i64; 2]) -> Ring {
        let backwards = |mut edge: Ring, end: Point| {
            edge.push(end);
            edge.reverse();
            edge.pop();
            edge
        };
        let mut ring = self.edge(kind, [x, y], false);
        ring.extend(self.edge(kind, [x + 1, y], true));
        ring.extend(backwards(self.edge(kind, [x, y + 1], false), self.corner(x + 1, y + 1)));
        ring.extend(backwards(self.edge(kind, [x, y], true), self.corner(x, y + 1)));
        ring
    }

    /// In degrees, to a centimetre or so.
    fn degrees(&self, [x, y]: Point) -> Point {
        let round = |v: f64| (v * 1e7).round() / 1e7;
        [round(self.origin[0] + x * self.cell * STRETCH), round(self.origin[1] + y * self.cell)]
    }
}

fn place(x: i64, y: i64, what: u64) -> u64 {
    mix(x as u64 ^ mix(y as u64)).wrapping_add(what)
}

fn vertex_count(kind: &Kind, dice: Dice) -> u64 {
    let (fewest, most, skew) = kind.vertices;
    (fewest + (most - fewest) * dice.at(7).powi(skew as i32)) as u64
}

/// The n-th cell of a square spiral around 0, 0.
fn spiral(n: u64) -> [i64; 2] {
    if n == 0 {
        return [0, 0];
    }
    let mut ring = ((n as f64).sqrt() as i64 - 1).max(0) / 2;
    while ((2 * ring + 1) * (2 * ring + 1)) as u64 <= n {
        ring += 1;
    }
    let along = n as i64 - (2 * ring - 1) * (2 * ring - 1);
    let (side, at) = (along / (2 * ring), along % (2 * ring));
    match side {
        0 => [ring, at - ring + 1],
        1 => [ring - 1 - at, ring],
        2 => [-ring, ring - 1 - at],
        _ => [at - ring + 1, -ring],
    }
}

/// The parts of the feature in `cell`, each an exterior ring and its holes.
fn shape(kind: &Kind, lattice: &Lattice, dice: Dice, cell: [i64; 2]) -> Vec<Vec<Ring>> {
    let corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(|[x, y]| lattice.corner(cell[0] + x, cell[1] + y));
    let middle = [0, 1].map(|axis| corners.iter().map(|c| c[axis]).sum::<f64>() / 4.0);
    let holed = dice.at(10) < kind.holed;
    // Three holes have at most 45 vertices.
    let has_room = |rings: &[Ring]| rings[0].len() as f64 + 45.0 <= kind.vertices.1;
    if dice.at(11) < kind.filling {
        let mut rings = vec![lattice.cell(kind, cell)];
        if holed && has_room(&rings) {
            rings.extend(holes(dice.of(1), middle, 0.3));
        }
        return vec![rings];
    }
    let radius = dice.between(12, 0.12, 0.45);
    let vertices = vertex_count(kind, dice);
    if dice.at(13) < kind.multipart && vertices >= 24 {
        let count = if vertices >= 60 { 3 } else { 2 };
        return (0..count)
            .map(|i| {
                let [cos, sin] = direction(i as f64 / count as f64 + 0.1);
                let centre = [middle[0] + 0.6 * radius * cos, middle[1] + 0.6 * radius * sin];
                vec![around(dice.of(2 + i), centre, 0.4 * radius, vertices / count)]
            })
            .collect();
    }
    let mut rings = vec![around(dice.of(2), middle, radius, vertices)];
    if holed && has_room(&rings) {
        rings.extend(holes(dice.of(1), middle, radius));
    }
    vec![rings]
}

// ---- rows ----

struct County {
    name: String,
    admin_code: u32,
    lattice: Lattice,
    weight: f64,
}

fn county(kind: &Kind, dice: Dice, index: u64) -> County {
    let dice = dice.of(index);
    let mut left = dice.at(0);
    let mut place = PLACES[0];
    for candidate in PLACES {
        place = candidate;
        left -= candidate[4];
        if left < 0.0 {
            break;
        }
    }
    let [west, south, east, north, _] = place;
    let province = PROVINCES[(index * PROVINCES.len() as u64 / kind.counties) as usize];
    let (low, high) = kind.cell;
    let size = dice.at(3);
    County {
        name: format!("{}{}{}", dice.pick(4, &SYLLABLES), dice.pick(5, &SYLLABLES), dice.pick(6, &SUFFIXES)),
        admin_code: province * 10_000 + (index as u32 / 60 % 20 + 1) * 100 + index as u32 % 60 + 21,
        lattice: Lattice {
            dice: dice.of(1),
            origin: [dice.between(1, west, east), dice.between(2, south, north)],
            cell: low + (high - low) * size * size,
        },
        // A few counties hold much of the plan.
        weight: 0.05 + dice.at(7).powi(4),
    }
}

/// EWKB of a MultiPolygon in EPSG:4490, in hexadecimal; returns vertices and area in square kilometres.
fn write_geometry(out: &mut String, lattice: &Lattice, parts: &[Vec<Ring>]) -> (usize, f64) {
    fn hex(out: &mut String, bytes: &[u8]) {
        for byte in bytes {
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    let (mut vertices, mut area) = (0, 0.0);
    hex(out, &[1]);
    hex(out, &0x2000_0006u32.to_le_bytes());
    hex(out, &4490u32.to_le_bytes());
    hex(out, &(parts.len() as u32).to_le_bytes());
    for rings in parts {
        hex(out, &[1, 3, 0, 0, 0]);
        hex(out, &(rings.len() as u32).to_le_bytes());
        for ring in rings {
            hex(out, &(ring.len() as u32 + 1).to_le_bytes());
            let mut last = lattice.degrees(ring[ring.len() - 1]);
            let mut twice = 0.0;
            for point in ring.iter().chain(&ring[..1]) {
                let point = lattice.degrees(*point);
                point.iter().for_each(|v| hex(out, &v.to_le_bytes()));
                twice += last[0] * point[1] - last[1] * point[0];
                last = point;
            }
            vertices += ring.len();
            // Shoelace over degrees of 111.3 km, shortened by the cosine of the latitude.
            area += twice / 2.0 * 111.3 * 111.3 * direction(last[1] / 360.0)[0];
        }
    }
    (vertices, area)
}

fn write_rows(kind: &Kind, factor: f64, seed: u64, out: &mut impl Write) -> io::Result<(u64, usize)> {
    let name = kind.name.bytes().fold(0u64, |h, b| h.wrapping_mul(256) + u64::from(b));
    let dice = Dice(mix(seed)).of(name & 0xFFFF_FFFF);
    let features = (kind.features * factor).round() as u64;
    let counties: Vec<County> = (0..kind.counties).map(|i| county(kind, dice, i)).collect();
    let total: f64 = counties.iter().map(|c| c.weight).sum();
    let (mut id, mut vertices, mut weight) = (0, 0, 0.0);
    let mut line = String::new();
    for county in &counties {
        weight += county.weight;
        let end = (weight / total * features as f64).round() as u64;
        for n in 0..end.saturating_sub(id) {
            let dice = dice.of(1 << 32).of(u64::from(county.admin_code)).of(n);
            // Every fourth cell stays empty.
            let parts = shape(kind, &county.lattice, dice, spiral(n + n / 3));
            let number = n + 1;
            id += 1;
            let mineral = MINERALS[(dice.at(20) * dice.at(20) * MINERALS.len() as f64) as usize];
            let (year, month, day) = (
                2016 + (dice.at(21) * 8.0) as u32,
                1 + (dice.at(22) * 12.0) as u32,
                1 + (dice.at(23) * 28.0) as u32,
            );
            let mut geometry = String::new();
            let (count, area) = write_geometry(&mut geometry, &county.lattice, &parts);
            vertices += count;
            line.clear();
            let (name, code, prefix, noun) = (&county.name, county.admin_code, kind.prefix, kind.noun);
            let (category, level) = (dice.pick(24, kind.categories), dice.pick(25, &LEVELS));
            // Half of the rows end when the plan does; others have no stated end, which is null.
            let valid_to = if dice.at(26) < 0.5 { "2025-12-31" } else { "\\N" };
            let written = writeln!(
                line,
                "{id}\t{prefix}{code}{number:05}\t{name}{mineral}{noun}{number}\t{category}\tGH{}\t{code}\t{level}\t{mineral}\t{area:.2}\t{year}-{month:02}-{day:02}\t{valid_to}\t{geometry}",
                code / 100
            );
            written.map_err(io::Error::other)?;
            out.write_all(line.as_bytes())?;
        }
    }
    Ok((id, vertices))
}

/// FNV-1a of what passes.
struct Checksum<W> {
    to: W,
    hash: u64,
}

impl<W: Write> Write for Checksum<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.hash = bytes.iter().fold(self.hash, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match arguments.as_slice() {
        [layer, factor, seed] => {
            KINDS.iter().find(|k| k.name == layer).zip(factor.parse().ok().zip(seed.parse().ok()))
        }
        _ => None,
    };
    let Some((kind, (factor, seed))) = parsed else {
        eprintln!("usage: bench_generate block|base|prohibited FACTOR SEED");
        return ExitCode::from(2);
    };
    let mut out =
        Checksum { to: BufWriter::with_capacity(1 << 20, io::stdout().lock()), hash: 0xCBF2_9CE4_8422_2325 };
    match write_rows(kind, factor, seed, &mut out).and_then(|counts| out.flush().map(|()| counts)) {
        Ok((rows, vertices)) => {
            eprintln!("{rows} rows {vertices} vertices checksum {:016x}", out.hash);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench_generate: {error}");
            ExitCode::FAILURE
        }
    }
}
