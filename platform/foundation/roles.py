"""The database role of web and worker: it reads and writes rows, and owns nothing.

So a fault of the program, or SQL that somebody smuggles into it, cannot disable a trigger, empty or drop a table, or
rewrite what is append-only. The tables belong to another role, which only ``huiqi migrate`` uses.
"""

from typing import Any, Final

from psycopg import Connection as DriverConnection
from psycopg import sql
from psycopg.errors import DuplicateObject, UniqueViolation
from sqlalchemy import Connection, Engine, text

EMBEDDED_ROLE: Final = "huiqi_app"
"""The limited role of the embedded server and of the tests."""

_WRITES: Final = "SELECT, INSERT, UPDATE, DELETE"

_GRANTS: Final = (
    f"GRANT {_WRITES} ON ALL TABLES IN SCHEMA public TO {{role}}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    # What a later version of ours or of the job queue makes.
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {_WRITES} ON TABLES TO {{role}}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {role}",
)

# The tables whose rows a trigger keeps, as the database itself knows them. One with a refusal of its own (a statement's file,
# which may still come) can be updated within it.
_GUARDED: Final = """
    SELECT relation.relname, refusal.proname = 'refuse_rewriting' FROM pg_trigger AS guard
    JOIN pg_class AS relation ON relation.oid = guard.tgrelid
    JOIN pg_proc AS refusal ON refusal.oid = guard.tgfoid
    WHERE guard.tgname = 'refuse_rewriting_row' AND relation.relnamespace = 'public'::regnamespace
"""
# Which version the database has is for the owner to say.
_OWNERS_ONLY: Final = ("alembic_version", "job_queue_scripts")
# The trail is pruned by the worker: its trigger lets go only of what is older than six months.
_PRUNED: Final = frozenset({"audit_events"})

# Superusers are members of every role, so they are asked for by themselves.
_POWERS: Final = text("""
    SELECT role.rolsuper AS superuser,
           EXISTS (SELECT FROM pg_class AS relation WHERE relation.relnamespace = 'public'::regnamespace
                   AND relation.relkind = 'r' AND pg_has_role(role.oid, relation.relowner, 'MEMBER')) AS owner
    FROM pg_roles AS role WHERE role.rolname = current_user
""")


class NoSuchRole(Exception):
    """The role that web and worker are to use is not there; only the server's administrator may make it."""


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

    Called by the owner of the tables. Raises NoSuchRole.
    """
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
        raise NoSuchRole(
            f"the role {role} of DATABASE_URL is not there: let the administrator CREATE ROLE {role} LOGIN"
        )
    name = sql.Identifier(role)
    for each in _GRANTS:
        connection.execute(sql.SQL(each).format(role=name))
    there = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    kept = {table: "INSERT, UPDATE, DELETE" for table in _OWNERS_ONLY if table in there}
    for table, entirely in connection.execute(_GUARDED).fetchall():
        refused = ["UPDATE"] * entirely + ["DELETE"] * (table not in _PRUNED)
        if refused:
            kept[table] = ", ".join(refused)
    for table, rights in kept.items():
        connection.execute(
            sql.SQL("REVOKE {} ON {} FROM {}").format(sql.SQL(rights), sql.Identifier("public", table), name)
        )


def grant_on(engine: Engine, role: str, *, lock: int) -> None:
    """As ``grant``, in a transaction of its own under the advisory ``lock``: two at once would change the same rows."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
        driver_connection = connection.connection.driver_connection
        if driver_connection is None:
            raise RuntimeError("the connection is closed")
        grant(driver_connection, role)


def too_mighty(connection: Connection) -> str | None:
    """Why the role of this connection could undo the triggers ("superuser", "owner of the tables"); None if it cannot."""
    powers = connection.execute(_POWERS).one()
    if powers.superuser:
        return "superuser"
    return "owner of the tables" if powers.owner else None
