// Runs in a page after its own script; what it returns is what test_browser.py looks at.
(() => {
  const table = (name) => document.querySelector(`[data-table=${name}]`);
  const cells = (name, column) =>
    [...table(name).querySelectorAll(`tbody td:nth-child(${column})`)].map((cell) => cell.textContent);
  const head = (name, title) =>
    [...table(name).querySelectorAll("th button")].find((button) => button.textContent === title);
  const type = (name, text) => {
    const input = table(name).querySelector("input");
    input.value = text;
    input.dispatchEvent(new Event("input"));
  };
  const choose = (name, part) => {
    const select = table(name).querySelector("select");
    select.value = part;
    select.dispatchEvent(new Event("change"));
  };
  const found = { errors: window.probeErrors };
  const root = document.documentElement;
  found.overflow = root.scrollWidth - root.clientWidth;
  found.smallest = Math.min(
    ...[...document.querySelectorAll("svg text")].map((text) => text.getBoundingClientRect().height),
  );
  found.plots = [...document.querySelectorAll("svg")].map((svg) => Math.round(svg.getBoundingClientRect().width));
  found.first = cells("functions", 8);
  head("functions", "default").click();
  found.descending = cells("functions", 5);
  found.sorted = table("functions").querySelector("[aria-sort]").getAttribute("aria-sort");
  head("functions", "default").click();
  found.ascending = cells("functions", 5);
  head("functions", "function").click();
  found.names = cells("functions", 1);
  table("functions").querySelector(".more").click();
  found.more = cells("functions", 1).length;
  type("functions", "unit7.CPP f3");
  found.searched = cells("functions", 1);
  found.count = table("functions").querySelector("output").value;
  type("functions", "no such function");
  found.none = cells("functions", 1);
  type("functions", "operator<<script>");
  found.hostile = [...new Set(cells("functions", 1))];
  type("functions", "");
  choose("functions", "train");
  found.parts = [...new Set(cells("functions", 3))];
  found.filters = [...table("workloads").querySelectorAll("option")].map((option) => option.textContent);
  choose("workloads", "profile-searched");
  found.variants = [...new Set(cells("workloads", 3))];
  const began = performance.now();
  head("functions", "trained").click();
  type("functions", "f1");
  found.milliseconds = performance.now() - began;
  return found;
})();
