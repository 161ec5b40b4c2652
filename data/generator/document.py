"""The plan as a document: its text, its tables cell by cell, and the places where it contradicts itself, each with its lines.

What no rule can tell from the text, which layer a table lists and what a contradiction is about, stands in here.
"""

from .evaluation import EVALUATION
from .text import key, text

# Tables that list the features of a layer: by which property a row is found, and the property of each column.
LISTED = {
    "1-1": ("exploration_survey_areas", "seq", "seq name mineral stage use_status resource_10kt size_class"),
    "1-2": (
        "mining_rights",
        "code",
        "seq code holder name economic_type mineral capacity_10kt_per_year area_km2 valid_from_text valid_to_text authority remarks",
    ),
    "3-1": ("energy_bases", "name", "name level districts mineral area_km2"),
    "3-2": ("national_planned_mining_areas", "name", "seq name districts mineral area_km2"),
    "3-3": (
        "key_exploration_areas",
        "name",
        "seq name districts area_km2 mineral existing_exploration_rights planned_exploration_rights remarks",
    ),
    "4-4": ("exploration_blocks", "code", "seq code name mineral area_km2 existing_degree planned_degree release_period remarks"),
    "4-5": ("mining_blocks", "code", "seq code name mineral area_km2 release_period remarks"),
    "5-1": ("governance_zones", "name", "seq name problems area_km2"),
}

ENGLISH = {
    "1-1": "Exploration areas",
    "1-2": "Mining enterprises: state of development and use",
    "1-3": "Land restored by 2020 (km²)",
    "2-1": "Targets of the plan",
    "3-1": "Energy resource bases",
    "3-2": "National planned mining areas",
    "3-3": "Key exploration areas",
    "4-1": "Basic geological surveys",
    "4-2": "New fields for geological exploration",
    "4-3": "Mineral survey and assessment projects proposed for 2021–2025",
    "4-4": "Planned exploration blocks",
    "4-5": "Planned mining blocks",
    "5-1": "Zones of mine-environment governance",
    "6-1": "Demonstration bases of coal-bed methane exploration and development",
}

# Where the words come from, and whether they may be passed on.
ORIGIN = {
    "zh": "屯留区政府公开文件，照录原文，错字不改。",
    "en": "A government document of Tunliu district, public; given as it is printed, misprints too.",
}

# Layers whose features have words of a table that does not list them.
TELLS_OF = {"4-1": ["map_sheets_50k"]}

# Rows above the data.
HEADERS = {"1-3": 2, "4-2": 0}


def document(source, collections):
    """The document, as `data/tunliu/document.json` holds it. `collections`: the features of each layer."""
    plan = source.plan
    tables = [_table(name.removeprefix("表"), table, source.lines) for name, table in plan["tables"].items()]
    found = [found for found in plan["inconsistencies"] if found["severity"] != "none"]
    return {
        "title": plan["document"]["title"],
        "origin": ORIGIN,
        "tables": tables,
        "text": text(source, collections, tables),
        "evaluation": EVALUATION,
        "inconsistencies": [_inconsistency(one, tables, collections) for one in found],
    }


def _table(number, table, lines):
    title = table["title"].removeprefix(f"表{number}").strip()
    described = {
        "id": number,
        "title": {"zh": " ".join(title.split()), "en": ENGLISH[number]},
        "section": table["section"],
        "lines": table["lines"],
        "header_rows": HEADERS.get(number, 1),
    }
    if number in LISTED:
        layer, key, columns = LISTED[number]
        described["lists"] = {"layer": layer, "key": key, "columns": columns.split()}
    if number in TELLS_OF:
        described["tells_of"] = TELLS_OF[number]
    return described | {"rows": _located(table, lines)}


def _located(table, lines):
    """Each cell with the line at which it begins. In the text a cell begins with a tab and may run over several lines."""
    first, last = table["lines"]
    left = iter([(number, lines[number - 1]) for number in range(first, last + 1) if lines[number - 1].strip() or lines[number - 1] == "\t"])
    rows = []
    for row in table["cells"]:
        cells = []
        for text in row:
            number, line = next(found for found in left if found[1].startswith("\t") and text.startswith(found[1][1:].strip()))
            found = line[1:].strip()
            while found != text:
                found += next(left)[1].strip()
            cells.append({"text": text, "line": number})
        rows.append(cells)
    return rows


def _inconsistency(found, tables, collections):
    zh, *concerns = CONCERNS[found["id"]]
    lines = {quote["line"] for quote in found["quotes"]}
    quoted = [
        {"table": table["id"], "row": i, "column": j}
        for table in tables
        for i, row in enumerate(table["rows"])
        for j, cell in enumerate(row)
        if cell["line"] in lines
    ]
    named = [concern for words in concerns for concern in _concerns(words, collections)]
    return {
        "id": found["id"],
        "kind": found["kind"],
        "severity": found["severity"],
        "what": {"zh": zh, "en": found["what"]},
        "quotes": found["quotes"],
        "calc": found["calc"],
        "concerns": quoted + [concern for concern in named if concern not in quoted],
    }


def _concerns(words, collections):
    """`1-2 8 1,2`: column 8 of rows 1 and 2 of the table, `*` for all of them; `rivers 1,3`: features of a layer, in the
    plan's order."""
    place, *numbers = words.split()
    numbers = [None if text == "*" else [int(number) for number in text.split(",")] for text in numbers]
    if "-" not in place:
        features = [collections[place][number - 1] for number in numbers[0]] if numbers else []
        return [{"layer": place, "feature": key(place, feature)} for feature in features] or [{"layer": place}]
    columns, rows = (numbers + [None, None])[:2]
    return [
        {"table": place} | ({} if row is None else {"row": row}) | ({} if column is None else {"column": column})
        for row in rows or [None]
        for column in columns or [None]
    ]


# In Chinese what contradicts what, then what it is about, beside the cells that the quotes come from.
CONCERNS = {
    "I01": ("正文称开采规划区块见表4-4，实为表4-5（表4-4为勘查规划区块）。", "4-4", "4-5"),
    "I02": ("河流一节称见表1-1、1-2，这两表是矿业表；文中没有河流表。", "1-1", "1-2", "rivers"),
    "I03": ("两煤炭基地面积合计1188.78平方千米，辖区1191.1平方千米，相差2.32平方千米。", "3-1 4 1,2", "energy_bases 1,2", "admin_boundary 1"),
    "I04": ("5家企业占用煤田面积称492.18平方千米，表1-2五证面积合计373.7平方千米。", "1-2 7 *", "mining_rights"),
    "I05": ("煤炭资源总储量称249.11亿吨，表1-1已填10格合计559.06365亿吨；保有量又为50.8亿吨。", "1-1 5 *", "exploration_survey_areas"),
    "I06": ("南北宽25km、东西长60km与坐标范围（约32.6km×54.0km）不符；坐标范围的纬度也与真实辖区不符。", "admin_boundary 1"),
    "I07": ("三河全长称约120km；境内合计101.6km，全长合计187km。", "rivers"),
    "I08": ("同一句中谷河境内长度既为9.0km又为18km。", "rivers 3"),
    "I09": ("谷河既是浊漳西源支流又是浊漳南源支流；开头称三河均属南源。", "rivers 3"),
    "I10": ("称三河共流径7个乡镇，而绛河一河即流经7个，岚水河、谷河另经丰宜、吾元。", "rivers"),
    "I11": ("由径流占比推算的总量（1.210亿、1.168亿立方米）与所称1.34亿立方米不符；53.19%印作53.20%。", "rivers 2,3"),
    "I12": ("岚水河山区15km加丘陵5km为20km，大于境内长度19.2km。", "rivers 2"),
    "I13": ("麟降镇与麟绛镇、裏垣县与襄垣县、屯留县与屯留区混用。", "townships 1", "rivers 1"),
    "I14": ("错字：东南底（低）、段距（断距）、有限期止（有效期止）、勘察（勘查）；“纳入规划数。”不完整。", "faults 3", "cbm_exploration_rights 1"),
    "I15": ("称截止2020年底，而5证中有3证始于2022或2023年。", "1-2 8 1,2,4", "mining_rights 1,2,4"),
    "I16": (
        "小南村2018年到期仍计为持证；古城、常村、余吾在规划期内到期，仅郭庄晚于规划期；常村起07.08止07.06。",
        "1-2 9 1,2,4,5", "1-2 8 2", "mining_rights 1,2,4,5",
    ),
    "I17": ("1、4号证以C100000（部级）开头而机关为省厅；3、5号仍用山西省国土资源厅旧名。", "1-2 10 1,3,4,5", "mining_rights 1,3,4,5"),
    "I18": ("表1-1第2、3行同名（河神庙勘查区），一为详查，一为普查。", "1-1 1 2,3", "exploration_survey_areas 2,3"),
    "I19": ("矿种写法不一：煤、煤炭、煤矿、“煤、3#”；沁水一屯留与沁水—屯留。", "1-1 2 *", "1-2 5 *", "national_planned_mining_areas 4"),
    "I20": ("表1-1中35000万吨为小型，而6793万吨为大型。", "1-1 5,6 1,13", "exploration_survey_areas 1,13"),
    "I21": ("表1-1第4、13行阶段为普查，却已正在开采。", "1-1 3,4 4,13", "exploration_survey_areas 4,13"),
    "I22": ("表1-1第8至13行和区块CQ001以区外地名命名，应在区外或跨界，却未给出区内面积。", "1-1 1 8,9,10,11,12,13", "4-5 2 1", "exploration_survey_areas 8,9,10,11,12,13", "mining_blocks 1"),
    "I23": ("沁水盆地煤层气基地和沁水—屯留煤层气国家规划矿区没有面积。", "3-1 4 3", "3-2 4 4", "energy_bases 3", "national_planned_mining_areas 4"),
    "I24": (
        "煤层气位置不一：东北及西南（基地）、东南（国家规划矿区）、西北（重点勘查区）、西部（重点发展区域）。",
        "3-1 0 3", "3-2 1 4", "3-3 1 1", "energy_bases 3", "national_planned_mining_areas 4", "key_exploration_areas 1", "industry_key_regions 2",
    ),
    "I25": ("煤层气既“尚未开采”，又列为“目前开发利用的矿产”。", "cbm_exploration_rights"),
    "I26": ("KQ004与CQ003面积均为13.91平方千米，可能是同一地块；KQ004没有勘查程度。", "4-4 4,5,6 4", "4-5 4 3", "exploration_blocks 4", "mining_blocks 3"),
    "I27": ("煤矿控制在4个，表4-5又投放2个煤炭开采区块，合计6个。", "2-1 3 9", "4-5 2 1,2", "mining_blocks 1,2", "mining_rights"),
    "I28": ("2025年煤炭产量的说法不一：稳定在、控制在左右、控制在以下2200万吨；证载2070万吨，去小南村为1980万吨。", "2-1 3 6", "1-2 6 *", "mining_rights"),
    "I29": ("禁止开采区的定义写成禁止勘查活动的区域。", "prohibited_zones"),
    "I30": ("第1项包括整个余吾镇，而余吾煤业在此生产；经济技术开发区在第1、5项重复；第5项缺“地”字。", "prohibited_zones 1,5"),
    "I31": ("第6项康庄医药工业园区与开采区块CQ002康庄煤矿同名，可能重叠，规划未作说明。", "4-5 2 2", "prohibited_zones 6", "mining_blocks 2"),
    "I32": ("标题编号重复：第三章第三节有两个“三”，第一章第二节有两个“（一）”。",),
    "I33": ("1191.1平方千米的1:5万调查在4个图幅内，而4幅只含辖区的91.1%；东部为平原却称基岩山区。", "4-1 2 1", "2-1 2 1", "map_sheets_50k", "admin_boundary 1"),
    "I34": ("表5-1的559.69平方千米跨三县区，区内部分未给出，只有塌陷30.0平方千米。", "governance_zones 1"),
    "I35": ("文王山断裂带概述为近东西向，分述为北东—南西向。", "faults 2,3"),
    "I36": ("引用最低开采规模标准，而各表均未列出。", "mining_blocks"),
    "I37": ("第三类矿产不得新建小型矿山，又可设小型河砂、砖瓦用粘土区块。",),
    "I38": ("KQ002、CQ001在表1-1中没有对应行；上莲、河神庙两处名称不一。", "4-4 2 1,2,3", "4-5 2 1", "1-1 1 2,3,5", "exploration_blocks 1,2,3", "mining_blocks 1"),
    "I39": ("煤层气开采目标在沁南区块，重点区在沁源区块。", "cbm_exploration_rights 1,3", "key_exploration_areas 1", "industry_key_regions 2"),
    "I40": ("区级规划中写“本矿区地垒构造”，应系摘自矿山报告。", "faults 3"),
    "I41": ("《…总体规划》与《…规划》均简称《规划》。",),
}
