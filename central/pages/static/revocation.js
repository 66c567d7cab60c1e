// Takes a box out: reason, name and password travel once; then the page follows the broker.

import { explain } from "./arrivals.js";
import { send } from "./requests.js";

const form = document.getElementById("revocation");

if (form) form.querySelector("button").disabled = false; // before this the form would leave the page

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const trouble = form.querySelector(".trouble");
  button.disabled = true;
  trouble.hidden = true;
  try {
    const { status, body } = await send(`/boxes/${form.dataset.box}/revocation`, Object.fromEntries(new FormData(form)));
    if (status === 200) {
      location.assign(body.next);
      return;
    }
    explain(trouble, status, body);
  } catch {
    explain(trouble, "other", {});
  }
  button.disabled = false;
});
