// The tiles of the wall. Each maker returns the function that fills its tile; stage.js follows in the same module.
function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tone(element, base, name) {
  const wanted = `${base} tone-${name}`;
  if (element.className !== wanted) element.className = wanted;
}

function head(tile) {
  const bar = make("div", "kpi-tile-head", tile);
  return { bar, title: make("h2", "", bar) };
}

function makeMetric(tile) {
  const { bar, title } = head(tile);
  const pill = make("span", "", bar);
  const figure = make("p", "kpi-figure", tile);
  const [value, unit, period] = [make("b", "", figure), make("span", "", figure), make("em", "", figure)];
  const rail = make("div", "", tile);
  const [filled, due] = [make("i", "", rail), make("u", "", rail)];
  const aim = make("p", "kpi-aim", tile);
  const [target, made] = [make("span", "", aim), make("em", "", aim)];
  const trend = make("div", "kpi-trend", tile);
  const [picture, age] = [make("img", "", trend), make("p", "", trend)];
  return (data) => {
    say(title, data.title);
    say(pill, `${data.status.shape} ${data.status.word}`);
    tone(pill, "kpi-pill-wall", data.status.tone);
    say(value, data.value);
    say(unit, data.unit);
    say(period, data.period);
    figure.classList.toggle("is-long", data.value.length + data.unit.length > 7);
    tone(rail, data.bar ? "kpi-rail" : "kpi-rail is-empty", data.status.tone);
    if (data.bar) {
      filled.style.width = `${data.bar.filled}%`;
      due.style.left = `${data.bar.due}%`;
    }
    say(target, data.aim);
    say(made, data.made);
    if (picture.getAttribute("src") !== data.spark) picture.src = data.spark;
    picture.alt = `${data.title}${data.span}走势`;
    picture.classList.toggle("is-none", !data.spark);
    say(age, `${data.spark ? data.span : "历史不足"}\n${data.age}`);
  };
}

function makeExceptions(tile) {
  const { bar, title } = head(tile);
  const count = make("p", "kpi-count", bar);
  const list = make("ul", "kpi-list", tile);
  const quiet = make("p", "kpi-quiet", tile);
  const lines = [0, 1, 2].map(() => {
    const line = make("li", "", list);
    const icon = make("span", "", line);
    const words = make("div", "", line);
    return { line, icon, what: make("p", "kpi-what", words), why: make("p", "kpi-why", words) };
  });
  return (data) => {
    say(title, data.title);
    say(count, data.count);
    say(quiet, data.quiet);
    lines.forEach(({ line, icon, what, why }, place) => {
      const item = data.items[place];
      line.style.visibility = item ? "" : "hidden";
      if (!item) return;
      tone(icon, "kpi-icon", item.mark.tone);
      say(icon, item.mark.shape);
      say(what, item.title);
      say(why, item.detail);
    });
  };
}

function makeTowns(tile) {
  const { bar, title } = head(tile);
  const span = make("p", "kpi-count", bar);
  const grid = make("div", "kpi-towns", tile);
  const tallies = make("p", "kpi-tallies", grid);
  const cells = new Map();
  return (data) => {
    say(title, data.title);
    say(span, data.span);
    while (tallies.children.length > data.counts.length) tallies.lastChild.remove();
    data.counts.forEach((tally, place) => {
      const shown = tallies.children[place] ?? make("span", "", tallies);
      tone(shown, "", tally.tone);
      say(shown, tally.text);
    });
    for (const town of data.cells) {
      if (!cells.has(town.name)) {
        const cell = make("div", "", grid);
        cells.set(town.name, { cell, name: make("span", "", cell), shape: make("em", "", cell) });
      }
      const { cell, name, shape } = cells.get(town.name);
      cell.style.gridArea = `${town.row} / ${town.column}`;
      tone(cell, town.name.length > 2 ? "kpi-town is-three" : "kpi-town", town.tone);
      cell.setAttribute("aria-label", `${town.name} ${town.word}`);
      say(name, town.name);
      say(shape, town.shape);
    }
  };
}

const MAKERS = { metric: makeMetric, exceptions: makeExceptions, towns: makeTowns };
