"""Synthetic: what the goods cost the shop. The data has prices only, and without a cost there is no margin to grade by.

Each department gets one cost share of the price, in the usual range of the grocery trade. A made-up figure, and the
demo says so.
"""

COST_SHARE = {  # per mille of the price paid
    "GROCERY": 740,
    "DRUG-GM": 680,
    "FUEL": 940,
    "PRODUCE": 660,
    "MEAT": 780,
    "MEAT-PCKGD": 740,
    "DELI": 580,
    "PASTRY": 520,
    "NUTRITION": 700,
    "SEAFOOD": 760,
    "SEAFOOD-PCKGD": 740,
    "FLORAL": 550,
    "COSMETICS": 600,
    "SALAD-BAR": 500,
    "SPIRITS": 780,
    "RESTAURANT": 450,
    "CHEF-SHOPPE": 500,
    "GARDEN-CENTER": 650,
    "TRAVEL-LEISURE": 700,
    "FROZEN-GROCERY": 730,
}
DEFAULT_COST_SHARE = 720


def cost_share(category: str) -> int:
    return COST_SHARE.get(category, DEFAULT_COST_SHARE)
