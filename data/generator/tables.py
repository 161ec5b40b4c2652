"""The plan's tables without geometry, as rows under English column names."""

TABLES = {
    "indicators_2025": {
        "title": {"zh": "规划目标指标（2025年）", "en": "Targets for 2025"},
        "fields": [
            ("group", "group", "text", "类别", "Group"),
            ("indicator", "indicator", "text", "指标", "Indicator"),
            ("mineral", "mineral", "text", "矿种", "Mineral"),
            ("value_2025", "value_2025", "text", "2025年（原文）", "2025 (as printed)"),
            ("value_num", "value_num", "real", "2025年", "2025"),
            ("属性", "attribute", "text", "属性", "Kind of target"),
        ],
    },
    "restoration_status": {
        "title": {"zh": "截至2020年恢复治理面积", "en": "Land restored by 2020"},
        "fields": [
            ("县（区）", "district", "text", "县（区）", "District"),
            ("总破坏面积", "damaged_km2", "real", "总破坏面积（平方千米）", "Land damaged (km²)"),
            ("治理面积_生产矿山", "restored_active_mines_km2", "real", "生产矿山治理面积（平方千米）", "Restored at active mines (km²)"),
            ("治理面积_废弃矿山", "restored_abandoned_mines_km2", "real", "废弃矿山治理面积（平方千米）", "Restored at abandoned mines (km²)"),
            ("治理面积_合计", "restored_total_km2", "real", "治理面积合计（平方千米）", "Restored in total (km²)"),
            ("unit", "unit", "text", "单位", "Unit"),
            ("sites", "sites", "text", "破坏情况（原文）", "Damage (as printed)"),
            ("location", "location", "text", "位置描述", "Location in the plan's words"),
        ],
    },
    "geological_survey_tasks": {
        "title": {"zh": "基础地质调查任务", "en": "Geological survey tasks"},
        "fields": [
            ("规划重点任务", "task", "text", "规划重点任务", "Key task"),
            ("工作内容", "content", "text", "工作内容", "Work"),
            ("area_km2", "workload_km2", "real", "工作量（平方千米）", "Amount of work (km²)"),
            ("工作区域", "area", "text", "工作区域", "Area of work"),
        ],
    },
    "survey_projects": {
        "title": {"zh": "矿产远景调查评价项目", "en": "Mineral survey and assessment projects"},
        "fields": [
            ("序号", "seq", "integer", "序号", "No."),
            ("项目名称", "name", "text", "项目名称", "Project"),
        ],
    },
    "demonstration_bases": {
        "title": {"zh": "煤层气（油气）综合勘查开发示范基地", "en": "Demonstration bases of coal-bed methane development"},
        "fields": [
            ("项目名称", "name", "text", "项目名称", "Project"),
            ("建设内容", "content", "text", "建设内容", "Works"),
            ("预期成果", "expected_results", "text", "预期成果", "Expected results"),
        ],
    },
}

MEASURES = {
    "id": "management_measures",
    "title": {"zh": "分区管理措施", "en": "Management measures by layer"},
    "source": "第三章",
    "fields": [
        {"name": "layer", "type": "text", "title": {"zh": "图层", "en": "Layer"}},
        {"name": "measures", "type": "text", "title": {"zh": "管理措施", "en": "Measures in the plan's words"}},
    ],
}

_TYPES = {"text": str, "real": float, "integer": int}


def tables(source):
    """Every table as a document, plus one with the management measures the plan gives a whole layer."""
    for name, table in TABLES.items():
        yield {
            "id": name,
            "title": table["title"],
            "source": source.layers[name]["source"],
            "fields": [{"name": column, "type": kind, "title": {"zh": zh, "en": en}} for _, column, kind, zh, en in table["fields"]],
            "rows": [[_cell(feature[key], kind) for key, _, kind, _, _ in table["fields"]] for feature in source.features(name)],
        }
    rows = [[layer["id"], layer["management_measures"]["text"]] for layer in source.plan["layers"] if "management_measures" in layer]
    yield MEASURES | {"rows": rows}


def _cell(cell, kind):
    if isinstance(cell, dict):
        cell = cell["text"]
    return None if cell in ("", None) else _TYPES[kind](cell)
