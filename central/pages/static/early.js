// A form sent before the page's scripts are there would go the browser's own way and lose what was typed: it is held
// until they are, then sent again. The only script that is not a module, so that it is there before any button.

const held = new Map();

function hold(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  held.set(event.target, event.submitter);
}

addEventListener("submit", hold, { capture: true });
document.addEventListener("DOMContentLoaded", () => {
  removeEventListener("submit", hold, { capture: true });
  for (const [form, button] of held) form.requestSubmit(button);
});
