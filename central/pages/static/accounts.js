// The administrator's deeds: make an account, give a new code, close. A code is shown once and kept nowhere.

import { send, tell } from "./requests.js";

const code = document.getElementById("code");
const form = document.getElementById("new-account");
const trouble = form.querySelector(".trouble");

function show({ login, code: letters }) {
  code.querySelector("span").textContent = code.dataset.words.replace("{login}", login);
  code.querySelector("b").textContent = letters;
  code.hidden = false;
  code.scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.hidden = true;
  const { status, body } = await send("/accounts", Object.fromEntries(new FormData(form)));
  if (status === 201) {
    show(body);
    form.reset();
  } else {
    tell(trouble, status);
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-deed]");
  if (!button || (button.dataset.ask && !confirm(button.dataset.ask))) return;
  const { status, body } = await send(button.dataset.deed);
  if (status === 200 && body.code) show(body);
  else location.reload();
});
