// Forms that send JSON to our own address: what is empty or disabled is left out, numbers are numbers, ticks are true.
// Ticks with `data-list` are gathered under that name; so is each part with `data-rows`, unless no day of it is ticked.
// Afterwards the page goes where the answer says, or shows the sentence that the form holds for this refusal.

import { send, tell } from "./requests.js";

function contentOf(form) {
  const content = {};
  for (const part of form.querySelectorAll("[data-rows]")) {
    const row = gathered(part.querySelectorAll("[name]"));
    content[part.dataset.rows] ??= [];
    if (row.weekdays) content[part.dataset.rows].push(row);
  }
  return gathered([...form.elements].filter((field) => !field.closest("[data-rows]")), content);
}

function gathered(fields, content = {}) {
  for (const field of fields) {
    if (!field.name || field.value === "" || field.matches(":disabled")) continue;
    if (field.dataset.list !== undefined) {
      if (field.checked) (content[field.dataset.list] ??= []).push(field.dataset.number ? Number(field.value) : field.value);
    } else if (field.type === "checkbox") content[field.name] = field.checked;
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
