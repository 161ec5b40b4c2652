"""Writes the whole data set: features, tables and conflicts."""

import argparse
import json
from pathlib import Path

from shapely.geometry import mapping

from .attributes import properties
from .conflicts import conflicts
from .document import document
from .draw import draw_plan
from .source import Source
from .tables import tables

DATA = Path(__file__).resolve().parent.parent
PYTHON_TYPES = {"integer": int, "real": float, "text": str, "date": str}


def main():
    options = argparse.ArgumentParser(prog="generate", description="Write the plan of Tunliu as data.")
    options.add_argument("--out", type=Path, default=DATA / "tunliu", help="folder to write to (default: data/tunliu)")
    out = options.parse_args().out

    source = Source()
    layers = json.loads((DATA / "layers.json").read_text(encoding="utf-8"))
    drawn = draw_plan(source)
    if [*sorted(drawn)] != sorted(layer["id"] for layer in layers):
        raise SystemExit("the layers drawn are not those of layers.json")

    collections = {layer["id"]: _features(layer, drawn[layer["id"]], source) for layer in layers}
    (out / "tables").mkdir(parents=True, exist_ok=True)
    for name, features in collections.items():
        _write(out / f"{name}.geojson", _collection(name, features))
    for table in tables(source):
        _write(out / "tables" / f"{table['id']}.json", _table(table))
    _write(out / "conflicts.json", _list(conflicts(collections)))
    _write(out / "document.json", _document(document(source, collections)))


def _features(layer, geometries, source):
    """GeoJSON features numbered in the plan's order, checked against the layer's fields."""
    fields = {field["name"]: field["type"] for field in layer["fields"]}
    planned = source.features(layer["id"])
    features = []
    for number, (feature, geometry) in enumerate(zip(planned, geometries, strict=True), start=1):
        values = properties(layer["id"], feature, fields, source)
        for name, value in values.items():
            if value is not None and type(value) is not PYTHON_TYPES[fields[name]]:
                raise ValueError(f"{layer['id']}.{name}: {value!r} is not {fields[name]}")
        features.append({"type": "Feature", "id": number, "properties": values, "geometry": mapping(geometry)})
    return features


def _collection(name, features):
    """One feature a line, so that a change of one feature is one line of a diff."""
    head = f'{{"type":"FeatureCollection","name":"{name}","features":[\n'
    return head + ",\n".join(map(_compact, features)) + "\n]}\n"


def _table(table):
    """One row a line."""
    head = "".join(f' "{key}": {_compact(value)},\n' for key, value in table.items() if key not in ("fields", "rows"))
    lists = (f' "{key}": [\n  ' + ",\n  ".join(map(_compact, table[key])) + "\n ]" for key in ("fields", "rows"))
    return "{\n" + head + ",\n".join(lists) + "\n}\n"


def _document(parts):
    """A row of a table, a paragraph, a contradiction and an indicator a line."""
    tables, text = _nested(parts["tables"], "rows"), _nested(parts["text"], "paragraphs")
    evaluation = parts["evaluation"]
    described = {key: value for key, value in evaluation.items() if key != "indicators"}
    indicators = _list(evaluation["indicators"]).rstrip()
    lists = [f'"{name}":{_list(items).rstrip()}' for name, items in parts.items() if isinstance(items, list) and name not in ("tables", "text")]
    return f'{{"title":{_compact(parts["title"])},\n"origin":{_compact(parts["origin"])},\n"tables":{tables},\n"text":{text},\n' + f'"evaluation":{_compact(described)[:-1]},"indicators":{indicators}}},\n' + ",\n".join(lists) + "}\n"


def _nested(items, last):
    """Each item with the list `last` of its own, one of them a line."""
    written = []
    for item in items:
        lines = "\n  [\n   " + ",\n   ".join(map(_compact, item[last])) + "\n  ]" if item[last] else "[]"
        described = {key: value for key, value in item.items() if key != last}
        written.append(f' {_compact(described)[:-1]},"{last}":{lines}}}')
    return "[\n" + ",\n".join(written) + "]"


def _list(items):
    return "[\n" + ",\n".join(map(_compact, items)) + "\n]\n"


def _compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")
