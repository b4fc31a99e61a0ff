"""All blueprints of the house, in the order of the money."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Blueprint


def all_blueprints() -> "list[Blueprint]":
    """Imported here and not above, so that a room that fails to import is named in the traceback of the app factory."""
    from accounts.current import actor, actor_or_none  # noqa: PLC0415
    from accounts.views import blueprint as accounts  # noqa: PLC0415
    from demonstration.views import blueprint as demonstration  # noqa: PLC0415
    from enterprises.views import blueprint as enterprises  # noqa: PLC0415
    from files.views import make_blueprint as files  # noqa: PLC0415
    from notices.views import make_blueprint as notices  # noqa: PLC0415
    from orders.filing import blueprint as orders  # noqa: PLC0415
    from performance.views import blueprint as performance  # noqa: PLC0415
    from providers.catalogue_views import blueprint as catalogue  # noqa: PLC0415
    from providers.offering_views import blueprint as providers  # noqa: PLC0415
    from settlement.statement_views import blueprint as settlement  # noqa: PLC0415
    from verification.views import blueprint as verification  # noqa: PLC0415
    from vouchers.delegating import blueprint as delegations  # noqa: PLC0415
    from vouchers.fund_views import blueprint as funds  # noqa: PLC0415
    from vouchers.office import blueprint as programmes  # noqa: PLC0415
    from vouchers.views import blueprint as vouchers  # noqa: PLC0415
    from web.home import blueprint as web  # noqa: PLC0415
    from working_days.views import make_blueprint as working_days  # noqa: PLC0415

    return [
        web,
        accounts,
        enterprises,
        catalogue,
        providers,
        notices(actor_or_none),
        vouchers,
        programmes,
        delegations,
        funds,
        orders,
        verification,
        performance,
        settlement,
        files(actor),
        working_days(actor),
        demonstration,
    ]
