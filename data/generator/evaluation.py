"""The targets of 表2-1 as rules: where each stands, what it was, and how the layers tell what it is now.

A measure counts the features of a layer, or sums a property of theirs, where a filter (CQL2) holds; `in` makes it a percentage of another, `times`
takes it to the unit of the target.
"""

COAL = "mineral LIKE '煤%' AND NOT mineral LIKE '煤层气%'"
METHANE = "mineral LIKE '煤层气%'"
# 国土资发〔2004〕208号: a coal mine is of medium size from 45, large from 120 万吨/年.
MEDIUM = "capacity_10kt_per_year >= 45"


def _rights(*filters, **more):
    return {"layer": "mining_rights"} | ({"filter": " AND ".join(filters)} if filters else {}) | more


def _text(zh, en):
    return {"zh": zh, "en": en}


def _at(row, column):
    return {"table": "2-1", "row": row, "column": column}


def _quote(text, line):
    return {"text": text, "line": line}


INDICATORS = [
    {
        "id": "geological_survey",
        "title": _text("1:5万区域地质调查", "Regional geological survey at 1:50,000"),
        "unit": _text("平方千米", "km²"),
        "target": {"at": _at(1, 2), "value": 1191.1, "relation": "at_least"},
        "kind": _at(1, 3),
        "missing": _text("各图幅调查的进度", "how far the survey of each sheet is"),
    },
    {
        "id": "coal_resources",
        "title": _text("煤新增查明资源量", "Newly identified coal"),
        "unit": _text("亿吨", "100 million t"),
        "target": {"at": _at(3, 3)},
        "missing": _text("规划未定目标（--）；新增资源量的评审备案", "the plan sets no target (--); reviewed resource reports"),
    },
    {
        "id": "methane_resources",
        "title": _text("煤层气新增查明资源量", "Newly identified coal-bed methane"),
        "unit": _text("亿立方米", "100 million m³"),
        "target": {"at": _at(4, 3), "value": 24.1, "relation": "at_least"},
        "missing": _text("煤层气储量的评审备案", "reviewed reports of coal-bed methane reserves"),
    },
    {
        "id": "coal_output",
        "title": _text("煤年开采总量", "Coal mined a year"),
        "unit": _text("亿吨", "100 million t"),
        "target": {"at": _at(6, 3), "value": 0.22, "relation": "at_most"},
        "base": {"value": 0.18, "quote": _quote("年煤炭产量1800万吨", 120)},
        "measure": {"of": _rights(COAL, sum="capacity_10kt_per_year"), "times": 0.0001},
        "rule": _text("煤矿采矿证生产规模之和（证载产能，不是产量）", "sum of the licensed capacities of coal mines: capacity, not output"),
        "missing": _text("各矿实际产量", "the actual output of each mine"),
    },
    {
        "id": "methane_output",
        "title": _text("煤层气年开采总量", "Coal-bed methane produced a year"),
        "unit": _text("亿立方米", "100 million m³"),
        "target": {"at": _at(7, 3), "value": 0.6, "relation": "at_least"},
        "base": {"value": 0.0, "quote": _quote("尚未进行煤层气开采", 104)},
        "missing": _text("煤层气产量", "the output of coal-bed methane"),
    },
    {
        "id": "coal_mines",
        "title": _text("煤矿数量", "Coal mines"),
        "unit": _text("个", "mines"),
        "target": {"at": _at(9, 3), "value": 4, "relation": "at_most"},
        "base": {"value": 5, "quote": _quote("屯留区共有持有采矿许可证矿山企业5个", 120)},
        "measure": {"of": _rights(COAL)},
        "rule": _text("主矿种为煤的采矿权数", "number of mining rights for coal"),
    },
    {
        "id": "coal_mines_medium_large",
        "title": _text("大中型煤矿比例", "Coal mines of medium and large size"),
        "unit": _text("%", "%"),
        "target": {"at": _at(9, 4), "value": 100, "relation": "at_least"},
        "base": {"value": 100, "quote": _quote("大型矿山4个，中型矿山1个", 120)},
        "measure": {"of": _rights(COAL, MEDIUM), "in": _rights(COAL)},
        "rule": _text("生产规模不小于45万吨/年的煤矿占煤矿数的比例（国土资发〔2004〕208号）", "coal mines of at least 450,000 t a year, of all coal mines (国土资发〔2004〕208号)"),
    },
    {
        "id": "methane_mines",
        "title": _text("煤层气矿山数量", "Coal-bed methane mines"),
        "unit": _text("个", "mines"),
        "target": {"at": _at(10, 3), "value": 1, "relation": "at_least"},
        "base": {"value": 0, "quote": _quote("尚未进行煤层气开采", 104)},
        "measure": {"of": _rights(METHANE)},
        "rule": _text("主矿种为煤层气的采矿权数", "number of mining rights for coal-bed methane"),
    },
    {
        "id": "methane_mines_medium_large",
        "title": _text("大中型煤层气矿山比例", "Coal-bed methane mines of medium and large size"),
        "unit": _text("%", "%"),
        "target": {"at": _at(10, 4)},
        "missing": _text("规划未定目标（--）；煤层气矿山生产规模", "the plan sets no target (--); the capacity of methane mines"),
    },
    {
        "id": "green_mines",
        "title": _text("绿色矿山比例", "Green mines"),
        "unit": _text("%", "%"),
        "target": {"at": _at(11, 2), "value": 100, "relation": "at_least"},
        "base": {"value": 0, "quote": _quote("余吾、常村、古城、郭庄4座矿山均未建成绿色矿山", 348)},
        "missing": _text("绿色矿山名录：图层没有此项", "the register of green mines: no layer has it"),
    },
    {
        "id": "three_rates",
        "title": _text("矿山“三率”水平达标率", "Mines that reach the three rates of use"),
        "unit": _text("%", "%"),
        "target": {"at": _at(12, 2), "value": 100, "relation": "at_least"},
        "kind": _at(12, 3),
        "missing": _text("各矿开采回采率、选矿回收率、综合利用率", "each mine's rates of extraction, recovery and comprehensive use"),
    },
]

EVALUATION = {"licences": "mining_rights", "granted": ["mining_blocks"], "indicators": INDICATORS}
