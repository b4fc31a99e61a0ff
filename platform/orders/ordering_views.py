"""The order form of an offering: each voucher with what it would deduct, and the order itself."""

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.current import actor, not_here
from foundation.actions import submit
from foundation.errors import BadInput, Conflict, NotFound
from foundation.i18n import N_
from foundation.unit_of_work import current_session
from orders.choosing import Choice, Choices, choices_for
from orders.desk import UNDER_WAY
from orders.forms import OrderForm, submitted
from orders.frequency import used_up
from orders.models import Order
from orders.ordering import Shown, listed_version, place
from orders.queries import Same, same_under_way
from orders.reading import earlier_orders
from orders.views import blueprint
from providers.public_reading import offered_service

__all__ = ["blueprint"]


@blueprint.route("/catalogue/<number>/order", methods=["GET", "POST"])
def order(number: str) -> ResponseReturnValue:
    """Order an offering: each voucher with what it would deduct, worked on the server."""
    session, person = current_session(), actor()
    form = OrderForm()

    def page() -> str:
        # What the server works out now is what the next submission is compared with.
        offered = listed_version(session, number)
        available = choices_for(session, person, offered)
        form.voucher.choices = [(choice.voucher_number, choice.programme_name) for choice in available.usable]
        if request.method == "GET" and available.usable:
            form.voucher.data = available.usable[0].voucher_number
        return render_template(
            "orders/order.html",
            form=form,
            offered=offered_service(offered),
            available=available,
            same=same_under_way(session, person, number, UNDER_WAY),
            used=earlier_orders(used_up(session, person, offered)),
        )

    # Without JavaScript a button works the summary out for the chosen voucher: only tried out, nothing is ordered.
    if request.method == "GET" or "recount" in request.form:
        return page()

    def chosen() -> Choice | None:
        return _chosen(choices_for(session, person, listed_version(session, number)), form.voucher.data or "")

    def placed() -> Order:
        _ensure_others_shown(form, same_under_way(session, person, number, UNDER_WAY))
        try:
            return place(
                session,
                person,
                order_id=submitted(form),
                offering_number=number,
                voucher_number=form.voucher.data or "",
                shown=_shown(form),
                needs=form.needs.data,
            )
        except NotFound:
            if chosen() is not None:
                raise
            # The offering is there, so it is the voucher that is not theirs: another is to be chosen.
            raise BadInput(N_("选择一张服务券"), field="voucher") from None

    return submit(
        form,
        placed,
        then=lambda made: url_for("orders.case", number=made.number),
        page=page,
        done=N_("已下单，金额已占用；进度可以随时在这里查看"),
    )


@blueprint.get("/catalogue/<number>/order/summary")
def order_summary(number: str) -> ResponseReturnValue:
    """What the chosen voucher would pay, to stand beside the form while one chooses."""
    session, person = current_session(), actor()
    offered = listed_version(session, number)
    choice = _chosen(choices_for(session, person, offered), request.args.get("voucher", ""))
    if choice is None:
        raise not_here()
    return render_template("orders/_summary.html", choice=choice)


def _chosen(available: Choices, number: str) -> Choice | None:
    return next((one for one in available.usable if one.voucher_number == number), None)


def _shown(form: OrderForm) -> Shown:
    """The amounts that stood on the page when it was sent; a form without them has shown nothing."""
    given = (form.charged_price.data or "", request.form.get(f"deduction-{form.voucher.data}", ""))
    price, deduction = (int(text) if text.isdecimal() and len(text) < 17 else 0 for text in given)
    return Shown(price, deduction)


def _ensure_others_shown(form: OrderForm, same: Sequence[Same]) -> None:
    """Conflict when the same service was ordered since the page was made, in another tab or by a colleague."""
    shown = request.form.get("under_way")
    if shown is None:
        return
    for other in same:
        if other.number not in shown.split() and other.id != submitted(form):
            raise Conflict(
                N_("贵单位刚才已对这项服务下了订单 %(number)s；仍要另下一单的，请再次提交"),
                field="voucher",
                number=other.number,
            )
