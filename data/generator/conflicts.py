"""Overlaps the planning rules forbid, found in the drawn data and each with its reason.

An overlap without a reason stops the generator: draw the areas apart, or say which words of the
plan leave no room.
"""

from itertools import combinations

from shapely.geometry import shape

from .plane import project

BLOCKS = ("exploration_blocks", "mining_blocks")
LICENSED = (*BLOCKS, "mining_rights")

# Pairs of layers whose features may not overlap: R05 against prohibited zones, R01 against rights.
FORBIDDEN = [
    *((layer, "prohibited_zones") for layer in LICENSED),
    *((layer, "mining_rights") for layer in BLOCKS),
    ("exploration_blocks", "cbm_exploration_rights"),
    ("exploration_blocks", "mining_blocks"),
    *((layer, layer) for layer in LICENSED),
]

REASONS = {
    ("exploration_blocks", "KQ004", "mining_blocks", "CQ003"): (
        "R01",
        "表4-4煤层气勘查2与表4-5煤层气开采区2面积同为13.91平方千米，视为同一区块",
        "煤层气勘查2 (表4-4) and 煤层气开采区2 (表4-5) both measure 13.91 km² and are taken for one and the same area",
    ),
    ("exploration_blocks", "KQ004", "cbm_exploration_rights", "山西沁水盆地沁南区块煤层气勘查"): (
        "R01",
        "规划“在沁南勘察区块开发煤层气”，该区块须位于已设的沁南区块内",
        "the plan develops coal-bed methane in the 沁南 block, so the planned block lies inside that existing right",
    ),
}

# Below a square metre an overlap is the rounding of a shared edge.
NEGLIGIBLE_KM2 = 1e-6


def conflicts(collections):
    """The listed overlaps, in the order of `FORBIDDEN` and then of ids."""
    found = []
    reasons = dict(REASONS)
    for one, other in FORBIDDEN:
        for a, b in _pairs(collections[one], collections[other], one == other):
            overlap = project(shape(a["geometry"])).intersection(project(shape(b["geometry"]))).area
            if overlap < NEGLIGIBLE_KM2:
                continue
            key = (one, _label(a), other, _label(b))
            if key not in reasons:
                raise ValueError(f"{key} overlap by {overlap:.4f} km² and no words of the plan force it")
            rule, zh, en = reasons.pop(key)
            found.append({
                "rule": rule, "layer": one, "id": a["id"], "other_layer": other, "other_id": b["id"],
                "overlap_km2": round(overlap, 3), "reason": {"zh": zh, "en": en},
            })
    if reasons:
        raise ValueError(f"no such overlap any more: {list(reasons)}")
    return found


def _pairs(one, other, same):
    return combinations(one, 2) if same else ((a, b) for a in one for b in other)


def _label(feature):
    return feature["properties"]["code"] or feature["properties"]["name"]
