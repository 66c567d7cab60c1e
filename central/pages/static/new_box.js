// One room: asks for a code, shows it with its QR and the time left, and follows the box until it speaks.

import { explain, follow } from "./arrivals.js";
import { send } from "./requests.js";

const form = document.getElementById("new-box");
const button = form.querySelector("button.primary");
const sheet = document.getElementById("code");
const left = sheet.querySelector(".left");
const arrival = document.getElementById("arrival");
let until = 0;

function tick() {
  const seconds = Math.max(0, Math.round((until - performance.now()) / 1000));
  left.textContent = seconds ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : left.dataset.over;
  if (seconds) setTimeout(tick, 1000);
  else {
    sheet.querySelector(".qr").replaceChildren();
    button.disabled = false;
  }
}

button.disabled = false; // before this the form would leave the page

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const trouble = form.querySelector(".trouble");
  button.disabled = true;
  trouble.hidden = true;
  try {
    const { status, body } = await send(`/new-boxes/${form.dataset.room}`, {
      reason: form.reason.value,
      replaces: form.dataset.replaces || null,
    });
    if (status !== 201) {
      explain(trouble, status, body);
      button.disabled = false;
      return;
    }
    sheet.querySelector(".letters").textContent = body.code;
    sheet.querySelector("[data-code]").textContent = body.code;
    sheet.querySelector("[data-authority]").textContent = body.authority;
    const qr = new DOMParser().parseFromString(body.qr, "text/html").body.firstChild;
    sheet.querySelector(".qr").replaceChildren(qr);
    until = performance.now() + body.seconds_left * 1000;
    tick();
    sheet.hidden = false;
    sheet.scrollIntoView({ block: "nearest" });
    arrival.dataset.from = `/deliveries/${body.delivery}/rows`;
    follow(arrival);
  } catch {
    explain(trouble, "other", {});
    button.disabled = false;
  }
});
