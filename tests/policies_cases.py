"""One applicant per rule set that just reaches every threshold, and what just misses each criterion."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """``misses`` holds, per criterion, the changes of which each one alone fails that criterion."""

    ruleset: str
    facts: dict[str, Any]
    outcome: str
    misses: dict[str, list[dict[str, Any]]]


SEVEN_SERVICES = [
    "innovation",
    "listing_and_finance",
    "commercialisation",
    "digital",
    "ip",
    "cloud",
    "industrial_design",
]

CASES = [
    Case(
        "key-little-giant-2021-batch1",
        {
            "titles": ["srdi", "little_giant"],
            "listed": False,
            "four_bases": False,
            "ten_sectors": False,
            "fills_gap": False,
            "leader_cooperation": True,
            "main_revenue_share": 70,
            "rd_share_2y_avg": 4,
            "invention_patents": 2,
            "rd_institution": False,
            "standards": 0,
            "management_certification": True,
            "main_revenue_growth_y1": -12.5,
            "listing_plan": "none",
        },
        "eligible",
        {
            "little-giant": [{"titles": ["srdi", "innovative"]}, {"titles": []}],
            "not-listed": [{"listed": True}],
            "industry-direction": [{"leader_cooperation": False}],
            "main-business-share": [{"main_revenue_share": 69.99}, {"main_revenue_share": 0}],
            "rd-share": [{"rd_share_2y_avg": 3.999}],
            "innovation": [{"invention_patents": 1}],
            "management-certification": [{"management_certification": False}],
        },
    ),
    Case(
        "platform-national-2017",
        {
            "independent_legal_person": True,
            "years_operating": 2,
            "total_assets": 300,
            "smes_served_y1": 150,
            "satisfaction": 80,
            "smes_served_growing_2y": True,
            "fixed_premises": True,
            "partners": 5,
            "certification": "provincial",
            "quality_procedures": True,
            "fee_discount_rules": True,
            "low_fee_share": 20,
            "service_staff": 20,
            "qualified_staff_share": 80,
        },
        "refer",
        {
            "independent-legal-person": [{"independent_legal_person": False}],
            "years-operating": [{"years_operating": 1.9}],
            "total-assets": [{"total_assets": 299.99}],
            "smes-served": [{"smes_served_y1": 149}],
            "satisfaction": [{"satisfaction": 79.9}],
            "growing": [{"smes_served_growing_2y": False}],
            "fixed-premises": [{"fixed_premises": False}],
            "partners": [{"partners": 4}],
            "recognised-before": [{"certification": "municipal"}, {"certification": "none"}],
            "quality-procedures": [{"quality_procedures": False}],
            "fee-discount": [{"fee_discount_rules": False}],
            "low-fee-share": [{"low_fee_share": 19.9}],
            "service-staff": [{"service_staff": 19}],
            "qualified-staff": [{"qualified_staff_share": 79.9}],
        },
    ),
    Case(
        "platform-beijing-2021-batch1",
        {
            "independent_legal_person": True,
            "serious_dishonesty_3y": False,
            "certification": "national",
            "website": True,
            "app": False,
            "mini_program": True,
            "representative_credit_clean": True,
            "service_staff": 20,
            "senior_staff": 10,
            "quality_procedures": True,
            "services": SEVEN_SERVICES,
        },
        "eligible",
        {
            "independent-legal-person": [{"independent_legal_person": False}],
            "no-serious-dishonesty": [{"serious_dishonesty_3y": True}],
            "certified-platform": [{"certification": "municipal"}, {"certification": "none"}],
            "online-service": [{"website": False}, {"mini_program": False}],
            "representative-credit": [{"representative_credit_clean": False}],
            "service-staff": [{"service_staff": 19}],
            "senior-staff": [{"senior_staff": 9}],
            "quality-procedures": [{"quality_procedures": False}],
            "seven-services": [{"services": SEVEN_SERVICES[:-1]}, {"services": [*SEVEN_SERVICES[1:], "training"]}],
        },
    ),
    Case(
        "srdi-beijing-2021",
        {
            "independent_legal_person": True,
            "years_operating": 2,
            "size": "micro",
            "main_revenue_share": 50,
            "tax_and_credit_clean": True,
            "dishonesty_3y": False,
            "accident_3y": False,
            "revenue_y1": 1499.99,
            "net_profit_2y": 599.99,
            "valuation": 10000,
        },
        "eligible",
        {
            "independent-legal-person": [{"independent_legal_person": False}],
            "years-operating": [{"years_operating": 1.99}],
            "size": [{"size": "large"}],
            "main-business-share": [{"main_revenue_share": 49.99}],
            "clean-record": [{"tax_and_credit_clean": False}, {"dishonesty_3y": True}, {"accident_3y": True}],
            "operating": [{"valuation": 9999.99}],
        },
    ),
]

# What meets a group in another way than the applicant above does; each alone is enough.
OTHER_WAYS = [
    ("key-little-giant-2021-batch1", {"invention_patents": 1, "rd_institution": True}),
    ("key-little-giant-2021-batch1", {"invention_patents": 1, "standards": 1}),
    ("key-little-giant-2021-batch1", {"leader_cooperation": False, "four_bases": True}),
    ("key-little-giant-2021-batch1", {"leader_cooperation": False, "ten_sectors": True}),
    ("key-little-giant-2021-batch1", {"leader_cooperation": False, "fills_gap": True}),
    ("platform-national-2017", {"certification": "national"}),
    ("platform-beijing-2021-batch1", {"mini_program": False, "app": True}),
    ("srdi-beijing-2021", {"valuation": 0, "revenue_y1": 1500}),
    ("srdi-beijing-2021", {"valuation": 0, "net_profit_2y": 600}),
    ("srdi-beijing-2021", {"size": "small"}),
    ("srdi-beijing-2021", {"size": "medium"}),
]
