"""The plan's cells as properties: its own words and figures under English column names.

A text cell is carried verbatim and an empty one is null; a figure becomes a number. Every key
of the plan's features is used here or named in `UNUSED`, so nothing is dropped by oversight.
"""

PLAN_CODE = "140405-2021"
ADMIN_CODE = "140405"

# Twins of cells that are carried as numbers.
UNUSED = {"area_km2_text", "面积（平方千米）", "区块面积(平方千米)", "面积(平方千米)", "面积(km2)", "分区面积（平方千米）",
          "查明资源量（万吨）", "生产规模（万吨/年）"}

# Layer -> plan key -> column. Keys that are named as their column are left out.
COLUMNS = {
    "energy_bases": {"能源资源基地名称": "name", "级别": "level", "所在行政区": "districts", "主要矿种": "mineral"},
    "national_planned_mining_areas": {"序号": "seq", "名称": "name", "所在行政区": "districts", "主要矿种": "mineral"},
    "key_exploration_areas": {
        "序号": "seq", "名称": "name", "所在行政区": "districts", "主要矿种": "mineral", "备注": "remarks",
        "已设探矿权数量": "existing_exploration_rights", "拟设探矿权数量": "planned_exploration_rights",
    },
    "exploration_blocks": {
        "序号": "seq", "编号": "code", "区块名称": "name", "勘查主矿种": "mineral", "现有勘查程度": "existing_degree",
        "拟设探矿权勘查程度": "planned_degree", "投放时序": "release_period", "备注": "remarks",
    },
    "mining_blocks": {
        "序号": "seq", "编号": "code", "区块名称": "name", "开采主矿种": "mineral", "投放时序": "release_period", "备注": "remarks",
    },
    "prohibited_zones": {"no": "seq"},
    "mining_rights": {
        "序号": "seq", "采矿许可证号": "code", "采矿权人名称": "holder", "矿山名称": "name", "经济类型": "economic_type",
        "开采主矿种": "mineral", "有效期起": "valid_from_text", "有限期止": "valid_to_text", "登记发证机关": "authority", "备注": "remarks",
    },
    "exploration_survey_areas": {
        "序号": "seq", "勘查区名称": "name", "勘查矿种": "mineral", "勘查阶段": "stage", "利用情况": "use_status", "规模": "size_class",
    },
    "governance_zones": {"序号": "seq", "分区名称": "name", "主要矿山地质环境问题": "problems"},
    "prevention_zones": {"area_km2_text": "area_text"},
    "admin_boundary": {"population_2020": "population_text"},
    "rivers": {"source": "headwaters", "class": "river_class"},
    "roads": {"class": "road_class"},
}

INTEGERS = {"seq", "existing_exploration_rights", "planned_exploration_rights"}


def properties(layer, feature, fields, source):
    """The properties of one plan feature, in the order of `fields`."""
    values = dict.fromkeys(fields)
    values |= {
        "plan_code": PLAN_CODE,
        "admin_code": ADMIN_CODE,
        "geometry_status": "derived" if layer in ("admin_boundary", "map_sheets_50k") else "schematic",
        "source_section": source.layers[layer]["source"],
    }
    for key, cell in feature.items():
        for column, value in _columns(layer, key, cell, feature, source):
            if value is None and column not in fields:
                continue  # the plan is silent here, in every feature of the layer
            if column not in fields:
                raise ValueError(f"{layer}: the plan's {key} has no column {column} in layers.json")
            values[column] = value
    return values


def _columns(layer, key, cell, feature, source):
    """The column(s) one cell of the plan becomes."""
    column = COLUMNS.get(layer, {}).get(key, key)
    if column in UNUSED:
        return []
    if key == "throw_m":
        return [("throw_min_m", float(cell[0])), ("throw_max_m", float(cell[1]))]
    if key == "bbox_deg":
        return zip(("stated_west", "stated_south", "stated_east", "stated_north"), cell)
    if key == "sheet_no":  # the plan gives none; the frame drawn has a computed one
        return [(column, source.sheet(feature["name"])["sheet"])]
    if key == "in_district":
        return [(column, {True: "是", False: "否"}.get(cell, cell))]
    if layer == "roads" and key == "class" and cell.startswith("unstated"):
        return [(column, None)]
    return [(column, _value(column, cell))]


def _value(column, cell):
    if isinstance(cell, dict):  # a quotation: its words, without the line of the file
        cell = cell["text"]
    if cell in ("", None):
        return None
    if column in INTEGERS or isinstance(cell, bool):
        return int(cell)
    if column.endswith("_km") or column == "area_km2":
        return float(cell)
    return cell
