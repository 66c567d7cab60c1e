// The page's keys, whatever has focus. What they mean is decided in typing.js.

import { digitOf, SILENCE_MS, Typing } from "./typing.js";

export function listenToKeys(intents, { guide, codeInput }) {
  const typing = new Typing(intents);
  let timer = 0;

  function type(character, at) {
    typing.character(character, at);
    clearTimeout(timer);
    timer = setTimeout(() => typing.silence(performance.now()), SILENCE_MS + 5);
  }

  function onKeyDown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const now = event.timeStamp;
    if (event.key === "Enter") return void onEnter(event, now);
    if (event.key === "Escape") return void (guide.open || typing.escape());
    const character = event.key === "Backspace" ? event.key : (digitOf(event) ?? event.key);
    if (character === "Backspace") typing.backspace();
    else if (character.length !== 1 || (character === " " && !typing.inRun(now))) return;
    else type(character, now);
    event.preventDefault();
  }

  function onEnter(event, now) {
    const pressesButton = document.activeElement instanceof HTMLButtonElement && !typing.ownsEnter(now);
    if (pressesButton && !event.repeat) return;
    event.preventDefault();
    if (!event.repeat) typing.enter(now);
  }

  function onKeyUp(event) {
    // A blank inside a scanned text must not press the button that has focus.
    if (event.key === " " && typing.inRun(event.timeStamp)) event.preventDefault();
  }

  document.addEventListener("keydown", onKeyDown, { capture: true });
  document.addEventListener("keyup", onKeyUp, { capture: true });
  codeInput.addEventListener("input", () => {
    // A phone's keyboard names no keys; its letters arrive here.
    for (const character of codeInput.value) type(character, performance.now());
    codeInput.value = "";
  });
}
