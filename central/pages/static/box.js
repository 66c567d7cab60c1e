// Orders to a box: one request, then its row is looked at until the box has answered.

import { send, tell } from "./requests.js";

const LOOK_MS = 1500;
const form = document.getElementById("order");
const place = document.getElementById("commands");
const address = `${location.pathname}/commands`;

async function look() {
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) place.innerHTML = await answer.text();
  lookAgainWhileWaiting();
}

function lookAgainWhileWaiting() {
  if (place.querySelector('[data-outcome="waiting"]')) setTimeout(look, LOOK_MS);
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const trouble = form.querySelector(".trouble");
  trouble.hidden = true;
  const { status } = await send(form.dataset.address, { name: event.submitter.value, reason: form.reason.value });
  if (status !== 201) return void tell(trouble, status);
  await look();
});
lookAgainWhileWaiting();
