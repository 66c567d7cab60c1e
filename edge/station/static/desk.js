// The proctor's desk: every screen from the box is painted whole; every key and touch becomes one request.

import { bannersOf, paintBanners } from "./banners.js";
import { show, the, write } from "./elements.js";
import { openFeed } from "./feed.js";
import { identify, listenToDismissal } from "./identify.js";
import { listenToKeys } from "./keyboard.js";
import { send } from "./requests.js";
import { paintSeats, walkSeats } from "./seat_map.js";
import { allowSound, isMuted, quiet, sound, soundUntilAnswered, toggleMute, waitsForTouch } from "./sounds.js";
import { paintDigits, paintStage } from "./stage.js";
import { boxNow, setBoxClock, shortTimeOf, timeOf } from "./times.js";
import { loadWords, paintWords, say, switchLanguage, word } from "./words.js";

const HINT_MS = 5000;

let screen = null;
let lostAt = null;
let hintTimer = 0;

function paint() {
  paintBanners(bannersOf(screen?.box, lostAt));
  document.body.toggleAttribute("data-lost", lostAt !== null);
  paintMute();
  if (!screen) return;
  const { desk, box, pictures } = screen;
  write("room", desk.room_name);
  write("sitting", [desk.exam_name, desk.session_name].filter(Boolean).join(" · "));
  paintEquipment(box.equipment);
  write("starts", desk.starts_at ? word("starts", { t: shortTimeOf(desk.starts_at) }) : "");
  write("present", String(desk.present));
  write("expected", String(desk.expected));
  write("to-send", String(box.waiting_to_send));
  the("to-send-box").toggleAttribute("data-some", box.waiting_to_send > 0);
  paintStage(desk, pictures);
  paintSeats(desk, document.documentElement.lang, call);
  for (const id of ["confirm", "decline"]) the(id).disabled = lostAt !== null;
}

function paintEquipment(line) {
  const said = line ? say(line.words) : "";
  write("equipment", said);
  the("equipment").title = said;
  the("equipment").toggleAttribute("data-ready", Boolean(line?.is_ready));
  show("equipment", said !== "");
}

function paintMute() {
  const waits = !isMuted() && waitsForTouch();
  write("mute-words", word(isMuted() ? "sound_off" : waits ? "sound_waits" : "sound_on"));
  the("mute").setAttribute("aria-pressed", String(isMuted()));
  the("mute").querySelector("use").setAttribute("href", isMuted() ? "#shape-mute" : "#shape-sound");
}

function onScreen(next) {
  const before = screen;
  screen = next;
  lostAt = null;
  setBoxClock(next.box.now);
  paint();
  identify(next.box.identifying);
  announce(before?.desk ?? null, next.desk);
}

// Sounds and is read aloud once for each new verdict; never for one that was there before the page opened.
function announce(before, desk) {
  const mark = ({ ticket, verdict, can_confirm: asks }) => (verdict ? `${ticket} ${verdict.light} ${asks}` : "");
  if (before !== null && mark(before) === mark(desk)) return;
  quiet();
  const { verdict, person } = desk;
  const spoken = verdict && [verdict.word, verdict.reason, verdict.next_step].map(say).join(". ");
  const seat = person?.seat ? `${person.full_name}. ${word("seat")} ${person.seat}. ` : "";
  const place = desk.right_room ? ` ${desk.right_room}, ${word("seat")} ${desk.right_seat}.` : "";
  write("announced", spoken ? `${seat}${spoken}${place}` : "");
  const justAnswered = before?.can_confirm && verdict?.light === "AMBER";
  if (!verdict || before === null || justAnswered) return;
  if (desk.can_confirm) soundUntilAnswered(verdict.light);
  else sound(verdict.light);
}

function hint(key) {
  write("hint", word(key));
  clearTimeout(hintTimer);
  hintTimer = setTimeout(() => write("hint", ""), HINT_MS);
}

async function press(path, content) {
  try {
    const answer = await send("POST", path, content);
    if (answer.status === 409) hint("not_taken");
  } catch {
    hint("cannot_reach");
  }
}

function answer(what) {
  if (screen?.desk.can_confirm && lostAt === null) press("/press", { press: what, ticket: screen.desk.ticket });
}

function giveCode(code) {
  the("guide").close();
  press("/press", { press: "code", access_number: code });
}

function call(number) {
  if (!screen.desk.can_confirm) return void press("/call", { candidate_number: number });
  hint("answer_first");
  the("confirm").focus();
}

const shortcuts = { m: mute, l: language, "?": openGuide };

function openGuide() {
  if (!the("guide").open) the("guide").showModal();
}

function mute() {
  toggleMute();
  paintMute();
}

function language() {
  switchLanguage();
  write("hint", "");
  write("chosen", word("map_hint"));
  paint();
}

async function signOut() {
  await send("DELETE", "/session");
  location.assign("/sign-in");
}

function touched() {
  if (waitsForTouch()) allowSound().then(paintMute);
}

function onClick(id, action) {
  the(id).addEventListener("click", (event) => {
    action();
    // After a mouse or finger the focus goes back to the page, so that the next Enter answers the question.
    if (event.detail > 0) document.activeElement?.blur();
  });
}

await loadWords();
paintWords();
paintDigits("");
paintMute();
walkSeats();
onClick("confirm", () => answer("confirm"));
onClick("decline", () => answer("decline"));
onClick("mute", mute);
onClick("language", language);
onClick("help", openGuide);
onClick("close-guide", () => the("guide").close());
onClick("sign-out", signOut);
the("seats").addEventListener("click", (event) => { if (event.detail > 0) document.activeElement?.blur(); });
for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, touched, { capture: true });
listenToDismissal(() => screen?.desk.can_confirm === true);
listenToKeys(
  {
    onDigits: paintDigits,
    onCode: giveCode,
    onNotUnderstood: () => hint("scan_not_understood"),
    onShortcut: (letter) => shortcuts[letter]?.(),
    onEnter: () => answer("confirm"),
    onEscape: () => answer("decline"),
  },
  { guide: the("guide"), codeInput: the("code-input") },
);
openFeed({
  onScreen,
  onLost: (silentMs) => {
    lostAt = new Date(boxNow() - silentMs).toISOString();
    paint();
  },
  onSignedOut: () => location.assign("/sign-in"),
});
setInterval(() => write("clock", screen ? timeOf(new Date(boxNow())) : "--:--:--"), 200);
show("person", false);
