"""The base of all forms: white space goes, amounts are read exactly, and a submission carries its id."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField, SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from foundation.errors import BadInput, DomainError, Faults
from foundation.identifiers import new_id
from foundation.money import format_yuan, parse_yuan
from foundation.one_line import folded, one_line

_kept: ContextVar[Mapping[str, Sequence[str]] | None] = ContextVar("kept_fields", default=None)


def offer_kept_fields(fields: Mapping[str, Sequence[str]] | None) -> None:
    """What a person had typed before the session ended: forms of this request show it again."""
    _kept.set(fields)


def _identifier(text: Any) -> str:
    """A submission id as it was sent; a new one where somebody sent something else."""
    try:
        return str(UUID(text))
    except (TypeError, ValueError):
        return str(new_id())


class Form(FlaskForm):  # type: ignore[misc]
    """A form with CSRF token and ``submission_id``, so that sending it twice does the thing once."""

    submission_id = HiddenField(default=lambda: str(new_id()), filters=[_identifier])

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Strips what people type; leaves files and lists alone."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            found = super().wrap_formdata(form, formdata)
            kept = _kept.get()
            if found is not None:
                # Here and not by filters: "required" looks at what was sent, and blanks are nothing.
                return MultiDict((key, _strip(value)) for key, value in found.items(multi=True))
            if kept is not None:
                return MultiDict((key, value) for key, values in kept.items() for value in values)
            return None

    def tell_unreadable(self) -> bool:
        """Show beside each field why what was typed cannot be read, where nothing is submitted yet; whether there is any."""
        unread = [field for field in self if field.process_errors]
        for field in unread:
            field.errors = list(field.process_errors)
        return bool(unread)

    def take(self, error: DomainError) -> None:
        """Show a refusal beside the field that it names, or at the head of the form."""
        faults: Sequence[DomainError] = error.faults if isinstance(error, Faults) else [error]
        for fault in faults:
            field = self._fields.get(fault.field or "")
            text = _told(fault)
            if field is None:
                self.form_errors.append(text)
            else:
                field.errors = [*field.errors, text]


def checked_by(check: Callable[[], object]) -> None:
    """Run a verb's own check while the form is validated, so that its refusal is told together with the other faults."""
    try:
        check()
    except DomainError as error:
        raise ValidationError(_told(error)) from error


def _told(fault: DomainError) -> str:
    words = [fault.text(gettext), fault.way_out(gettext), gettext(fault.rule) if fault.rule else None]
    return "；".join(word.rstrip("。") for word in words if word)


def choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Options of a select or of radios, from values and their labels."""
    return [SelectChoice(value, label) for value, label in pairs]


class YuanField(Field):
    """An amount in yuan; ``data`` is fen (or None), and what was typed stays as it was typed."""

    widget = TextInput()
    data: int | None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format_yuan(int(self.data))

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = one_line(folded(str(valuelist[0]))) if valuelist else ""
        self.data = None
        if valuelist and not text:
            self.raw_data = [""]
        if text:
            try:
                self.data = parse_yuan(text)
            except BadInput as error:
                raise ValidationError(error.text(gettext)) from error


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
