// What a person has filled in on one surface (a message, a modal, the Home
// tab), in the shape Slack sends: block_id → action_id → entry.

export class Form {
  #values = new Map();
  #checks = [];

  /** The entry a person has left, or the block's own initial one. */
  entry(block, action, initial) {
    const key = JSON.stringify([block, action]);
    if (!this.#values.has(key)) this.#values.set(key, { block, action, entry: initial });
    return this.#values.get(key).entry;
  }

  /** Takes over what the workspace has kept of a view, where nothing was entered here. */
  seed(values) {
    for (const [block, actions] of Object.entries(values ?? {})) {
      for (const [action, entry] of Object.entries(actions)) this.entry(block, action, entry);
    }
  }

  set(block, action, entry) {
    this.#values.set(JSON.stringify([block, action]), { block, action, entry });
  }

  /** Before a surface is drawn again: what is no longer on it does not count, what is keeps its value. */
  begin() {
    this.#checks = [];
    this.live = new Set();
  }

  /** Marks a control as being on the surface; only those are sent. */
  enlist(block, action, check) {
    this.live.add(JSON.stringify([block, action]));
    if (check) this.#checks.push({ block, check });
  }

  /** Slack's `state.values`. */
  values() {
    const out = {};
    for (const [key, { block, action, entry }] of this.#values) {
      if (!this.live?.has(key)) continue;
      (out[block] ??= {})[action] = entry;
    }
    return out;
  }

  /** Sentences for inputs that cannot be sent yet, by block_id. */
  problems() {
    const out = {};
    for (const { block, check } of this.#checks) {
      const sentence = check();
      if (sentence) out[block] = sentence;
    }
    return out;
  }
}
