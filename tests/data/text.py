"""The text by section in document.json against plan.txt and plan.json, without the generator."""

import re
from collections import Counter

from geodesy import DATA, FEATURES, PLAN, PLANNED, SOURCE, read

DOCUMENT = read(DATA / "document.json")
SECTIONS = {section["id"]: section for section in DOCUMENT["text"]}
TABLES = {table["id"]: table for table in DOCUMENT["tables"]}
PARAGRAPHS = [paragraph for section in SECTIONS.values() for paragraph in section["paragraphs"]]
LINES = (SOURCE / "plan.txt").read_text(encoding="utf-8").splitlines()


def words(number):
    return LINES[number - 1].strip()


def meant(mention):
    """The features of the layer that have the mention's property."""
    ((name, value),) = mention["feature"].items()
    return [feature for feature in FEATURES[mention["layer"]] if str(feature["properties"][name]) == value]


def read_at(paragraph, mention):
    """The text that a mention is in."""
    if "line" not in mention:
        return paragraph["text"]
    cells = {cell["line"]: cell["text"] for row in TABLES[paragraph["table"]]["rows"] for cell in row}
    return cells[mention["line"]]


def mentions():
    return [(paragraph, mention) for paragraph in PARAGRAPHS for mention in paragraph.get("features", [])]


def spoken_of(layer, line):
    """Names or codes of the features of a layer that are mentioned at a line."""
    found = [m for p, m in mentions() if m["layer"] == layer and m.get("line", p["line"]) == line]
    return [value for mention in found for value in mention["feature"].values()]


def test_sections_cover_every_line_once():
    covered = Counter(line for section in SECTIONS.values() for line in range(section["lines"][0], section["lines"][1] + 1))
    assert covered == Counter(range(1, PLAN["document"]["lines"] + 1)) and len(LINES) == PLAN["document"]["lines"]
    assert len(SECTIONS) == len(DOCUMENT["text"]) == 86


def test_every_printed_line_is_a_heading_a_paragraph_or_in_a_table():
    for section in SECTIONS.values():
        first, last = section["lines"]
        held = Counter([section["line"], *(paragraph["line"] for paragraph in section["paragraphs"])])
        for paragraph in section["paragraphs"]:
            assert paragraph["text"] == words(paragraph["line"])
            if "table" in paragraph:
                table = TABLES[paragraph["table"]]
                assert paragraph["text"].startswith(f"表{table['id']} ")
                held.update(line for line in range(table["lines"][0], table["lines"][1] + 1) if line != paragraph["line"])
        printed = {line for line in range(first, last + 1) if words(line)}
        assert printed <= held.keys() and set(held.values()) == {1}, section["id"]
        assert all(first <= line <= last for line in held), section["id"]
    assert Counter(p["table"] for p in PARAGRAPHS if "table" in p) == Counter(TABLES.keys())
    assert len(PARAGRAPHS) == 251


def test_sections_are_the_plans():
    for section in SECTIONS.values():
        assert section["title"].split() == LINES[section["line"] - 1].split()
    chapters = [section["title"] for number, section in SECTIONS.items() if "-" not in number]
    assert chapters == [
        "长治市屯留区矿产资源总体规划", "第一章 现状与形势", "第二章 指导原则与规划目标", "第三章 矿产勘查开发与保护布局",
        "第四章 加强矿产资源勘查开发利用与保护", "第五章 绿色矿山建设和矿区生态保护", "第六章 重点项目", "第七章 规划保障措施",
    ]
    # The plan has two 三 here, and two （一）.
    assert [SECTIONS[number]["title"] for number in ("3-3-3", "3-3-4")] == ["三、禁止开采区", "三、市县级发证矿种集中开采区情况说明"]
    assert [SECTIONS[f"1-2-1-{i}"]["title"][:3] for i in (1, 2, 3)] == ["（一）", "（一）", "（二）"]
    # A table stands in the section that plan.json has it in; 表1-1 is printed in the one after its own.
    for section in SECTIONS.values():
        path = [SECTIONS[section["id"].rsplit("-", back)[0]]["title"] for back in range(section["id"].count("-"), -1, -1)]
        for paragraph in section["paragraphs"]:
            if "table" in paragraph:
                numbers = "".join(re.match("第.+?[章节]|[^、]+(?=、)|（.+?）", title)[0] for title in path)
                own = "第一章第二节三" if paragraph["table"] == "1-1" else TABLES[paragraph["table"]]["section"]
                assert own.startswith(numbers)


def test_what_is_mentioned_is_one_feature_and_bears_the_words():
    for paragraph, mention in mentions():
        (feature,) = meant(mention)
        if "at" in mention:
            start, end = mention["at"]
            named = read_at(paragraph, mention)[start:end]
            assert named in (feature["properties"]["name"], feature["properties"]["code"]), mention


def test_names_are_whole():
    """Each occurrence of a name is a mention, unless it is inside a longer one, or a word that is no name."""
    names = {p[key] for layer in FEATURES if layer != "map_sheets_50k" for f in FEATURES[layer] for p in [f["properties"]] for key in ("code", "name")}
    pattern = re.compile("|".join(sorted(map(re.escape, names - {None}), key=len, reverse=True)))
    for paragraph in PARAGRAPHS:
        if "table" in paragraph:
            continue
        text = paragraph["text"]
        found = [[m.start(), m.end()] for m in pattern.finditer(text) if text[m.start() : m.end() + 1] != "屯留区域"]
        assert [mention["at"] for mention in paragraph.get("features", []) if "at" in mention] == found, paragraph["line"]
    assert "在屯留区域内" in words(51) and words(51).count("屯留区") - 1 == spoken_of("admin_boundary", 51).count("屯留区")
    # 余吾镇 is a township in the text, and a map sheet where the plan lists the sheets.
    assert spoken_of("townships", 674) == [] and len(spoken_of("prohibited_zones", 674)) == 12
    assert (spoken_of("townships", 707), spoken_of("map_sheets_50k", 707)) == ([], ["北张店", "余吾镇", "丰宜", "屯留县"])
    assert spoken_of("townships", 51) == ["李高乡", "渔泽镇", "路村乡", "余吾镇", "上村镇"]


def test_the_plans_own_references_are_there():
    """Where plan.json quotes a line for a feature, that line speaks of the feature, with its name or without."""

    def lines(value):
        if isinstance(value, dict):
            return {value["line"]} if "line" in value else set().union(*map(lines, value.values()))
        return set().union(*map(lines, value)) if isinstance(value, list) else set()

    for layer, features in FEATURES.items():
        for feature, planned in zip(features, PLANNED[layer]["features"], strict=True):
            for line in lines(planned):
                assert feature["properties"]["name"] in spoken_of(layer, line), (layer, feature["id"], line)
    assert spoken_of("roads", 674) == ["屯留-长治快速连接线", "北康线", "屯东线"]
    assert spoken_of("faults", 78) == ["西川正断层"] and "西川正断层" not in words(78)


def test_every_feature_is_mentioned_and_every_row_names_its_own():
    mentioned = {(m["layer"], feature["id"]) for _, m in mentions() for feature in meant(m)}
    assert mentioned == {(layer, feature["id"]) for layer, features in FEATURES.items() for feature in features}
    for table in TABLES.values():
        if "lists" not in table:
            continue
        layer, columns = table["lists"]["layer"], table["lists"]["columns"]
        rows = table["rows"][table["header_rows"] :]
        listed = [m for p, m in mentions() if p.get("table") == table["id"] and m["layer"] == layer]
        assert [m["line"] for m in listed] == [row[columns.index("name")]["line"] for row in rows]
        assert [meant(m)[0]["id"] for m in listed] == [*range(1, len(rows) + 1)]


def test_contradictions_are_about_features_that_are_there():
    for found in DOCUMENT["inconsistencies"]:
        for concern in found["concerns"]:
            if "feature" in concern:
                assert len(meant(concern)) == 1, concern
