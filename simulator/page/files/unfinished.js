// What was not finished: tried again by itself, and shown above every screen until it is.

import { button, element } from "/page/dom.js";
import { written } from "/page/money.js";
import { DECIDED, Payment, UNSURE } from "/page/payment.js";
import { Refused } from "/page/wire.js";

const PATIENCE = 1000; // milliseconds that a page which is being loaded anew may take to let go

export class Unfinished {
  inHand = null; // the payment whose screens are shown
  #settling = null;
  #elsewhere = new Set(); // keys of what another tab is at

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
      try {
        const { isCharged } = one;
        await one.settle();
        this.told(isCharged ? `The till has the payment of ${written(one.charged, one.bill.currency)} now.`
          : "A bill was unlocked.");
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
      }
    }
    this.show();
  }

  show() {
    const left = this.all().filter((one) => !this.#elsewhere.has(one.key));
    this.place.hidden = left.length === 0;
    this.place.replaceChildren(...left.map((one) => element("p", {}, element("span", {}, said(one)), " ",
      button("Finish it", () => this.resume(one)))));
    for (const each of this.place.querySelectorAll("button")) each.disabled = Boolean(this.inHand);
  }
}

export function said(one) {
  const where = one.session.tableName ?? one.session.name;
  if (one.isCharged) {
    return `${where}: ${written(one.charged, one.bill.currency)} charged, and the till does not know it yet.`;
  }
  if (one.state === DECIDED) return `${where}: the till does not know of an attempt yet.`;
  return one.state === UNSURE ? `${where}: the bill may be locked by this machine.` : `${where}: the bill is still locked.`;
}
