// The page's elements by their names, and the two things done to them most.

export const the = (id) => document.getElementById(id);

export function write(id, text) {
  const element = the(id);
  if (element.textContent !== text) element.textContent = text;
}

export function show(id, isShown) {
  the(id).hidden = !isShown;
}
