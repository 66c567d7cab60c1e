// Somebody at the centre looks for this very box: its name in large letters, and a beep, until it is over or dismissed.

import { the, write } from "./elements.js";
import { chirp } from "./sounds.js";

const BEEP_EVERY_MS = 1000;

let shown = null;
let dismissed = null;
let beeps = 0;

export function identify(name) {
  if (name === null) dismissed = null;
  const wanted = name === dismissed ? null : name;
  if (wanted === shown) return;
  shown = wanted;
  clearInterval(beeps);
  the("identify").hidden = shown === null;
  if (shown === null) return;
  write("identify-name", shown);
  chirp();
  beeps = setInterval(chirp, BEEP_EVERY_MS);
}

function dismiss() {
  if (shown === null) return false;
  dismissed = shown;
  identify(shown);
  return true;
}

// Escape takes the name away first; `busy` says that the desk asks a question, whose keys stay its own.
export function listenToDismissal(busy) {
  the("identify-close")?.addEventListener("click", dismiss);
  const onKeyDown = (event) => {
    if (event.key === "Escape" && !busy() && dismiss()) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  document.addEventListener("keydown", onKeyDown, { capture: true });
}
