// The machine's one screen: what it shows now, and what the Back button does.

import { element } from "./dom.js";
import { Refused } from "./refused.js";

const at = (id) => document.getElementById(id);

export class Screen {
  busy = false; // something is on its way, or a bill is locked
  live = false; // what is shown follows the till by itself
  #again = () => {};
  #goBack = null;
  #shown = false;
  #turn = 0; // counts where somebody went, so that what comes late is not shown over it

  constructor(wire) {
    this.wire = wire;
  }

  // Shows the same anew, unless somebody is in the middle of something.
  async refresh() {
    if (!this.busy && this.live) await this.#again({ quietly: true });
  }

  back() {
    this.#goBack?.();
  }

  show(title, parts, { back = null, live = false, again = null, quietly = false, kind = "" } = {}) {
    const focused = quietly ? document.activeElement?.dataset?.key : null;
    const scrolled = at("screen").scrollTop;
    at("title").replaceChildren(title);
    at("back").hidden = !back;
    this.#goBack = back;
    this.live = live;
    if (again) this.#again = again;
    at("screen").className = kind;
    at("screen").replaceChildren(...parts.flat().filter(Boolean));
    this.nameWaiter();
    if (quietly) {
      at("screen").scrollTop = scrolled;
      if (focused) at("screen").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    } else {
      this.#turn += 1;
      at("screen").scrollTop = 0;
      // Who looks at the page for the first time has not pressed anything that the focus could follow.
      if (this.#shown) at("title").focus();
    }
    this.#shown = true;
  }

  nameWaiter() {
    const { telephone, waiter } = this.wire;
    at("waiter").disabled = this.busy;
    at("waiter").replaceChildren(telephone ? "Guest's phone" : `Waiter: ${waiter ?? "none"}`);
  }

  say(text) {
    at("said").replaceChildren(text);
  }

  // Does something that takes a moment; what cannot be done becomes a screen.
  async doing(what, work, orElse) {
    this.say(what);
    at("machine").setAttribute("aria-busy", "true");
    try {
      return await work();
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      orElse(problem);
      return undefined;
    } finally {
      this.say("");
      at("machine").removeAttribute("aria-busy");
    }
  }

  // Asks for what is shown next. Nothing comes of it where somebody has gone elsewhere by the time it is there.
  async asking(what, work, orElse, { quietly = false } = {}) {
    if (!quietly) this.#turn += 1;
    const turn = this.#turn;
    const isWanted = () => turn === this.#turn && (!quietly || (!this.busy && this.live));
    const found = await this.doing(quietly ? "" : what, work, (problem) => {
      if (isWanted()) orElse(problem);
    });
    return isWanted() ? found : undefined;
  }

  problem(title, problem, buttons, options = {}) {
    this.show(title, [
      element("p", { class: "big", role: "alert" }, problem.message),
      problem.reason && problem.reason !== problem.message ? element("p", { class: "minor" }, problem.reason) : null,
      buttons,
    ], { kind: "trouble", ...options });
  }

  // A question before something that cannot be taken back; the green button leaves all as it is.
  question(title, parts, { stay, go, onStay, onGo }) {
    this.show(title, [
      parts.map((text, index) => element("p", index ? {} : { class: "big", role: "alert" }, text)),
      element("button", { type: "button", class: "go", onclick: onStay }, stay),
      element("button", { type: "button", class: "bad", onclick: onGo }, go),
    ], { kind: "trouble", back: onStay });
  }
}

// Keys for a thumb; the input can be typed into as well.
export function keypad(input, point) {
  const press = (key) => () => {
    input.value = key === "⌫" ? input.value.slice(0, -1) : input.value + key;
  };
  const keys = [..."123456789", point, "0", "⌫"];
  return element("div", { class: "pad three" }, keys.map((key) => key
    ? element("button", { type: "button", onclick: press(key), "aria-label": { "⌫": "Delete", ".": "Point" }[key] }, key)
    : element("span")));
}
