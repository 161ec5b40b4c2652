//! The clients of `/connect`: one entry each, of what this server has.

use super::{Client, Paste::*, Words};

const TILES: Words = ["切片地址", "Tiles"];
const STYLE: Words = ["样式地址", "Style"];
const CODE: Words = ["代码", "Code"];

pub const CLIENTS: &[Client] = &[
    Client {
        id: "qgis-tiles",
        title: ["QGIS：矢量切片", "QGIS: vector tiles"],
        way: [
            "打开下载的图层定义文件（拖入地图窗口即可）；或在“图层 ▸ 添加图层 ▸ 添加矢量切片图层 ▸ 新建常规连接”中填入下列地址，缩放级别 0–18。",
            "Open the layer definition file (drop it on the map); or enter the addresses under Layer ▸ Add Layer ▸ Add Vector Tile Layer ▸ New Generic Connection, zoom 0–18.",
        ],
        pastes: &[
            File(
                ["全部图层，带符号", "All layers, with their symbols"],
                "plan.qlr",
                "connect/plan.qlr?lang={lang}",
            ),
            Address(TILES, "{base}/tiles/plan/{z}/{x}/{y}.mvt"),
            Address(STYLE, "{base}/styles/plan.json"),
        ],
    },
    Client {
        id: "qgis-features",
        title: ["QGIS：要素（FlatGeobuf）", "QGIS: features (FlatGeobuf)"],
        way: [
            "打开图层定义文件；或在“图层 ▸ 添加图层 ▸ 添加矢量图层 ▸ 协议：HTTP(S)”中填入地址。只读取当前范围，不必整体下载。坐标系为 CGCS2000（EPSG:4490）。",
            "Open the layer definition file; or enter the address under Layer ▸ Add Layer ▸ Add Vector Layer ▸ Protocol: HTTP(S). Only what is in view is read. The coordinates are CGCS2000 (EPSG:4490).",
        ],
        pastes: &[
            File(
                ["全部图层，按组，带符号", "All layers, in groups, with their symbols"],
                "layers.qlr",
                "connect/layers.qlr?lang={lang}",
            ),
            Address(["一个图层", "One layer"], "{base}/downloads/{layer}.fgb"),
        ],
    },
    Client {
        id: "files",
        title: ["QGIS、ArcGIS、电子表格：下载的文件", "QGIS, ArcGIS, spreadsheets: files to keep"],
        way: [
            "GeoPackage 拖入 QGIS 即带标题和符号，ArcGIS Pro 用“地图 ▸ 添加数据”打开；Shapefile（UTF-8）供只读它的软件，先解压；GeoJSON 供程序读取；CSV 供 Excel、WPS 打开。plan.zip 是整个规划：一个 GeoPackage、各图层、样式、规划表格和校验和。",
            "GeoPackage: drop it on QGIS, titles and symbols come with it; in ArcGIS Pro Map ▸ Add Data. Shapefile (UTF-8, unzip it first) for programs that read nothing else, GeoJSON for programs, CSV for Excel and WPS. plan.zip is the whole plan: a GeoPackage, the layers, styles, the plan's tables and checksums.",
        ],
        pastes: &[
            File(
                ["GeoPackage，带符号", "GeoPackage, with symbols"],
                "{layer}.gpkg",
                "downloads/{layer}.gpkg",
            ),
            File(["Shapefile", "Shapefile"], "{layer}.shp.zip", "downloads/{layer}.shp.zip"),
            File(["GeoJSON", "GeoJSON"], "{layer}.geojson", "downloads/{layer}.geojson"),
            File(["电子表格", "Spreadsheet"], "{layer}.csv", "downloads/{layer}.csv?bom=true"),
            File(["整个规划", "The whole plan"], "plan.zip", "downloads/plan.zip"),
        ],
    },
    Client {
        id: "ogc-features",
        title: ["QGIS、ArcGIS Pro：OGC API 要素", "QGIS, ArcGIS Pro: OGC API Features"],
        way: [
            "QGIS：“图层 ▸ 添加图层 ▸ 添加 WFS / OGC API - Features 图层 ▸ 新建”，版本选 OGC API - Features。ArcGIS Pro：“插入 ▸ 连接 ▸ 服务器 ▸ 新建 OGC API 服务器”。",
            "QGIS: Layer ▸ Add Layer ▸ Add WFS / OGC API - Features Layer ▸ New, version OGC API - Features. ArcGIS Pro: Insert ▸ Connections ▸ Server ▸ New OGC API Server.",
        ],
        pastes: &[Address(["服务地址", "Server"], "{base}/ogc")],
    },
    Client {
        id: "arcgis",
        title: ["ArcGIS Pro、QGIS：ArcGIS 矢量切片服务", "ArcGIS Pro, QGIS: ArcGIS vector tile service"],
        way: [
            "ArcGIS Pro：“地图 ▸ 添加数据 ▸ 来自路径的数据”；门户：“添加项目 ▸ 来自 URL”。QGIS（3.26 起可用 CGCS2000）：“添加矢量切片图层 ▸ 新建 ArcGIS 矢量切片服务连接”。",
            "ArcGIS Pro: Map ▸ Add Data ▸ Data From Path; portal: Add Item ▸ From URL. QGIS (CGCS2000 from 3.26): Add Vector Tile Layer ▸ New ArcGIS Vector Tile Service Connection.",
        ],
        pastes: &[
            Address(["Web 墨卡托", "Web Mercator"], "{base}/arcgis/rest/services/plan/VectorTileServer"),
            Address(["CGCS2000", "CGCS2000"], "{base}/arcgis/rest/services/plan_4490/VectorTileServer"),
            File(
                ["门户项目信息", "Item info for a portal"],
                "iteminfo.json",
                "arcgis/rest/services/plan/VectorTileServer/iteminfo?f=json",
            ),
        ],
    },
    Client {
        id: "one-map",
        title: ["自然资源一张图平台（EPSG:4490）", "One-map platforms (EPSG:4490)"],
        way: [
            "矢量切片，与天地图 c 矩阵集同一格网、同一级别编号，行在列前；w 为 Web 墨卡托。",
            "Vector tiles in the grid and with the levels of Tianditu's matrix set c, row before column; w is Web Mercator.",
        ],
        pastes: &[
            Address(TILES, "{base}/ogc/tiles/c/{z}/{y}/{x}"),
            Address(["格网定义", "Grid"], "{base}/ogc/tileMatrixSets/c"),
        ],
    },
    Client {
        id: "wmts",
        title: ["WMTS（图片或矢量切片）", "WMTS (pictures or vector tiles)"],
        way: [
            "适用于 QGIS、ArcGIS Pro 和只显示图片的平台：填入服务地址，选择图层、矩阵集（c 为 EPSG:4490）和格式。",
            "For QGIS, ArcGIS Pro and platforms that show pictures alone: enter the address, choose a layer, a matrix set (c is EPSG:4490) and a format.",
        ],
        pastes: &[
            Address(["服务地址", "Service"], "{base}/wmts/1.0.0/WMTSCapabilities.xml"),
            Address(["图片地址", "Pictures"], "{base}/tiles/plan/{z}/{x}/{y}.png"),
        ],
    },
    Client {
        id: "gdal",
        title: ["GDAL", "GDAL"],
        way: [
            "命令行。给出 -spat 时只读取所需的部分。",
            "On the command line. With -spat only the ranges that it needs are read.",
        ],
        pastes: &[
            Address(["图层信息", "About a layer"], "ogrinfo -so -al /vsicurl/{base}/downloads/{layer}.fgb"),
            Address(["经 OGC API", "By OGC API"], "ogrinfo -so OAPIF:{base}/ogc {layer}"),
            Address(
                ["转换为 GeoPackage", "Convert to GeoPackage"],
                "ogr2ogr {layer}.gpkg /vsicurl/{base}/downloads/{layer}.fgb",
            ),
        ],
    },
    Client {
        id: "maplibre",
        title: ["MapLibre GL JS", "MapLibre GL JS"],
        way: [
            "样式地址即可，切片、符号、字体都由它引出。",
            "The style is enough: it names tiles, symbols and glyphs.",
        ],
        pastes: &[
            Address(STYLE, "{base}/styles/plan.json"),
            Address(["TileJSON", "TileJSON"], "{base}/tiles/plan.json"),
            Address(
                CODE,
                "new maplibregl.Map({\n  container: \"map\",\n  style: \"{base}/styles/plan.json\",\n  localIdeographFontFamily: false,\n});",
            ),
        ],
    },
    Client {
        id: "pmtiles",
        title: ["离线地图：PMTiles", "Offline maps: PMTiles"],
        way: [
            "全部切片（0–14 级）在一个文件中，可放到任何支持按范围读取的静态文件服务器或设备上。MapLibre GL JS 用 pmtiles 读取，本页地图也能打开；首次请求时生成，需稍候。",
            "All tiles, zoom 0–14, in one file for any host of plain files that sends ranges, or for a device. MapLibre GL JS reads it with pmtiles, and so does the map here. It is made when it is first asked for, which takes a while.",
        ],
        pastes: &[
            File(["全部切片", "All tiles"], "plan.pmtiles", "downloads/plan.pmtiles"),
            Address(
                CODE,
                "maplibregl.addProtocol(\"pmtiles\", new pmtiles.Protocol().tile);\nmap.addSource(\"plan\", { type: \"vector\", url: \"pmtiles://{base}/downloads/plan.pmtiles\" });",
            ),
            Address(["在此地图中打开", "In the map here"], "{base}/?archive=downloads/plan.pmtiles"),
        ],
    },
    Client {
        id: "openlayers",
        title: ["OpenLayers", "OpenLayers"],
        way: [
            "ol-mapbox-style 读取样式；或直接使用切片。",
            "ol-mapbox-style reads the style; or use the tiles as they are.",
        ],
        pastes: &[
            Address(
                CODE,
                "import { apply } from \"ol-mapbox-style\";\napply(\"map\", \"{base}/styles/plan.json\");",
            ),
            Address(
                CODE,
                "new VectorTileLayer({\n  source: new VectorTileSource({\n    format: new MVT(),\n    url: \"{base}/tiles/plan/{z}/{x}/{y}.mvt\",\n    maxZoom: 18,\n  }),\n});",
            ),
        ],
    },
    Client {
        id: "leaflet",
        title: ["Leaflet", "Leaflet"],
        way: [
            "用 flatgeobuf 读取范围内的要素；或用 maplibre-gl-leaflet 显示整张图。",
            "Read the features in view with flatgeobuf; or show the whole map with maplibre-gl-leaflet.",
        ],
        pastes: &[
            Address(
                CODE,
                "const b = map.getBounds();\nconst rect = { minX: b.getWest(), minY: b.getSouth(), maxX: b.getEast(), maxY: b.getNorth() };\nfor await (const feature of flatgeobuf.deserialize(\"{base}/downloads/{layer}.fgb\", { rect })) L.geoJSON(feature).addTo(map);",
            ),
            Address(CODE, "L.maplibreGL({ style: \"{base}/styles/plan.json\" }).addTo(map);"),
        ],
    },
    Client {
        id: "deck",
        title: ["deck.gl", "deck.gl"],
        way: ["MVTLayer 读取 TileJSON。", "MVTLayer reads the TileJSON."],
        pastes: &[Address(CODE, "new MVTLayer({ id: \"plan\", data: \"{base}/tiles/plan.json\" });")],
    },
];
