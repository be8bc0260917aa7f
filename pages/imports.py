"""数据导入：选文件、看预览、确认导入；可撤销。"""

import streamlit as st

from kpi.ui import data, importing, page, tables

now = page.begin_plain("数据导入")
importing.notice()
if result := st.session_state.pop("import-result", None):
    page.section("导入结果")
    importing.show_result(result)

uploads = st.file_uploader(
    "选择一个或多个导出文件（CSV、Excel、网页表格），自动识别业务和表头，个人信息入库前打码。"
    "超过 200 MB 的文件请放进投放文件夹（python -m kpi watch）或用命令行导入。",
    type=importing.ACCEPTED,
    accept_multiple_files=True,
    key=importing.upload_key(),
)
drafts = [importing.draft(upload) for upload in uploads]
if drafts:
    page.section("预览", "确认之前，任何数字都不会改变")
for number, one in enumerate(drafts):
    with st.container(key=f"card-draft-{number}"):
        importing.show_draft(one)

importing.confirm_control(drafts)

if now is None:
    page.nothing("还没有任何批次。选择文件并确认导入后，这里列出每一批，并可撤销。")
else:
    batches = data.batches(now)
    page.section("批次", f"共 {batches.height} 批，新的在前")
    importing.undo_control(now)
    shown = importing.batch_page(batches)
    tables.show(importing.BATCH_COLUMNS, importing.batch_rows(shown), "批次")
    importing.show_restated(now)
