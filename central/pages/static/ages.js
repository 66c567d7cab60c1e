// A box that greets every minute and was not heard for longer is silent, also when no new page was fetched.

const SILENT_AFTER_MS = 150_000;

export function ageBoxes() {
  for (const box of document.querySelectorAll('[data-box="reporting"][data-last-word]')) {
    if (Date.now() - Date.parse(box.dataset.lastWord) < SILENT_AFTER_MS) continue;
    box.dataset.box = "silent";
    box.firstChild.textContent = `${box.dataset.silent} `;
    const room = box.closest(".room");
    if (room) room.dataset.box = "silent";
  }
}

setInterval(ageBoxes, 10_000);
