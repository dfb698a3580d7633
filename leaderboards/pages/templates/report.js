"use strict";
// Sorts the table of videos when a heading is pressed: once upwards, again downwards; empty cells stay last.
for (const button of document.querySelectorAll("#videos th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const body = head.closest("table").tBodies[0];
    const column = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => row.cells[column].dataset.value;
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const step = column === 0 ? x.localeCompare(y, "en", { numeric: true }) : x - y;
      return up ? step : -step;
    };
    body.append(...[...body.rows].sort(order));
  });
}
