"""The catalogue's address: the whole state of a result page stands in it, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from foundation.i18n import N_
from foundation.pages import PAGE_SIZE
from providers.categories import categories, kinds
from providers.offering_facts import CHANNELS, MODES
from search.engine import DEPTH, Query, Sort

SORTS: Final = {
    Sort.RELEVANCE: N_("最相关"),
    Sort.NEWEST: N_("最新上架"),
    Sort.PRICE_ASCENDING: N_("价格从低到高"),
    Sort.PRICE_DESCENDING: N_("价格从高到低"),
}
BAND_LABELS: Final = {
    "free": N_("免费"),
    "to_1": N_("1万元以内"),
    "to_5": N_("1万至5万元"),
    "to_20": N_("5万至20万元"),
    "above_20": N_("20万元以上"),
}
FILTERS: Final = {
    "category": N_("服务类别"),
    "region": N_("地区"),
    "band": N_("价格"),
    "channel": N_("服务形式"),
    "mode": N_("服务方式"),
    "kind": N_("点对点类别"),
}
"""The filters in the order of the page: argument and label."""

_CHANNELS: Final = {"online": CHANNELS["online"], "offline": CHANNELS["offline"]}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter with how many results it would give."""

    value: str
    label: str
    count: int


def read(arguments: Mapping[str, str]) -> Query:
    """The query of an address; what makes no sense in it is left out, never an error page."""
    number = arguments.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    sort = arguments.get("sort", "")
    return Query(
        text=arguments.get("q", "").strip()[:100],
        filters={name: (arguments[name],) for name in FILTERS if arguments.get(name)},
        page=min(max(page, 1), DEPTH // PAGE_SIZE),
        page_size=PAGE_SIZE,
        sort=Sort(sort) if sort in {one.value for one in Sort} else Sort.RELEVANCE,
    )


def labels(name: str, region_names: Mapping[str, str]) -> Mapping[str, str]:
    """The words (msgids) of a filter's codes, in the order in which they are shown."""
    known: Mapping[str, Mapping[str, str]] = {
        "category": {key: one.label for key, one in categories().items()},
        "kind": {key: one.label for key, one in kinds().items()},
        "mode": MODES,
        "channel": _CHANNELS,
        "band": BAND_LABELS,
        "region": region_names,
    }
    return known[name]


def choices(
    query: Query, facets: Mapping[str, Mapping[str, int]], region_names: Mapping[str, str]
) -> dict[str, Sequence[Choice]]:
    """For each filter the values that would give results, and the chosen one even if it gives none."""
    found: dict[str, Sequence[Choice]] = {}
    for name in FILTERS:
        chosen = query.filters.get(name, ())
        counted = facets.get(name, {})
        found[name] = [
            Choice(code, label, counted.get(code, 0))
            for code, label in labels(name, region_names).items()
            if code in counted or code in chosen
        ]
    return found
