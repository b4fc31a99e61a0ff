"""The database role of web and worker: it reads and writes rows, and owns nothing.

So a fault of the program, or SQL that somebody smuggles into it, cannot disable a trigger, empty or drop a table, or
rewrite what is append-only. The tables belong to another role, which only ``huiqi migrate`` uses.
"""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from psycopg import Connection as DriverConnection
from psycopg import sql
from psycopg.errors import DuplicateObject, UniqueViolation
from sqlalchemy import Connection, Engine, text

EMBEDDED_ROLE: Final = "huiqi_app"
"""The limited role of the embedded server and of the tests."""

OTHERS: Final = "SELECT, INSERT, UPDATE"
"""What the role may do to the rows of a table that is not in ``RIGHTS``."""

_READS: Final = "SELECT"
_ADDS: Final = "SELECT, INSERT"
_ALL: Final = "SELECT, INSERT, UPDATE, DELETE"
_NUMBERS: Final = "USAGE, SELECT"

RIGHTS: Final[Mapping[str, str]] = {
    # Triggers write the marks, with the rights of the owner; the rest was or is written by the owner's versions alone.
    "row_marks": _READS,
    "ledger_unnamed": _READS,
    "audit_seals": _READS,
    # How long the trail is kept is the owner's to say, and ``remove_events`` tells what it removed.
    "audit_retention": _READS,
    "audit_prunings": _READS,
    "alembic_version": _READS,
    "job_queue_scripts": _READS,
    # What was moved, told, sealed, decided or handed out is never changed. Old events go by ``remove_events`` only.
    "ledger_transfers": _ADDS,
    "ledger_folds": _ADDS,
    "audit_events": _ADDS,
    "audit_leaves": _ADDS,
    "audit_nodes": _ADDS,
    "audit_heads": _ADDS,
    "proof_runs": _ADDS,
    "decisions": _ADDS,
    "programme_duties": _ADDS,
    "regional_duties": _ADDS,
    "rule_versions": _ADDS,
    "order_steps": _ADDS,
    "confirmations": _ADDS,
    "confirmation_letters": _ADDS,
    "statements": _ADDS,
    "statement_issuers": _ADDS,
    "payments": _ADDS,
    "blobs": _ADDS,
    "picture_copies": _ADDS,
    "attachments": _ADDS,
    # Rows that go again: drafts, what is calculated anew, notes of work, what is kept for a while.
    "audit_gaps": _ALL,
    "audit_repeats": _ALL,
    "batch_awards": _ALL,
    "batch_orders": _ALL,
    "calendar_days": _ALL,
    "claim_invoices": _ALL,
    "invoices": _ALL,
    "job_runs": _ALL,
    "ledger_days": _ALL,
    "parked_forms": _ALL,
    "password_attempts": _ALL,
    "submissions": _ALL,
    "target_rows": _ALL,
}
"""What the role may do to the rows of a table, if more or less than ``OTHERS``; no role but the owner may do anything else."""

# The job queue's tables are used by its own functions.
_QUEUE: Final = "procrastinate_"

_ON_SCHEMA: Final = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    # A table of one's own that is called like one of ours would stand before it in what triggers read and write.
    "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}",
)

# Ours only: what an extension brought belongs to the administrator.
_TABLES: Final = """
    SELECT relname, relkind = 'S' AS numbers FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') AND pg_has_role(relowner, 'MEMBER')
    ORDER BY relname
"""
_FUNCTIONS: Final = """
    SELECT oid::regprocedure::text, prorettype = 'trigger'::regtype AS by_trigger FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prosecdef AND pg_has_role(proowner, 'MEMBER')
"""

# Superusers are members of every role, so they are asked for by themselves.
_POWERS: Final = text("""
    SELECT role.rolsuper AS "superuser",
           EXISTS (SELECT FROM pg_class AS relation WHERE relation.relnamespace = 'public'::regnamespace
                   AND relation.relkind = 'r' AND pg_has_role(role.oid, relation.relowner, 'MEMBER'))
           AS "owner of the tables",
           (SELECT pg_has_role(role.oid, datdba, 'MEMBER') FROM pg_database WHERE datname = current_database())
           AS "owner of the database",
           (SELECT pg_has_role(role.oid, nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = 'public')
           AS "owner of the schema public",
           has_schema_privilege(role.oid, 'public', 'CREATE') AS "allowed to create things in the schema public",
           has_database_privilege(role.oid, current_database(), 'TEMPORARY') AS "allowed to make temporary tables",
           role.rolcreaterole AS "allowed to make roles",
           role.rolreplication AS "allowed to replicate",
           pg_has_role(role.oid, 'pg_write_all_data', 'MEMBER') AS "member of pg_write_all_data",
           pg_has_role(role.oid, 'pg_execute_server_program', 'MEMBER') AS "member of pg_execute_server_program",
           pg_has_role(role.oid, 'pg_write_server_files', 'MEMBER') AS "member of pg_write_server_files"
    FROM pg_roles AS role WHERE role.rolname = current_user
""")

_OWNS: Final = text("""
    SELECT coalesce(
        (SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('public.alembic_version')),
        has_schema_privilege('public', 'CREATE')
    )
""")


class NoSuchRole(Exception):
    """The role that web and worker are to use is not there; only the server's administrator may make it."""


def rights_on(table: str) -> str:
    """What web and worker may do to the rows of ``table``, as GRANT says it."""
    return _ALL if table.startswith(_QUEUE) else RIGHTS.get(table, OTHERS)


def make_role(connection: DriverConnection[Any], role: str) -> bool:
    """Make a role that may log in and nothing else; False where it was there. Several processes may call it at once."""
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
        return False
    try:
        with connection.transaction():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS").format(
                    sql.Identifier(role)
                )
            )
    except (DuplicateObject, UniqueViolation):
        return False
    return True


def grant(connection: DriverConnection[Any], role: str) -> None:
    """Give ``role`` what web and worker need in this database, and take from it what they must not do; may be repeated.

    Called by the owner of the tables, from whom nothing is taken where one role is both. Raises NoSuchRole.
    """
    if role == connection.info.user:
        return
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
        raise NoSuchRole(
            f"the role {role} of DATABASE_URL is not there: let the administrator CREATE ROLE {role} LOGIN"
        )
    name, database = sql.Identifier(role), sql.Identifier(connection.info.dbname)
    for each in _ON_SCHEMA:
        connection.execute(sql.SQL(each).format(role=name, database=database))
    for function, by_trigger in connection.execute(_FUNCTIONS).fetchall():
        connection.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC, {}").format(sql.SQL(function), name))
        # Whoever may execute a trigger's function can hang it on a table of his own and have any mark written. Triggers
        # that are there ask for no right.
        if not by_trigger:
            connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), name))
    wanted = sorted(
        (_NUMBERS if numbers else rights_on(table), table) for table, numbers in connection.execute(_TABLES).fetchall()
    )
    for rights, tables in groupby(wanted, key=itemgetter(0)):
        names = sql.SQL(", ").join(sql.Identifier("public", table) for _, table in tables)
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(names, name))
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), names, name))


def grant_on(engine: Engine, role: str, *, lock: int) -> None:
    """As ``grant``, in a transaction of its own under the advisory ``lock``: two at once would change the same rows."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
        driver_connection = connection.connection.driver_connection
        if driver_connection is None:
            raise RuntimeError("the connection is closed")
        grant(driver_connection, role)


def too_mighty(connection: Connection) -> str | None:
    """All by which the role of this connection could undo or go round the triggers, in words; None where there is nothing."""
    powers = connection.execute(_POWERS).mappings().one()
    if powers["superuser"]:
        return "superuser"
    return ", ".join(power for power, has in powers.items() if has) or None


def owns_tables(connection: Connection) -> bool:
    """Whether the tables belong to the role of this connection (or it is a superuser); in an empty database, whether it may
    make them.
    """
    return bool(connection.scalar(_OWNS))
