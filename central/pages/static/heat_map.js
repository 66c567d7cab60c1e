// One tab stop for the whole map: arrow keys, Home and End move from cell to cell; the cell's figures are said below it.

const map = document.querySelector(".heat");
const told = document.getElementById("told");
const rows = map ? [...map.tBodies[0].rows].map((row) => [...row.querySelectorAll("td[data-tell]")]) : [];

function place(cell) {
  const row = rows.findIndex((cells) => cells.includes(cell));
  return [row, row < 0 ? -1 : rows[row].indexOf(cell)];
}

function go(cell) {
  for (const old of map.querySelectorAll('td[tabindex="0"]')) old.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

map?.addEventListener("focusin", (event) => {
  const cell = event.target.closest("td[data-tell]");
  if (cell) told.textContent = cell.dataset.tell;
});

map?.addEventListener("click", (event) => {
  const cell = event.target.closest("td[data-tell]");
  if (cell) go(cell);
});

map?.addEventListener("keydown", (event) => {
  const [row, column] = place(event.target.closest("td[data-tell]"));
  if (row < 0) return;
  const last = rows[row].length - 1;
  const next = {
    ArrowLeft: [row, Math.max(0, column - 1)],
    ArrowRight: [row, Math.min(last, column + 1)],
    ArrowUp: [Math.max(0, row - 1), column],
    ArrowDown: [Math.min(rows.length - 1, row + 1), column],
    Home: [row, 0],
    End: [row, last],
  }[event.key];
  if (!next) return;
  event.preventDefault();
  go(rows[next[0]][next[1]]);
});
