"""Every reason a row can be refused for: one name, one explanation, in order of precedence."""

from __future__ import annotations

FIELD_COUNT = "字段数不符"
PRECISION = "编号精度已丢失"
MISSING = "必填为空"
BAD_DATE = "日期无法识别"
NO_SUCH_DATE = "日期不存在"
ERROR_VALUE = "公式错误值"
BAD_NUMBER = "数字无法识别"
OUT_OF_RANGE = "数值超出范围"
NOT_LISTED = "取值不在列表"
UNKNOWN_TOWN = "镇街不认识"
UNKNOWN_DEPARTMENT = "部门不认识"
UNKNOWN_LEVEL = "满意度不认识"
UNKNOWN_FLAG = "是否值不认识"
FUTURE = "未来日期"
CLOSED_BEFORE = "办结早于受理"
DISORDER = "时间先后颠倒"
TOO_LONG = "办理超过三年"
OUTSIDE = "超出统计期间"
CONFLICT = "编号重复内容不同"

EXPLANATIONS: dict[str, str] = {
    FIELD_COUNT: "字段数与表头不一致，请检查该行是否多了或少了分隔符",
    PRECISION: "编号已变成科学计数或小数，请把该列以文本格式重新导出",
    ERROR_VALUE: "是公式的错误值，请在原表改正公式或补上数值",
    MISSING: "必填项没有内容，请补全",
    BAD_DATE: "不是可识别的日期，请写成 2023-12-05 08:30:00 的样子",
    NO_SUCH_DATE: "日历或钟表上没有这个时间，请更正",
    BAD_NUMBER: "不是可识别的数字，请更正",
    OUT_OF_RANGE: "超出该列合理的范围，请更正",
    NOT_LISTED: "不在该列可用的取值之内，请更正或在业务目录中补充",
    UNKNOWN_TOWN: "不在镇街名录之内，请更正或补充别名",
    UNKNOWN_DEPARTMENT: "不在部门名录之内，请更正或补充别名",
    UNKNOWN_LEVEL: "不是可识别的满意度，可用非常满意、满意、基本满意、不满意、非常不满意、未评价或方向明确的 1 至 5",
    UNKNOWN_FLAG: "不是可识别的是否值，请写是或否",
    FUTURE: "晚于导出时间，请核对日期",
    CLOSED_BEFORE: "早于受理时间，请核对两个时间",
    DISORDER: "早于它应当晚于的时间，请核对两个时间",
    TOO_LONG: "距受理超过三年，请核对年份",
    OUTSIDE: "不在文件标题所写的统计期间之内，请核对日期或统计期间",
    CONFLICT: "同一编号在文件中出现多次且内容不同，请只保留正确的一行",
}
