// What was not finished: tried again by itself, and shown above every screen until it is.

import { element } from "./dom.js";
import { written } from "./money.js";
import { DECIDED, Payment, UNSURE } from "./payment.js";
import { Refused } from "./refused.js";

const PATIENCE = 1000; // milliseconds that a page which is being loaded anew may take to let go

export class Unfinished {
  inHand = null; // the payment whose screens are shown
  #settling = null;
  #elsewhere = new Set(); // keys of what another tab is at
  #notices = []; // what somebody must know who was not looking

  // `resume(payment)` opens the screens of one; `told(text)` says what was finished.
  constructor(place, wire, kept, resume, told) {
    Object.assign(this, { place, wire, kept, resume, told });
  }

  all() {
    return this.kept.all().filter((entry) => entry.key !== this.inHand?.key)
      .map((entry) => new Payment(this.wire, this.kept, entry));
  }

  chargedOn(session) {
    return this.all().find((one) => one.session.id === session.id && one.isCharged);
  }

  unsureOf(session) {
    return this.all().find((one) =>
      one.session.id === session.id && one.account === this.wire.account && one.state === UNSURE);
  }

  // Tries everything once. Where a lock may be another machine's, that is looked into only with `all`, as after a loss.
  async settle({ all = false } = {}) {
    this.#settling ??= this.#tryEach(all).finally(() => { this.#settling = null; });
    await this.#settling;
  }

  // Takes one over, so that nothing else works on it; null where it is finished, or another tab has it.
  async take(one) {
    await this.#settling;
    if (!await this.kept.hold(one.key, PATIENCE)) return null;
    return this.all().find((each) => each.key === one.key) ?? null;
  }

  async #tryEach(all) {
    for (const one of this.all()) {
      if (one.state === UNSURE && !all) continue;
      const isOurs = await this.kept.hold(one.key, all ? PATIENCE : 0);
      this.#elsewhere[isOurs ? "delete" : "add"](one.key);
      if (!isOurs || one.key === this.inHand?.key) continue;
      const { isCharged } = one;
      try {
        await one.settle();
        if (isCharged) this.#notices.push(`${where(one)}: the till has the payment of ${amount(one)} now.`);
        else this.told("A bill was unlocked.");
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        if (isCharged && !one.isCharged) this.#notices.push(`${where(one)}: ${amount(one)} went back to the card, `
          + "since the till refuses the payment.");
      }
    }
    this.show();
  }

  show() {
    const left = this.all().filter((one) => !this.#elsewhere.has(one.key));
    const line = (text, label, onclick) =>
      element("p", {}, element("span", {}, text), " ", element("button", { type: "button", onclick, disabled: Boolean(this.inHand) }, label));
    this.place.hidden = left.length + this.#notices.length === 0;
    this.place.replaceChildren(
      ...left.map((one) => line(said(one), "Finish it", () => this.resume(one))),
      ...this.#notices.map((text) => line(text, "Understood", () => {
        this.#notices = this.#notices.filter((other) => other !== text);
        this.show();
      })));
  }
}

const where = (one) => one.session.tableName ?? one.session.name;
const amount = (one) => written(one.charged, one.bill.currency);

function said(one) {
  if (one.isCharged) return `${where(one)}: ${amount(one)} charged, and the till does not know it yet.`;
  if (one.state === DECIDED) return `${where(one)}: the till does not know of an attempt yet.`;
  return `${where(one)}: the bill ${one.state === UNSURE ? "may be locked by this machine" : "is still locked"}.`;
}
