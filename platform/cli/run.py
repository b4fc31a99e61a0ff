"""``huiqi migrate``, ``huiqi web`` and ``huiqi worker``: the three processes of an installation."""

import os

import click
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from accounts.regions import plant
from accounts.sealed_secrets import keys_of, reseal
from audit.retention import keep_for
from cli.demo import load_if_empty
from cli.doctor_rooms import UNREADABLE_REMEDY, told_unreadable
from cli.opening import open_rooms, opened_engine, opened_url, settings_or_exit
from cli.port import alone_on
from cli.serving import TARGET, make_app
from cli.shipped import shipped_rules
from cli.two_roles import limited_role, refuse_if_it_cannot_read, refuse_if_no_owner, warn_of_powers
from foundation.jobs import WorkerLost, run_worker
from foundation.keeper import keep
from foundation.logs import log_to_standard_error
from foundation.migrations import TablesInUse, revisions
from foundation.migrations import migrate as bring_up_to_date
from foundation.roles import NoSuchRole
from foundation.unit_of_work import unit_of_work
from policies.versions import seed

# What a request may still take when the server is told to stop.
_GRACE_SECONDS = 20


@click.command()
@click.option("--demo", is_flag=True, help="Then fill an empty database with the demonstration.")
def migrate(*, demo: bool) -> None:
    """Bring the database to the newest version; says which it had and has."""
    settings = settings_or_exit()
    with opened_engine(settings, owner=True) as engine:
        refuse_if_no_owner(settings, engine)
        role = limited_role(settings, engine)
        before, _ = revisions(engine)
        try:
            bring_up_to_date(engine, lock_seconds=settings.migration_lock_seconds, limited_role=role)
        except (TablesInUse, NoSuchRole) as fault:
            raise click.ClickException(str(fault)) from fault
        refuse_if_it_cannot_read(settings)
        after, _ = revisions(engine)
        # By itself and first: whatever fails later, no secret lies in clear.
        with unit_of_work(engine) as session:
            resealed = reseal(session, keys_of(settings))
        with unit_of_work(engine) as session:
            keep_for(session, settings.audit_retention_days)
            plant(session)
            seed(session, shipped_rules())
        click.echo(f"database: {before or 'empty'} -> {after}", err=True)
        if resealed.count:
            click.echo(f"second factors encrypted under the first key: {resealed.count}", err=True)
        if resealed.unreadable:
            click.echo(f"warning: {told_unreadable(resealed.unreadable)}: {UNREADABLE_REMEDY}", err=True)
        if demo:
            # In this process, as each one loads the whole program.
            load_if_empty(settings, engine)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def web(*, host: str, port: int) -> None:
    """Serve the pages until SIGTERM or Ctrl-C; requests that run are finished first.

    HUIQI_WEB_WORKERS processes with HUIQI_WEB_THREADS threads each. What proxies say of a visitor is believed only
    where HUIQI_TRUSTED_PROXIES says that there are any.
    """
    settings = settings_or_exit()
    with alone_on(host, port), opened_url(settings) as url:
        # The server's processes are started anew and read the settings again.
        os.environ["DATABASE_URL"] = url
        warn_of_powers(settings, url)
        # A program that cannot be built is told now, once, and not by each process again and again.
        make_app()
        keep(os.environ)
        Server(
            TARGET,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            factory=True,
            workers=settings.web_workers,
            blocking_threads=settings.web_threads,
            # As many requests may wait as can be answered within seconds; the rest wait in the socket's queue.
            backpressure=settings.web_threads * 8,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            websockets=False,
            log_access=False,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            workers_kill_timeout=_GRACE_SECONDS,
        ).serve()


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 32), default=2, show_default=True, help="Jobs at a time.")
def worker(*, concurrency: int) -> None:
    """Work off the queued jobs until SIGTERM or Ctrl-C; more workers on more machines share the work."""
    settings = settings_or_exit()
    log_to_standard_error()
    open_rooms(settings)
    with opened_engine(
        settings,
        pool_size=concurrency,
        statement_seconds=settings.job_statement_seconds,
        lock_seconds=settings.lock_seconds,
    ) as engine:
        warn_of_powers(settings, engine.url.render_as_string(hide_password=False))
        try:
            run_worker(engine, concurrency=concurrency)
        except WorkerLost as lost:
            raise click.ClickException(str(lost)) from lost
