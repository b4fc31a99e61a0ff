"""Whose rules the demonstration shows: everything else in it is invented."""

from typing import Final, NamedTuple

from foundation.i18n import N_


class Rule(NamedTuple):
    """A piece of the demonstration and where its rules come from, both as msgids."""

    what: str
    whose: str


RULES: Final = (
    Rule(
        N_("服务券项目的规则"),
        N_(
            "厦门市工业和信息化局 2021年11月5日《2021年厦门市支持“专精特新”中小企业高质量发展服务方案》；日期改为相对今天"
        ),
    ),
    Rule(
        N_("服务机构认定的条件"),
        N_("工信部企业〔2017〕156号；北京的机构按北京市经济和信息化局 2021年2月26日申报指南"),
    ),
    Rule(N_("公示"), N_("五个工作日，甘肃、北京、河北等地认定通知的做法；认定有效期三年为本平台设定")),
    Rule(N_("结算办法"), N_("上述厦门方案：每家企业总额封顶，按下单先后计算，融资项目不计")),
    Rule(
        N_("绩效目标表"),
        N_("北京市经济和信息化局 2021年5月10日申报通知附件4，13项指标24行；演示中由厦门的机构填报"),
    ),
    Rule(N_("服务类别"), N_("北京市经济和信息化局 2021年5月10日申报通知第二条的十类")),
    Rule(
        N_("线上服务产品"),
        N_(
            "湖南省工业和信息化厅《第一批专精特新“小巨人”企业线上服务程序清单》中的五项：名称和网址取自清单，介绍为自拟"
        ),
    ),
    Rule(
        N_("融资产品"),
        N_("山东省公布的第一批合作银行及其24个信贷产品：只取银行和产品名称，贷款条件以银行公布为准"),
    ),
    Rule(N_("其他服务产品"), N_("按上述类别的内容自拟")),
)
