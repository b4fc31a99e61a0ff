"""Red letters (红字发票): a provider takes back an invoice, whole or a part of it."""

from sqlalchemy.orm import Session

from accounts.current import not_here
from accounts.models import Organisation
from audit.trail import record
from foundation.actors import PROVIDER, Actor
from foundation.clock import today
from foundation.errors import BadInput, Conflict, DomainError, Faults
from foundation.i18n import N_
from foundation.money import display_yuan
from foundation.one_line import same_name_key
from verification.billing import invoice_of, left, lock_invoices, taken_back, users
from verification.invoices import Invoice, normal_number, plain, same_party, well_formed
from verification.models import InvoiceRow


def take_back(session: Session, actor: Actor, number: str, *, red: Invoice) -> InvoiceRow:
    """The provider's red letter ``red``, with a negative amount in fen, takes back that much of the invoice ``number``.

    NotFound for an invoice that no claim has used or that another provider has issued. Faults by field: its number, a day
    before the invoice's or after today, an amount that is not negative or more than there is, other parties. Conflict naming
    the claims that use what it takes back: they are filed again with other invoices, rejected or undone first.
    """
    number, own = normal_number(number), normal_number(red.number)
    lock_invoices(session, (number, own))
    invoice, provider = invoice_of(session, number), session.get_one(Organisation, actor.organisation_id)
    if actor.role not in PROVIDER or invoice is None or invoice.corrects_id is not None:
        raise not_here()
    if not same_party(invoice.seller, provider.name, provider.uscc):
        raise not_here()
    faults = _faults(session, invoice, red, own)
    if faults:
        raise Faults(faults)
    if left(session, invoice) + red.amount < 0:
        raise Conflict(
            N_("这张发票已用于核销申请 %(claims)s，剩余 %(left)s"),
            field="amount",
            remedy=N_("先在这些申请中换用其他发票，或请主管部门不予核销"),
            claims="、".join(claim.number for claim in users(session, invoice)),
            left=display_yuan(left(session, invoice)),
        )
    made = InvoiceRow(
        number=own,
        issued_on=red.day,
        amount=red.amount,
        seller=plain(red.seller),
        buyer=plain(red.buyer),
        corrects_id=invoice.id,
    )
    session.add(made)
    session.flush()
    told = {"takes_back": invoice.number, "amount": red.amount}
    record(session, actor, "invoice.red_letter", invoice, after={"invoice": made.number} | told)
    return made


def _faults(session: Session, invoice: InvoiceRow, red: Invoice, own: str) -> list[DomainError]:
    most = invoice.amount - taken_back(session, invoice)
    rules = (
        ("number", well_formed(own), N_("“%(number)s”不是 20 位数电票号码；旧发票填写“发票代码-号码”")),
        ("number", invoice_of(session, own) is None, N_("这个号码的发票已经登记")),
        ("day", invoice.issued_on <= red.day <= today(), N_("红字发票的日期应在原发票日期以后、今天以前")),
        ("amount", 0 < -red.amount <= most, N_("红字发票的金额为负数，冲销不超过 %(most)s")),
        ("seller", same_name_key(red.seller) == same_name_key(invoice.seller), N_("销售方与原发票不一致")),
        ("buyer", same_name_key(red.buyer) == same_name_key(invoice.buyer), N_("购买方与原发票不一致")),
    )
    said = {"number": own[:40], "most": display_yuan(most)}
    return [BadInput(text, field=field, **said) for field, holds, text in rules if not holds]
