"""The public catalogue: results, an offering, a provider. No sign-in, and good enough to be found by a search engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

from accounts.current import actor_or_none
from foundation.kept import kept
from foundation.money import format_yuan
from foundation.pages import Page
from foundation.unit_of_work import current_session
from providers import catalogue_query, queries
from providers.catalogue_source import OFFERINGS
from providers.categories import categories, kinds
from providers.hooks import Ware, deductions_of, extras_of
from providers.models import OfferingVersion
from providers.offering_facts import CHANNELS, MODES
from providers.public_reading import OfferedService, held_certificate, offered_service, public_provider
from providers.terms import LEVELS
from search.current import content_mark, search
from search.engine import Query
from search.highlight import excerpt, highlight

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/catalogue")
def index() -> str:
    """Search and filter; the address holds the whole state."""
    query = catalogue_query.read(request.args)
    # The results are the same for whoever asks in this language; what a person's own voucher pays is put in below.
    key = "catalogue", request.query_string, str(get_locale()), content_mark(OFFERINGS)
    # A page that is kept whole (web/visitors.py) is as old as its results.
    found, g.shows_since = kept(current_app).made(key, partial(_found, query))
    deductions = deductions_of(current_session(), actor_or_none(), found.wares)
    return render_template(
        "catalogue/index.html", query=query, parts=found.parts, wares=found.wares, deductions=deductions
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A page of results for everybody: its markup, cut where a card tells the deduction of its offering."""

    wares: tuple[Ware, ...]
    parts: tuple[Markup, ...]


def _found(query: Query) -> _Found:
    session = current_session()
    results = search(OFFERINGS, query)
    versions = queries.listed(session, results.ids)
    codes = {*results.facets.get("region", {}), *query.filters.get("region", ())}
    names = queries.region_names(session, sorted(codes)) if codes else {}
    # Not to be guessed, so that no text of an offering can hold it.
    cut = f"<!--{token_hex(16)}-->"
    cards = [_card(version, query.text) for version in versions]
    markup = render_template(
        "catalogue/_results.html",
        query=query,
        cards=cards,
        cut=Markup(cut),  # noqa: S704 - made of digits here
        page=Page(cards, results.total, query.page, query.page_size),
        filters=catalogue_query.FILTERS,
        choices=catalogue_query.choices(query, results.facets, names),
        sorts=catalogue_query.SORTS,
        categories=categories().values(),
    )
    # The pieces come from a template that escaped them.
    return _Found(_wares(versions), tuple(Markup(part) for part in markup.split(cut)))  # noqa: S704


def _wares(versions: Sequence[OfferingVersion]) -> tuple[Ware, ...]:
    return tuple(Ware(version.offering_id, version.category, version.charged_price) for version in versions)


@blueprint.get("/catalogue/<number>")
def offering(number: str) -> str:
    """One offering: what the enterprise gets, what it costs, who delivers; upper rooms add deduction and order button."""
    session = current_session()
    version = queries.listed_by_number(session, number)
    service = offered_service(version)
    certificate = queries.certificate_of(session, version.offering.provider_id)
    return render_template(
        "catalogue/offering.html",
        version=service,
        certificate=held_certificate(certificate) if certificate else None,
        level=LEVELS[certificate.level] if certificate else None,
        category=categories()[service.category],
        kind=kinds().get(service.kind or ""),
        modes=MODES,
        channels=CHANNELS,
        extras=extras_of(session, actor_or_none(), version),
        linked_data=_linked_data(service),
    )


@blueprint.get("/providers/<uscc>")
def provider(uscc: str) -> str:
    """A certified provider with its certificate and everything that it lists."""
    session = current_session()
    organisation, certificate = queries.public_provider(session, uscc)
    listed = queries.listed_of(session, organisation.id, number=request.args.get("page", 1, type=int))
    page = listed.through(lambda rows: [_card(version, "") for version in rows])
    notice = queries.notice_of(session, certificate)
    return render_template(
        "catalogue/provider.html",
        provider=public_provider(organisation),
        certificate=held_certificate(certificate),
        level=LEVELS[certificate.level],
        notice_number=notice.number if notice else None,
        page=page,
        cards=page.rows,
        deductions=deductions_of(session, actor_or_none(), _wares(listed.rows)),
        categories=[categories()[key] for key in queries.categories_of(session, organisation.id)],
    )


def _card(version: OfferingVersion, words: str) -> dict[str, Any]:
    provider = version.offering.provider
    return {
        "id": version.offering_id,
        "title": highlight(version.name, words),
        "summary": excerpt(version.content, words),
        "url": url_for("catalogue.offering", number=version.offering.number),
        "provider": provider.name,
        "provider_url": url_for("catalogue.provider", uscc=provider.uscc),
        "category": gettext(categories()[version.category].label),
        "region": provider.region.name,
        "price": version.charged_price,
        "list_price": version.list_price if version.list_price != version.charged_price else None,
    }


def _linked_data(service: OfferedService) -> dict[str, Any]:
    """The offering in schema.org's words, for search engines."""
    provider = service.provider
    public_url = current_app.config["HUIQI_SETTINGS"].public_url
    return {
        "@context": "https://schema.org",
        "@type": "Service",
        "name": service.name,
        "description": service.content,
        "category": gettext(categories()[service.category].label),
        "areaServed": provider.place.name,
        "provider": {"@type": "Organization", "name": provider.name, "identifier": provider.uscc},
        "offers": {"@type": "Offer", "price": format_yuan(service.charged_price), "priceCurrency": "CNY"},
        "url": public_url + url_for("catalogue.offering", number=service.number),
    }
