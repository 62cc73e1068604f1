// What a person does to the app from the page: presses, choices, shortcuts,
// reactions. Whatever the app does not answer is said where it was done.

import { act } from "./api.js";
import { toast } from "./dialogs.js";
import { store } from "./store.js";

/**
 * Sends a block action. `target` is `{ message: { channel, ts } }` or
 * `{ view: id }`; the control shows that it waits; `say(sentence)` shows what
 * went wrong, `say(null)` clears it.
 */
export async function sendAction(target, action, form, control, say) {
  say(null);
  const body = { person: store.me, ...target, action, state: { values: form.values() } };
  const problem = await waiting(control, () => act("/sandbox/page/action", body));
  if (problem) say(problem);
}

export async function runShortcut(shortcut, message) {
  const body = { person: store.me, callback_id: shortcut.callback_id };
  if (message) body.message = { channel: message.channel, ts: message.ts };
  const { problem } = await act("/sandbox/page/shortcut", body);
  if (problem) toast(`${shortcut.name}: ${problem}`);
}

export async function react(message, name) {
  const mine = message.reactions?.find((one) => one.name === name)?.users.includes(store.me);
  const { problem } = await act("/sandbox/page/react", { person: store.me, channel: message.channel, ts: message.ts, name, add: !mine });
  if (problem) toast(problem);
}

/** Runs a call while its control shows that it waits and takes no second press. */
export async function waiting(control, call) {
  if (control?.getAttribute("aria-busy") === "true") return null;
  control?.setAttribute("aria-busy", "true");
  try {
    return (await call()).problem;
  } finally {
    control?.removeAttribute("aria-busy");
  }
}

export function shortcuts(type) {
  return (store.state?.app.shortcuts ?? []).filter((one) => one.type === type);
}
