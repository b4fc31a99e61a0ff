"""The queue's connection inside a worker, from where jobs are queued in the transaction of the job that runs."""

from typing import Any

from procrastinate import PsycopgConnector, SyncPsycopgConnector


class WorkerConnector(PsycopgConnector):
    """procrastinate's asynchronous connector, which also takes the connection of a session.

    The library's own would handle that as an asynchronous one, so no job could queue another one.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Never opened: it only knows how to send a statement over a connection that somebody hands in.
        self._over_sessions = SyncPsycopgConnector()

    def execute_query_all_with_connection(self, connection: Any, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        """Send ``query`` over ``connection``, a session's; its transaction ends when the session's does."""
        return self._over_sessions.execute_query_all_with_connection(connection, query, **arguments)
