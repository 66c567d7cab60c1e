// The live feed. Tells its listener each screen, when the box went silent, and when the session is over.

const SILENT_AFTER_MS = 6000;
const CUT_AFTER_MS = 1500;

export function openFeed({ onScreen, onLost, onSignedOut }) {
  let heardAt = performance.now();
  let cutAt = null;
  let lost = false;
  let source = null;

  function connect() {
    source = new EventSource("/feed");
    source.addEventListener("screen", (event) => {
      heardAt = performance.now();
      cutAt = null;
      lost = false;
      onScreen(JSON.parse(event.data));
    });
    source.addEventListener("signed-out", onSignedOut);
    source.addEventListener("error", () => {
      cutAt ??= performance.now();
      if (source.readyState === EventSource.CLOSED) askWhy();
    });
  }

  async function askWhy() {
    const status = await fetch("/session").then((answer) => answer.status, () => 0);
    if (status === 401) onSignedOut();
    else setTimeout(connect, 1000);
  }

  setInterval(() => {
    const now = performance.now();
    const silent = now - heardAt > SILENT_AFTER_MS || (cutAt !== null && now - cutAt > CUT_AFTER_MS);
    if (silent && !lost) {
      lost = true;
      onLost(now - heardAt);
    }
  }, 250);

  addEventListener("pagehide", () => source.close());
  connect();
}
