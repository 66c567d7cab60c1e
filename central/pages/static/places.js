// Search boxes: "/" goes there. On the map, typing narrows the tiles at once; Enter asks the server (rooms too).

const box = document.querySelector("[data-focus]");
const tiles = [...document.querySelectorAll(".place[data-school]")];
const folded = new Map();

export function fold(text) {
  return text.replace(/đ/g, "d").replace(/Đ/g, "D").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The tile's name, its commune and the school's code, as one folded text. */
function wordsOf(tile) {
  if (!folded.has(tile)) {
    const commune = tile.closest(".commune").querySelector("h2").textContent;
    folded.set(tile, fold(`${tile.querySelector("b").textContent} ${commune} ${tile.pathname.split("/").at(-1)}`));
  }
  return folded.get(tile);
}

function narrow() {
  const words = fold(box.value).split(/\s+/).filter(Boolean);
  for (const tile of tiles) tile.hidden = !words.every((word) => wordsOf(tile).includes(word));
  for (const commune of document.querySelectorAll(".commune")) commune.hidden = !commune.querySelector(".place:not([hidden])");
  document.querySelector("[data-none]").hidden = tiles.some((tile) => !tile.hidden);
}

document.addEventListener("keydown", (event) => {
  if (!box || event.key !== "/" || event.target.matches("input, textarea, select")) return;
  event.preventDefault();
  box.focus();
  box.select();
});
if (box?.matches("[data-narrows]")) box.addEventListener("input", narrow);
