// Keeps the exam day true: listens to the feed, asks again for what changed, and says so when it cannot hear.

import { ageBoxes } from "./ages.js";

const PATIENCE_MS = 25_000;
const GATHER_MS = 300;

const live = document.querySelector(".live");
const sign = live.querySelector("span");
const time = live.querySelector("time");
const changed = new Set();
let gathering = false;
let patience;

function clock(instant) {
  return new Intl.DateTimeFormat("vi-VN", { timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(instant);
}

function heard(instant) {
  live.dataset.state = "on";
  sign.textContent = live.dataset.on;
  time.textContent = clock(instant);
  clearTimeout(patience);
  patience = setTimeout(lost, PATIENCE_MS);
}

function lost() {
  if (live.dataset.state === "off") return;
  live.dataset.state = "off";
  sign.textContent = live.dataset.off;
}

async function fetchFragment(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html").body;
}

async function replaceInside(place) {
  const fresh = await fetchFragment(place.dataset.from);
  place.replaceChildren(...fresh.childNodes);
}

async function refreshTile(tile) {
  const fresh = (await fetchFragment(tile.dataset.tile)).firstElementChild;
  const focused = tile.contains(document.activeElement);
  tile.replaceWith(fresh);
  fresh.classList.add("fresh");
  if (focused) fresh.querySelector("a").focus();
}

async function refresh() {
  gathering = false;
  const rooms = [...changed];
  changed.clear();
  try {
    const summary = document.getElementById("summary");
    if (summary) await replaceInside(summary);
    for (const room of rooms) {
      const tile = document.getElementById(`room-${room}`);
      if (tile) await refreshTile(tile);
    }
    const content = document.getElementById("room-content");
    if (content && rooms.includes(content.dataset.room)) await replaceInside(content);
    ageBoxes();
  } catch {
    rooms.forEach((room) => changed.add(room));
    lost();
  }
}

function listen() {
  const feed = new EventSource(live.dataset.feed);
  feed.addEventListener("pulse", (event) => {
    heard(new Date(event.data));
    if (changed.size && !gathering) gather();
  });
  feed.addEventListener("room", (event) => {
    changed.add(event.data);
    gather();
  });
  feed.addEventListener("error", () => {
    lost();
    if (feed.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5_000);
  });
}

function gather() {
  if (gathering) return;
  gathering = true;
  setTimeout(refresh, GATHER_MS);
}

listen();
