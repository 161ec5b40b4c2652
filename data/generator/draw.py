"""Every layer's geometry, in longitude and latitude, one per feature in the plan's order."""

from . import base, lines, prohibited, rights, zones
from .plane import multi, project, unproject


def draw_plan(source):
    """Layer id -> list of Multi* geometries, in the order of the plan's features."""
    outline = project(source.outline)
    drawn = {layer: [multi(unproject(shape)) for shape in shapes] for layer, shapes in _planar(source, outline).items()}
    exact = {
        "admin_boundary": [source.outline],
        "townships": _in_order(base.draw_townships(outline), source.names("townships")),
        "energy_bases": [*zones.coal_bases(source.features("energy_bases"), outline), unproject(zones.methane_base(outline))],
        "map_sheets_50k": [base.sheet_frame(source.sheet(name)["bbox"]) for name in source.names("map_sheets_50k")],
    }
    return drawn | {layer: [multi(shape) for shape in shapes] for layer, shapes in exact.items()}


def _planar(source, outline):
    """The layers drawn in plane kilometres."""
    features, names, stated = source.features, source.names, source.stated_area
    roads = lines.draw_roads(outline)
    rivers = lines.draw_rivers(features("rivers"), outline)
    exploration = rights.draw_blocks(rights.EXPLORATION_BLOCKS, features("exploration_blocks"), "编号")
    mining = rights.draw_blocks(rights.MINING_BLOCKS, features("mining_blocks"), "编号")
    licences = rights.draw_blocks(rights.MINING_RIGHTS, features("mining_rights"), "采矿许可证号")
    surveyed = rights.draw_survey_areas(exploration | mining | licences, outline)
    key_area = zones.key_exploration_area(stated("key_exploration_areas"), outline)
    return {
        "rivers": _in_order(rivers, names("rivers")),
        "roads": _in_order(roads, names("roads")),
        "faults": _in_order(lines.draw_structures(lines.FAULTS, "fault"), names("faults")),
        "folds": _in_order(lines.draw_structures(lines.FOLDS, "fold"), names("folds")),
        "reservoirs": _in_order(lines.draw_reservoirs(rivers["绛河"]), names("reservoirs")),
        "national_planned_mining_areas": _in_order(
            zones.planned_mining_areas(features("national_planned_mining_areas"), outline), names("national_planned_mining_areas", "名称")
        ),
        "key_exploration_areas": [key_area],
        "industry_key_regions": _in_order(zones.industry_regions(key_area, outline), names("industry_key_regions")),
        "exploration_blocks": _in_order(exploration, names("exploration_blocks", "编号")),
        "mining_blocks": _in_order(mining, names("mining_blocks", "编号")),
        "mining_rights": _in_order(licences, names("mining_rights", "采矿许可证号")),
        "exploration_survey_areas": [surveyed[number] for number in range(1, len(surveyed) + 1)],
        "cbm_exploration_rights": _in_order(rights.draw_cbm_rights(outline), names("cbm_exploration_rights")),
        "prohibited_zones": _in_order(prohibited.draw_prohibited(roads, rivers["绛河"], outline), names("prohibited_zones", "no")),
        "governance_zones": [zones.governance_zone(stated("governance_zones"), outline, _counties(source))],
        "prevention_zones": [zones.prevention_zone(stated("prevention_zones"), outline)],
    }


def _counties(source):
    """The neighbours of the governance zone's name: 襄垣县 and 潞州区."""
    return [project(source.neighbours[name]) for name in ("襄垣县", "潞州区")]


def _in_order(shapes, keys):
    if set(shapes) != set(keys):
        raise ValueError(f"drawn {sorted(map(str, shapes))}, planned {sorted(map(str, keys))}")
    return [shapes[key] for key in keys]
