"""Which cell of plan.json every column must repeat, written out by hand.

column: key          the cell's words, or its number
column: (key, part)  part of a structured cell
"""

TEXT = "text"
LOCATION = {"location": ("location", TEXT)}

CELLS = {
    "energy_bases": {"name": "能源资源基地名称", "level": "级别", "districts": "所在行政区", "mineral": "主要矿种", "area_km2": "面积（平方千米）", **LOCATION},
    "national_planned_mining_areas": {
        "seq": "序号", "name": "名称", "districts": "所在行政区", "mineral": "主要矿种", "area_km2": "面积（平方千米）", "seams": ("seams", TEXT), **LOCATION,
    },
    "key_exploration_areas": {
        "seq": "序号", "name": "名称", "districts": "所在行政区", "area_km2": "面积（平方千米）", "mineral": "主要矿种",
        "existing_exploration_rights": "已设探矿权数量", "planned_exploration_rights": "拟设探矿权数量", "remarks": "备注", **LOCATION,
    },
    "industry_key_regions": {"name": "name", "mineral": "mineral", "area_km2": "area_km2", **LOCATION},
    "exploration_blocks": {
        "seq": "序号", "code": "编号", "name": "区块名称", "mineral": "勘查主矿种", "area_km2": "区块面积(平方千米)", "existing_degree": "现有勘查程度",
        "planned_degree": "拟设探矿权勘查程度", "release_period": "投放时序", "remarks": "备注",
    },
    "mining_blocks": {
        "seq": "序号", "code": "编号", "name": "区块名称", "mineral": "开采主矿种", "area_km2": "面积(平方千米)", "release_period": "投放时序", "remarks": "备注",
    },
    "prohibited_zones": {"seq": "no", "name": "name", "area_km2": "area_km2", **LOCATION},
    "mining_rights": {
        "seq": "序号", "code": "采矿许可证号", "holder": "采矿权人名称", "name": "矿山名称", "economic_type": "经济类型", "mineral": "开采主矿种",
        "capacity_10kt_per_year": "生产规模（万吨/年）", "area_km2": "面积(km2)", "valid_from": "valid_from", "valid_to": "valid_to",
        "valid_from_text": "有效期起", "valid_to_text": "有限期止", "authority": "登记发证机关", "remarks": "备注",
    },
    "exploration_survey_areas": {
        "seq": "序号", "name": "勘查区名称", "mineral": "勘查矿种", "stage": "勘查阶段", "use_status": "利用情况", "resource_10kt": "查明资源量（万吨）",
        "size_class": "规模", "area_km2": "area_km2",
    },
    "cbm_exploration_rights": {"name": "name", "area_km2": "area_km2", **LOCATION},
    "governance_zones": {
        "seq": "序号", "name": "分区名称", "problems": "主要矿山地质环境问题", "area_km2": "分区面积（平方千米）",
        "in_district_figures": ("in_district_figures", TEXT), **LOCATION,
    },
    "prevention_zones": {"name": "name", "area_km2": "area_km2", "area_text": "area_km2_text", **LOCATION},
    "admin_boundary": {
        "name": "name", "name_old": "name_old", "parent": "parent", "area_km2": "area_km2", "bbox_text": ("bbox_text", TEXT), "crs": "crs",
        "stated_west": ("bbox_deg", 0), "stated_south": ("bbox_deg", 1), "stated_east": ("bbox_deg", 2), "stated_north": ("bbox_deg", 3),
        "extent_text": ("extent_text", TEXT), "neighbours": ("neighbours", TEXT), "townships_text": ("townships_text", TEXT), "base_year": "base_year",
        "plan_period": "plan_period", "outlook": "outlook", "population_text": ("population_2020", TEXT),
    },
    "townships": {"name": "name", "kind": "kind", "mentioned_in": ("mentioned_in", TEXT)},
    "map_sheets_50k": {"name": "name", **LOCATION},
    "faults": {
        "name": "name", "kind": "kind", "strike": "strike", "dip_direction": "dip_direction", "dip_angle": "dip_angle", "throw": "throw",
        "throw_min_m": ("throw_m", 0), "throw_max_m": ("throw_m", 1), "length": "length", "length_km": "length_km",
        "length_is_minimum": "length_is_minimum", "paragraph": "paragraph", **LOCATION,
    },
    "folds": {
        "name": "name", "kind": "kind", "named_in": ("named_in", TEXT), "axis_strike": "axis_strike", "length": "length", "length_km": "length_km",
        "width": "width", "width_km": "width_km", "limb_dip": "limb_dip", "core": "core", "limbs": "limbs", "paragraph": "paragraph", **LOCATION,
    },
    "rivers": {
        "name": "name", "length_total_km": "length_total_km", "length_in_district_km": "length_in_district_km", "length_text": ("length_text", TEXT),
        "basin_text": ("basin_text", TEXT), "headwaters": ("source", TEXT), "river_class": "class", "discharge": ("discharge", TEXT), **LOCATION,
    },
    "reservoirs": {"name": "name", "attributes": ("attributes", TEXT), **LOCATION},
    "roads": {"name": "name", **LOCATION},
}

# Columns that are not a cell of the plan, each checked by a test of its own.
COMMON = {"plan_code": "140405-2021", "admin_code": "140405"}
OWN_TESTS = {"geometry_status", "source_section"} | set(COMMON)
SPECIAL = {"map_sheets_50k": {"sheet_no"}, "reservoirs": {"in_district"}, "roads": {"road_class"}}

# Keys of plan.json that repeat another key of the same feature, checked to do so.
TWINS = {"area_km2_text": "area_km2", "resource_10kt": "查明资源量（万吨）", "capacity_10kt_per_year": "生产规模（万吨/年）"}
SPECIAL_KEYS = {"map_sheets_50k": {"sheet_no"}, "reservoirs": {"in_district"}, "roads": {"class"}}

TABLES = {
    "indicators_2025": {"group": "group", "indicator": "indicator", "mineral": "mineral", "value_2025": "value_2025", "value_num": "value_num", "attribute": "属性"},
    "restoration_status": {
        "district": "县（区）", "damaged_km2": "总破坏面积", "restored_active_mines_km2": "治理面积_生产矿山",
        "restored_abandoned_mines_km2": "治理面积_废弃矿山", "restored_total_km2": "治理面积_合计", "unit": "unit", "sites": ("sites", TEXT), **LOCATION,
    },
    "geological_survey_tasks": {"task": "规划重点任务", "content": "工作内容", "workload_km2": "工作量（平方千米）", "area": "工作区域"},
    "survey_projects": {"seq": "序号", "name": "项目名称"},
    "demonstration_bases": {"name": "项目名称", "content": "建设内容", "expected_results": "预期成果"},
}
