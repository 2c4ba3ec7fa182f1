// What a card machine must not forget: a lock that it may hold, and a payment that the till does not know. It is kept
// in the browser and not in the tab, so that it outlives both; a tab that works on it holds it against the others.

import { Refused } from "./refused.js";

const PREFIX = "epos-simulator-payment/";

export class Kept {
  #held = new Map(); // how to let go of what this tab holds, by key

  constructor(storage = localStorage, locks = navigator.locks) {
    this.storage = storage;
    this.locks = locks;
  }

  // Everything that is kept, the oldest first.
  all() {
    const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
    return keys.filter((key) => key.startsWith(PREFIX)).map((key) => JSON.parse(this.storage.getItem(key)))
      .toSorted((one, other) => one.since.localeCompare(other.since));
  }

  put(entry) {
    try {
      this.storage.setItem(PREFIX + entry.key, JSON.stringify(entry));
    } catch {
      throw new Refused("This browser keeps nothing for the page, so no card can be taken.");
    }
  }

  drop(key) {
    this.storage.removeItem(PREFIX + key);
    this.#held.get(key)?.();
    this.#held.delete(key);
  }

  holds(key) {
    return this.#held.has(key);
  }

  // Whether this tab has it from now on; `patience` are milliseconds in which another tab may let go of it.
  async hold(key, patience = 0) {
    if (this.holds(key)) return true;
    const options = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
    return new Promise((tell) => {
      const held = (lock) => {
        tell(Boolean(lock));
        return lock && new Promise((letGo) => this.#held.set(key, letGo));
      };
      this.locks.request(PREFIX + key, options, held).catch(() => tell(false));
    });
  }
}
