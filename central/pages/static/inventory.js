// Stock-taking: a scanner types codes one after the other; each is sent in its turn, and the counts come back.

const form = document.getElementById("scan");
const state = document.getElementById("state");
const trouble = form?.querySelector(".trouble");
let turn = Promise.resolve();

async function scan(code) {
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/html" },
    body: JSON.stringify({ code, kind: form.dataset.kind }),
  }).catch(() => null);
  trouble.hidden = Boolean(answer?.ok);
  if (answer?.ok) state.innerHTML = await answer.text();
  else trouble.textContent = trouble.dataset.other;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = form.elements.code.value.trim();
  form.elements.code.value = "";
  form.elements.code.focus();
  if (code) turn = turn.then(() => scan(code));
});
