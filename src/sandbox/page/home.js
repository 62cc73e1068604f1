// The Home tab of the app, as it published it for this person.

import { sendAction } from "./actions.js";
import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { h, keepingFocus } from "./dom.js";
import { Form } from "./form.js";
import { icon } from "./icons.js";
import { appName, self, store } from "./store.js";

let form = new Form();
let owner = null;

/** The pane's content: `{ node, update }`. */
export function homeTab() {
  if (owner !== store.me) form = new Form();
  owner = store.me;
  const problem = h("p.problem", { role: "alert", hidden: true }, icon("warning", 16), h("span"));
  const say = (sentence) => {
    problem.hidden = !sentence;
    problem.lastChild.textContent = sentence ?? "";
  };
  const body = h("div.home-view");
  const node = h("div.scroller.home", { tabindex: "-1", data: { testid: "home" } }, h("div.home-page", null, problem, body));
  let opening = true;

  function update() {
    const view = store.state.home;
    keepingFocus(body, () => body.replaceChildren(...(view?.blocks?.length ? drawn(view) : [empty(opening)])));
  }

  function drawn(view) {
    form.begin();
    form.seed(view.state?.values);
    const surface = { kind: "home", form, send: (action, control) => sendAction({ view: view.id }, action, form, control, say) };
    return blocks(view.blocks, surface);
  }

  async function open() {
    const { problem: sentence } = await act("/sandbox/page/home", { person: store.me });
    opening = false;
    say(sentence);
    update();
  }

  update();
  open();
  return { node, update };
}

function empty(opening) {
  const words = opening ? `Opening the Home of ${appName()}…` : `${appName()} has not published a Home for ${self()?.real_name ?? "you"} yet.`;
  return h("div.empty", { role: "status" }, h("span.empty-mark", null, icon("home", 28)), h("p", null, words));
}
