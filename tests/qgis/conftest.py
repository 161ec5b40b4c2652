"""QGIS without a window, the server that it is tried against, and pictures."""

import json
import os
import sys
import urllib.request
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage

SERVER = os.environ["PLANTILES_URL"].rstrip("/")
SHOTS = Path(os.environ["PLANTILES_SHOTS"])
EXPECTED = Path(__file__).parent / "expected"
SIZE = QSize(480, 400)
SQUARE = 20
"""Side of the squares whose mean colours are compared, pixels."""


SHOTS.mkdir(parents=True, exist_ok=True)
# Kept to the end of the process: QGIS does not survive being taken down before Python's last reference to its objects.
APPLICATION = QgsApplication([], False)
APPLICATION.initQgis()
status = 1


def pytest_sessionfinish(exitstatus):
    global status
    status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    """Ends the process with the status of the tests: now and then QGIS crashes while Python takes its objects down."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def fetch(path):
    with urllib.request.urlopen(SERVER + path) as answer:
        return answer.read()


def fetch_json(path):
    return json.loads(fetch(path))


def saved(folder, path):
    """What the server has at `path`, as a file."""
    file = folder / path.rsplit("/", 1)[1]
    file.write_bytes(fetch(path))
    return str(file)


def settings(layers, extent=None, crs="EPSG:3857"):
    """A map of `layers`: of `extent` in `crs`, or of all there is with a margin."""
    view = QgsMapSettings()
    view.setLayers(layers)
    view.setOutputSize(SIZE)
    view.setOutputDpi(96)
    view.setBackgroundColor(QColor("white"))
    view.setDestinationCrs(QgsCoordinateReferenceSystem(crs))
    if extent is None:
        to_map = QgsCoordinateTransform(layers[0].crs(), view.destinationCrs(), QgsProject.instance())
        extent = to_map.transformBoundingBox(layers[0].extent())
        extent.scale(1.05)
    view.setExtent(extent)
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layers[0]))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(view))
    view.setExpressionContext(context)
    return view


def render(view):
    """The picture and how many names are in it."""
    job = QgsMapRendererParallelJob(view)
    job.start()
    job.waitForFinished()
    assert [error.message for error in job.errors()] == []
    labels = job.takeLabelingResults()
    return job.renderedImage(), len(labels.allLabels()) if labels else 0


def squares(image):
    """Mean colours of the squares of a picture."""
    small = image.convertToFormat(QImage.Format_RGB32)
    small = small.scaled(image.width() // SQUARE, image.height() // SQUARE, transformMode=1)
    return [QColor(small.pixel(x, y)).getRgb()[:3] for y in range(small.height()) for x in range(small.width())]


def drawn(image):
    """The share of pixels that are not the background."""
    image = image.convertToFormat(QImage.Format_RGB32)
    bits = image.constBits().asstring(image.sizeInBytes())
    return sum(bits[i:i + 3] != b"\xff\xff\xff" for i in range(0, len(bits), 4)) / (len(bits) / 4)


def assert_looks_like(image, name):
    """That `image` is the expected picture `name`, as far as the eye sees."""
    image.save(str(SHOTS / name))
    file = EXPECTED / name
    if os.environ.get("PLANTILES_BLESS"):
        image.save(str(file))
    alike, differences = compare(image, name)
    assert alike, f"{name}: {differences[-5:]}"


def compare(image, name):
    """Whether `image` looks like the expected picture `name`, and how far squares are apart, the furthest last."""
    expected = QImage(str(EXPECTED / name))
    assert not expected.isNull(), f"{name} is missing"
    pairs = list(zip(squares(image), squares(expected), strict=True))
    differences = sorted(max(abs(a - b) for a, b in zip(*pair)) for pair in pairs)
    return differences[-1] <= 40 and sum(differences) / len(differences) <= 3, differences
