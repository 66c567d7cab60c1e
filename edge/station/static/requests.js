// Everything that the page sends goes out as JSON; a lost session leads back to the door.

export async function send(method, path, content = {}) {
  const answer = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  if (answer.status === 401 && path !== "/session") location.assign("/sign-in");
  return answer;
}
