"""What the button beside a task on the desk says: the verb of its first words, short enough for a phone."""

from collections.abc import Mapping
from typing import Final

from foundation.i18n import N_

ANY: Final = N_("办理")
"""Where a task has no verb of its own."""

VERBS: Final[Mapping[str, str]] = {
    # accounts, notices
    "同意加入单位": N_("审核"),
    "解除锁定": N_("查看"),
    "答复异议": N_("答复"),
    # providers
    "填完并提交认定申请": N_("填写"),
    "补充认定材料": N_("补充"),
    "申请认定续期": N_("续期"),
    "受理认定申请": N_("受理"),
    "初审认定申请": N_("初审"),
    "复审认定申请": N_("复审"),
    "公示期满，办理认定": N_("发证"),
    "申请认定": N_("申请"),
    "按审核意见修改服务产品": N_("修改"),
    "审核服务产品": N_("审核"),
    # vouchers
    "可以申领服务券": N_("申领"),
    "请主管部门登记本企业称号": N_("查看"),
    "申领没有发券": N_("查看"),
    "服务券即将过期": N_("查看"),
    "起草第一个服务券项目": N_("起草"),
    "审核项目规则": N_("审核"),
    "审核规则修改": N_("审核"),
    "公布项目": N_("公布"),
    "拨入资金": N_("拨款"),
    # orders
    "联系企业对接": N_("联系"),
    "上传服务协议": N_("上传"),
    "确认服务协议": N_("确认"),
    "提交第一条服务记录": N_("提交"),
    "提交服务记录，完成后标记交付": N_("提交"),
    "修改有异议的服务记录": N_("修改"),
    "确认成效并评价": N_("确认"),
    "处理争议": N_("裁定"),
    "订单已终止，占用金额已退回": N_("查看"),
    # verification
    "核验": N_("核对"),
    "补正核销申请": N_("修改"),
    "申请核销": N_("申请"),
    # performance
    "审批绩效目标表": N_("批准"),
    "填报绩效目标表": N_("填报"),
    # settlement
    "编制结算批次": N_("编制"),
    "核对并提交审批": N_("核对"),
    "按财政退回意见修改批次": N_("修改"),
    "复核红字冲减": N_("复核"),
    "审批结算批次": N_("批准"),
    "付款": N_("付款"),
}
"""Verb (msgid) by task (msgid)."""
