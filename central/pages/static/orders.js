// Asks devices something: one request, then what came of it is looked at until everything is answered.

import { send, tell } from "./requests.js";

const LOOK_MS = 1500;
const place = document.getElementById("orders");

async function look() {
  const answer = await fetch(place.dataset.from, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) place.innerHTML = await answer.text();
  lookAgainWhileWaiting();
}

function lookAgainWhileWaiting() {
  if (place?.querySelector('[data-outcome="waiting"]')) setTimeout(look, LOOK_MS);
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-orders]");
  if (!form) return;
  event.preventDefault();
  const trouble = form.querySelector(".trouble");
  trouble.hidden = true;
  const name = event.submitter?.value;
  const argument = form.querySelector(`[data-argument="${name}"]`)?.value ?? "";
  const content = name ? { name, argument, reason: form.reason.value } : { reason: form.reason.value };
  const { status } = await send(form.dataset.orders, content);
  if (status !== 201) return void tell(trouble, status);
  await look();
});
lookAgainWhileWaiting();

// A form of which only the part of the chosen kind counts.
for (const form of document.querySelectorAll("form[data-chooser]")) {
  const choice = form.querySelector("[data-choose]");
  const show = () => {
    for (const part of form.querySelectorAll("[data-for]")) {
      part.hidden = part.disabled = !part.dataset.for.split(" ").includes(choice.value);
    }
  };
  choice.addEventListener("change", show);
  show();
}
