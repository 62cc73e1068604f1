// The left pane: the workspace, who one is, and the places to go.

import { openJump, openKeys } from "./dialogs.js";
import { arrange, byId, h, keepingFocus, moveFocus } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./inline.js";
import { addressOf, go } from "./places.js";
import { openMenu } from "./popup.js";
import { appChannel, appName, channelName, initialsOf, isMember, on, person, self, store } from "./store.js";
import { startTheme } from "./theme_switch.js";

/** `become(handle)` makes the page another person's. */
export function startSidebar(become) {
  byId("person-switch").addEventListener("click", (event) => openPeople(event.currentTarget, become));
  byId("jump").append(icon("search", 16), h("span", null, "Jump to…"), h("kbd", null, /mac/i.test(navigator.platform) ? "⌘K" : "Ctrl K"));
  byId("jump").addEventListener("click", jump);
  byId("keys-help").append(icon("keyboard", 18), "Keys");
  byId("keys-help").addEventListener("click", openKeys);
  byId("channels").addEventListener("keydown", (event) => moveFocus(event, [...byId("channels").querySelectorAll("a")]));
  startTheme(byId("theme-toggle"));
  on("state", draw);
  on("place", draw);
}

/** Lists every place, the ones with something new first. */
export function jump() {
  const all = store.state.channels.filter((one) => !(one.is_im && one.user === store.state.app.user));
  const app = appChannel();
  const place = (one) => ({ label: channelName(one.id).replace(/^#/, ""), note: one.topic ?? "", node: mark(one), unread: one.unread || null, go: () => go({ channel: one.id }) });
  const places = [
    ...all.map(place),
    ...(app ? [{ ...place(app), note: "Messages" }] : []),
    { label: appName(), note: "Home", node: icon("home", 18), go: () => go({ channel: "home" }) },
  ];
  openJump(places.sort((a, b) => (b.unread ?? 0) - (a.unread ?? 0)));
}

function draw() {
  if (!store.state) return;
  const me = self();
  byId("team-name").textContent = store.state.team.name;
  byId("app-name").textContent = `Local workspace · ${appName()}`;
  byId("person-switch").replaceChildren(
    avatar(face(me), "small"),
    h("span.person-words", null, h("span.person-label", null, "You are:"), " ", h("span.person-name", null, me?.real_name ?? store.me)),
    icon("down", 18));
  const nav = byId("channels");
  keepingFocus(nav, () => arrange(nav, sections()));
  title();
}

function sections() {
  const { channels } = store.state;
  const named = channels.filter((one) => !one.is_im);
  const app = appChannel();
  const others = channels.filter((one) => one.is_im && one.id !== app?.id);
  return [
    section("Channels", named.filter(isMember).map(channelLink)),
    section("App", [homeLink(), app && channelLink(app)]),
    section("Direct messages", others.map(channelLink)),
    section("Channels you are not in", named.filter((one) => !isMember(one)).map(channelLink)),
  ].filter(Boolean);
}

function section(name, links) {
  const shown = links.filter(Boolean);
  return shown.length ? h("section", { "aria-label": name }, h("h2", null, name), h("ul", { role: "list" }, shown.map((link) => h("li", null, link)))) : null;
}

function channelLink(one) {
  const current = store.place.channel === one.id;
  const name = channelName(one.id).replace(/^#/, "");
  const news = one.unread > 0 && !current;
  const spoken = [news && `${one.unread} unread`, one.mentions && `${one.mentions} ${one.mentions === 1 ? "mention" : "mentions"}`].filter(Boolean).map((words) => `, ${words}`).join("");
  const count = one.mentions || (one.is_im ? one.unread : 0);
  return h("a.place", {
    href: addressOf({ channel: one.id }), "aria-current": current ? "page" : null, class: news ? "unread" : "",
    data: { channel: one.id, name: one.name ?? "", control: `place/${one.id}`, testid: "channel" },
    onclick: (event) => follow(event, { channel: one.id }),
  }, mark(one), h("span.place-name", null, one.is_private && !one.is_im && hidden("Private channel "), name, hidden(spoken)), count > 0 && !current ? h("span.badge", { "aria-hidden": "true" }, String(count)) : news && h("span.dot", { "aria-hidden": "true" }));
}

function hidden(words) {
  return words && h("span.hidden-text", null, words);
}

function homeLink() {
  const current = store.place.channel === "home";
  return h("a.place", {
    href: addressOf({ channel: "home" }), "aria-current": current ? "page" : null, data: { channel: "home", control: "place/home", testid: "channel" },
    onclick: (event) => follow(event, { channel: "home" }),
  }, icon("home", 18), h("span.place-name", null, `${appName()} Home`));
}

function follow(event, place) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(place);
}

function mark(one) {
  if (!one.is_im) return icon(one.is_private ? "lock" : "hash", 18);
  const other = person(one.user);
  return avatar(other ? face(other) : { id: one.user, name: appName(), initials: initialsOf(appName()), isApp: true }, "tiny");
}

function face(one) {
  return { ...one, name: one?.real_name, isApp: one?.is_bot, initials: one?.initials ?? initialsOf(one?.real_name ?? "?") };
}

function openPeople(anchor, become) {
  const groupsOf = (one) => store.state.groups.filter((group) => group.users?.includes(one.id)).map((group) => group.name);
  const items = store.state.people.filter((one) => !one.is_bot).map((one) => ({
    label: one.real_name,
    note: [`@${one.handle}`, one.is_guest && "guest", ...groupsOf(one), one.tz?.split("/").at(-1).replaceAll("_", " ")].filter(Boolean).join(" · "),
    node: avatar(face(one), "small"), checked: one.id === store.me, href: addressOf(store.place, one.handle),
    data: { person: one.handle }, onpick: () => become(one.handle),
  }));
  openMenu(anchor, [{ heading: "Be another person. Ctrl-click opens another tab." }, ...items], { label: "Be another person" });
}

/** The titles of page and tab; the tab's counts what speaks to this person. */
function title() {
  const mentions = store.state.channels.reduce((sum, one) => sum + (one.mentions || 0), 0);
  const where = store.place.channel === "home" ? `${appName()} Home` : channelName(store.place.channel ?? "");
  byId("page-title").textContent = `${where} · ${store.state.team.name}`;
  document.title = `${mentions ? `(${mentions}) ` : ""}${where} · ${self()?.real_name ?? ""} · ${store.state.team.name}`;
}
