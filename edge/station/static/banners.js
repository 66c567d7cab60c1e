// The strips below the top: what is wrong with network, devices, storage and clock, the gravest first.

import { the } from "./elements.js";
import { timeOf } from "./times.js";
import { say, word } from "./words.js";

export function bannersOf(box, lostAt) {
  const strips = [];
  const add = (kind, text, more = "") => strips.push({ kind, text, more });
  if (lostAt) add("lost", word("lost", { t: timeOf(lostAt) }), word("lost_next"));
  if (!box) return strips;
  if (box.rehearsal) add("rehearsal", word("rehearsal"));
  if (!box.storage_ok) add("grave", word("storage"));
  if (!box.reader) add("warning", word("no_reader"));
  else if (box.reader_words) add("warning", say(box.reader_words));
  if (box.camera_words) add("warning", say(box.camera_words));
  if (box.clock_doubt) add("warning", say(box.clock_doubt));
  if (!box.online) add("note", word("offline", { n: box.waiting_to_send }), word("since", { t: timeOf(box.offline_since) }));
  if (box.on_this_box_alone > 0) add("note", word("alone", { n: box.on_this_box_alone }));
  return strips;
}

export function paintBanners(strips) {
  const written = JSON.stringify(strips);
  const place = the("banners");
  if (place.dataset.written === written) return;
  place.dataset.written = written;
  place.replaceChildren(...strips.map(stripElement));
}

function stripElement({ kind, text, more }) {
  const strip = document.createElement("p");
  strip.dataset.kind = kind;
  const strong = document.createElement("strong");
  strong.textContent = text;
  strip.append(strong);
  if (more) strip.append(" ", more);
  return strip;
}
