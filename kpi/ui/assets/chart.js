// One plot per element, drawn once and then only updated: the function below runs again whenever its data changes.
const plots = new WeakMap();

const CHINESE = {
  moduleType: "locale",
  name: "zh-CN",
  dictionary: {
    Autoscale: "自动缩放",
    "Double-click to zoom back out": "双击还原",
    "Double-click on legend to isolate one trace": "双击图例只看一项",
    "Download plot": "下载图片",
    "Reset axes": "还原坐标轴",
    Zoom: "缩放",
    "Zoom in": "放大",
    "Zoom out": "缩小",
    "new text": "新文字",
  },
  format: {
    days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    shortDays: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
    shortMonths: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    date: "%Y-%m-%d",
    decimal: ".",
    thousands: ",",
    year: "%Y年",
    month: "%Y年%b",
    dayMonth: "%b%-d日",
    dayMonthYear: "%Y年%b%-d日",
  },
};

const CONFIG = {
  displaylogo: false,
  displayModeBar: false,
  doubleClick: false,
  scrollZoom: false,
  showTips: false,
  responsive: false,
  locale: "zh-CN",
  locales: { "zh-CN": CHINESE },
};

function plotlyFrom(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.kpiPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.kpiPlotly = undefined;
      script.remove();
      reject(new Error(`cannot load ${address}`));
    };
    document.head.append(script);
  });
  return window.kpiPlotly;
}

function nameOf(point) {
  const named = Array.isArray(point.customdata) ? point.customdata[0] : point.customdata;
  return String(named ?? point.label ?? point.y ?? point.x);
}

async function draw(plot) {
  const { element, wanted } = plot;
  const Plotly = await plotlyFrom(wanted.plotly);
  // Several updates may have been waiting for the script: only the newest is drawn, and only while still on the page.
  if (plot.gone || plot.wanted !== wanted || plot.drawn === wanted.figure) return;
  const figure = JSON.parse(wanted.figure);
  const layout = { ...figure.layout, autosize: true, height: wanted.height };
  element.setAttribute("aria-label", wanted.label || figure.layout?.meta?.summary || "图表");
  await Plotly.react(element, figure.data, layout, CONFIG);
  if (!plot.listening) {
    plot.listening = true;
    element.on("plotly_click", (event) => {
      if (plot.wanted.clickable && event.points.length) plot.send("clicked", nameOf(event.points[0]));
    });
    plot.observer.observe(element);
  }
  plot.drawn = wanted.figure;
}

function sayProblem(element) {
  const sentence = document.createElement("p");
  sentence.className = "kpi-chart-problem";
  sentence.textContent = "图表没有画出来，请刷新页面；仍不行请告诉管理员。";
  element.replaceChildren(sentence);
}

function makePlot(element) {
  const plot = { element, drawn: null, gone: false, listening: false };
  let width = element.clientWidth;
  // The menu at the side folds without the window changing its size.
  plot.observer = new ResizeObserver(() => {
    if (plot.gone || element.clientWidth === width || !element.clientWidth) return;
    width = element.clientWidth;
    window.Plotly.Plots.resize(element);
  });
  return plot;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".kpi-chart");
  if (!plots.has(element)) plots.set(element, makePlot(element));
  const plot = plots.get(element);
  plot.wanted = data;
  plot.send = setTriggerValue;
  element.setAttribute("role", "img");
  element.style.height = `${data.height}px`;
  element.classList.toggle("is-clickable", data.clickable);
  draw(plot).catch((problem) => {
    console.error(problem);
    if (!plot.drawn) sayProblem(element);
  });
  return () => {
    plot.gone = true;
    plot.observer.disconnect();
    plots.delete(element);
    if (plot.listening) window.Plotly.purge(element);
  };
}
