// Sign-in and first password: the form travels as JSON.

import { send, tell } from "./requests.js";

const form = document.querySelector("[data-post]");
const trouble = form.querySelector(".trouble");
const button = form.querySelector("button.primary");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  trouble.hidden = true;
  try {
    const { status, body } = await send(form.dataset.post, Object.fromEntries(new FormData(form)));
    if (status === 200) {
      location.assign(body.next);
      return;
    }
    tell(trouble, status);
    form.querySelector("input[type=password]").select();
  } catch {
    tell(trouble, "other");
  }
  button.disabled = false;
});
