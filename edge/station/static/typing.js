// What keys mean, whether a person or a scanner presses them. Knows no page: it is told keys and times, and tells intents.
//
// Keys that follow one another closely are one run. A run is understood when it falls silent or ends with Enter. That
// Enter belongs to the run, and for a moment after a code any Enter belongs to the code: neither answers a question.

export const SILENCE_MS = 200;
export const CODE_OWNS_ENTER_MS = 1500;

const CITIZEN_CARD = /^[0-9]{12}(?![0-9])/;

export function digitOf({ key, code, shiftKey }) {
  if (/^[0-9]$/.test(key)) return key;
  // A Vietnamese keyboard layout types letters with the row of digits.
  const place = /^(?:Digit|Numpad)([0-9])$/.exec(code ?? "");
  return place && !shiftKey ? place[1] : null;
}

export class Typing {
  constructor({ onDigits, onCode, onNotUnderstood, onShortcut, onEnter, onEscape }) {
    Object.assign(this, { onDigits, onCode, onNotUnderstood, onShortcut, onEnter, onEscape });
    this.digits = "";
    this.run = "";
    this.lastKeyAt = -Infinity;
    this.codeAt = -Infinity;
  }

  // One printable character at an instant in milliseconds.
  character(character, at) {
    if (at - this.lastKeyAt > SILENCE_MS) this.endRun(at);
    this.run += character;
    this.lastKeyAt = at;
    if (/^[0-9]*$/.test(this.run)) this.onDigits((this.digits + this.run).slice(0, 6));
  }

  inRun(at) {
    return this.run !== "" && at - this.lastKeyAt <= SILENCE_MS;
  }

  // Nothing came for a while.
  silence(at) {
    if (at - this.lastKeyAt >= SILENCE_MS) this.endRun(at);
  }

  // Whether an Enter at this instant ends what was typed or scanned instead of answering a question.
  ownsEnter(at) {
    return this.inRun(at) || at - this.codeAt < CODE_OWNS_ENTER_MS;
  }

  enter(at) {
    const owned = this.ownsEnter(at);
    this.endRun(at);
    if (!owned) this.onEnter();
  }

  backspace() {
    this.run = "";
    this.setDigits(this.digits.slice(0, -1));
  }

  escape() {
    if (this.digits || this.run) {
      this.run = "";
      this.setDigits("");
    } else {
      this.onEscape();
    }
  }

  endRun(at) {
    const run = this.run;
    this.run = "";
    if (run === "") return;
    const typed = this.digits + run;
    if (CITIZEN_CARD.test(run)) this.giveCode(run.slice(6, 12), at);
    else if (/^[0-9]{6}$/.test(typed)) this.giveCode(typed, at);
    else if (/^[0-9]{1,5}$/.test(typed)) this.setDigits(typed);
    else if (run.length === 1 && !/[0-9]/.test(run)) this.onShortcut(run.toLowerCase());
    else this.misunderstand(at);
  }

  misunderstand(at) {
    this.codeAt = at;
    this.setDigits("");
    this.onNotUnderstood();
  }

  giveCode(code, at) {
    this.codeAt = at;
    this.setDigits("");
    this.onCode(code);
  }

  setDigits(digits) {
    this.digits = digits;
    this.onDigits(digits);
  }
}
