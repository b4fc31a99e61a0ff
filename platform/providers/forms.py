"""Forms of certifications and offerings."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from files.fields import UploadField, UploadsField
from files.intake import Upload
from files.kinds import EVIDENCE
from foundation.forms import Form, YuanField, choices
from policies.facts import Fact, Kind, vocabulary
from policies.rulesets import RuleSet
from providers.categories import categories, kinds
from providers.models import OfferingVersion, OrdersPeriod
from providers.offering_facts import CHANNELS, LONGEST, MODES, PERIODS, OfferingFacts


class Checkboxes(SelectMultipleField):
    """Several of a list, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PlainForm(Form):
    """A button: nothing to fill in."""


class NeededToSubmit:
    """Marks a field as compulsory although a draft may leave it blank; the verb that submits asks for it."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, _form: Form, _field: Field) -> None:
        """A draft is never refused for what is not there yet."""


class FactsForm(Form):
    """The facts that a rule set asks for; made for each rule set by ``facts_form``."""

    files = UploadsField(_l("证明材料"), description=_l("认定文件、人员名单、合作协议、审计报告等"), kinds=EVIDENCE)

    def texts(self) -> dict[str, str]:
        """What was typed, by fact key."""
        return {name: _text(field.data) for name, field in self._fields.items() if name in vocabulary()}

    def uploads(self) -> list[Upload]:
        """The files that were chosen."""
        return [Upload(one.stream, one.filename) for one in self.files.data or [] if getattr(one, "filename", "")]


def facts_form(rules: RuleSet, facts: Mapping[str, Any]) -> FactsForm:
    """A form with a field for each fact of ``rules``, filled with what is stored."""
    made = type("RuleSetForm", (FactsForm,), {key: _fact_field(vocabulary()[key]) for key in rules.facts})
    return made(data={key: _shown(value) for key, value in facts.items()})  # type: ignore[no-any-return]


class NoteForm(Form):
    """A decision with its words."""

    note = TextAreaField(_l("意见"), [InputRequired(_l("请写明意见")), Length(max=1000)])


class RequestForm(NoteForm):
    """A request for more information."""

    facts = Checkboxes(_l("涉及的事实项"), [Optional()], choices=[])
    due_on = DateField(_l("补充截止日期"), [InputRequired(_l("请填写日期"))])


class ReviewNoteForm(Form):
    """The review of an offering; the words may be left out where nothing needs saying."""

    accepted = YuanField(
        _l("认可的市场同类价格（元）"),
        [Optional()],
        description=_l("与填报的不同时填写，并在审核意见中写明依据；核验和结算以它为准"),
    )
    note = TextAreaField(_l("审核意见"), [Optional(), Length(max=1000)])


class OfferingForm(Form):
    """An offering: 服务产品情况统计表 and what an order needs besides."""

    name = StringField(_l("服务产品名称"), [InputRequired(_l("请填写服务产品名称")), Length(max=60)])
    category = SelectField(_l("服务类别"), [InputRequired(_l("请选择服务类别"))])
    kind = SelectField(
        _l("点对点服务类别"), [Optional()], description=_l("只有服务重点“小巨人”的七类点对点服务需要选择")
    )
    content = TextAreaField(_l("具体服务内容"), [InputRequired(_l("请填写具体服务内容")), Length(max=LONGEST)])
    effect = TextAreaField(
        _l("服务效果"),
        [InputRequired(_l("请填写服务效果")), Length(max=LONGEST)],
        description=_l("企业得到什么：可以交付、可以检查的成果"),
    )
    mode = RadioField(_l("服务方式"), [InputRequired(_l("请选择服务方式"))])
    supplier = StringField(
        _l("服务商全称"), [Optional(), Length(max=100)], description=_l("由服务商参与或单独提供时必填，与营业执照一致")
    )
    channel = RadioField(_l("服务形式"), [InputRequired(_l("请选择服务形式"))])
    frequency = StringField(
        _l("服务频次"),
        [InputRequired(_l("请填写服务频次")), Length(max=60)],
        description=_l("例如：每企一次，三次上门"),
    )
    orders_per_enterprise = IntegerField(
        _l("每家企业最多下单次数"),
        [Optional(), NumberRange(1, 1000, _l("应为 1 至 1000 的整数"))],
        description=_l("下单时按这里核对；不填表示不限，服务频次写明“每家企业一次”的会自动填上"),
    )
    orders_period = SelectField(_l("次数按什么期间计算"), [Optional()])
    delivery_days = IntegerField(_l("交付时间（天）"), [InputRequired(_l("请填写从签约到交付的天数"))])
    slots = IntegerField(_l("名额"), [Optional()], description=_l("同时能服务多少家；不填表示不限"))
    list_price = YuanField(_l("标准价格（元）"), [InputRequired(_l("请填写标准价格"))])
    charged_price = YuanField(
        _l("收费价格（元）"),
        [InputRequired(_l("请填写收费价格"))],
        description=_l("减免后向企业收取的价格，不高于标准价格；不收费填 0"),
    )
    market_price = YuanField(
        _l("市场同类价格（元）"),
        [InputRequired(_l("请填写市场同类产品的价格"))],
        description=_l("低于标准价格的不能提交审核"),
    )
    price_basis = TextAreaField(
        _l("价格依据"),
        [InputRequired(_l("请说明价格怎样得出")), Length(max=LONGEST)],
        description=_l("同类合同、公开报价或自己不用券的成交价"),
    )
    evidence = UploadField(_l("价格佐证材料"), kinds=EVIDENCE)
    yearly_revenue = YuanField(_l("年服务收入（元）"), [Optional()])
    yearly_enterprises = IntegerField(_l("年服务中小企业数（家次）"), [Optional()])
    website = StringField(_l("介绍网址"), [Optional(), Length(max=300)])
    remark = TextAreaField(_l("备注"), [Optional(), Length(max=LONGEST)])

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        please = ("", gettext("请选择"))
        self.category.choices = choices([please, *((one.key, gettext(one.label)) for one in categories().values())])
        self.kind.choices = choices(
            [("", gettext("不属于点对点服务")), *((one.key, gettext(one.label)) for one in kinds().values())]
        )
        self.orders_period.choices = choices([(key.value, gettext(label)) for key, label in PERIODS.items()])
        self.mode.choices = choices([(key, gettext(label)) for key, label in MODES.items()])
        self.channel.choices = choices([(key, gettext(label)) for key, label in CHANNELS.items()])

    def facts(self, like: OfferingVersion | None = None) -> OfferingFacts:
        """What the form says; ``like`` keeps where an imported offering came from."""
        return OfferingFacts(
            name=self.name.data or "",
            category=self.category.data or "",
            kind=self.kind.data or None,
            content=self.content.data or "",
            effect=self.effect.data or "",
            mode=self.mode.data or "",
            supplier=self.supplier.data or None,
            channel=self.channel.data or "",
            frequency=self.frequency.data or "",
            orders_per_enterprise=self.orders_per_enterprise.data,
            orders_period=OrdersPeriod(self.orders_period.data or OrdersPeriod.EVER)
            if self.orders_per_enterprise.data
            else None,
            delivery_days=self.delivery_days.data or 0,
            slots=self.slots.data,
            list_price=self.list_price.data or 0,
            charged_price=self.charged_price.data or 0,
            market_price=self.market_price.data or 0,
            price_basis=self.price_basis.data or "",
            yearly_revenue=self.yearly_revenue.data,
            yearly_enterprises=self.yearly_enterprises.data,
            website=self.website.data or None,
            remark=self.remark.data or None,
            source=like.source if like is not None else None,
        )

    def upload(self) -> Upload | None:
        """The evidence that was chosen."""
        chosen = self.evidence.data
        return Upload(chosen.stream, chosen.filename) if chosen and chosen.filename else None


def _fact_field(fact: Fact) -> Field:
    label, needed = _l(fact.label), [NeededToSubmit()]
    if fact.kind is Kind.FLAG:
        return SelectField(
            label, needed, choices=choices([("", _l("未填写")), ("true", _l("是")), ("false", _l("否"))])
        )
    options = [(key, _l(word)) for key, word in fact.choices.items()]
    if fact.kind is Kind.CHOICE:
        return SelectField(label, needed, choices=choices([("", _l("未填写")), *options]))
    if fact.kind is Kind.LIST:
        return Checkboxes(label, needed, choices=choices(options))
    numeric = fact.kind is Kind.NUMBER
    described = _l("单位：%(unit)s", unit=_l(fact.unit)) if fact.unit else ""
    return StringField(label, needed, description=described, render_kw={"inputmode": "decimal"} if numeric else {})


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, list) else str(value)


def _text(data: Any) -> str:
    return ",".join(data) if isinstance(data, list) else (data or "")
