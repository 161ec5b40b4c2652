"""The plan's text by section: headings, paragraphs and tables by line, and the features that each of them names."""

import re
from collections import defaultdict

NUMERAL = "[一二三四五六七八九十]+"

# From chapters down to items. Lines that begin with 1、 or （1） are paragraphs.
HEADINGS = [re.compile(pattern) for pattern in (f"第{NUMERAL}章", f"第{NUMERAL}节", f"{NUMERAL}、", f"（{NUMERAL}）")]

# Layers whose features bear the names of other places: a place is meant, except where the plan lists the features.
NAMED_AFTER_PLACES = {"map_sheets_50k"}

# By which property the plan tells the features of a layer apart, where it is not the name.
KEYS = {"exploration_blocks": "code", "mining_blocks": "code", "mining_rights": "code", "exploration_survey_areas": "seq"}

# Words that contain a name and are none: 在屯留区域内.
NO_NAMES = ("屯留区域",)


def key(layer, feature):
    """What a feature is found by in any copy of its layer, whatever its row is numbered there."""
    name = KEYS.get(layer, "name")
    return {name: str(feature["properties"][name])}


def text(source, collections, tables):
    """The sections in the order of the text. A section's id counts within the one above it, so numbers that the plan
    gives twice stay apart: `3-3-4` is the second 三 of 第三章第三节."""
    starts = [(1, None)] + [(line, level) for line, level in map(_heading, enumerate(source.lines, 1)) if level is not None]
    ends = [line - 1 for line, _ in starts[1:]] + [source.plan["document"]["lines"]]
    tables = {_title_line(table, source.lines): table for table in tables}
    names = Names(source, collections)
    above, counts, sections = [], defaultdict(int), []
    for (first, level), last in zip(starts, ends, strict=True):
        body = list(_paragraphs(first, last, source.lines, tables, names))
        if level is None:  # what stands before the first chapter, under the plan's title
            sections.append(_section("0", body[0]["line"], source.lines, [first, last], body[1:]))
            continue
        while above and above[-1][0] >= level:
            above.pop()
        parent = above[-1][1] if above else ""
        counts[parent] += 1
        number = f"{parent}-{counts[parent]}" if parent else str(counts[parent])
        above.append((level, number))
        sections.append(_section(number, first, source.lines, [first, last], body[1:]))
    return sections


def _section(number, line, lines, within, paragraphs):
    return {"id": number, "title": " ".join(lines[line - 1].split()), "line": line, "lines": within, "paragraphs": paragraphs}


def _heading(numbered):
    number, line = numbered
    levels = (level for level, pattern in enumerate(HEADINGS) if pattern.match(line))
    return number, next(levels, None)


def _title_line(table, lines):
    """Above the table or in its first line."""
    title = f"表{table['id']} "
    return next(number for number in range(table["lines"][0], 0, -1) if lines[number - 1].strip().startswith(title))


def _paragraphs(first, last, lines, tables, names):
    """A table is one paragraph, its title; its cells are in the table itself."""
    within = set()
    for number in range(first, last + 1):
        words = lines[number - 1].strip()
        if not words or number in within:
            continue
        paragraph = {"line": number, "text": words}
        if number in tables:
            table = tables[number]
            within.update(range(table["lines"][0], table["lines"][1] + 1))
            named = names.in_table(table)
            paragraph["table"] = table["id"]
        else:
            named = names.in_line(number, words)
        yield paragraph | ({"features": named} if named else {})


class Names:
    """The names and codes of all features."""

    def __init__(self, source, collections):
        self.common = defaultdict(list)
        self.collections = collections
        # Features by the lines at which the plan, as data, refers to them.
        self.referred = defaultdict(list)
        for layer, features in collections.items():
            for feature, planned in zip(features, source.features(layer), strict=True):
                for line in sorted(set(_lines(planned))):
                    self.referred[line].append((layer, feature))
                if layer not in NAMED_AFTER_PLACES:
                    _add(self.common, layer, feature)

    def in_line(self, number, words, without=None):
        """The features that a line names: where, and those that the plan speaks of there without the name."""
        referred = [found for found in self.referred[number] if found[0] != without]
        own = defaultdict(list)
        for layer, feature in referred:
            _add(own, layer, feature)
        known = {name: found for name, found in (self.common | own).items() if found[0][0] != without}
        named = []
        for start, name in _occurrences(known, words):
            named += [{"layer": layer, "feature": key(layer, feature), "at": [start, start + len(name)]} for layer, feature in known[name]]
        said = [(one["layer"], one["feature"]) for one in named]
        silent = ((layer, key(layer, feature)) for layer, feature in referred)
        return named + [{"layer": layer, "feature": feature} for layer, feature in silent if (layer, feature) not in said]

    def in_table(self, table):
        """Each row of a table that lists a layer names its feature; all other cells are read like lines."""
        listed = table.get("lists", {})
        layer, columns = listed.get("layer"), listed.get("columns", [])
        features = {str(feature["properties"][listed["key"]]): feature for feature in self.collections.get(layer, [])}
        named = []
        for row in table["rows"][table["header_rows"] :]:
            for column, cell in enumerate(row):
                if columns and columns[column] == "name":
                    feature = features[row[columns.index(listed["key"])]["text"]]
                    found = [{"layer": layer, "feature": key(layer, feature), "at": [0, len(cell["text"])]}]
                else:
                    found = self.in_line(cell["line"], cell["text"], without=layer)
                named += [one | {"line": cell["line"]} for one in found]
        return named


def _add(names, layer, feature):
    for name in (feature["properties"]["code"], feature["properties"]["name"]):
        if name is not None:
            names[name].append((layer, feature))


def _lines(value):
    """The lines of the quotations in a feature of the plan."""
    if isinstance(value, dict):
        if "line" in value:
            yield value["line"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _lines(item)


def _occurrences(names, words):
    """Names from the left, the longest of those that begin at one place; what is part of it is no name of its own."""
    known = sorted([*names, *NO_NAMES], key=len, reverse=True)
    start = 0
    while start < len(words):
        found = next((name for name in known if words.startswith(name, start) and _is_whole(name, words, start)), None)
        if found and found not in NO_NAMES:
            yield start, found
        start += len(found) if found else 1


def _is_whole(name, words, start):
    """S22 is not in S222: letters and digits go on to the end of their word."""
    around = [words[start - 1 : start] + name[0], name[-1] + words[start + len(name) : start + len(name) + 1]]
    return not any(len(pair) == 2 and pair.isascii() and pair.isalnum() for pair in around)
