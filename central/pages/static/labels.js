// Labels are made once and shown once: the answer stands on this page until it is left.

const form = document.getElementById("choose");
const sheet = document.getElementById("sheet");
const trouble = form.querySelector(".trouble");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.hidden = true;
  const devices = [...form.querySelectorAll("[name=device]:checked")].map((box) => box.value);
  const answer = await fetch(location.pathname, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/html" },
    body: JSON.stringify({ devices, reason: form.elements.reason.value }),
  });
  if (answer.ok) {
    sheet.innerHTML = await answer.text();
    form.hidden = true;
    sheet.querySelector("button").focus();
    return;
  }
  const problem = await answer.json().catch(() => ({}));
  trouble.textContent = trouble.dataset[answer.status] ?? `${trouble.dataset.other} ${problem.detail ?? ""}`;
  trouble.hidden = false;
});

form.querySelector("[data-all]")?.addEventListener("change", (event) => {
  for (const box of form.querySelectorAll("[name=device]")) box.checked = event.target.checked;
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
