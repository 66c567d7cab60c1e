// Three pictures side by side: fetched by opaque keys, shown only while the screen names them; and the live preview.

import { show, the } from "./elements.js";
import { say } from "./words.js";

const PREVIEW_PAUSE_MS = 120;

let previewing = false;

export function paintPictures(keys) {
  for (const figure of document.querySelectorAll("[data-picture]")) {
    const key = keys[figure.dataset.picture];
    const image = figure.querySelector("img");
    if ((image.dataset.key ?? "") === (key ?? "")) continue;
    image.hidden = true;
    image.dataset.key = key ?? "";
    if (key) {
      image.onload = () => { image.hidden = false; };
      image.src = `/pictures/${figure.dataset.picture}/${key}`;
    } else {
      image.removeAttribute("src");
    }
  }
}

export function paintPreview(isComparing, obstacle) {
  show("obstacle", isComparing && obstacle !== null);
  the("obstacle").textContent = say(obstacle);
  if (isComparing && !previewing) {
    previewing = true;
    look();
  }
  previewing = isComparing;
  if (!isComparing) show("preview", false);
}

async function look() {
  const canvas = the("preview");
  while (previewing) {
    try {
      const answer = await fetch("/preview");
      if (answer.ok && previewing) {
        const picture = await createImageBitmap(await answer.blob());
        canvas.width = picture.width;
        canvas.height = picture.height;
        canvas.getContext("2d").drawImage(picture, 0, 0);
        picture.close();
        canvas.hidden = !previewing;
      }
    } catch {
      // The feed says when the box is gone; here a picture is merely missing.
    }
    await new Promise((resolve) => setTimeout(resolve, PREVIEW_PAUSE_MS));
  }
}
