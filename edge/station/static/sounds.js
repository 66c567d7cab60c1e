// Three sounds that cannot be taken for one another, and vibration where there is any. Quiet mode is kept on this device.

const CALLS = {
  GREEN: [{ hz: 660, from: 0, for: 0.14 }, { hz: 990, from: 0.15, for: 0.26 }],
  AMBER: [{ hz: 520, from: 0, for: 0.13 }, { hz: 520, from: 0.22, for: 0.13 }, { hz: 520, from: 0.44, for: 0.13 }],
  RED: [{ hz: 165, from: 0, for: 0.75 }],
};
const SHAKES = { GREEN: [80], AMBER: [80, 100, 80, 100, 80], RED: [600] };
const SHAPES = { GREEN: "sine", AMBER: "triangle", RED: "sawtooth" };
const REMIND_MS = 4000;
const REMINDERS = 4;

let audio = null;
let reminder = 0;
let muted = localStorage.getItem("muted") === "yes";

export function isMuted() {
  return muted;
}

// Browsers let a page sound only after somebody touched it.
export function waitsForTouch() {
  return audio === null || audio.state === "suspended";
}

export function allowSound() {
  audio ??= new AudioContext();
  return audio.state === "suspended" ? audio.resume() : Promise.resolve();
}

export function toggleMute() {
  muted = !muted;
  localStorage.setItem("muted", muted ? "yes" : "no");
  if (muted) quiet();
}

export function quiet() {
  clearInterval(reminder);
  navigator.vibrate?.(0);
}

export function sound(light) {
  if (muted) return;
  document.dispatchEvent(new CustomEvent("sounded", { detail: light }));
  navigator.vibrate?.(SHAKES[light]);
  if (audio?.state !== "running") return;
  for (const tone of CALLS[light]) play(tone, SHAPES[light]);
}

// Amber that waits for an answer says so again, a few times.
export function soundUntilAnswered(light) {
  let left = REMINDERS;
  sound(light);
  clearInterval(reminder);
  reminder = setInterval(() => (left-- > 0 ? sound(light) : clearInterval(reminder)), REMIND_MS);
}

// For whoever looks for the box with ears: also in quiet mode, because nobody may have touched this page yet.
export function chirp() {
  document.dispatchEvent(new CustomEvent("sounded", { detail: "IDENTIFY" }));
  allowSound().catch(() => null);
  if (audio.state === "running") play({ hz: 1320, from: 0, for: 0.2 }, "square");
}

function play({ hz, from, for: seconds }, shape) {
  const start = audio.currentTime + from;
  const tone = new OscillatorNode(audio, { type: shape, frequency: hz });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.5, start + 0.012);
  volume.gain.setValueAtTime(0.5, start + seconds - 0.05);
  volume.gain.linearRampToValueAtTime(0, start + seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start(start);
  tone.stop(start + seconds);
}
