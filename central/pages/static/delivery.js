// A whole delivery: a look at the list, then the sheets, which exist only in this page until they are saved.

import { explain } from "./arrivals.js";
import { send } from "./requests.js";

const form = document.getElementById("delivery");
const text = form.elements.text;
const preview = document.getElementById("preview");
const sheets = document.getElementById("sheets");
const trouble = form.querySelector(".trouble");
const look = form.querySelector("[data-look]");
const make = form.querySelector("[data-make]");

form.querySelector("input[type=file]").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file) text.value = await file.text();
  make.disabled = true;
});
text.addEventListener("input", () => { make.disabled = true; });

async function showPreview() {
  const answer = await fetch("/deliveries/preview", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/html" },
    body: JSON.stringify({ text: text.value }),
  });
  if (!answer.ok) {
    preview.replaceChildren();
    explain(trouble, answer.status, await answer.json().catch(() => ({})));
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  preview.replaceChildren(...fresh.childNodes);
  make.disabled = preview.querySelector("[data-rooms]").dataset.rooms === "0";
}

function offer(link, bytes, type, name) {
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
}

async function makeSheets() {
  const { status, body } = await send("/deliveries", { text: text.value, reason: form.elements.reason.value });
  if (status !== 201) {
    explain(trouble, status, body);
    make.disabled = false;
    return;
  }
  const pdf = Uint8Array.from(atob(body.pdf), (letter) => letter.charCodeAt(0));
  offer(sheets.querySelector("[data-pdf]"), pdf, "application/pdf", `delivery-${body.delivery}.pdf`);
  offer(sheets.querySelector("[data-csv]"), body.csv, "text/csv", `delivery-${body.delivery}.csv`);
  sheets.querySelector("[data-progress]").href = `/deliveries/${body.delivery}`;
  sheets.hidden = false;
  sheets.scrollIntoView({ block: "nearest" });
}

look.disabled = false; // before this the form would leave the page

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.hidden = true;
  const making = event.submitter === make;
  look.disabled = true;
  make.disabled = true;
  try {
    await (making ? makeSheets() : showPreview());
  } catch {
    explain(trouble, "other", {});
  }
  look.disabled = false;
});
