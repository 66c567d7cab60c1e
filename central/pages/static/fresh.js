// Keeps one part of a page true: asks for it again, and says so when nobody answers. Nothing moves under a finger.

const place = document.getElementById("fresh");
const strip = document.createElement("p");
strip.className = "strip warning";
strip.role = "status";
strip.hidden = true;
place.before(strip);
let lost = place.dataset.lost;

async function refresh() {
  try {
    const answer = await fetch(place.dataset.from, { headers: { Accept: "text/html" } });
    if (answer.status === 401 || answer.redirected) return void location.reload();
    if (!answer.ok) throw new Error(`${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    const opened = [...place.querySelectorAll("details[open]")].map((one) => one.id);
    const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    place.replaceChildren(...fresh.childNodes);
    for (const id of opened) if (id) document.getElementById(id)?.setAttribute("open", "");
    if (focused) place.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const said = place.querySelector(".true-at")?.textContent;
    if (said) lost = `${lost.split(".")[0]}. ${said}`;
    strip.hidden = true;
  } catch {
    strip.textContent = lost;
    strip.hidden = false;
  }
}

setInterval(() => document.visibilityState === "visible" && refresh(), Number(place.dataset.every) * 1000);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
