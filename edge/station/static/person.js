// Who stands at the desk: name, number and seat, where list and card differ, the scores.

import { show, the, write } from "./elements.js";
import { timeOf } from "./times.js";
import { locale, word } from "./words.js";

export function paintPerson(desk) {
  const { person, verdict } = desk;
  show("person", person !== null);
  if (person === null) return;
  const isElsewhere = Boolean(desk.right_room);
  show("elsewhere", isElsewhere);
  show("seat-box", !isElsewhere && person.seat !== "");
  the("person").dataset.elsewhere = isElsewhere ? "yes" : "no";
  write("right-room", desk.right_room ?? "");
  write("right-seat", desk.right_seat ?? "");
  write("seat", person.seat);
  write("name", person.full_name);
  write("candidate-number", person.candidate_number || "–");
  write("birth-date", person.birth_date || person.birth_date_on_card || "–");
  const since = desk.seats.find((seat) => seat.candidate_number === person.candidate_number)?.seated_at;
  write("seated-at", since ? word("seated_at", { t: timeOf(since) }) : "");
  paintDifferences(person, verdict);
  write("scores", verdict ? scores(verdict) : "");
}

function paintDifferences(person, verdict) {
  const rows = [];
  const reasons = verdict?.reasons ?? [];
  if (reasons.includes("NAME_DIFFERS")) rows.push([marked(person.name_on_card, latin(person.full_name))]);
  if (reasons.includes("BIRTH_DATE_DIFFERS")) rows.push([marked(person.birth_date_on_card, person.birth_date, "/")]);
  const list = the("differs");
  list.hidden = rows.length === 0;
  list.replaceChildren(
    ...rows.flatMap(([value]) => {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      term.textContent = word("on_card");
      detail.append(...value);
      return [term, detail];
    }),
  );
}

// The parts of `text` that do not stand at the same place in `other` are marked.
function marked(text, other, between = " ") {
  const others = other.split(between);
  return text.split(between).flatMap((part, index) => {
    const element = document.createElement(part === others[index] ? "span" : "mark");
    element.textContent = part;
    return index === 0 ? [element] : [between, element];
  });
}

function latin(name) {
  return name.replace(/đ/gi, "d").normalize("NFD").replace(/\p{M}/gu, "").replace(/[-']/g, " ").toUpperCase();
}

function scores(verdict) {
  const number = (value, digits) =>
    value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const parts = [];
  if (verdict.similarity !== null) parts.push(`${word("similarity")} ${number(verdict.similarity, 2)}`);
  if (verdict.minus_log10_fmr !== null) parts.push(`${word("false_match")} ${number(verdict.minus_log10_fmr, 1)}`);
  if (verdict.assurance) parts.push(`${word("assurance")} ${verdict.assurance}`);
  return [...parts, verdict.reasons.join(", ")].join("  ·  ");
}
