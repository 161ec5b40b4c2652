//! Features of a FlatGeobuf file: each is verified once, and read without being verified again.

use crate::MappedFile;
use flatgeobuf::Feature;
use std::{ops::Range, sync::Arc};

/// The features from some place of a map to its end, each with its size in front: `(u32 size + feature)*`.
///
/// What is kept is only made by [`Features::verified`] and never changed, nor are the bytes of the map.
pub struct Features {
    map: Arc<MappedFile>,
    /// Where each feature begins.
    starts: Vec<usize>,
}

#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    #[error("a feature is cut off")]
    CutOff,
    #[error("{0}")]
    Feature(String),
    #[error("the feature count is wrong")]
    Count,
}

impl Features {
    /// Verifies the features from `start` to the end of `map`, which are `count`.
    ///
    /// # Errors
    /// When one of them is damaged, or they are more or fewer.
    pub fn verified(map: Arc<MappedFile>, start: usize, count: usize) -> Result<Self, Malformed> {
        // No file has more features than bytes.
        let mut starts = Vec::with_capacity(count.min(map.len()));
        let mut at = start;
        while at < map.len() {
            let size = map[at..].first_chunk().ok_or(Malformed::CutOff)?;
            let end = at + 4 + u32::from_le_bytes(*size) as usize;
            let feature = map.get(at..end).ok_or(Malformed::CutOff)?;
            flatgeobuf::size_prefixed_root_as_feature(feature)
                .map_err(|error| Malformed::Feature(error.to_string()))?;
            starts.push(at);
            at = end;
        }
        if starts.len() == count { Ok(Self { map, starts }) } else { Err(Malformed::Count) }
    }

    /// All bytes of the map, also those before the features.
    pub fn map(&self) -> &[u8] {
        &self.map
    }

    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The `position`-th feature.
    ///
    /// # Panics
    /// When `position` is not less than [`Self::count`].
    pub fn at(&self, position: usize) -> Feature<'_> {
        // SAFETY: these very bytes were verified when `self` was made. Nobody can change them: `self` gives out
        // neither the map nor the starts to be written, and what is mapped is not written, see `MappedFile::new`.
        unsafe { flatgeobuf::size_prefixed_root_as_feature_unchecked(self.bytes(position)) }
    }

    /// The bytes of the `position`-th feature, with its size in front.
    ///
    /// # Panics
    /// As [`Self::at`].
    pub fn bytes(&self, position: usize) -> &[u8] {
        &self.map[self.range(position)]
    }

    fn range(&self, position: usize) -> Range<usize> {
        let end = self.starts.get(position + 1).copied().unwrap_or(self.map.len());
        self.starts[position]..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flatbuffers::FlatBufferBuilder;
    use flatgeobuf::{FeatureArgs, Geometry, GeometryArgs, GeometryType};
    use proptest::{collection::vec, prelude::*};
    use std::io::Write;

    const PAGE: usize = 4096;

    /// A feature of one ring, with its size in front.
    fn feature(coordinates: &[f64], properties: &[u8]) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let args = GeometryArgs {
            xy: Some(builder.create_vector(coordinates)),
            ends: Some(builder.create_vector(&[coordinates.len() as u32 / 2])),
            type_: GeometryType::Polygon,
            ..GeometryArgs::default()
        };
        let geometry = Some(Geometry::create(&mut builder, &args));
        let properties = Some(builder.create_vector(properties));
        let root =
            flatgeobuf::Feature::create(&mut builder, &FeatureArgs { geometry, properties, columns: None });
        builder.finish_size_prefixed(root, None);
        builder.finished_data().to_vec()
    }

    /// A map of `features` that ends where its last page does: the byte after it is nobody's, and who reads it is ended
    /// by the system. Also where they begin.
    fn at_the_end_of_a_page(features: &[u8]) -> (Arc<MappedFile>, usize) {
        let start = features.len().next_multiple_of(PAGE) - features.len();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[&vec![0; start], features].concat()).unwrap();
        (Arc::new(MappedFile::new(&file).unwrap()), start)
    }

    /// Everything that a feature says, read to the last byte.
    fn said(feature: &Feature) -> String {
        let geometry = feature.geometry().map(|geometry| {
            let parts =
                geometry.parts().map(|parts| parts.iter().map(|part| part.type_()).collect::<Vec<_>>());
            let numbers = [geometry.xy(), geometry.z(), geometry.m(), geometry.t()];
            format!("{:?} {:?} {numbers:?} {parts:?}", geometry.type_(), geometry.ends())
        });
        let columns = feature.columns().map(|columns| {
            let names = columns.iter().map(|column| (column.name().to_owned(), column.type_()));
            names.collect::<Vec<_>>()
        });
        format!("{geometry:?} {:?} {columns:?}", feature.properties().map(|properties| properties.bytes()))
    }

    fn ring() -> impl Strategy<Value = Vec<f64>> {
        vec(any::<[f64; 2]>().prop_map(|[x, y]| vec![x, y]), 1..40).prop_map(|points| points.concat())
    }

    proptest! {
        #[test]
        fn features_are_read_as_they_were_written(all in vec((ring(), vec(any::<u8>(), 0..60)), 0..6)) {
            let written: Vec<_> = all.iter().map(|(ring, properties)| feature(ring, properties)).collect();
            let (map, start) = at_the_end_of_a_page(&written.concat());
            let features = Features::verified(map, start, written.len()).unwrap();
            for (position, ((ring, properties), bytes)) in all.iter().zip(&written).enumerate() {
                let found = features.at(position);
                let xy: Vec<_> = found.geometry().unwrap().xy().unwrap().iter().map(f64::to_bits).collect();
                prop_assert_eq!(xy, ring.iter().map(|value| value.to_bits()).collect::<Vec<_>>());
                prop_assert_eq!(found.properties().unwrap().bytes(), &properties[..]);
                prop_assert_eq!(features.bytes(position), &bytes[..]);
            }
        }

        /// What is not refused says the same without being verified again, and nothing beyond its bytes is read.
        #[test]
        fn damaged_features_are_refused_or_read_within_their_bytes(
            rings in vec(ring(), 1..4),
            damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in 0_usize..12,
        ) {
            let mut bytes = rings.iter().flat_map(|ring| feature(ring, b"name")).collect::<Vec<_>>();
            for (at, byte) in damage {
                // Vectors of coordinates are most of the bytes, and no damage to them is damage.
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len() - cut);
            let (map, start) = at_the_end_of_a_page(&bytes);
            for count in 0..=rings.len() + 1 {
                let Ok(features) = Features::verified(Arc::clone(&map), start, count) else { continue };
                prop_assert_eq!(features.count(), count);
                for position in 0..count {
                    let checked = flatgeobuf::size_prefixed_root_as_feature(features.bytes(position)).unwrap();
                    prop_assert_eq!(said(&features.at(position)), said(&checked));
                }
            }
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..200), count in 0_usize..3) {
            let (map, start) = at_the_end_of_a_page(&bytes);
            if let Ok(features) = Features::verified(map, start, count) {
                (0..count).for_each(|position| drop(said(&features.at(position))));
            }
        }
    }

    #[test]
    fn a_count_that_lies_is_refused_and_reserves_nothing() {
        let (map, start) = at_the_end_of_a_page(&feature(&[1.0, 2.0], b""));
        for count in [0, 2, usize::MAX] {
            assert!(matches!(Features::verified(Arc::clone(&map), start, count), Err(Malformed::Count)));
        }
        assert_eq!(Features::verified(Arc::clone(&map), map.len(), 0).unwrap().count(), 0);
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn there_is_nothing_behind_the_last() {
        let (map, start) = at_the_end_of_a_page(&feature(&[1.0, 2.0], b""));
        Features::verified(map, start, 1).unwrap().at(1);
    }
}
