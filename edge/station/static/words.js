// What the page says, in the language that this device remembers. Sentences of the desk come as {vi, en} in each screen.

let catalogue = {};
let language = localStorage.getItem("language") === "en" ? "en" : "vi";

export async function loadWords() {
  const answer = await fetch("/words");
  catalogue = await answer.json();
}

export function say(words) {
  return words ? words[language] : "";
}

export function word(key, values = {}) {
  return say(catalogue[key]).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function locale() {
  return language === "en" ? "en-GB" : "vi-VN";
}

export function switchLanguage() {
  language = language === "en" ? "vi" : "en";
  localStorage.setItem("language", language);
  paintWords();
}

export function paintWords() {
  document.documentElement.lang = language;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-word-label]"))
    element.setAttribute("aria-label", word(element.dataset.wordLabel));
}
