"""What a criterion asks: a test of one fact, a group of conditions, or the judgement of a person."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from policies.facts import Kind, vocabulary


class Op(StrEnum):
    """How a fact is compared: 超过/高于 is ``gt``, 不低于/以上/达到 is ``ge``."""

    GE = "ge"
    GT = "gt"
    LE = "le"
    LT = "lt"
    EQ = "eq"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    IN = "in"
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    CONTAINS_NONE = "contains_none"


_OPS_OF: Final = {
    Kind.NUMBER: {Op.GE, Op.GT, Op.LE, Op.LT, Op.EQ},
    Kind.FLAG: {Op.IS_TRUE, Op.IS_FALSE},
    Kind.CHOICE: {Op.IN},
    Kind.LIST: {Op.CONTAINS_ANY, Op.CONTAINS_ALL, Op.CONTAINS_NONE},
    Kind.TEXT: set[Op](),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FactTest(_Part):
    """``{fact: main_revenue_share, op: ge, value: 70}``; the value is in the fact's own unit."""

    fact: str
    op: Op
    value: Decimal | tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _fits_the_vocabulary(self) -> Self:
        fact = vocabulary().get(self.fact)
        if fact is None:
            raise ValueError(f"{self.fact} is not in the vocabulary of facts")
        if self.op not in _OPS_OF[fact.kind]:
            raise ValueError(f"{self.op} cannot be asked of {self.fact}, which is a {fact.kind}")
        if fact.kind is Kind.NUMBER:
            fits = isinstance(self.value, Decimal)
        elif fact.kind is Kind.FLAG:
            fits = self.value is None
        else:
            fits = isinstance(self.value, tuple) and bool(self.value) and set(self.value) <= fact.choices.keys()
        if not fits:
            raise ValueError(f"{self.value} is not a value of {self.fact}")
        return self


class Judgement(_Part):
    """``{ask: …}``: no fact can answer it, a person decides."""

    ask: str = Field(min_length=1)


class Group(_Part):
    """At least ``needed`` of the members; written ``{all: […]}``, ``{any: […]}`` or ``{at_least: 4, of: […]}``."""

    members: tuple["Condition", ...] = Field(min_length=2)
    needed: int = Field(ge=1)

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        match value:
            case {"all": list(members), **rest} if not rest:
                return {"members": members, "needed": len(members)}
            case {"any": list(members), **rest} if not rest:
                return {"members": members, "needed": 1}
            case {"at_least": needed, "of": list(members), **rest} if not rest:
                return {"members": members, "needed": needed}
        raise ValueError("a group is written {all: […]}, {any: […]} or {at_least: k, of: […]}")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.needed > len(self.members):
            raise ValueError(f"{self.needed} of {len(self.members)} can never be reached")
        return self


def _form(value: Any) -> str:
    keys = value.keys() if isinstance(value, dict) else type(value).model_fields.keys()
    return next((form for form in ("fact", "ask") if form in keys), "group")


Condition: TypeAlias = Annotated[
    Annotated[FactTest, Tag("fact")] | Annotated[Judgement, Tag("ask")] | Annotated[Group, Tag("group")],
    Discriminator(_form),
]

Group.model_rebuild()


def facts_of(condition: Condition) -> Iterator[str]:
    """The keys of the facts that a condition looks at, in its order, each as often as it stands there."""
    if isinstance(condition, FactTest):
        yield condition.fact
    elif isinstance(condition, Group):
        for member in condition.members:
            yield from facts_of(member)
