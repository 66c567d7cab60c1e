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

// How many alerts nobody took on stands in the menu, with the instant at which it was so.
const counted = document.querySelector("[data-count]");
if (counted) {
  const answer = await fetch(counted.dataset.count, { headers: { Accept: "application/json" } }).catch(() => null);
  const { waiting, at } = answer?.ok ? await answer.json().catch(() => ({})) : {};
  if (waiting) {
    const count = document.createElement("b");
    count.className = "count";
    count.textContent = waiting;
    count.title = new Date(at).toLocaleTimeString("vi", { timeZone: "Asia/Ho_Chi_Minh" });
    counted.append(count);
  }
}
