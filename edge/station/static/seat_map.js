// The room's seats: state by shape, letter and colour. Arrow keys walk, Enter calls the candidate of an expected seat.

import { the, write } from "./elements.js";
import { timeOf } from "./times.js";
import { word } from "./words.js";

const STATES = ["seated", "at desk", "undecided", "expected"];

let painted = "";

// A1..D6: columns by letter, rows by number. Any other names: in the order of a person's eye, four to six a row.
export function layOut(seats) {
  const places = seats.map(({ seat }) => /^([A-Z])-?([0-9]{1,2})$/.exec(seat));
  if (seats.length && places.every(Boolean)) {
    const letters = [...new Set(places.map(([, letter]) => letter))].sort();
    const byPlace = (a, b) => a.place[2] - b.place[2] || a.place[1].localeCompare(b.place[1]);
    const order = seats.map((seat, index) => ({ seat, place: places[index] })).sort(byPlace);
    const cells = order.map(({ seat, place }) => ({ seat, column: letters.indexOf(place[1]) + 1, row: Number(place[2]) }));
    return { columns: letters.length, cells };
  }
  const columns = seats.length <= 24 ? 4 : 6;
  const order = [...seats].sort((a, b) => a.seat.localeCompare(b.seat, "vi", { numeric: true }));
  return { columns, cells: order.map((seat, index) => ({ seat, column: (index % columns) + 1, row: Math.floor(index / columns) + 1 })) };
}

export function paintSeats({ seats, person }, language, call) {
  const here = person?.candidate_number;
  const now = JSON.stringify([seats, here, language]);
  if (now === painted) return;
  painted = now;
  for (const state of STATES)
    write(`count-${state.replace(" ", "_")}`, String(seats.filter((seat) => seat.state === state).length));
  const { columns, cells } = layOut(seats);
  const place = the("seats");
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.number : null;
  place.style.setProperty("--columns", columns);
  place.style.setProperty("--rows", Math.max(1, ...cells.map((cell) => cell.row)));
  const entry = focused ?? cells.find(({ seat }) => seat.state === "expected")?.seat.candidate_number;
  place.replaceChildren(...cells.map((cell) => tile(cell, entry ?? cells[0]?.seat.candidate_number, call)));
  for (const seat of place.children) seat.toggleAttribute("data-here", seat.dataset.number === here);
  if (focused) place.querySelector(`[data-number="${CSS.escape(focused)}"]`)?.focus();
}

function tile({ seat, column, row }, entry, call) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.state = seat.state;
  button.dataset.number = seat.candidate_number;
  button.style.gridColumn = column;
  button.style.gridRow = row;
  button.tabIndex = seat.candidate_number === entry ? 0 : -1;
  button.setAttribute("aria-label", describe(seat));
  const key = seat.state.replace(" ", "_");
  for (const [name, text] of [["b", seat.seat], ["i", word(`letter_${key}`)], ["span", seat.full_name.split(" ").at(-1)]]) {
    const part = document.createElement(name);
    part.textContent = text;
    button.append(part);
  }
  button.addEventListener("focus", () => write("chosen", describe(seat)));
  button.addEventListener("pointerenter", () => write("chosen", describe(seat)));
  button.addEventListener("click", () => { if (seat.state !== "seated") call(seat.candidate_number); });
  return button;
}

function describe(seat) {
  const state = word(seat.state.replace(" ", "_"));
  const since = seat.seated_at ? ` ${word("at", { t: timeOf(seat.seated_at) })}` : "";
  return `${seat.seat} · ${seat.full_name} · ${seat.candidate_number} · ${state}${since}`;
}

export function walkSeats() {
  const place = the("seats");
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  place.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const from = document.activeElement;
    if (!step || !place.contains(from) || from === place) return;
    event.preventDefault();
    const [column, row] = [Number(from.style.gridColumnStart) + step[0], Number(from.style.gridRowStart) + step[1]];
    const to = [...place.children].find(
      (seat) => Number(seat.style.gridColumnStart) === column && Number(seat.style.gridRowStart) === row,
    );
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
  const leave = () => { if (!place.contains(document.activeElement)) write("chosen", word("map_hint")); };
  place.addEventListener("pointerleave", leave);
  place.addEventListener("focusout", () => setTimeout(leave));
}
