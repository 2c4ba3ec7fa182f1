// How long the bill in hand is still locked: shown while somebody pays, extended meanwhile, and said when it is over. Locks of
// the Tables API end only when they are given back, and have nothing to show.

import { button, element } from "./dom.js";
import { DECIDED, LOCKED } from "./payment.js";
import { Refused } from "./refused.js";

const EARLY = 75_000; // milliseconds left when it is extended by itself: a page in the background is woken once a minute
const IDLE = 600_000; // milliseconds since somebody pressed anything, after which nothing is extended by itself
const SHORT = 30_000; // milliseconds left from which on the time stands out

export class Holding {
  #one = null;
  #extending = false;
  #pressed = Date.now();

  // `ranOut(payment, problem)` is called when a lock is over before a card was taken.
  constructor(place, ranOut) {
    Object.assign(this, { place, ranOut });
    this.time = element("b", { role: "timer" });
    this.said = element("span", { role: "status" });
    this.extend = button("Extend", () => this.extendNow());
    this.byItself = element("input", { type: "checkbox", id: "by-itself", checked: true });
    this.more = element("span", { class: "more" }, this.extend, element("label", { for: "by-itself" }, this.byItself, " by itself"));
    place.append(element("span", {}, "Bill locked for ", this.time), this.more, this.said);
    for (const event of ["pointerdown", "keydown"]) {
      document.addEventListener(event, () => { this.#pressed = Date.now(); });
    }
    setInterval(() => this.look(), 1000);
  }

  hold(one) {
    if (one !== this.#one) this.said.replaceChildren();
    this.#one = one;
    this.look();
  }

  look() {
    const one = this.#one;
    const isHeld = Boolean(one?.lockedUntil) && [LOCKED, DECIDED].includes(one.state);
    this.place.hidden = !isHeld;
    if (!isHeld) return;
    const { left } = one;
    const seconds = Math.max(0, Math.ceil(left / 1000));
    this.time.replaceChildren(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
    this.place.classList.toggle("short", left < SHORT);
    this.more.hidden = !one.isExtendable || left <= 0;
    if (left <= 0 && one.state === LOCKED) {
      this.#one = null;
      this.place.hidden = true;
      this.ranOut(one);
    } else if (left <= 0) {
      this.said.replaceChildren("It has run out; the till decides about the payment.");
    } else if (left < EARLY && one.isExtendable && this.byItself.checked) {
      if (Date.now() - this.#pressed < IDLE) this.extendNow();
      else this.said.replaceChildren("Nobody has pressed anything for ten minutes, so it is extended no more.");
    }
  }

  async extendNow() {
    const one = this.#one;
    if (this.#extending || !one) return;
    this.#extending = true;
    let text = "";
    let gone = null;
    try {
      await one.extend();
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      text = `Not extended: ${problem.message}`;
      if (one.left <= 0 && one.state === LOCKED) gone = problem;
    } finally {
      this.#extending = false;
    }
    if (one !== this.#one) return;
    this.said.replaceChildren(text);
    if (!gone) return this.look();
    this.#one = null;
    this.place.hidden = true;
    return this.ranOut(one, gone);
  }
}
