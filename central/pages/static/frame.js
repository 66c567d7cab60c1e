// What every page can do: change the language, sign out.

import { send } from "./requests.js";

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", async () => {
    await send("/language", { language: button.dataset.language });
    location.reload();
  });
}

document.querySelector("[data-sign-out]")?.addEventListener("click", async () => {
  await send("/sign-out");
  location.assign("/sign-in");
});
