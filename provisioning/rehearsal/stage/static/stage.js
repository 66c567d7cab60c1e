// Sends the presses of the panel and shows what lies on the reader. No frame, no build step.

const REFRESH_MILLISECONDS = 1000;
const message = document.querySelector("#message");
const buttons = document.querySelectorAll("button");

async function press(address, body = {}) {
  message.textContent = "";
  buttons.forEach((button) => (button.disabled = true));
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const content = await answer.json();
    if (answer.ok) show(content);
    else message.textContent = `${content.vi} ${content.en}`;
  } catch {
    message.textContent = "Chương trình diễn tập không trả lời. The rehearsal does not answer.";
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

function show(state) {
  const reader = state.lying
    ? `${state.name} · ${state.candidate_number} · ${state.room}, ${state.seat} · ${wordsOf(state.variant)}`
    : "Trống · empty";
  document.querySelector("#reader").textContent = reader;
  document.querySelector("#camera").textContent = wordsOf(state.camera);
  document.querySelector("#played").textContent = `${state.played} / ${state.candidates}`;
  if (state.lying && state.boxes_scanned === 0) {
    message.textContent = "Chưa có hộp nào nghe máy quét QR. No box listens to the QR scanner yet.";
  }
  document.querySelectorAll("[data-scene]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.scene === state.scene));
  });
}

// The free choice already names every card and everybody at the camera.
function wordsOf(value) {
  return document.querySelector(`#free option[value="${value}"]`).textContent;
}

async function refresh() {
  try {
    show(await (await fetch("/state")).json());
  } catch {
    document.querySelector("#reader").textContent = "Không rõ · unknown";
  }
  setTimeout(refresh, REFRESH_MILLISECONDS);
}

document.querySelectorAll("[data-scene]").forEach((button) => {
  button.addEventListener("click", () => press("/scenes", { scene: button.dataset.scene }));
});
document.querySelector("#take-away").addEventListener("click", () => press("/take-away"));
document.querySelector("#start-again").addEventListener("click", () => press("/start-again"));
document.querySelector("#free").addEventListener("submit", (event) => {
  event.preventDefault();
  press("/lay", Object.fromEntries(new FormData(event.target)));
});
refresh();
