"use strict";
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const theme = document.getElementById("theme");
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.onclick = () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); };
  nameTheme();

  const all = [...document.querySelectorAll("main details")];
  const expand = document.getElementById("expand");
  let expanded = false;
  expand.hidden = all.length === 0;
  expand.onclick = () => {
    expanded = !expanded;
    for (const each of all) each.open = expanded;
    expand.textContent = expanded ? "Collapse all" : "Expand all";
  };

  // A list is one table and its continuation; sorting moves all rows into the first.
  for (const list of document.querySelectorAll(".sortable")) {
    const [first, ...more] = list.querySelectorAll("table");
    const body = first.tBodies[0];
    [...first.tHead.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      cell.replaceChildren(button);
      button.onclick = () => {
        const up = cell.getAttribute("aria-sort") !== "ascending";
        for (const other of first.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = [...body.rows, ...more.flatMap((each) => [...each.tBodies[0].rows])];
        const key = (row) => {
          const value = row.cells[column];
          return value.querySelector("time")?.dateTime || value.textContent;
        };
        rows.sort((a, b) => key(a).localeCompare(key(b), undefined, { numeric: true }));
        if (!up) rows.reverse();
        body.append(...rows);
        for (const each of more) each.closest("details").hidden = true;
      };
    });
  }

  for (const pre of document.querySelectorAll("pre")) {
    const button = document.createElement("button");
    const code = pre.textContent;
    button.type = "button";
    button.textContent = "Copy";
    button.onclick = async () => {
      await navigator.clipboard.writeText(code);
      button.textContent = "Copied";
    };
    pre.append(button);
  }
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details:not(.raw)")) each.open = true;
  });
})();
