//! Tiles as pictures, drawn from the vector tiles at their place.

use super::{Service, tiles::CACHE};
use crate::{
    cache::{ReadyTile, TileKey},
    catalog::{TileContent, Tileset, Version},
    encoding::{self, Encoding},
    grid::TileCoord,
    picture::{self, Drawn, Frame, Layers, Look, Scale, Scene, Window},
    snapshot::Bounds,
    style::{Color, Theme},
    telemetry::{Span, note},
    view::View,
    workers::WorkError,
};
use futures_util::future::try_join_all;
use std::sync::Arc;

/// Under what is printed.
const PAPER: Color = Color([0xff, 0xff, 0xff]);

impl Service {
    /// The picture of `tile`, which is one of the tileset's grid, as PNG: from the cache, or drawn now from the vector tiles
    /// at that place. Its grid may be any: ask [`Self::catalog_on`] for the tileset of another than the published one, and
    /// [`TileMatrixSet::tile`](crate::grid::TileMatrixSet::tile) for the coordinate of a level, row and column.
    ///
    /// 256 CSS pixels a side, once or twice as many pixels; transparent where nothing is drawn.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub async fn picture(
        self: &Arc<Self>,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        look: Look,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        let (frame, above) = Frame::of(&tileset.grid, tile, look.scale);
        let around = picture::around(&tileset.grid, above);
        let contents = around.iter().map(|(_, tile)| tileset.content(*tile));
        let content =
            TileContent::of(contents, &format!("{} {}", self.brush(look.theme), look.scale.pixels()));
        let key = TileKey { content, view: view.id(), tile, encoding: Encoding::Identity };
        if let Some(ready) = self.cache.get(&key).await {
            self.metrics.cache_hits.inc();
            note(CACHE, || "hit");
            return Ok(ready);
        }
        let paint = Arc::clone(self).paint(Arc::clone(tileset), frame, around, look.theme, view.clone());
        self.cache.get_or_make(key, paint).await
    }

    /// A map of `bounds`, degrees, and of what is around them, for print: `size` CSS pixels at twice as many pixels, as PNG,
    /// with areas drawn on it.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub async fn print_map(
        self: &Arc<Self>,
        tileset: &Arc<Tileset>,
        bounds: &Bounds,
        size: [u32; 2],
        drawn: Vec<Drawn>,
    ) -> Result<Vec<u8>, WorkError> {
        let look = Look { theme: Theme::Print, scale: Scale::Twice };
        let window = Window::around(&tileset.grid, bounds, size, look.scale);
        let tiles = window
            .tiles()
            .into_iter()
            .map(|tile| async move { Ok((tile, self.picture(tileset, tile, look, &View::OPEN).await?)) });
        let tiles = try_join_all(tiles).await?;
        let composed = self.work(move || {
            let tiles: Vec<_> = tiles.iter().map(|(tile, ready)| (*tile, &ready.bytes[..])).collect();
            window.compose(PAPER, &tiles, &drawn)
        });
        composed.await?.ok_or(WorkError::Aborted)
    }

    /// The version of the pictures of `tileset` in `theme`.
    pub fn picture_version(&self, tileset: &Tileset, theme: Theme) -> Version {
        self.version_of_pictures(tileset.version, theme)
    }

    /// The version of the pictures in `theme` of a tileset of version `tiles`.
    pub fn version_of_pictures(&self, tiles: Version, theme: Theme) -> Version {
        tiles.drawn(&self.brush(theme))
    }

    /// All that pictures in `theme` are made with beside tiles.
    fn brush(&self, theme: Theme) -> String {
        format!("{} {}", picture::PAINTER_VERSION, self.sheets.of(theme).version)
    }

    async fn paint(
        self: Arc<Self>,
        tileset: Arc<Tileset>,
        frame: Frame,
        around: Vec<([i8; 2], TileCoord)>,
        theme: Theme,
        view: View,
    ) -> Result<ReadyTile, WorkError> {
        self.metrics.cache_misses.inc();
        let tiles = around.into_iter().map(|(place, tile)| {
            let (service, tileset, view) = (&self, &tileset, &view);
            async move { Ok((place, service.tile(tileset, tile, Encoding::Zstd, view).await?)) }
        });
        let tiles = try_join_all(tiles).await?;
        let (sheets, font) = (Arc::clone(&self.sheets), Arc::clone(&self.font));
        let dropped = tiles.iter().map(|(_, tile)| tile.dropped).sum();
        let drawn = self.work(move || {
            let _drawing = Span::part("draw");
            let sheet = sheets.of(theme);
            let parts = sheet.parts(&tileset.layers);
            let read = |tile: &ReadyTile| {
                let bytes = encoding::decode(&tile.bytes, tile.encoding);
                Layers::read(&bytes, |name| parts.iter().any(|part| part.source_layer == name))
            };
            let tiles = tiles.iter().map(|(place, tile)| (*place, read(tile))).collect();
            picture::draw(&Scene { parts: &parts, sprite: &sheet.sprite, font: &font, frame, tiles })
        });
        let bytes = drawn.await?.ok_or(WorkError::Aborted)?;
        Ok(ReadyTile { bytes: bytes.into(), encoding: Encoding::Identity, dropped })
    }
}
