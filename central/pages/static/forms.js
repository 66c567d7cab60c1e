// Forms that send JSON to our own address: what is empty is left out, numbers are numbers, ticks are true.
// Afterwards the page goes where the answer says, or shows the sentence that the form holds for this refusal.

import { send, tell } from "./requests.js";

function contentOf(form) {
  const content = {};
  for (const field of form.elements) {
    if (!field.name || field.value === "") continue;
    if (field.type === "checkbox") content[field.name] = field.checked;
    else if (field.type === "number") put(content, field, Number(field.value));
    else content[field.name] = field.value;
  }
  return content;
}

/** `counts.tablet` becomes `{counts: {tablet: …}}`. */
function put(content, field, number) {
  const [group, ...rest] = field.name.split(".");
  if (rest.length) (content[group] ??= {})[rest.join(".")] = number;
  else content[field.name] = number;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-send]");
  if (!form) return;
  event.preventDefault();
  const trouble = form.querySelector(".trouble");
  const button = form.querySelector("button.primary, button.second");
  trouble.hidden = true;
  button.disabled = true;
  const { status, body } = await send(form.dataset.send, contentOf(form));
  if (status < 300) {
    if (body.next && body.next !== location.pathname) location.assign(body.next);
    else location.reload();
  } else {
    tell(trouble, status);
    button.disabled = false;
  }
});
