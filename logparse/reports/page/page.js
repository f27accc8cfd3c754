"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const names = { dag_id: "DAG", time: "time (UTC)" };
  const find = (id) => document.getElementById(id);
  const most = 500;
  let column = -1, down = false, shown = [];

  function cell(kind, text) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (kind === "td") made.title = text;
    return made;
  }
  function matches() {
    const words = find("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcome = find("outcome").value, at = data.columns.indexOf("outcome");
    const rows = data.rows.filter((row) => {
      if (outcome && row[at] !== outcome) return false;
      const text = row.join("\u0000").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    if (column < 0) return rows;
    const sign = down ? -1 : 1;
    return rows.sort((a, b) => {
      const one = a[column], other = b[column];
      return sign * (typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other)));
    });
  }
  function draw() {
    shown = matches();
    const body = document.createElement("tbody");
    for (const row of shown.slice(0, most)) {
      const line = document.createElement("tr");
      for (const value of row) line.append(cell("td", String(value)));
      body.append(line);
    }
    find("list").tBodies[0].replaceWith(body);
    find("matches").textContent = shown.length + " match" + (shown.length > most ? ", the first " + most + " are shown" : "");
  }
  function filter() {
    draw();
    const state = new URLSearchParams();
    if (find("search").value) state.set("search", find("search").value);
    if (find("outcome").value) state.set("outcome", find("outcome").value);
    const text = state.toString();
    try { history.replaceState(null, "", text ? "#" + text : location.pathname + location.search); } catch (error) { /* a page in a frame */ }
  }
  function head() {
    const line = document.createElement("tr");
    data.columns.forEach((name, at) => {
      const made = document.createElement("th"), button = cell("button", names[name] || name);
      button.type = "button";
      made.scope = "col";
      if (at === column) made.setAttribute("aria-sort", down ? "descending" : "ascending");
      button.addEventListener("click", () => { down = at === column ? !down : false; column = at; head(); draw(); });
      made.append(button);
      line.append(made);
    });
    find("list").tHead.replaceChildren(line);
  }
  function csv() {
    const safe = (value) => {
      const text = String(value), formula = /^[=+\-@\t\r]/.test(text) && text !== "-" && typeof value !== "number";
      return '"' + (formula ? "'" : "") + text.replace(/"/g, '""') + '"';
    };
    return [data.columns, ...shown].map((row) => row.map(safe).join(",")).join("\r\n") + "\r\n";
  }
  find("filter").hidden = false;
  find("filter").addEventListener("submit", (event) => event.preventDefault());
  find("search").addEventListener("input", filter);
  find("outcome").addEventListener("change", filter);
  find("download").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = "attempts.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  for (const button of document.querySelectorAll(".copy")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(button.parentElement.querySelector("span").textContent);
      button.textContent = "Copied";
    });
  }
  const state = new URLSearchParams(location.hash.slice(1));
  if (state.has("search")) find("search").value = state.get("search");
  if (state.has("outcome")) find("outcome").value = state.get("outcome");
  if (data.rows.length) { head(); draw(); }
})();
