// Keeps a fragment fresh: asks for it again every two seconds until it says that it is settled.

const EVERY_MS = 2_000;
const LONGEST_MS = 12 * 3_600_000;

/** Follows `place.dataset.from`; a second call with another address ends the first. */
export function follow(place) {
  const from = place.dataset.from;
  const begun = Date.now();
  async function ask() {
    if (place.dataset.from !== from || Date.now() - begun > LONGEST_MS) return;
    try {
      const answer = await fetch(from, { headers: { Accept: "text/html" } });
      if (answer.redirected) location.reload();
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
        if (place.innerHTML.trim() !== fresh.innerHTML.trim()) place.replaceChildren(...fresh.childNodes);
      }
    } catch {
      // The next round asks again.
    }
    if (!place.querySelector("[data-settled]")) setTimeout(ask, EVERY_MS);
  }
  setTimeout(ask, EVERY_MS / 4);
}

const place = document.getElementById("arrival");
if (place?.dataset.from) follow(place);

/** Shows the sentence that the element holds for this problem: its code's, else its status's. */
export function explain(trouble, status, body) {
  const word = body.code ? trouble.getAttribute(`data-${body.code.toLowerCase()}`) : null;
  trouble.textContent = word ?? trouble.dataset[status] ?? trouble.dataset.other;
  trouble.hidden = false;
}
