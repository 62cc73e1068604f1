// The button that goes from the system's theme to light to dark and back.

import { icon } from "./icons.js";

const THEMES = [
  { name: "auto", words: "Theme: system", mark: "auto" },
  { name: "light", words: "Theme: light", mark: "sun" },
  { name: "dark", words: "Theme: dark", mark: "moon" },
];

export function startTheme(button) {
  let at = Math.max(0, THEMES.findIndex((one) => one.name === (document.documentElement.dataset.theme ?? "auto")));
  const show = () => {
    const theme = THEMES[at];
    if (theme.name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.name;
    button.replaceChildren(icon(theme.mark, 18), theme.words);
  };
  button.addEventListener("click", () => {
    at = (at + 1) % THEMES.length;
    show();
    try {
      localStorage.setItem("theme", THEMES[at].name);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
  show();
}
