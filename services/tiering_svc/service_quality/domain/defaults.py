"""The satisfaction index and the assessment rules that come with Patron (T15, T16)."""

from typing import Any


def _part(code: str, en: str, zh: str, weight: str, *parts: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = {"code": code, "name": {"en": en, "zh": zh}, "weight": weight}
    return part | {"parts": list(parts)} if parts else part


DEFAULT_SATISFACTION_INDEX = {
    "scale": {"from": "1", "to": "10"},
    "parts": [
        _part(
            "product", "Product", "产品", "40",
            _part(
                "quality", "Quality", "质量", "60",
                _part("quality.function", "Does what it should", "功能", "50"),
                _part("quality.reliability", "Keeps doing it", "可靠性", "50"),
            ),
            _part("range", "Range", "品种", "40"),
        ),
        _part(
            "service", "Service", "服务", "40",
            _part(
                "people", "People", "人员", "50",
                _part("people.competence", "Competence", "专业能力", "50"),
                _part("people.attitude", "Attitude", "态度", "50"),
            ),
            _part("delivery", "Delivery on time", "准时交付", "25"),
            _part("complaints", "Handling of complaints", "投诉处理", "25"),
        ),
        _part("price", "Price for what one gets", "性价比", "20"),
    ],
    "questions": [
        {"code": "recommends", "kind": "reputation", "scale": {"from": "0", "to": "10"},
         "name": {"en": "How likely are you to recommend us?", "zh": "您向他人推荐我们的可能性有多大？"}},
        {"code": "well_spoken_of", "kind": "reputation", "scale": {"from": "1", "to": "10"},
         "name": {"en": "How well are we spoken of where you are?", "zh": "您周围对我们的评价如何？"}},
        {"code": "named_first", "kind": "awareness", "scale": {"from": "0", "to": "1"},
         "name": {"en": "Did you name us without being prompted?", "zh": "您是否在无提示下首先提到我们？"}},
        {"code": "knows_range", "kind": "awareness", "scale": {"from": "1", "to": "10"},
         "name": {"en": "How well do you know what we offer?", "zh": "您对我们的产品和服务有多了解？"}},
        {"code": "would_switch", "kind": "price_sensitivity", "scale": {"from": "1", "to": "10"},
         "name": {"en": "How likely would a price 5 % lower elsewhere make you switch?",
                  "zh": "若别处价格低5%，您更换供应商的可能性有多大？"}},
    ],
}  # fmt: skip


DEFAULT_ASSESSMENT_RULES = {  # T15: the field's own figures
    "base": "100",
    "least": "0",
    "revenue_base": {"years_back": 1},
    "contact_every_months": 1,
    "file_complete_from": 60,
    "top_list": {
        "name": {"en": "The 50 largest customers", "zh": "前50名大客户"}, "largest": 50, "base": {"years_back": 1},
    },
    "rules": [
        {"code": "revenue_down", "measure": "revenue_change", "below": "-0.15", "points": "-10",
         "name": {"en": "Revenue down by more than 15 %", "zh": "收入下降超过15%"}},
        {"code": "revenue_far_down", "measure": "revenue_change", "below": "-0.20", "each": "0.01", "points": "-0.2",
         "name": {"en": "Each point that revenue is down beyond 20 %", "zh": "收入降幅超过20%后每一个百分点"}},
        {"code": "lost_customer", "measure": "lost_customers", "above": "0", "each": "1", "points": "-20",
         "name": {"en": "Each lost customer", "zh": "每流失一个客户"}},
        {"code": "coverage_missed", "measure": "uncovered_customers", "above": "0", "each": "1", "percent": "-2",
         "name": {"en": "Each customer nobody contacted", "zh": "每个未联系的客户"}},
        {"code": "late_complaint", "measure": "late_complaints", "above": "0", "each": "1", "percent": "-10",
         "name": {"en": "Each complaint answered late", "zh": "每件逾期投诉"}},
        {"code": "incomplete_file", "measure": "incomplete_files", "above": "0", "each": "1", "percent": "-2",
         "name": {"en": "Each incomplete file", "zh": "每份不完整的档案"}},
        {"code": "most_satisfied", "measure": "satisfaction", "rank": "best", "points": "5",
         "name": {"en": "Best satisfaction", "zh": "满意度最高"}},
        {"code": "least_satisfied", "measure": "satisfaction", "rank": "worst", "points": "-20",
         "name": {"en": "Worst satisfaction", "zh": "满意度最低"}},
        {"code": "top_list", "measure": "top_list_change",
         "name": {"en": "Revenue of the largest customers", "zh": "大客户收入变化"},
         "steps": [
             {"at_least": "0.10", "percent": "5"}, {"at_most": "-0.10", "percent": "-10"},
             {"at_most": "-0.20", "percent": "-40"},
         ]},
        {"code": "late_submission", "measure": "late_submission_hours", "above": "0", "each": "1", "percent": "-1",
         "name": {"en": "Each hour that a submission was late", "zh": "报送每迟一小时"}},
        {"code": "wrong_submission", "measure": "wrong_submissions", "above": "0", "each": "1", "percent": "-5",
         "name": {"en": "Each wrong submission", "zh": "每次报送有误"}},
        {"code": "equipment_not_recorded", "measure": "equipment_not_recorded", "above": "0", "each": "1",
         "percent": "-5", "name": {"en": "Each piece of equipment not recorded", "zh": "每台未登记的设备"}},
        {"code": "equipment_wrong", "measure": "equipment_wrong", "above": "0", "each": "1", "percent": "-1",
         "name": {"en": "Each piece of equipment recorded wrongly", "zh": "每台登记有误的设备"}},
        {"code": "wrong_file", "measure": "wrong_files", "above": "0", "each": "1", "percent": "-2",
         "name": {"en": "Each file that a spot check found wrong", "zh": "抽查发现有误的每份档案"}},
    ],
}  # fmt: skip
