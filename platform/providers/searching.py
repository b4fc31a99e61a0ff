"""The search service of this process, over the listed offerings."""

from search.service import SearchService

_services: list[SearchService] = []


def use(service: SearchService) -> None:
    """Set by each process at its start (web, worker, command)."""
    _services[:] = [service]


def search_service() -> SearchService:
    """The service of this process."""
    return _services[0]
