"""The main script: page settings, the list of pages, the Chinese texts. Runs at every visit before the page itself."""

from pathlib import Path

import streamlit as st

from kpi.ui.translate import speak_chinese

PAGES_DIR = Path(__file__).resolve().parents[2] / "pages"
PRODUCT = "政务服务效能看板"

# Opened from any number, so it needs no place in the menu.
UNLISTED = ("card.py",)
# (file, title, address, icon); the first is what a visit without an address shows, and has none of its own.
PAGES = (
    ("overview.py", "总览", "", ":material/dashboard:"),
    ("ratings.py", "好差评", "ratings", ":material/thumb_up:"),
    ("hotline.py", "12345 热线", "hotline", ":material/call:"),
    ("kiosks.py", "自助机", "kiosks", ":material/point_of_sale:"),
    ("counters.py", "跨域与一窗", "counters", ":material/storefront:"),
    ("wall.py", "大屏", "wall", ":material/tv:"),
    ("register.py", "指标与目标", "register", ":material/flag:"),
    ("card.py", "指标卡", "card", ":material/id_card:"),
    ("imports.py", "数据导入", "imports", ":material/upload_file:"),
    ("health.py", "数据健康", "health", ":material/monitor_heart:"),
)

# Inline, because a Material icon given as page icon is fetched from the internet at every visit.
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#1D5FBF"/>'
    '<path d="M8 23v-7M16 23V9M24 23v-11" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>'
)


def main() -> None:
    """Show the page the address asks for, under its own title."""
    pages = [
        st.Page(
            PAGES_DIR / file,
            title=title,
            url_path=address,
            icon=icon,
            default=file == PAGES[0][0],
            visibility="hidden" if file in UNLISTED else "visible",
        )
        for file, title, address, icon in PAGES
        if (PAGES_DIR / file).exists()
    ]
    # Twice: before the menu, or the icon of the page is fetched from the internet as favicon; after it, for the title.
    st.set_page_config(page_icon=FAVICON, layout="wide")
    page = st.navigation(pages, position="sidebar")
    st.set_page_config(page_title=f"{page.title} · {PRODUCT}")
    speak_chinese()
    page.run()


if __name__ == "__main__":
    main()
