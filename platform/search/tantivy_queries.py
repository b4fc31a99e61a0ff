"""A query as tantivy's own objects; what a person types is never parsed as a query language."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from tantivy import FieldType, Occur
from tantivy import Query as Clause

from search.engine import PHRASE_WEIGHT, TITLE_WEIGHT, Query
from search.tokens import Term, terms


def matching(schema: Any, query: Query, filters: Mapping[str, tuple[str, ...]]) -> Any:
    """All documents that hold every term and pass ``filters`` and the price range; only terms count for the score."""
    clauses = [_term(schema, term) for term in terms(query.text)]
    narrowing = [Clause.term_set_query(schema, name, list(values)) for name, values in filters.items()]
    if query.price_min is not None or query.price_max is not None:
        narrowing.append(Clause.range_query(schema, "price_fen", FieldType.Integer, query.price_min, query.price_max))
    clauses += [Clause.const_score_query(clause, 0.0) for clause in narrowing]
    return _all(clauses) if clauses else Clause.all_query()


def with_ids(schema: Any, ids: Iterable[UUID]) -> Any:
    """The documents with these ids."""
    return Clause.term_set_query(schema, "id", [str(each) for each in ids])


def _term(schema: Any, term: Term) -> Any:
    phrase = Clause.boost_query(_phrase(schema, term.characters), PHRASE_WEIGHT)
    if not term.words:
        return phrase
    return _any([_all([_word(schema, word) for word in term.words]), phrase])


def _word(schema: Any, word: str) -> Any:
    in_title = Clause.boost_query(Clause.term_query(schema, "title_words", word, "freq"), TITLE_WEIGHT)
    return _any([in_title, Clause.term_query(schema, "body_words", word, "freq")])


def _phrase(schema: Any, characters: tuple[str, ...]) -> Any:
    if len(characters) == 1:
        return Clause.term_query(schema, "chars", characters[0], "freq")
    return Clause.phrase_query(schema, "chars", list(characters))


def _all(clauses: list[Any]) -> Any:
    return Clause.boolean_query([(Occur.Must, clause) for clause in clauses])


def _any(clauses: list[Any]) -> Any:
    return Clause.boolean_query([(Occur.Should, clause) for clause in clauses])
