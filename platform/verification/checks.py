"""The list of checks of a claim: the same before the provider submits and on the reviewer's desk.

Each check is a pure function of the case and answers pass, refer (a person must look) or fail, with the rule and the
numbers. What is not known is referred, never guessed; what a rule forbids fails.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from foundation.i18n import N_
from foundation.money import display_yuan
from providers.market_price import above_market
from providers.models import BreakKind
from verification.answers import Answer, Outcome
from verification.cases import BilledFacts, CaseFacts, Party
from verification.citations import OF_THE_PROGRAMME
from verification.invoices import same_party, well_formed


@dataclass(frozen=True, slots=True)
class Check:
    """A check in the list: its id, its name, the form field where a fault is mended, and the rule it stands on where the
    programme's notice says nothing.
    """

    id: str
    label: str
    look: Callable[[CaseFacts], tuple[Outcome, str, Mapping[str, Any]]]
    field: str | None = None
    rule: str = OF_THE_PROGRAMME

    def answer(self, case: CaseFacts) -> Answer:
        """Look at the case; the notice of the programme goes before the house's own rule."""
        outcome, text, params = self.look(case)
        return Answer(self.id, outcome, text, case.rules.get(self.id, self.rule), params)


Seen = tuple[Outcome, str, Mapping[str, Any]]
NO_INVOICE: Final[Seen] = (Outcome.REFER, N_("还没有填写发票，提交时核对"), {})


def _pass(text: str, **params: Any) -> Seen:
    return Outcome.PASS, text, params


def _refer(text: str, **params: Any) -> Seen:
    return Outcome.REFER, text, params


def _fail(text: str, **params: Any) -> Seen:
    return Outcome.FAIL, text, params


_MISSING: Final[Mapping[BreakKind | None, str]] = {
    BreakKind.SUSPENDED: N_("%(days)s 服务机构的认定处于暂停状态（%(periods)s）"),
    BreakKind.REVOKED: N_("%(days)s 服务机构的认定已撤销（%(periods)s）"),
    None: N_("%(days)s 服务机构没有有效的认定"),
}


def certificate(case: CaseFacts) -> Seen:
    """The provider was certified at agreement and service and is now; else a person looks at it, with the dates."""
    if not case.uncertified:
        return _pass(N_("协议签订、提供服务时和现在，服务机构的认定均有效"))
    kinds = {each.kind for each in case.uncertified}
    periods = {
        f"{each.begins_on.isoformat()} – {each.ends_on.isoformat() if each.ends_on else ''}".rstrip()
        for each in case.uncertified
        if each.begins_on
    }
    text = (
        _MISSING[kinds.pop()]
        if len(kinds) == 1
        else N_("%(days)s 服务机构的认定暂停、撤销或不在有效期内（%(periods)s）")
    )
    days = "、".join(each.day.isoformat() for each in case.uncertified)
    return _refer(text, days=days, periods="、".join(sorted(periods)))


def agreement(case: CaseFacts) -> Seen:
    """The agreement is there and each side has confirmed it itself."""
    found = case.agreement
    if found is None:
        return _fail(N_("没有服务协议"))
    if not (found.provider_confirmed and found.enterprise_confirmed):
        return _fail(N_("服务协议还没有经双方确认"))
    return _pass(N_("%(day)s 签订，双方已确认"), day=found.signed_on.isoformat())


def tripartite(case: CaseFacts) -> Seen:
    """Where a third party delivers, it is a party to the contract."""
    if not case.third_party:
        return _pass(N_("由服务机构自行提供，不需要三方合同"))
    if case.agreement is None or not case.agreement.tripartite:
        return _fail(N_("由第三方提供服务，但没有三方合同"))
    return _pass(N_("已签三方合同"))


def contract_window(case: CaseFacts) -> Seen:
    """The agreement was signed within the programme's window; both end days belong to it."""
    window = {"first": case.contracts_from.isoformat(), "last": case.contracts_to.isoformat()}
    if case.agreement is None:
        return _refer(N_("协议签订日未知，规定期间为 %(first)s 至 %(last)s"), **window)
    day = case.agreement.signed_on
    if not case.contracts_from <= day <= case.contracts_to:
        return _fail(N_("协议签订日 %(day)s 不在 %(first)s 至 %(last)s 之内"), day=day.isoformat(), **window)
    return _pass(N_("协议签订日 %(day)s 在 %(first)s 至 %(last)s 之内"), day=day.isoformat(), **window)


def records(case: CaseFacts) -> Seen:
    """Service records are filed, none is contested, and process and result are proven."""
    if case.records == 0:
        return _fail(N_("没有服务记录"))
    if case.contested:
        return _fail(N_("%(count)s 条服务记录有企业异议"), count=case.contested)
    if not case.has_process:
        return _fail(N_("服务记录缺少过程材料"))
    if not case.has_result:
        return _fail(N_("服务记录缺少成果材料"))
    if case.unconfirmed:
        return _refer(N_("%(count)s 条服务记录修改后企业还没有确认"), count=case.unconfirmed)
    return _pass(N_("%(count)s 条服务记录，过程和成果材料齐全"), count=case.records)


def service_dates(case: CaseFacts) -> Seen:
    """The service came after the agreement; after the voucher's last day a person must look."""
    if not case.delivered or case.agreement is None:
        return _refer(N_("服务日期或协议签订日未知"))
    first, last = min(case.delivered), max(case.delivered)
    if first < case.agreement.signed_on:
        return _fail(
            N_("服务日期 %(day)s 早于协议签订日 %(signed)s"),
            day=first.isoformat(),
            signed=case.agreement.signed_on.isoformat(),
        )
    if last > case.expires_on:
        return _refer(
            N_("服务日期 %(day)s 晚于服务券有效期 %(last)s"), day=last.isoformat(), last=case.expires_on.isoformat()
        )
    return _pass(N_("服务日期 %(first)s 至 %(last)s，在协议签订之后"), first=first.isoformat(), last=last.isoformat())


def result_confirmed(case: CaseFacts) -> Seen:
    """The enterprise has confirmed the result."""
    return _pass(N_("企业已确认成效")) if case.confirmed else _fail(N_("企业还没有确认成效"))


def rating(case: CaseFacts) -> Seen:
    """The enterprise has rated the service; a rating of 1 or 2 is looked at by a person."""
    if case.rating is None:
        return _fail(N_("企业还没有评价"))
    if case.rating <= 2:
        return _refer(N_("企业评价为 %(rating)s 分，核对整改情况"), rating=case.rating)
    return _pass(N_("企业评价为 %(rating)s 分"), rating=case.rating)


def price(case: CaseFacts) -> Seen:
    """The price is not above the market figure that counted when it was ordered: the rule of listing."""
    if case.market_price <= 0:
        return _refer(N_("市场同类价格未知"))
    numbers = {"price": display_yuan(case.list_price), "market": display_yuan(case.market_price)}
    if above_market(case.list_price, case.market_price):
        return _fail(N_("标准价格 %(price)s 高于市场同类价格 %(market)s"), **numbers)
    return _pass(N_("标准价格 %(price)s 不高于市场同类价格 %(market)s"), **numbers)


def _of_each(look: Callable[[CaseFacts, BilledFacts], Seen]) -> Callable[[CaseFacts], Seen]:
    """``look`` at each invoice of the claim: what is found is the first of the worst."""

    @wraps(look)
    def seen(case: CaseFacts) -> Seen:
        worst = [Outcome.PASS, Outcome.REFER, Outcome.FAIL]
        found = [look(case, billed) for billed in case.invoices]
        return max(found, key=lambda each: worst.index(each[0]), default=NO_INVOICE)

    return seen


@_of_each
def invoice_number(_case: CaseFacts, billed: BilledFacts) -> Seen:
    """Twenty digits, or code and number of an older invoice."""
    number = billed.invoice.number
    if not well_formed(number):
        return _fail(N_("“%(number)s”不是 20 位数电票号码；旧发票填写“发票代码-号码”"), number=number[:40])
    return _pass(N_("发票号码 %(number)s 格式正确"), number=number)


@_of_each
def invoice_unused(_case: CaseFacts, billed: BilledFacts) -> Seen:
    """The invoice has what the claim uses of it, beside other claims in any programme and red letters."""
    numbers = {"left": display_yuan(max(billed.left, 0)), "used": display_yuan(billed.used)}
    if billed.used <= billed.left:
        if billed.left == billed.invoice.amount:
            return _pass(N_("这张发票没有用于其他申请"))
        return _pass(N_("这张发票还有 %(left)s 没有用于其他申请，本次使用 %(used)s"), **numbers)
    if billed.taken_back >= billed.invoice.amount:
        return _fail(N_("这张发票已被红字发票全额冲销"))
    if billed.left <= 0:
        return _fail(N_("这张发票已用于另一份核销申请"))
    return _fail(N_("这张发票只剩 %(left)s 没有使用，不足本次使用的 %(used)s"), **numbers)


@_of_each
def invoice_seller(case: CaseFacts, billed: BilledFacts) -> Seen:
    """The seller is the provider."""
    return _party(billed.invoice.seller, case.provider, N_("销售方“%(stated)s”不是服务机构“%(name)s”"))


@_of_each
def invoice_buyer(case: CaseFacts, billed: BilledFacts) -> Seen:
    """The buyer is the enterprise."""
    return _party(billed.invoice.buyer, case.enterprise, N_("购买方“%(stated)s”不是下单企业“%(name)s”"))


def _party(stated: str, party: Party, wrong: str) -> Seen:
    if not same_party(stated, party.name, party.uscc):
        return _fail(wrong, stated=stated[:100], name=party.name)
    return _pass(N_("与订单一致：%(name)s"), name=party.name)


def invoice_amount(case: CaseFacts) -> Seen:
    """What is used of the invoices, with tax, is the price of the service: own share and voucher together."""
    if not case.invoices:
        return NO_INVOICE
    used = sum(each.used for each in case.invoices)
    numbers = {
        "amount": display_yuan(used),
        "price": display_yuan(case.charged_price),
        "own": display_yuan(case.charged_price - case.deduction),
        "deduction": display_yuan(case.deduction),
    }
    # The price of a part is rounded up; the invoice for it may be one fen less.
    if used not in range(case.charged_price - case.part, case.charged_price + 1):
        return _fail(N_("发票金额 %(amount)s 不等于服务价格 %(price)s（自付 %(own)s + 抵扣 %(deduction)s）"), **numbers)
    return _pass(N_("发票金额 %(amount)s 等于自付 %(own)s + 抵扣 %(deduction)s"), **numbers)


@_of_each
def invoice_date(case: CaseFacts, billed: BilledFacts) -> Seen:
    """Not before the agreement, not before the programme's window, not in the future; late is looked at."""
    day = billed.invoice.day
    first = max(case.contracts_from, case.agreement.signed_on) if case.agreement else case.contracts_from
    said = {"day": day.isoformat(), "first": first.isoformat(), "last": case.expires_on.isoformat()}
    if day > case.today:
        return _fail(N_("开票日期 %(day)s 晚于今天"), **said)
    if day < first:
        return _fail(N_("开票日期 %(day)s 早于 %(first)s（协议签订日或项目起始日）"), **said)
    if day > case.expires_on:
        return _refer(N_("开票日期 %(day)s 晚于服务券有效期 %(last)s"), **said)
    return _pass(N_("开票日期 %(day)s 在 %(first)s 至 %(last)s 之内"), **said)


@_of_each
def self_checked(_case: CaseFacts, billed: BilledFacts) -> Seen:
    """The provider has checked on the tax authority's platform that the invoice is genuine."""
    return _pass(N_("服务机构已自查发票真实性")) if billed.invoice.self_checked else _fail(N_("没有自查发票真实性"))


def files_elsewhere(case: CaseFacts) -> Seen:
    """The same files were not filed for other orders."""
    if case.files_elsewhere:
        return _refer(N_("%(count)s 份材料与其他事项的文件完全相同"), count=case.files_elsewhere)
    return _pass(N_("材料没有用于其他事项"))


CHECKS: Final[Sequence[Check]] = (
    Check("certificate", N_("认定有效"), certificate),
    Check("agreement", N_("服务协议"), agreement),
    Check("tripartite", N_("三方合同"), tripartite),
    Check("contract_window", N_("协议签订日"), contract_window),
    Check("records", N_("服务记录"), records),
    Check("service_dates", N_("服务日期"), service_dates),
    Check("result_confirmed", N_("成效确认"), result_confirmed),
    Check("rating", N_("服务评价"), rating, rule=N_("政务服务“好差评”办法的五级评价，本平台对每个订单采用")),
    Check("price", N_("服务价格"), price),
    Check("invoice_number", N_("发票号码"), invoice_number, "number", N_("全面数字化电子发票号码为 20 位")),
    Check("invoice_unused", N_("发票未重复使用"), invoice_unused, "number"),
    Check("invoice_seller", N_("销售方"), invoice_seller, "seller"),
    Check("invoice_buyer", N_("购买方"), invoice_buyer, "buyer"),
    Check("invoice_amount", N_("发票金额"), invoice_amount, "amount"),
    Check("invoice_date", N_("开票日期"), invoice_date, "day"),
    Check("self_checked", N_("发票自查"), self_checked, "self_checked"),
    Check("files_elsewhere", N_("材料重复"), files_elsewhere),
)
LABELS: Final[Mapping[str, str]] = {check.id: check.label for check in CHECKS}


def run(case: CaseFacts) -> list[Answer]:
    """Every check's answer, in the order of the list."""
    return [check.answer(case) for check in CHECKS]


def failing(answers: Sequence[Answer]) -> list[Answer]:
    """What a rule forbids."""
    return [answer for answer in answers if answer.outcome is Outcome.FAIL]


def referred(answers: Sequence[Answer]) -> list[Answer]:
    """What a person must look at."""
    return [answer for answer in answers if answer.outcome is Outcome.REFER]
