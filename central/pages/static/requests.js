// One way to send something: JSON to our own address, and what came back.

export async function send(address, content) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content ?? {}),
  });
  const body = await answer.json().catch(() => ({}));
  return { status: answer.status, body };
}

/** Shows the sentence that the element holds for this status. */
export function tell(trouble, status) {
  trouble.textContent = trouble.dataset[status] ?? trouble.dataset.other;
  trouble.hidden = false;
}
