// The middle of the page: the prompt with its drawing, the reading of the chip, the verdict.

import { show, the, write } from "./elements.js";
import { paintPerson } from "./person.js";
import { paintPictures, paintPreview } from "./pictures.js";
import { say } from "./words.js";

const DRAWINGS = { closed: "list", waiting: "qr", "waiting for code": "qr", "waiting for card": "reader" };
const ASKS_CODE = new Set(["waiting", "waiting for code"]);

export function paintStage(desk, pictures) {
  const { verdict, step } = desk;
  document.body.dataset.step = step;
  document.body.dataset.light = verdict?.light ?? "";
  document.body.toggleAttribute("data-nobody", desk.person === null);
  const asksAlone = verdict === null && desk.person === null;
  show("ask", asksAlone);
  show("panel", !asksAlone);
  paintAsk(desk);
  paintPanel(desk);
  paintPerson(desk);
  paintPictures(pictures);
  paintPreview(step === "comparing", desk.obstacle);
}

function paintAsk({ step, prompt, share }) {
  write("prompt", say(prompt));
  const drawing = DRAWINGS[step];
  the("drawing").toggleAttribute("hidden", !drawing);
  if (drawing) the("drawing-use").setAttribute("href", `#shape-${drawing}`);
  show("ring", !drawing);
  the("ring").toggleAttribute("data-busy", step !== "reading");
  const percent = Math.round(share * 100);
  write("percent", step === "reading" ? `${percent} %` : "");
  the("share").style.strokeDashoffset = String(100 - percent);
  the("ring").setAttribute("aria-valuenow", String(percent));
  show("code-field", ASKS_CODE.has(step));
  show("code-taken", step === "waiting for card");
}

function paintPanel({ verdict, prompt, can_confirm: canConfirm }) {
  the("shape").setAttribute("href", `#shape-${verdict?.light ?? "NONE"}`);
  write("word", verdict ? say(verdict.word) : say(prompt));
  write("reason", verdict ? say(verdict.reason) : "");
  write("next", verdict ? say(verdict.next_step) : "");
  const also = (verdict?.also ?? []).map((words) => {
    const line = document.createElement("li");
    line.textContent = say(words);
    return line;
  });
  the("also").replaceChildren(...also);
  show("answers", canConfirm);
}

export function paintDigits(digits) {
  for (const boxes of document.querySelectorAll(".boxes"))
    boxes.querySelectorAll("i").forEach((box, index) => {
      box.textContent = digits[index] ?? "";
      box.toggleAttribute("data-next", index === digits.length);
    });
  document.body.toggleAttribute("data-typing", digits.length > 0);
}
