"""The ten categories of services, and how they stand to the seven point-to-point kinds and Xiamen's eleven."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from foundation.yaml_files import read_yaml
from policies.places import Places

_FILE: Final = Path(__file__).parent / "data" / "categories.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(_Part):
    """A code with its label (a msgid)."""

    key: str
    label: str


class Category(Word):
    """One of the ten, what it contains, and the codes of the other vocabularies that lie in it."""

    contents: str
    kinds: tuple[str, ...]
    mall: tuple[str, ...]


class _Vocabularies(_Part):
    citation: str
    places: Places
    kinds: tuple[Word, ...]
    mall: tuple[Word, ...]
    categories: tuple[Category, ...]

    @model_validator(mode="after")
    def _every_code_has_one_category(self) -> Self:
        for words, mapped in (
            (self.kinds, [key for category in self.categories for key in category.kinds]),
            (self.mall, [key for category in self.categories for key in category.mall]),
        ):
            if sorted(word.key for word in words) != sorted(mapped):
                raise ValueError("every code stands in exactly one category")
        return self


@cache
def vocabularies() -> _Vocabularies:
    """The three vocabularies as they stand in the data."""
    return _Vocabularies.model_validate(read_yaml(_FILE))


@cache
def categories() -> Mapping[str, Category]:
    """The ten categories by code, in the order of the notice."""
    return {category.key: category for category in vocabularies().categories}


@cache
def kinds() -> Mapping[str, Word]:
    """The seven point-to-point kinds by code."""
    return {kind.key: kind for kind in vocabularies().kinds}


def mall_kinds(category: str) -> tuple[Word, ...]:
    """Which of Xiamen's eleven lie in a category."""
    return tuple(word for word in vocabularies().mall if word.key in categories()[category].mall)
