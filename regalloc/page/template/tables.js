"use strict";
// Shows each table of data that the page carries, a screenful of rows at a time, so that thousands
// of rows sort and search at once.
const STEP = 50;
const MINUS = "\u2212";

const WRITE = {
  text: (value) => value,
  name: (value) => value,
  path: (value) => value,
  count: (value) => value.toLocaleString("en"),
  change: (value) => (value < 0 ? MINUS : value > 0 ? "+" : "") + Math.abs(value).toLocaleString("en"),
  score: (value) => Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 3 }),
  ratio: (value) => value.toFixed(4),
  seconds: (value) => value.toFixed(2),
};
const TEXTS = ["text", "name", "path"];
const NEUTRAL = { ratio: 1, change: 0 };

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "string" ? (a < b ? -1 : a > b ? 1 : 0) : a - b;
}

function colour(kind, value) {
  if (TEXTS.includes(kind)) return kind;
  if (!(kind in NEUTRAL)) return "";
  return value < NEUTRAL[kind] ? "less" : value > NEUTRAL[kind] ? "greater" : "same";
}

function writeCell(column, value) {
  if (value === null) return element("td", { textContent: "\u2013", className: "same" });
  // In an element of its own a path keeps its order where the cell cuts its start off.
  const cell = element("td", { className: colour(column.kind, value) }, element("bdi"));
  cell.firstChild.textContent = WRITE[column.kind](value);
  if (column.kind === "name" || column.kind === "path") cell.title = value;
  return cell;
}

class DataTable {
  constructor(place, table) {
    this.columns = table.columns;
    this.rows = table.rows;
    [this.by, this.descending] = table.order;
    this.texts = this.columns.flatMap(({ kind }, i) => (TEXTS.includes(kind) ? [i] : []));
    this.part = this.columns.findIndex(({ kind }) => kind === "text");
    this.haystacks = this.rows.map((row) => this.texts.map((i) => row[i]).join("\n").toLowerCase());
    this.limit = STEP;
    this.build(place, table.name);
    this.select();
  }

  build(place, name) {
    this.search = element("input", { type: "search", placeholder: `search ${name}` });
    this.search.setAttribute("aria-label", `search ${name}`);
    const what = this.columns[this.part].title;
    this.parts = element("select", {}, element("option", { value: "", textContent: `all ${what}s` }));
    this.parts.setAttribute("aria-label", what);
    for (const part of new Set(this.rows.map((row) => row[this.part]))) {
      this.parts.append(element("option", { value: part, textContent: part }));
    }
    this.count = element("output");
    this.heads = this.columns.map((column, i) => this.buildHead(column, i));
    this.body = element("tbody");
    this.more = element("button", { type: "button", className: "more" });
    this.search.addEventListener("input", () => this.select());
    this.parts.addEventListener("change", () => this.select());
    this.more.addEventListener("click", () => {
      this.limit *= 4;
      this.show();
    });
    const head = element("thead", {}, element("tr", {}, ...this.heads));
    place.append(
      element("div", { className: "bar" }, this.search, this.parts, this.count),
      element("div", { className: "wide" }, element("table", {}, head, this.body)),
      this.more,
    );
  }

  buildHead(column, i) {
    const button = element("button", { type: "button", textContent: column.title, title: column.hint });
    button.addEventListener("click", () => this.sortBy(i));
    return element("th", { className: TEXTS.includes(column.kind) ? "text" : "", scope: "col" }, button);
  }

  sortBy(i) {
    this.descending = i === this.by ? !this.descending : !this.texts.includes(i);
    this.by = i;
    this.select();
  }

  select() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const part = this.parts.value;
    const sign = this.descending ? -1 : 1;
    this.found = this.rows.filter(
      (row, i) => (!part || row[this.part] === part) && words.every((word) => this.haystacks[i].includes(word)),
    );
    // Where there is no value there is nothing to rank: such rows stay last either way.
    this.found.sort((a, b) => (a[this.by] === null || b[this.by] === null ? 1 : sign) * compare(a[this.by], b[this.by]));
    this.limit = STEP;
    this.show();
  }

  show() {
    const shown = this.found.slice(0, this.limit);
    this.body.replaceChildren(
      ...shown.map((row) => element("tr", {}, ...row.map((value, i) => writeCell(this.columns[i], value)))),
    );
    this.heads.forEach((head, i) => {
      if (i === this.by) head.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const of = this.found.length === this.rows.length ? "" : ` of ${WRITE.count(this.rows.length)}`;
    const first = shown.length < this.found.length ? `first ${WRITE.count(shown.length)} of ` : "";
    this.count.value = `${first}${WRITE.count(this.found.length)}${of}`;
    this.more.hidden = shown.length === this.found.length;
    this.more.textContent = `show more (${WRITE.count(this.found.length - shown.length)} left)`;
  }
}

for (const place of document.querySelectorAll("[data-table]")) {
  const data = document.getElementById(`${place.dataset.table}-data`);
  new DataTable(place, JSON.parse(data.textContent));
}
