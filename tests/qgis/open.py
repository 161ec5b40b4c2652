"""Opens layer definition files in QGIS and says what it made of them, as JSON.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/qgis/open.py FILE…

For each layer: name, group, kind, whether it is valid, CRS, features, aliases of fields, and how many pixels it
draws over its own extent (a vector tile layer: over the extent of the features).
"""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsLayerDefinition,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize, Qt

SIDE = 256


def drawn(layer, extent, crs):
    """Pixels that are not as the empty map."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setBackgroundColor(Qt.white)
    settings.setOutputSize(QSize(SIDE, SIDE))
    settings.setDestinationCrs(crs)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    return sum(image.pixelColor(x, y) != Qt.white for x in range(SIDE) for y in range(SIDE))


def main():
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    root = project.layerTreeRoot()
    for file in sys.argv[1:]:
        done, error = QgsLayerDefinition.loadLayerDefinition(file, project, root)
        assert done, f"{file}: {error}"
    nodes = root.findLayers()
    features = [node.layer() for node in nodes if isinstance(node.layer(), QgsVectorLayer)]
    told = []
    for node in nodes:
        layer = node.layer()
        is_features = isinstance(layer, QgsVectorLayer)
        seen = layer if is_features else features[0]
        extent = QgsCoordinateTransform(seen.crs(), layer.crs(), project).transformBoundingBox(seen.extent())
        told.append(
            {
                "name": layer.name(),
                "group": node.parent().name(),
                "kind": type(layer).__name__,
                "valid": layer.isValid(),
                "crs": layer.crs().authid() if layer.crs().isValid() else None,
                "features": layer.featureCount() if is_features else None,
                "aliases": {f.name(): f.alias() for f in layer.fields() if f.alias()} if is_features else None,
                "source": layer.source(),
                "pixels": drawn(layer, extent, layer.crs()),
            }
        )
    print(json.dumps(told))
    application.exitQgis()


main()
