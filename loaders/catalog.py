"""The data dictionary: columns of each kind of data set, types, units, classes, aliases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal[
    "code", "text", "count", "amount", "degrees", "date", "time", "choice", "geometry"
]


@dataclass(frozen=True)
class Column:
    """One standard column of a kind."""

    name: str
    type: ColumnType
    title: str  # Chinese, as the data dictionary prints it
    required: bool = False
    unit: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    data_class: str = ""  # stricter than its data set's, or "" for the same
    identity: bool = False  # an identity number: masked in findings, never stored
    longest: int = 0  # characters of a text; a longer one is refused, never cut; 0: any length


SEXES = ("m", "f", "t")
AGE_BANDS = (*(f"{low:02d}-{low + 4:02d}" for low in range(0, 85, 5)), "85+", "all")
POPULATION_KINDS = ("usual", "registered", "floating")
HOUSEHOLD_TYPES = ("single", "couple", "two_generation", "three_generation", "other")
VULNERABLE_GROUPS = (
    "living_alone_60",
    "left_behind_child",
    "low_income",
    "disabled",
    "unsupported",
)
FACILITY_KINDS = (
    "hospital",
    "health_centre",
    "clinic",
    "pharmacy",
    "kindergarten",
    "primary_school",
    "junior_school",
    "senior_school",
    "care_home",
    "day_care",
    "fire_station",
    "ambulance_post",
    "police_station",
    "government",
    "village_service",
    "shelter",
    "market",
    "bus_station",
    "bank",
    "library",
    "other",
)
ROAD_CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "service",
    "track",
    "path",
)

_CODE = ("行政区划代码", "区划代码", "统计用区划代码", "代码", "region_code", "code", "gbcode")
_NAME = ("名称", "区划名称", "单位名称", "name", "地名")
_LON = ("经度", "lon", "longitude", "lng", "long", "x")
_LAT = ("纬度", "lat", "latitude", "y")
NAME_LENGTH, ADDRESS_LENGTH, TEXT_LENGTH = 200, 500, 10_000
"""Characters of a name or category, of an address, of what somebody wrote (ten pages)."""
_DATE = ("日期", "统计日期", "date", "年月")

DATED = frozenset({"population", "households", "vulnerable"})
"""Kinds whose figures say nothing without the day they are of."""

COLUMNS: dict[str, tuple[Column, ...]] = {
    "regions": (
        Column("code", "code", "区划代码", required=True, aliases=(*_CODE, "网格编码", "村代码")),
        Column(
            "name",
            "text",
            "名称",
            required=True,
            aliases=(*_NAME, "乡镇", "村名", "社区名称", "网格名称"),
        ),
        Column("name_en", "text", "英文名称", aliases=("英文名称", "name_en")),
        Column(
            "parent",
            "code",
            "上级代码",
            aliases=("上级代码", "上级区划代码", "parent", "streetCode"),
        ),
        Column("lon", "degrees", "经度", unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", unit="°", aliases=_LAT),
        Column("geometry", "geometry", "图形", aliases=("wkt", "WKT", "geometry", "geom", "图形")),
    ),
    "population": (
        Column("code", "code", "区划代码", required=True, aliases=(*_CODE, "网格编码", "id")),
        Column("date", "date", "日期", aliases=_DATE),
        Column(
            "kind", "choice", "口径", aliases=("口径", "人口类型", "kind"), choices=POPULATION_KINDS
        ),
        Column("sex", "choice", "性别", aliases=("性别", "sex", "gender"), choices=SEXES),
        Column(
            "age_band",
            "choice",
            "年龄段",
            aliases=("年龄段", "年龄组", "age_band", "age"),
            choices=AGE_BANDS,
        ),
        Column(
            "persons",
            "count",
            "人数",
            required=True,
            unit="persons",
            aliases=(
                "人数",
                "人口",
                "常住人口",
                "户籍人口",
                "总人口",
                "persons",
                "population",
                "pop",
                "residents",
            ),
        ),
    ),
    "households": (
        Column("code", "code", "区划代码", required=True, aliases=_CODE),
        Column("date", "date", "日期", aliases=_DATE),
        Column(
            "type",
            "choice",
            "家庭户类型",
            required=True,
            aliases=("家庭户类型", "户类型", "type"),
            choices=HOUSEHOLD_TYPES,
        ),
        Column(
            "households",
            "count",
            "户数",
            required=True,
            unit="households",
            aliases=("户数", "households"),
        ),
    ),
    "vulnerable": (
        Column("code", "code", "区划代码", required=True, aliases=_CODE),
        Column("date", "date", "日期", aliases=_DATE),
        Column(
            "group",
            "choice",
            "人群",
            required=True,
            aliases=("人群", "类别", "对象类别", "group"),
            choices=VULNERABLE_GROUPS,
        ),
        Column(
            "persons", "count", "人数", required=True, unit="persons", aliases=("人数", "persons")
        ),
    ),
    "facilities": (
        Column("id", "text", "编号", aliases=("编号", "机构编号", "id", "osm_id")),
        Column("name", "text", "名称", required=True, aliases=(*_NAME, "机构名称", "学校名称")),
        Column(
            "kind",
            "choice",
            "类别",
            required=True,
            aliases=("类别", "机构类别", "类型", "kind", "category"),
            choices=FACILITY_KINDS,
        ),
        Column("lon", "degrees", "经度", required=True, unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", required=True, unit="°", aliases=_LAT),
        Column(
            "capacity",
            "amount",
            "容量",
            unit="places or beds",
            aliases=("容量", "床位数", "学位数", "capacity", "beds"),
        ),
        Column(
            "staff",
            "amount",
            "人员数",
            unit="persons",
            aliases=("人员数", "职工数", "卫生技术人员", "staff"),
        ),
        Column("referral_level", "text", "等级", aliases=("等级", "医院等级", "level")),
        Column(
            "organisation",
            "code",
            "统一社会信用代码",
            aliases=("统一社会信用代码", "uscc", "organisation"),
        ),
        Column("open_from", "date", "启用日期", aliases=("启用日期", "成立日期", "open_from")),
        Column("open_to", "date", "停用日期", aliases=("停用日期", "open_to")),
        Column("address", "text", "地址", aliases=("地址", "address")),
    ),
    "buildings": (
        Column(
            "id",
            "text",
            "建筑编号",
            required=True,
            aliases=("建筑编号", "楼栋编号", "id", "osm_id"),
        ),
        Column("use", "text", "用途", aliases=("用途", "use", "building")),
        Column("levels", "amount", "层数", unit="storeys", aliases=("层数", "levels")),
        Column(
            "footprint_m2", "amount", "占地面积", unit="m2", aliases=("占地面积", "footprint_m2")
        ),
        Column(
            "dwellings", "amount", "住房套数", unit="dwellings", aliases=("住房套数", "dwellings")
        ),
        Column("lon", "degrees", "经度", unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", unit="°", aliases=_LAT),
        Column("geometry", "geometry", "图形", aliases=("wkt", "WKT", "geometry")),
    ),
    "organisations": (
        Column(
            "code",
            "code",
            "统一社会信用代码",
            required=True,
            aliases=("统一社会信用代码", "信用代码", "uscc", "code"),
        ),
        Column("name", "text", "名称", required=True, aliases=(*_NAME, "企业名称")),
        Column("kind", "text", "类型", aliases=("类型", "kind", "行业")),
        Column("building", "text", "建筑编号", aliases=("建筑编号", "楼栋编号", "building")),
        Column("lon", "degrees", "经度", unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", unit="°", aliases=_LAT),
        Column(
            "employees", "amount", "从业人数", unit="persons", aliases=("从业人数", "employees")
        ),
    ),
    "persons": (
        Column(
            "identity",
            "code",
            "身份证号",
            required=True,
            aliases=("身份证号", "公民身份号码", "证件号码", "identity"),
            data_class="敏感",
            identity=True,
        ),
        Column("name", "text", "姓名", aliases=("姓名", "name"), data_class="敏感"),
        Column("sex", "choice", "性别", aliases=("性别", "sex"), choices=("m", "f")),
        Column("birth", "date", "出生日期", aliases=("出生日期", "birth", "生日")),
        Column("code", "code", "居住地区划代码", aliases=(*_CODE, "居住地代码", "户籍地代码")),
        Column(
            "building", "text", "建筑编号", aliases=("建筑编号", "楼栋编号", "住址编号", "building")
        ),
        Column("household", "text", "户号", aliases=("户号", "household")),
        Column("status", "text", "状态", aliases=("状态", "人员状态", "参保状态", "status")),
    ),
    "road_nodes": (
        Column(
            "id", "text", "节点编号", required=True, aliases=("节点编号", "node", "id", "node_id")
        ),
        Column("lon", "degrees", "经度", required=True, unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", required=True, unit="°", aliases=_LAT),
        Column("elevation_m", "amount", "高程", unit="m", aliases=("高程", "elevation_m")),
    ),
    "road_edges": (
        Column("u", "text", "起点", aliases=("起点", "u", "from", "from_node")),
        Column("v", "text", "终点", aliases=("终点", "v", "to", "to_node")),
        Column(
            "class",
            "text",
            "等级",
            required=True,
            aliases=("等级", "道路等级", "class", "highway", "fclass"),
        ),
        Column("name", "text", "路名", aliases=("路名", "道路名称", "name")),
        Column("oneway", "text", "单向", aliases=("单向", "oneway")),
        Column("maxspeed", "amount", "限速", unit="km/h", aliases=("限速", "maxspeed")),
        Column("surface", "text", "路面", aliases=("路面", "surface")),
        Column("access", "text", "通行", aliases=("通行", "access")),
        Column("bridge", "text", "桥梁", aliases=("桥梁", "bridge")),
        Column("length_m", "amount", "长度", unit="m", aliases=("长度", "length_m", "length")),
        Column("polyline", "text", "折线", aliases=("折线", "polyline")),
        Column("geometry", "geometry", "图形", aliases=("wkt", "WKT", "geometry")),
    ),
    "roads_osm": (),
    "features": (
        Column("id", "text", "编号", aliases=("编号", "id", "fid")),
        Column("name", "text", "名称", aliases=_NAME),
        Column("kind", "text", "类别", aliases=("类别", "kind", "type", "class")),
        Column("geometry", "geometry", "图形", required=True, aliases=("wkt", "WKT", "geometry")),
    ),
    "elevation": (),
    "events": (
        Column(
            "id", "text", "事件编号", required=True, aliases=("事件编号", "工单编号", "编号", "id")
        ),
        Column("channel", "text", "渠道", aliases=("渠道", "来源", "channel"), longest=NAME_LENGTH),
        Column(
            "category",
            "text",
            "类别",
            required=True,
            aliases=("类别", "事件类别", "category"),
            longest=NAME_LENGTH,
        ),
        Column(
            "text",
            "text",
            "内容",
            aliases=("内容", "诉求内容", "text"),
            data_class="敏感",
            longest=TEXT_LENGTH,
        ),
        Column("lon", "degrees", "经度", unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", unit="°", aliases=_LAT),
        Column("code", "code", "区划代码", aliases=_CODE),
        Column("building", "text", "建筑编号", aliases=("建筑编号", "楼栋编号", "building")),
        Column(
            "reported",
            "time",
            "上报时间",
            required=True,
            aliases=("上报时间", "受理时间", "reported", "time"),
        ),
        Column("closed", "time", "办结时间", aliases=("办结时间", "closed")),
        Column("status", "text", "状态", aliases=("状态", "status"), longest=NAME_LENGTH),
        Column(
            "address",
            "text",
            "地址",
            aliases=("地址", "事发地址", "事件地址", "地点", "address"),
            data_class="敏感",
            longest=ADDRESS_LENGTH,
        ),
    ),
    "sensors": (
        Column("id", "text", "设备编号", required=True, aliases=("设备编号", "id", "sensor")),
        Column("kind", "text", "类别", required=True, aliases=("类别", "设备类型", "kind")),
        Column("unit", "text", "单位", aliases=("单位", "unit")),
        Column("lon", "degrees", "经度", required=True, unit="°", aliases=_LON),
        Column("lat", "degrees", "纬度", required=True, unit="°", aliases=_LAT),
    ),
    "readings": (
        Column("sensor", "text", "设备编号", required=True, aliases=("设备编号", "sensor", "id")),
        Column("time", "time", "时间", required=True, aliases=("时间", "time", "采集时间")),
        Column("value", "amount", "数值", required=True, aliases=("数值", "监测值", "value")),
        Column("unit", "text", "单位", aliases=("单位", "unit")),
    ),
}
