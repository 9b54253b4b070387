"""Accounts of candidates built by hand; values are plausible, not computed."""

from typing import Any

from experiments.account.ledger import LOSSES

TITLES = ("Passive (paracellular) rate", "Magnesium a phytate holds", "Saturable capacity")
SERUM_WORDS = (
    "Of 256 subjects, 0 % end above 1.05 mmol/L (hypermagnesaemia by definition) and 0 % above"
    " 2 mmol/L (signs begin)."
)


def body(absorbed: float) -> list[dict[str, Any]]:
    """Return what is told of the body, in proportion to what is absorbed [mg/d]."""
    change = absorbed / 1000
    rows = (
        ("serum", "Serum Mg", "mmol/L", 0.83 + change, 0.06),
        ("serum_change", "Serum Mg, change against control", "mmol/L", change, 0.01),
        ("urine_change", "24 h urine Mg, change", "mmol/d", absorbed / 25, 0.3),
        ("laxation_risk", "Chance of loose stools", "percent", 1.4, 0.3),
    )
    return [
        {"name": name, "title": title, "unit": unit, "p05": x - d, "p50": x, "p95": x + d}
        for name, title, unit, x, d in rows
    ]


def account(
    absorbed: float, dose: float, *, risk_class: str = "low", acid: float = 0.0
) -> dict[str, Any]:
    """Return an account of a product that loses `acid` % to want of acid."""
    shares = {"acid": acid, "bound": 6.0, "transport": 94.0 - acid}
    lost = dose - absorbed
    words = {
        "low": "No rule of this product was touched.",
        "raised": "12 % of people have an eGFR below 60 mL/min/1.73m2.",
        "refused": "Of 256 subjects, 2 % end above 2 mmol/L. Nobody may end above the latter.",
    }[risk_class]
    return {
        "losses": {
            "n_subjects": 64,
            "lost_mg_per_day": lost,
            "parts": [
                {
                    "name": name,
                    "title": title,
                    "meaning": meaning,
                    "percent": shares.get(name, 0.0),
                    "mg_per_day": shares.get(name, 0.0) * lost / 100,
                    **dict.fromkeys(("p05", "p50", "p95"), shares.get(name, 0.0) * lost / 100),
                }
                for name, (title, meaning) in LOSSES.items()
            ],
        },
        "risk": {
            "class": risk_class,
            "reasons": [{"class": risk_class, "rule": "none", "words": words}],
            "limits": [
                {
                    "rule": "daily_supplemental",
                    "is_met": True,
                    "words": f"Supplemental magnesium a day (EU): {dose:g} mg/d, at most 250: met.",
                    "source": "EFSA2006",
                }
            ],
            "hypermagnesaemia": {"words": SERUM_WORDS},
            "laxation": {"probability": 0.014},
            "irritation": {"category": "little", "words": "Little is known."},
            "assumptions": {},
        },
        "monitoring": _monitoring(risk_class),
        "assumptions": {
            "n_subjects": 32,
            "base": {"absorbed_increment": absorbed, "serum_change": absorbed / 1000},
            "quantities": [_moved(k, title, absorbed) for k, title in enumerate(TITLES)],
        },
    }


def _monitoring(risk_class: str) -> dict[str, Any]:
    weeks = "in week 12" if risk_class == "low" else "in weeks 4, 12, then every 26 weeks"
    reason = {"fact": "everybody", "share": 1.0, "why": "an excess shows", "source": "Symptoma"}
    return {
        "checks": [
            {
                "measure": "serum_mg",
                "text": f"Serum magnesium: before the start, {weeks}",
                "is_modelled": True,
                "reasons": [reason],
            },
            {
                "measure": "creatinine_egfr",
                "text": "Creatinine and eGFR: before the start",
                "is_modelled": False,
                "reasons": [reason],
            },
        ],
        "remarks": ["The weeks are a choice of this product, no guideline."],
        "spacing": [
            {
                "medicine": "levothyroxine",
                "before_h": 4.0,
                "after_h": 4.0,
                "why": "magnesium binds it",
                "source": "SmPC2678",
                "basis": "assumed",
            }
        ],
    }


def _moved(k: int, title: str, absorbed: float) -> dict[str, Any]:
    step = 0.3 / (k + 1)
    ends = {
        end: {"absorbed_increment": absorbed * share, "serum_change": absorbed * share / 1000}
        for end, share in (("with_low", 1 - step), ("with_high", 1 + step))
    }
    return {
        "title": title,
        "value": 0.00815,
        "low": 0.005,
        "high": 0.012,
        "range_stated": k == 0,
        "unit": "1/h",
        "basis": "assumed",
        "source": "ProductAssumption",
        "note": "recalled",
        **ends,
    }
