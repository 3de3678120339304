"""Our own topics of appeals: keywords, and the department that such a thing usually goes to."""

# ruff: noqa: E501 - lists of words: a topic a line, and Chinese counts double

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Kind:
    """One topic: how it is called, who usually handles it, which words tell it."""

    id: str
    name: str  # as a category would be called
    department: str
    keywords: tuple[str, ...]


KINDS: tuple[Kind, ...] = (
    Kind("noise", "噪声扰民", "综合行政执法局", ("噪声", "噪音", "扰民", "广场舞", "音响", "夜间施工", "很吵", "吵闹", "喇叭")),
    Kind("utilities", "供水供电供气", "住建局", ("停水", "停电", "自来水", "供水", "供电", "电压", "水压", "水质", "水费", "电费", "供暖", "燃气开通")),
    Kind("roads", "道路破损", "交通运输局", ("道路破损", "路面", "坑洼", "通村公路", "公路", "破损路", "修路", "断头路", "桥梁", "塌方")),
    Kind("waste", "垃圾清运", "综合行政执法局", ("垃圾", "清运", "环卫", "保洁", "污水", "堵塞", "粪", "臭味", "气味", "公厕", "化粪池")),
    Kind("city", "市容与占道", "综合行政执法局", ("占道", "摊贩", "摆摊", "出店", "门线", "违建", "违章搭建", "小广告", "市容", "城管", "烧烤", "油烟")),
    Kind("facilities", "市政设施", "住建局", ("井盖", "路灯", "护栏", "人行道", "地砖", "绿化", "公园", "健身器材", "市政设施", "排水沟", "积水")),
    Kind("property", "物业与小区", "住建局", ("物业", "小区", "电梯", "停车费", "业委会", "业主", "消防通道", "维修基金", "开发商", "房产证", "交房", "烂尾")),
    Kind("social", "社保医保", "人社局", ("养老金", "社保", "医保", "报销", "失业金", "工伤", "退休", "参保", "医保卡", "资格认证")),
    Kind("labour", "劳动与欠薪", "人社局", ("拖欠工资", "欠薪", "讨薪", "农民工", "劳动合同", "加班", "辞退", "工资", "招聘", "劳务")),
    Kind("education", "教育", "教育局", ("学校", "老师", "教师", "学生", "入学", "学区", "幼儿园", "补课", "校车", "食堂", "学费", "中考", "高考")),
    Kind("health", "医疗卫生", "卫健局", ("医院", "医生", "看病", "卫生院", "疫苗", "就诊", "卫生室", "护士", "疾病", "发热", "腹泻", "传染")),
    Kind("traffic", "交通与停车", "公安局", ("红绿灯", "堵车", "拥堵", "乱停车", "停车位", "交警", "违停", "斑马线", "限速", "交通事故", "车祸", "驾照")),
    Kind("transit", "公共交通", "交通运输局", ("公交", "班车", "出租车", "网约车", "客运", "班次", "站台", "拒载")),
    Kind("order", "治安", "公安局", ("盗窃", "被偷", "诈骗", "被骗", "斗殴", "打架", "赌博", "涉黄", "户口", "身份证办理", "养狗", "流浪狗", "治安")),
    Kind("market", "消费与市场", "市场监管局", ("退款", "退费", "消费", "假货", "过期食品", "食品安全", "价格", "乱收费", "预付卡", "商家", "发票", "质量问题", "旅游", "导游")),
    Kind("environment", "环境污染", "生态环境局", ("污染", "排污", "废气", "扬尘", "粉尘", "焚烧", "异味", "废水", "养殖场", "河水发黑", "环保")),
    Kind("land", "土地与房屋", "自然资源局", ("宅基地", "征地", "拆迁", "安置", "补偿款", "土地", "规划", "占用耕地", "确权", "建房审批", "采砂")),
    Kind("farming", "农业农村", "农业农村局", ("农田", "种植", "养殖", "补贴", "合作社", "灌溉", "化肥", "种子", "村务公开", "低产", "改厕")),
    Kind("welfare", "民政救助", "民政局", ("低保", "救助", "五保", "残疾", "困难户", "养老院", "敬老院", "孤儿", "婚姻登记", "殡葬", "公墓")),
    Kind("hazard", "安全隐患", "应急局", ("隐患", "裂缝", "滑坡", "危房", "漏雨", "燃气管道", "老化", "飞线", "拉线", "山体", "高空坠物", "溺水", "漏电")),
    Kind("fire", "火灾与消防", "消防救援大队", ("火灾", "起火", "着火", "冒烟", "消防", "灭火器", "烧荒", "山火")),
    Kind("dispute", "矛盾纠纷", "司法局", ("纠纷", "矛盾", "争执", "邻里", "边界", "调解", "家庭纠纷", "赔偿", "欠款", "债务")),
    Kind("service", "政务服务", "政务服务中心", ("办事", "窗口", "服务态度", "营业执照", "证明", "办证", "推诿", "工作人员态度", "网上办", "系统打不开")),
)  # fmt: skip
BY_ID = {kind.id: kind for kind in KINDS}
OTHER_DEPARTMENT = "信访局"
"""Where an appeal goes that no word tells: the office that sorts them by hand."""
_KEYWORDS_SURE = 2
"""A topic by keywords alone is taken for sure from two different words on, with no other as many."""


def kind_of(category: str) -> Kind | None:
    """
    Return our topic that a category's name fits; None when no word does.

    The longest common word decides: our name in theirs, or a keyword in theirs; then the number of
    characters in common with our name.
    """
    best: tuple[int, int, int] | None = None
    for order, kind in enumerate(KINDS):
        longest = max((len(w) for w in (kind.name, *kind.keywords) if w in category), default=0)
        common = len(set(category) & set(kind.name))
        if longest or common >= 3:
            score = (longest, common, -order)
            best = score if best is None or score > best else best
    return None if best is None else KINDS[-best[2]]


def department_of(category: str) -> str:
    """Return the department that a category usually goes to."""
    kind = kind_of(category)
    return kind.department if kind else OTHER_DEPARTMENT


def words_of(categories: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return for each category the words that our scheme knows of it, its own name first."""
    found = {}
    for category in categories:
        kind = kind_of(category)
        found[category] = (category, *(kind.keywords if kind else ()))
    return found


@dataclass(frozen=True)
class ByWords:
    """Topics told by keywords alone."""

    kind: NDArray[np.intp]  # (n,) into KINDS, -1 where no word is found
    words: NDArray[np.intp]  # (n,) different keywords found
    sure: NDArray[np.bool_]  # (n,)


def by_words(texts: Sequence[str]) -> ByWords:
    """
    Tell our topics by keywords: the topic with most different words in the text.

    The fallback for a county with too few labelled appeals to learn from. A count of words is no
    probability, so there is no confidence: sure are those with two words or more and no tie.
    """
    known: dict[str, tuple[int, int, bool]] = {}
    for text in texts:
        if text not in known:
            count = [sum(word in text for word in kind.keywords) for kind in KINDS]
            most = max(count)
            alone = most >= _KEYWORDS_SURE and count.count(most) == 1
            known[text] = (count.index(most) if most else -1, most, alone)
    rows = [known[text] for text in texts]
    return ByWords(
        np.array([r[0] for r in rows], dtype=np.intp),
        np.array([r[1] for r in rows], dtype=np.intp),
        np.array([r[2] for r in rows], dtype=np.bool_),
    )
