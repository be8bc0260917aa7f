"""A page with every widget that speaks English by itself, for the test of the translation."""

from datetime import date

import polars as pl
import streamlit as st

from kpi.ui.translate import speak_chinese

speak_chinese()
st.title("控件")
st.file_uploader("文件", type=["csv", "xlsx"], accept_multiple_files=True)
st.dataframe(pl.DataFrame({"镇街": ["平山街道", "大岭街道"], "宗数": [1, 2]}))
st.date_input("区间", (date(2023, 1, 1), date(2023, 2, 1)))
st.multiselect("多选", ["甲", "乙", "丙"])
st.selectbox("单选", ["甲", "乙", "丙"], index=None)
st.number_input("数值", value=1)
st.text_input("文字")
with st.form("表单"):
    st.text_input("表单文字")
    st.form_submit_button("提交")
