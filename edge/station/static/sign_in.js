// The door: one code, then the desk.

import { identify, listenToDismissal } from "./identify.js";
import { send } from "./requests.js";
import { loadWords, paintWords, switchLanguage, word } from "./words.js";

const form = document.getElementById("door");
const answer = document.getElementById("answer");
const enter = document.getElementById("enter");

async function reasonOf(response) {
  const { reason, wait_seconds: n } = await response.json().catch(() => ({}));
  if (reason === "NO_ROSTER") location.reload();
  return reason === "TOO_MANY" ? word("too_many", { n }) : word("wrong_code");
}

async function open(event) {
  event.preventDefault();
  enter.disabled = true;
  answer.textContent = "";
  try {
    const response = await send("POST", "/session", { code: form.code.value });
    if (response.ok) return location.assign("/");
    answer.textContent = await reasonOf(response);
  } catch {
    answer.textContent = word("cannot_reach");
  }
  enter.disabled = false;
  form.code.select();
}

// Nobody may be signed in when the centre looks for the box: the door shows its name, too.
async function lookForIdentify() {
  const told = await fetch("/identify").then((answer) => answer.json(), () => null);
  if (told) identify(told.identifying);
}

listenToDismissal(() => false);
setInterval(lookForIdentify, 2000);
await loadWords();
paintWords();
document.getElementById("language").addEventListener("click", switchLanguage);
form?.addEventListener("submit", open);
// Until here the button was off: a form sent by the browser itself would put the code into the address.
if (enter) enter.disabled = false;
