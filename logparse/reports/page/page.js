"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const names = { dag_id: "DAG", line: "log line" };
  const find = (id) => document.getElementById(id);
  const all = (selector) => document.querySelectorAll(selector);
  const at = (name) => data.columns.indexOf(name);
  const time = at("time"), outcome = at("outcome");
  const most = 500, hours = 168;
  const state = new URLSearchParams(location.hash.slice(1));
  const whole = new Map();
  let shown = [];
  for (const row of data.rows) {
    row.forEach((code, column) => { row[column] = data.texts[code]; });
    row[at("line")] = data.folder + row[at("line")];
  }
  const words = new Map([...find("outcome").options].map((each) => [each.value, each.text]));
  const many = (number) => number.toLocaleString("en");

  function cell(kind, text) {
    const made = document.createElement(kind);
    made.textContent = text;
    if (kind === "td") made.title = text;
    return made;
  }
  function moment(stamp, long) {
    if (!stamp || !find("local").checked) return stamp.slice(0, long ? 19 : 16).replace("T", " ");
    const when = new Date(stamp), two = (number) => String(number).padStart(2, "0");
    const day = [when.getFullYear(), two(when.getMonth() + 1), two(when.getDate())].join("-");
    return day + " " + [when.getHours(), when.getMinutes(), when.getSeconds()].slice(0, long ? 3 : 2).map(two).join(":");
  }
  function range() {
    const found = /^(\d+)-(\d+)$/.exec(state.get("hours") || "");
    return found ? [Number(found[1]), Number(found[2])] : [0, hours];
  }
  function matches() {
    const wanted = (state.get("search") || "").toLowerCase().split(/\s+/).filter(Boolean), [from, to] = range();
    const equal = ["outcome", "user", "dag_id"].filter((name) => state.has(name));
    const rows = data.rows.filter((row, number) => {
      if (!equal.every((name) => row[at(name)] === state.get(name))) return false;
      if (state.has("hours") && (data.hours[number] < from || data.hours[number] >= to)) return false;
      const text = [...row, words.get(row[outcome])].join("\u0000").toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    const column = at(state.get("sort"));
    if (column < 0) return rows;
    const sign = state.has("down") ? -1 : 1;
    return rows.sort((a, b) => {
      const one = a[column], other = b[column];
      return sign * (typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other)));
    });
  }
  function span() {
    const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    return range().map((hour) => (hour >= hours ? "the end of Sun" : days[Math.floor(hour / 24)] + " " + (hour % 24) + ":00")).join(" to ");
  }
  function tell() {
    const counts = new Map(), reason = at("reason");
    for (const row of shown) {
      const word = row[reason] || words.get(row[outcome]);
      counts.set(word, (counts.get(word) || 0) + 1);
    }
    const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4).map(([word, number]) => many(number) + " " + word);
    const only = ["user", "dag_id"].filter((name) => state.has(name)).map((name) => (names[name] || name) + " " + state.get(name));
    if (state.has("hours")) only.push(span());
    return (only.length ? only.join(", ") + ": " : "") + many(shown.length) + " match" +
      (data.rows.length < data.total ? " of the " + many(data.rows.length) + " that are listed" : "") +
      (shown.length > most ? ", the first " + most + " are shown" : "") + (top.length ? " (" + top.join(", ") + ")" : "");
  }
  function head() {
    const line = document.createElement("tr");
    for (const name of data.columns) {
      const made = document.createElement("th"), button = cell("button", names[name] || name);
      button.type = "button";
      made.scope = "col";
      if (name === state.get("sort")) made.setAttribute("aria-sort", state.has("down") ? "descending" : "ascending");
      button.addEventListener("click", () => {
        const again = name === state.get("sort") && !state.has("down");
        change({ sort: name, down: again ? "1" : "" });
        find("list").tHead.rows[0].cells[at(name)].firstChild.focus();
      });
      made.append(button);
      line.append(made);
    }
    find("list").tHead.replaceChildren(line);
  }
  function brush() {
    const [from, to] = range(), chosen = state.has("hours");
    for (const bar of all("#bars g")) bar.classList.toggle("out", bar.dataset.hour < from || bar.dataset.hour >= to);
    for (const day of all(".days button")) day.setAttribute("aria-pressed", chosen && from === day.dataset.day * 24 && to === from + 24);
    const box = find("brush"), wide = find("bars") && find("bars").viewBox.baseVal.width / hours;
    if (!box) return;
    box.setAttribute("x", from * wide);
    box.setAttribute("width", chosen ? (to - from) * wide : 0);
  }
  function narrow() {
    const [from, to] = range(), chosen = state.has("hours"), counts = new Map(), kinds = new Set();
    const within = (hour) => hour >= from && hour < to;
    for (const [row, column, hour, tried, failed] of data.matrix) {
      if (!within(hour)) continue;
      const key = row + "," + column, known = counts.get(key) || [0, 0];
      counts.set(key, [known[0] + failed, known[1] + tried]);
    }
    data.rows.forEach((row, number) => {
      if (within(data.hours[number])) kinds.add([row[at("channel")], row[outcome], row[at("reason")]].join("\u0000"));
    });
    for (const cell of all(".matrix tbody td")) {
      if (!whole.has(cell)) whole.set(cell, [cell.textContent, cell.className, cell.title]);
      let [text, shade, title] = whole.get(cell);
      if (chosen) {
        const names = [cell.parentElement.cells[0].title, document.querySelector(".matrix").tHead.rows[0].cells[cell.cellIndex].title];
        const [failed, tried] = counts.get(cell.parentElement.sectionRowIndex + "," + (cell.cellIndex - 1)) || [0, 0];
        text = failed ? failed + "/" + tried : tried ? String(tried) : "";
        shade = "s" + (failed ? Math.min(5, 1 + Math.floor(5 * failed / tried)) : 0);
        title = names.join(", ") + ": " + failed + " of " + tried + " attempts failed, " + span();
      }
      cell.textContent = text;
      cell.className = shade;
      cell.title = title;
    }
    all(".hours tbody tr").forEach((line, day) => [...line.cells].slice(1).forEach((cell, hour) => cell.classList.toggle("out", !within(day * 24 + hour))));
    for (const line of all("#why tbody tr")) {
      line.classList.toggle("out", chosen && !kinds.has([line.dataset.channel, line.dataset.outcome, line.dataset.reason].join("\u0000")));
    }
    const place = data.hours.findIndex((hour) => hour >= 0);
    const monday = place < 0 ? 0 : Math.floor(Date.parse(data.rows[place][time]) / 36e5 - data.hours[place]) * 36e5;
    for (const card of all(".card:not(.cause)")) {
      const [since, last] = [...card.querySelectorAll("time")].map((each) => Date.parse(each.dateTime));
      card.classList.toggle("out", chosen && !(since < monday + to * 36e5 && last >= monday + from * 36e5));
    }
    find("chosen").textContent = chosen ? "Only from " + span() + "." : "";
  }
  function draw() {
    shown = matches();
    const body = document.createElement("tbody");
    for (const row of shown.slice(0, most)) {
      const line = document.createElement("tr");
      row.forEach((value, column) => line.append(cell("td", column === time ? moment(value, true) : column === outcome ? words.get(value) : String(value))));
      body.append(line);
    }
    head();
    find("list").tBodies[0].replaceWith(body);
    find("matches").textContent = tell();
    find("search").value = state.get("search") || "";
    find("outcome").value = state.get("outcome") || "";
    brush();
    narrow();
  }
  function change(wanted) {
    for (const [name, value] of Object.entries(wanted)) value ? state.set(name, value) : state.delete(name);
    draw();
    const text = state.toString();
    try { history.replaceState(null, "", text ? "#" + text : location.pathname + location.search); } catch (error) { /* a page in a frame */ }
  }
  function csv() {
    const safe = (value) => {
      const text = String(value), formula = /^[=+\-@\t\r]/.test(text) && text !== "-" && typeof value !== "number";
      return '"' + (formula ? "'" : "") + text.replace(/"/g, '""') + '"';
    };
    return [data.columns, ...shown].map((row) => row.map(safe).join(",")).join("\r\n") + "\r\n";
  }
  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = "attempts.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  function copy() {
    for (const button of all(".copy")) {
      if (!navigator.clipboard) break;
      button.hidden = false;
      button.addEventListener("click", () => {
        navigator.clipboard.writeText(button.parentElement.querySelector("span").textContent);
        button.textContent = "Copied";
      });
    }
  }
  function chart() {
    const bars = find("bars");
    if (!bars) return;
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect"), step = 3;
    box.id = "brush";
    box.setAttribute("height", "106");
    bars.prepend(box);
    let start = null;
    const place = (event) => {
      const frame = bars.getBoundingClientRect(), share = (event.clientX - frame.left) / frame.width;
      return Math.min(hours - step, Math.max(0, Math.floor(share * hours / step) * step));
    };
    const reach = (event) => Math.min(start, place(event)) + "-" + (Math.max(start, place(event)) + step);
    bars.addEventListener("pointerdown", (event) => { start = place(event); bars.setPointerCapture(event.pointerId); });
    bars.addEventListener("pointermove", (event) => { if (start !== null) { state.set("hours", reach(event)); brush(); } });
    bars.addEventListener("pointerup", (event) => { if (start !== null) { const wanted = reach(event); start = null; change({ hours: wanted }); } });
    bars.addEventListener("pointercancel", () => { start = null; draw(); });
    for (const day of all(".days button")) {
      day.disabled = false;
      day.addEventListener("click", () => {
        const from = day.dataset.day * 24;
        change({ hours: day.getAttribute("aria-pressed") === "true" ? "" : from + "-" + (from + 24) });
      });
    }
  }
  function list(wanted) {
    change(wanted);
    find("attempts-list").scrollIntoView();
  }
  function grids() {
    for (const [kind, choose] of [
      ["matrix", (row, column) => list({ user: row.title, dag_id: column.title })],
      ["hours", (row, column, day, hour) => list({ hours: (day * 24 + hour) + "-" + (day * 24 + hour + 1) })],
    ]) {
      const grid = document.querySelector(".grid." + kind);
      if (!grid) continue;
      grid.classList.add("live");
      grid.tBodies[0].addEventListener("click", (event) => {
        const chosen = event.target.closest("td");
        if (!chosen) return;
        const line = chosen.parentElement, column = chosen.cellIndex;
        choose(line.cells[0], grid.tHead.rows[0].cells[column], line.sectionRowIndex, column - 1);
      });
    }
    for (const [selector, name] of [[".matrix tbody th", "user"], [".matrix thead th + th", "dag_id"]]) {
      for (const header of all(selector)) {
        const button = cell("button", header.title);
        button.type = "button";
        button.addEventListener("click", () => list({ user: "", dag_id: "", [name]: header.title }));
        (header.querySelector("span") || header).replaceChildren(button);
      }
    }
  }
  function reveal(event) {
    const link = event.target.closest("a");
    for (let each = link && find(link.hash.slice(1)); each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  }
  function zones() {
    find("zone").textContent = find("local").checked ? "your time zone" : "UTC";
    for (const each of all("time")) each.textContent = moment(each.dateTime, false);
    draw();
  }
  for (const each of all(".tool, #filter:not(.none)")) each.hidden = false;
  find("filter").addEventListener("submit", (event) => event.preventDefault());
  find("search").addEventListener("input", () => change({ search: find("search").value }));
  find("outcome").addEventListener("change", () => change({ outcome: find("outcome").value }));
  find("clear").addEventListener("click", () => change({ search: "", outcome: "", user: "", dag_id: "", hours: "", sort: "", down: "" }));
  find("download").addEventListener("click", download);
  find("security").addEventListener("click", reveal);
  find("local").addEventListener("change", zones);
  copy();
  chart();
  grids();
  if (data.rows.length) draw();
})();
