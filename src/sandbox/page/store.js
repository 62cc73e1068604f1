// What the page knows: the workspace as one person sees it, the messages of
// the channels opened so far, and where that person is. Views listen to changes.

const listeners = new Map();

export const store = {
  /** The handle in the URL, then the Slack user id once the state is there. */
  me: null,
  state: null,
  /** Open place: `channel` is a channel id or "home"; `thread` the ts of a root message or null. */
  place: { channel: null, thread: null },
  /** Channel id to a map of ts to message. */
  messages: new Map(),
  /** `channel` or `channel/thread_ts` to the sentence an assistant shows while it works. */
  status: new Map(),
  /** Where "New" starts in a channel: the last read ts when it was opened. */
  newFrom: new Map(),
  /** The open modal: its view or null, the depth of its stack, errors by block_id. */
  modal: { view: null, depth: 0 },
  /** Grows when names may have changed, so that what shows them is drawn anew. */
  epoch: 0,
  names: null,
};

/** Listens to `state`, `messages`, `place`, `modal`, `home`, `status` or `leave`; returns what ends it. */
export function on(event, listener) {
  if (!listeners.has(event)) listeners.set(event, new Set());
  listeners.get(event).add(listener);
  return () => listeners.get(event).delete(listener);
}

export function emit(event, detail) {
  for (const listener of listeners.get(event) ?? []) listener(detail);
}

export function person(id) {
  return store.state?.people.find((one) => one.id === id) ?? null;
}

export function self() {
  return person(store.me);
}

export function group(id) {
  return store.state?.groups.find((one) => one.id === id) ?? null;
}

export function channel(id) {
  return store.state?.channels.find((one) => one.id === id) ?? null;
}

export function appName() {
  return store.state?.app.name ?? "The app";
}

/** How a channel is called in sentences: "#campaigns", or the name of the other side. */
export function channelName(id) {
  const found = channel(id);
  if (!found) return id;
  if (!found.is_im) return `#${found.name}`;
  const other = person(found.user);
  return other?.real_name ?? (found.user === store.state.app.user ? appName() : found.user ?? "Direct message");
}

export function isMember(found) {
  return found.is_im || !found.members || found.members.includes(store.me);
}

/** The direct message between this person and the app. */
export function appChannel() {
  return store.state?.channels.find((one) => one.is_im && one.user === store.state.app.user) ?? null;
}

/** Who wrote a message: name, initials, colour, whether it is an app. */
export function author(message) {
  const isApp = Boolean(message.bot_id) || message.user === store.state?.app.user;
  const found = person(message.user);
  const name = message.username ?? (isApp && !found ? appName() : found?.real_name) ?? appName();
  return {
    id: message.user,
    name,
    isApp: isApp || Boolean(found?.is_bot),
    isGuest: Boolean(found?.is_guest),
    initials: found?.initials ?? initialsOf(name),
    color: found?.color,
  };
}

export function initialsOf(name) {
  return name.split(/[\s_.-]+/).filter(Boolean).slice(0, 2).map((part) => [...part][0].toUpperCase()).join("");
}

/** Whether a message speaks to this person: by name, group, or everyone. */
export function mentionsMe(message) {
  if (message.user === store.me) return false;
  const groups = (store.state?.groups ?? []).filter((one) => one.users?.includes(store.me));
  const needles = [`<@${store.me}`, ...groups.map((one) => `<!subteam^${one.id}`), "<!here", "<!channel", "<!everyone"];
  const marks = [`"user_id":"${store.me}"`, ...groups.map((one) => `"usergroup_id":"${one.id}"`)];
  const blocks = message.blocks ? JSON.stringify(message.blocks) : "";
  return needles.some((needle) => (message.text ?? "").includes(needle) || blocks.includes(needle))
    || marks.some((mark) => blocks.includes(mark));
}

/** The messages of a channel in order of time. */
export function messagesOf(id) {
  return [...(store.messages.get(id)?.values() ?? [])].sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
}

export function putMessage(message) {
  const known = store.messages.get(message.channel);
  if (!known) return false;
  known.set(message.ts, message);
  return true;
}

export function removeMessage(id, ts) {
  return store.messages.get(id)?.delete(ts) ?? false;
}
