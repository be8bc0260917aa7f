"""Streamlit speaks English only: this turns what it says by itself into Chinese, in the browser.

The dictionary holds whole texts of Streamlit's own frontend. A text is replaced only where it matches completely,
so figures, names and everything else a page shows pass through untouched.
"""

from __future__ import annotations

import json

import streamlit as st

TEXTS = {
    # upload box
    "Upload": "选择文件",
    "Upload directories": "选择文件夹",
    "Browse files": "选择文件",
    "Drag and drop file here": "把文件拖到这里",
    "Drag and drop files here": "把文件拖到这里",
    "Drag and drop a file here": "把文件拖到这里",
    "Drag and drop directories here": "把文件夹拖到这里",
    "Add files": "添加文件",
    "Too many files": "一次选的文件太多",
    "Network Error": "网络中断",
    "file upload": "选择文件",
    "Error:": "错误：",
    # lists and fields
    "Select all": "全选",
    "Choose options": "请选择",
    "Choose an option": "请选择",
    "Choose or add options": "请选择或填写",
    "Choose or add an option": "请选择或填写",
    "Add options": "请填写",
    "Add an option": "请填写",
    "No options to select": "没有可选项",
    "No results": "没有匹配项",
    "Clear all": "全部清除",
    "Clear value": "清除",
    "Clear entry": "清除",
    "Selected values": "已选",
    "Open": "展开",
    "Increment": "加",
    "Decrement": "减",
    "Press Enter to apply": "按回车生效",
    "Press Ctrl+Enter to apply": "按 Ctrl+回车生效",
    "Press ⌘+Enter to apply": "按 ⌘+回车生效",
    "Press Enter to submit form": "按回车提交",
    "Press Ctrl+Enter to submit form": "按 Ctrl+回车提交",
    "Press ⌘+Enter to submit form": "按 ⌘+回车提交",
    "Show password text": "显示密码",
    "Hide password text": "隐藏密码",
    # dates
    "Date range": "常用区间",
    "Select...": "请选择",
    "Choose date": "选择日期",
    "Choose date range": "选择起止日期",
    "Choose date and time": "选择日期和时间",
    "Click to start selecting date range": "点击选择开始日期",
    "Click to finish selecting date range": "点击选择结束日期",
    "Start date must be before end date.": "开始日期必须早于结束日期。",
    "Selected date unavailable.": "这个日期不能选。",
    "First available date": "最早可选日期",
    "Last available date": "最晚可选日期",
    "Clear date": "清除日期",
    "Clear dates": "清除日期",
    "Clear time": "清除时间",
    "Quick select a date range": "快速选择起止日期",
    "Past Week": "近一周",
    "Past Month": "近一个月",
    "Past 3 Months": "近三个月",
    "Past 6 Months": "近六个月",
    "Past Year": "近一年",
    "Past 2 Years": "近两年",
    "Next month": "下个月",
    "Previous month": "上个月",
    "Time": "时间",
    "Use arrow keys to navigate dates. Enter to select. Escape to close.": "方向键移动，回车选定，Esc 关闭。",
    # tables
    "Show/hide columns": "显示/隐藏列",
    "Download as CSV": "下载 CSV",
    "Search": "搜索",
    "Fullscreen": "全屏",
    "Close fullscreen": "退出全屏",
    "Close Search": "关闭搜索",
    "Next Result": "下一个",
    "Previous Result": "上一个",
    "Type to search": "输入要找的内容",
    "Clear selection": "取消选中",
    "Add row": "加一行",
    "Delete row(s)": "删除所选行",
    "Sort ascending": "升序",
    "Sort descending": "降序",
    "Autosize": "自动列宽",
    "Pin column": "固定此列",
    "Unpin column": "取消固定",
    "Hide column": "隐藏此列",
    "Statistics": "统计",
    "Format": "格式",
    "Copy column name": "复制列名",
    "Automatic": "自动",
    "Localized": "本地格式",
    "Plain": "原样",
    "Compact": "缩写",
    "Percent": "百分比",
    "Scientific": "科学计数",
    "Accounting": "会计格式",
    "Dollar": "美元",
    "Euro": "欧元",
    "Yen": "日元",
    "Calendar": "日历",
    "Distance": "距今",
    "Duration": "时长",
    "Count": "个数",
    "Empty": "空值",
    "Distinct": "不同值",
    "Values": "取值",
    "Minimum": "最小",
    "Maximum": "最大",
    "Average": "平均",
    "Median": "中位数",
    "Sum": "合计",
    "Range": "范围",
    "Standard deviation": "标准差",
    "Minimum length": "最短",
    "Maximum length": "最长",
    "Average length": "平均长度",
    "Based on sample": "按抽样计算",
    "No data": "没有数据",
    "empty": "空",
    # frame of the application
    "Running...": "正在计算…",
    "Running": "正在计算",
    "RUNNING...": "正在计算…",
    "CONNECTING": "正在连接",
    "Connecting": "正在连接",
    "Stop": "停止",
    "Stopping...": "正在停止…",
    "Rerun": "重新计算",
    "Always rerun": "总是重新计算",
    "Close": "关闭",
    "Dismiss": "关闭",
    "Cancel": "取消",
    "Copy to clipboard": "复制",
    "Copied": "已复制",
    "Download failed": "下载失败",
    "Expand": "展开",
    "Collapse": "收起",
    "Link to heading": "本节链接",
    "Skip to main content": "跳到正文",
    "App pages": "页面",
    "Sidebar": "侧栏",
    "Main menu": "菜单",
    "Notifications": "通知",
    "Collapse sidebar": "收起侧栏",
    "Expand sidebar": "展开侧栏",
    "Navigate to home page": "回首页",
    "Scroll tabs left": "向左",
    "Scroll tabs right": "向右",
    "Try again": "重试",
    "Copy": "复制",
    "Show suggestions": "显示选项",
    "No options": "没有可选项",
    "No content": "没有内容",
    "Dataframe column menu": "列菜单",
    "Top values frequency chart": "取值分布",
    "Distribution histogram": "数值分布",
    "View more": "显示更多",
    "View less": "显示更少",
    "Connection error": "连接中断",
    "Connection timed out.": "连接超时。",
    "Connection lost. Please wait for the app to reconnect, then try again.": "连接中断，请等页面恢复后再试。",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": (
        "服务没有响应：请在服务器上重新启动，页面会自动恢复："
    ),
    "streamlit run yourscript.py": "python3 run.py",
    "Streamlit server is not responding. Are you connected to the internet?": (
        "服务没有响应：请检查网络，或请管理员重新启动服务，页面会自动恢复。"
    ),
    "Page not found": "没有这个页面",
    "The page that you have requested does not seem to exist. Running the app's main page.": (
        "地址中的页面不存在，已打开首页。"
    ),
    "Bad message format": "通信出错",
    "Something went wrong": "页面出错",
    "You need to enable JavaScript to run this app.": "请在浏览器中启用 JavaScript。",
}

# [pattern, replacement] for the texts that carry a number or a name.
PATTERNS = (
    (r"^Limit ([\d.]+ ?[KMG]?B) per file$", "每个文件不超过 $1"),
    (r"^([\d.]+ ?[KMG]?B) per file$", "每个文件不超过 $1"),
    (r"^Select (\d+) matches$", "选中 $1 个匹配项"),
    (r"^View (\d+) more$", "再显示 $1 项"),
    (r"^(\d+) options? available\.$", "有 $1 个选项。"),
    (r"^(.+), selected$", "$1，已选"),
    (r"^year, (.+)$", "年，$1"),
    (r"^month, (.+)$", "月，$1"),
    (r"^day, (.+)$", "日，$1"),
    (r"^(.+) start date$", "$1开始日期"),
    (r"^(.+) end date$", "$1结束日期"),
    (r"^Choose date range, (.+)$", "选择起止日期，$1"),
    (r"^Choose date, (.+)$", "选择日期，$1"),
    (r"^Remove (.+)$", "移除 $1"),
    (r"^Add: (.+)$", "添加：$1"),
    (r"^You can only select up to (\d+) options?\. Remove an option first\.$", "最多选 $1 项，请先移除一项。"),
    (r"^File is larger than (.+)$", "文件超过 $1"),
    (r"^File is smaller than (.+)$", "文件小于 $1"),
    (r"^File must be (.+) or smaller\.$", "文件不能超过 $1。"),
    (r"^(.+) files are not allowed\.$", "不接受 $1 类型的文件。"),
    (r"^Showing page (\d+) of (\d+)$", "第 $1 页，共 $2 页"),
    (r"^Page (\d+)$", "第 $1 页"),
    (r"^(\d+) results?$", "$1 个结果"),
    (r"^(\d+) of (\d+) results?$", "第 $1 个，共 $2 个"),
    (
        r"^You have requested page (\S+), but no corresponding file was found.*$",
        "没有 $1 这个页面，已打开首页。",
    ),
)

# One observer per browser tab, kept for the life of the tab: Streamlit shows "Connection error" after everything on
# the page is gone. Text is replaced inside the existing text node, never by replacing nodes, so React keeps its own.
_SCRIPT = """
const NAMES = ["title", "aria-label", "placeholder", "alt"];
const SKIPPED = ".js-plotly-plot, canvas, textarea, script, style";

function translator(texts, patterns) {
  const rules = patterns.map(([from, to]) => [new RegExp(from), to]);
  return (text) => {
    const trimmed = text.trim();
    if (!/[A-Za-z]/.test(trimmed) || trimmed.length > 200) return null;
    if (Object.hasOwn(texts, trimmed)) return text.replace(trimmed, () => texts[trimmed]);
    const rule = rules.find(([from]) => from.test(trimmed));
    return rule ? trimmed.replace(rule[0], rule[1]) : null;
  };
}

function watch(translate) {
  const ofText = (node) => {
    if (node.parentElement?.closest(SKIPPED)) return;
    const chinese = translate(node.data);
    if (chinese !== null && chinese !== node.data) node.data = chinese;
  };
  const ofElement = (element) => {
    for (const name of NAMES) {
      const value = element.getAttribute(name);
      const chinese = value ? translate(value) : null;
      if (chinese !== null && chinese !== value) element.setAttribute(name, chinese);
    }
  };
  const ofTree = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return ofText(node);
    if (node.nodeType !== Node.ELEMENT_NODE || node.closest(SKIPPED)) return;
    ofElement(node);
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const inner = walker.currentNode;
      inner.nodeType === Node.TEXT_NODE ? ofText(inner) : ofElement(inner);
    }
  };
  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(ofTree);
      else if (change.type === "attributes") ofElement(change.target);
      else ofText(change.target);
    }
  });
  observer.observe(document.body, {
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: NAMES,
  });
  ofTree(document.body);
}

export default function () {
  if (window.kpiSpeaksChinese) return;
  window.kpiSpeaksChinese = true;
  document.documentElement.lang = "zh-CN";
  watch(translator(TEXTS, PATTERNS));
}
"""

_mount = st.components.v2.component(
    "kpi_translate",
    js=f"const TEXTS = {json.dumps(TEXTS, ensure_ascii=False)};\n"
    f"const PATTERNS = {json.dumps(PATTERNS, ensure_ascii=False)};\n{_SCRIPT}",
)


def speak_chinese() -> None:
    """Mount the translation on this page; it takes no room and survives reruns and page changes."""
    _mount(key="kpi-translate", height=0)
