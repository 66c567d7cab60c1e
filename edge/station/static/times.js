// Instants arrive in UTC; people read them in Vietnam's time.

const clockTime = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

export function timeOf(instant) {
  return instant ? clockTime.format(new Date(instant)) : "";
}

export function shortTimeOf(instant) {
  return timeOf(instant).slice(0, 5);
}

// The box's clock leads; between two screens the page counts on by itself.
let ahead = 0;

export function setBoxClock(now) {
  ahead = Date.parse(now) - performance.now();
}

export function boxNow() {
  return ahead + performance.now();
}
