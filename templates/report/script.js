"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = $("theme");
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.onclick = () => { root.dataset.theme = dark() ? "light" : "dark"; name(); };
  name();

  const findings = [...document.querySelectorAll(".f")];
  const rules = [...document.querySelectorAll(".rule")];
  const words = new Map();
  const wordsOf = (each) => words.get(each) || words.set(each, each.textContent.toLowerCase()).get(each);
  const filter = () => {
    const [query, severity, state, rule] = ["q", "severity", "state", "rule"].map((id) => $(id).value);
    let shown = 0;
    for (const section of rules) {
      let any = false;
      const ruleFits = !rule || section.dataset.rule === rule;
      for (const each of section.querySelectorAll(".f")) {
        const fits = ruleFits
          && (!severity || each.classList.contains(severity))
          && (!state || each.classList.contains(state))
          && (!query || section.dataset.rule.includes(query.toLowerCase()) || wordsOf(each).includes(query.toLowerCase()));
        each.hidden = !fits;
        any ||= fits;
        shown += fits;
      }
      section.hidden = !any;
    }
    $("shown").value = `${shown} of ${findings.length} shown`;
  };
  const beginning = new Map(findings.map((each) => [each, each.querySelector("time")?.dateTime || ""]));
  const place = new Map([...rules, ...findings].map((each, index) => [each, index]));
  const newestOf = (each) => beginning.get(each) || [...each.querySelectorAll(".f")].map((f) => beginning.get(f)).sort().pop();
  const sort = () => {
    const order = $("sort").value
      ? (a, b) => (newestOf(b) > newestOf(a)) - (newestOf(b) < newestOf(a)) || place.get(a) - place.get(b)
      : (a, b) => place.get(a) - place.get(b);
    const arrange = (list) => { for (const each of [...list].sort(order)) each.parentNode.append(each); };
    const after = $("resolved") || $("findings").lastChild;
    for (const each of [...rules].sort(order)) after.before(each);
    for (const section of rules) {
      for (const list of section.querySelectorAll(".cards, .rows")) arrange(list.children);
    }
  };
  if (findings.length > 1) {
    $("filters").hidden = false;
    $("filters").oninput = filter;
    $("sort").onchange = sort;
    $("filters").onsubmit = (event) => event.preventDefault();
    $("unfold").onclick = () => {
      const folded = document.querySelector("details.f:not([open])");
      for (const each of document.querySelectorAll("details.f")) each.open = !!folded;
      $("unfold").textContent = folded ? "Fold all" : "Unfold all";
    };
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
    for (const each of document.querySelectorAll("details")) each.open = true;
  });
})();
