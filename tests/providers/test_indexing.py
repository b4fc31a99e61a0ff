"""From approval to being found, through the real queue and worker."""

from provider_cases import People

from foundation.jobs import run_worker
from foundation.unit_of_work import unit_of_work
from providers import offerings
from providers.catalogue_source import OFFERINGS, Catalogue
from search.current import configure_search, search
from search.engine import Query
from search.sources import register_source


def test_the_worker_puts_what_is_approved_into_the_index_and_takes_it_out(own_engine, tmp_path):
    register_source(OFFERINGS, Catalogue())
    configure_search(tmp_path)
    with unit_of_work(own_engine) as session:
        people = People(session, certified=True)
        version = people.listed()
    run_worker(own_engine, wait=False)
    assert search(OFFERINGS, Query("诊断")).ids == (version.offering_id,)
    assert search(OFFERINGS, Query("断", filters={"category": ("digital",)})).total == 1
    with unit_of_work(own_engine) as session:
        offerings.delist(session, people.clerk, session.merge(version), note="不再提供")
    run_worker(own_engine, wait=False)
    assert search(OFFERINGS, Query("诊断")).total == 0
