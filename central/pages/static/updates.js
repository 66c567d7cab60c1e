// Starts, widens and stops a roll-out; then the page is made anew.

import { explain } from "./arrivals.js";
import { send } from "./requests.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-roll-out]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  const trouble = form.querySelector(".trouble");
  const content = Object.fromEntries(new FormData(form));
  if ("percent" in content) content.percent = Number(content.percent);
  button.disabled = true;
  trouble.hidden = true;
  try {
    const { status, body } = await send(form.dataset.rollOut, content);
    if (status < 300) {
      location.reload();
      return;
    }
    explain(trouble, status, body);
  } catch {
    explain(trouble, "other", {});
  }
  button.disabled = false;
});
