// Where a person can be, and the address that says so: `?as=maya#campaigns`,
// `#D123` for a direct message, `#home` for the Home tab, and the ts of a
// thread after a slash.

import { appChannel, channel, emit, isMember, store } from "./store.js";

/** The person named in the address, or null. */
export function personInAddress() {
  return new URLSearchParams(location.search).get("as");
}

/** The person this browser was last; links to a message do not name one. */
export function lastPerson() {
  try {
    return localStorage.getItem("person");
  } catch {
    return null;
  }
}

export function keepPerson(handle) {
  try {
    localStorage.setItem("person", handle);
  } catch {
    // Without storage the address alone says who one is.
  }
}

/** The place the address names, when it exists for this person; else the first channel. */
export function placeInAddress() {
  const [name, message] = decodeURIComponent(location.hash.slice(1)).split("/");
  // Slack's permalinks write a timestamp without its point.
  const thread = message?.replace(/^(\d+)(\d{6})$/, "$1.$2");
  if (name === "home") return { channel: "home", thread: null };
  const found = store.state.channels.find((one) => one.id === name || (!one.is_im && one.name === name));
  return found ? { channel: found.id, thread: thread || null } : { channel: firstPlace(), thread: null };
}

export function addressOf(place, as) {
  const found = channel(place.channel);
  const name = found && !found.is_im ? found.name : place.channel;
  const query = new URLSearchParams(location.search);
  query.set("as", as ?? handle());
  return `?${query}#${name}${place.thread ? `/${place.thread}` : ""}`;
}

/** Goes to a channel, "home", or a thread; on a phone it shows that pane. */
export function go(place, { pane, replace = false } = {}) {
  store.place = { channel: place.channel, thread: place.thread ?? null };
  document.body.dataset.pane = pane ?? (place.thread ? "thread" : "channel");
  const address = addressOf(store.place);
  if (replace) history.replaceState(null, "", address);
  else if (address !== location.search + location.hash) history.pushState(null, "", address);
  emit("place");
}

function firstPlace() {
  const open = store.state.channels.filter((one) => !one.is_im && isMember(one));
  return (open[0] ?? appChannel() ?? store.state.channels[0])?.id ?? "home";
}

function handle() {
  return store.state?.people.find((one) => one.id === store.me)?.handle ?? store.me;
}
