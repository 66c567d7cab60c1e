// A spreadsheet is sent twice: first to be looked at, then, with a reason, to be stored.

const form = document.getElementById("import");
const shown = document.getElementById("preview");
const trouble = form.querySelector(".trouble");

async function asBase64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}

async function ask(commit) {
  trouble.hidden = true;
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/html" },
    body: JSON.stringify({ file: await asBase64(form.elements.file.files[0]), commit, reason: form.elements.reason.value }),
  });
  if (answer.ok) {
    shown.innerHTML = await answer.text();
    return;
  }
  const problem = await answer.json().catch(() => ({}));
  trouble.textContent = answer.status === 413 ? trouble.dataset[413] : `${trouble.dataset.other} ${problem.detail ?? ""}`;
  trouble.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(event.submitter?.value === "commit");
});
form.elements.file.addEventListener("change", () => ask(false));
