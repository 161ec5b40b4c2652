"""The inputs: the plan as text and as data, the outline, its neighbours and the sheet frames."""

import json
from pathlib import Path

from shapely.geometry import shape

SOURCE = Path(__file__).resolve().parent.parent / "tunliu" / "source"


class Source:
    def __init__(self, folder=SOURCE):
        def read(name):
            return json.loads((folder / name).read_text(encoding="utf-8"))

        self.plan = read("plan.json")
        self.lines = (folder / "plan.txt").read_text(encoding="utf-8").split("\n")
        self.layers = {layer["id"]: layer for layer in self.plan["layers"]}
        self.outline = shape(read("tunliu_outline.geojson")["features"][0]["geometry"])
        self.neighbours = {
            feature["properties"]["name"]: shape(feature["geometry"]) for feature in read("neighbours.geojson")["features"]
        }
        self._sheets = {sheet["name_guess"]: sheet for sheet in read("outline_check.json")["sheets_50k_candidates"]}

    def features(self, layer):
        return self.layers[layer]["features"]

    def names(self, layer, key="name"):
        return [feature[key] for feature in self.features(layer)]

    def stated_area(self, layer):
        """The plan's area of a layer's only feature, in km²."""
        (feature,) = self.features(layer)
        return feature["area_km2"]

    def sheet(self, name):
        """The computed 1:50,000 frame that most likely bears this name."""
        return self._sheets[name]
