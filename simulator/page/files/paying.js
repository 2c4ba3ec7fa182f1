// The screens from the lock to the unlock: amount, tip, card, and everything that can go wrong on the way.

import { button, element } from "./dom.js";
import { Holding } from "./holding.js";
import { read, share, written } from "./money.js";
import { DONE, LOCKED, Payment, UNSURE } from "./payment.js";
import { keypad } from "./screen.js";

export class Paying {
  #stuck = null; // the payment whose screen says that the till could not be told

  // `ordering` has the screens to return to; `unfinished` takes over what is put aside.
  constructor(wire, screen, unfinished, ordering) {
    Object.assign(this, { wire, screen, unfinished, ordering });
    this.holding = new Holding(document.getElementById("lock"), (one, problem) => this.ranOut(one, problem));
  }

  hold(one) {
    this.screen.busy = Boolean(one);
    this.unfinished.inHand = one;
    this.holding.hold(one);
    this.unfinished.show();
    this.screen.nameWaiter();
  }

  // From here on the bill is ours, until it is unlocked.
  async lock(session, { parts = 1, custom = false, seen = null } = {}) {
    if (this.screen.busy) return;
    const one = this.unfinished.unsureOf(session) ?? Payment.at(session, this.wire, this.unfinished.kept);
    this.hold(one);
    const retry = () => this.lock(session, { parts, custom, seen });
    const locked = await this.screen.doing("Locking the bill …", async () => {
      await one.lock();
      return true;
    }, (problem) => {
      this.hold(null);
      const isLocked = problem.code === "SESSION_ALREADY_LOCKED";
      const unsure = one.state === UNSURE;
      this.screen.problem(isLocked ? "Bill is locked" : "Not locked", problem, [
        unsure ? element("p", {}, "Nothing was charged. The bill may be locked by this machine: the answer to it was lost.")
          : null,
        button("Try again", retry, "go"),
        isLocked ? button("Release the lock", () => this.askToRelease(one, problem)) : null,
      ], { back: () => this.ordering.bill(session) });
    });
    if (!locked) return;
    one.again = () => this.lock(session, { parts, custom, seen });
    this.holding.hold(one);
    if (one.outstanding <= 0) {
      await this.leave(one);
      return;
    }
    one.parts = parts;
    one.keep();
    one.changed = seen !== null && seen !== one.outstanding;
    if (custom) this.amount(one);
    else this.tip(one, Math.ceil(one.outstanding / parts));
  }

  // Before a card was taken. Nothing may be paid without a lock, since another machine may have it.
  async ranOut(one, problem = null) {
    const lines = [
      element("p", { class: "big", role: "alert" }, problem ? "The bill is not locked any more. Nothing was charged."
        : "The lock of this bill has run out. Nothing was charged."),
      problem?.reason ? element("p", { class: "minor" }, `The till says: ${problem.reason}`) : null,
      element("p", {}, "Another machine may be paying it by now, so no card is taken before it is locked again."),
    ];
    const show = (buttons, options) => this.screen.show("Lock ran out", [...lines, buttons], { kind: "trouble", ...options });
    show([]);
    await this.screen.doing("Giving the rest of it back …", () => one.lapse(), () => {});
    this.hold(null);
    const toBill = () => this.ordering.bill(one.session);
    show([button("Lock it again", one.again, "go"), button("Back to the bill", toBill)], { back: toBill });
  }

  // The wire names no owner of a lock, so only a person can tell whose it is.
  askToRelease(one, problem, then = () => this.ordering.bill(one.session)) {
    const unsure = one.state === UNSURE;
    this.screen.question("Release the lock?", [
      "Is somebody paying this bill at another machine? If it is released, two cards may be charged for it.",
      problem.reason ? `The till says: ${problem.reason}` : null,
      unsure ? `This machine is terminal ${this.wire.terminal}; it asked for the lock at ${one.since.slice(11, 19)} UTC `
        + "and never heard the answer." : `This machine is terminal ${this.wire.terminal}, and did not lock it.`,
    ].filter(Boolean), {
      stay: "Leave it locked",
      go: "Nobody is paying: release it",
      onStay: () => this.putAside(),
      onGo: () => this.releasing(one, problem, then),
    });
  }

  async releasing(one, problem, then) {
    const done = await this.screen.doing("Releasing the lock …", async () => {
      await one.release();
      return true;
    }, (refused) => this.screen.problem("Not released", refused, [
      button("Try again", () => this.askToRelease(one, problem, then), "go"),
    ], { back: () => this.putAside() }));
    if (!done) return;
    this.hold(null);
    await then();
  }

  leave(one) {
    return this.unlocking(one, () => this.ordering.bill(one.session));
  }

  amount(one) {
    const { currency } = one.bill;
    const wrong = (amount) => {
      if (amount === null || amount < 1) return "Enter an amount, such as 12.50.";
      return amount > one.outstanding ? `Only ${written(one.outstanding, currency)} is left to pay.` : "";
    };
    this.screen.show("Amount", [this.form(`How much of ${written(one.outstanding, currency)}?`, currency, wrong,
      (amount) => this.tip(one, amount))], { back: () => this.leave(one) });
    document.getElementById("amount").focus();
  }

  otherTip(one, base) {
    const { currency } = one.bill;
    const wrong = (tip) => (tip === null ? "Enter an amount, such as 2.50." : "");
    this.screen.show("Tip", [this.form("How much tip?", currency, wrong, (tip) => this.card(one, base, tip))],
      { back: () => this.tip(one, base) });
    document.getElementById("amount").focus();
  }

  // `wrong(amount)` says what is wrong with what was typed, which is null where it is no amount.
  form(label, currency, wrong, then) {
    const input = element("input", { id: "amount", inputmode: "decimal", autocomplete: "off", "aria-describedby": "wrong" });
    const said = element("p", { id: "wrong", role: "alert" });
    const onsubmit = (event) => {
      event.preventDefault();
      const amount = read(input.value, currency);
      const problem = wrong(amount);
      if (!problem) return then(amount);
      said.replaceChildren(problem);
      return input.focus();
    };
    return element("form", { onsubmit }, element("label", { for: "amount" }, label), input, said, keypad(input, "."),
      element("button", { class: "go" }, "Continue"));
  }

  tip(one, base) {
    const { currency } = one.bill;
    const money = (amount) => written(amount, currency);
    const choice = (tenths) => {
      const tip = share(base, tenths);
      return button(`${tenths / 10} % · ${money(tip)}`, () => this.card(one, base, tip));
    };
    this.screen.show("Add a tip?", [
      one.changed ? element("p", { role: "alert" },
        `The bill has changed: ${money(one.outstanding)} is to pay now.`) : null,
      element("p", { class: "price" }, money(base)),
      button("No tip", () => this.card(one, base, 0), "go"),
      element("div", { class: "pad two" }, [100, 125, 150, 200].map(choice)),
      button("Other tip", () => this.otherTip(one, base)),
    ], { back: () => this.leave(one) });
  }

  card(one, base, tip) {
    const money = (amount) => written(amount, one.bill.currency);
    const decide = (outcome, entry) => async () => {
      if (one.state !== LOCKED) return; // pressed twice
      if (one.left <= 0) {
        await this.ranOut(one);
        return;
      }
      const decided = await this.screen.doing("", async () => {
        one.decide(outcome, { base, tip, entry });
        return true;
      }, (problem) => this.screen.problem("Nothing was charged", problem, [], { back: () => this.leave(one) }));
      if (decided) await this.recording(one);
    };
    this.screen.show(one.telephone ? "Pay by phone" : "Present card", [
      element("p", { class: "price" }, money(base + tip)),
      tip ? element("p", { class: "minor centre" }, `${money(base)} and ${money(tip)} tip`) : null,
      one.telephone ? button("Pay", decide("successful"), "go") : [
        button("Tap the card", decide("successful", "contactless"), "go"),
        button("Insert the card and enter the PIN", decide("successful", "chip")),
      ],
      element("div", { class: "pair" },
        one.telephone ? null : button("Card is declined", decide("declined", "chip"), "bad"),
        button("Cancel", decide("cancelled"), "bad")),
    ], { back: () => this.tip(one, base) });
  }

  // Tells the till again, where the screen says that it could not be told and nobody has pressed anything.
  async again() {
    if (this.#stuck && this.#stuck === this.unfinished.inHand) await this.recording(this.#stuck);
  }

  // The payment is recorded before the bill is unlocked. One that cannot be stays kept, whatever is pressed.
  async recording(one) {
    this.#stuck = null;
    this.hold(one);
    const waiting = (text, reason) => this.screen.show("Please wait", [
      element("p", { class: "big" }, text), reason ? element("p", { class: "minor" }, reason) : null]);
    waiting("Telling the till …");
    const done = await this.screen.doing("Recording the payment …", async () => {
      await one.record((problem) => waiting("Telling the till again …", problem.message));
      return true;
    }, (problem) => (one.state === DONE ? this.refused(one, problem) : this.notRecorded(one, problem)));
    if (done) await this.unlocking(one, () => this.paid(one));
  }

  // The till has said for good that it does not take the payment.
  refused(one, problem) {
    const amount = written(one.charged, one.bill.currency);
    return this.unlocking(one, () => this.screen.show("Given back", [
      element("p", { class: "big bad", role: "alert" }, `${amount} went back to the card: the till refuses the payment.`),
      problem.reason ? element("p", {}, `It says: ${problem.reason}`) : null,
      button("Back to the bill", () => this.ordering.bill(one.session), "go"),
    ], { kind: "trouble", back: () => this.ordering.bill(one.session) }));
  }

  notRecorded(one, problem) {
    const { id, paymentSuccessful } = one.payment;
    const amount = written(one.charged, one.bill.currency);
    this.#stuck = one;
    this.screen.show(paymentSuccessful ? "Paid, not recorded" : "Attempt not recorded", [
      element("p", { class: "big", role: "alert" }, paymentSuccessful
        ? `The card was charged ${amount}, and the till does not know it yet.`
        : "Nothing was charged. The till should still know of the attempt."),
      element("p", {}, problem.message),
      problem.reason && problem.reason !== problem.message ? element("p", { class: "minor" }, problem.reason) : null,
      paymentSuccessful ? element("p", {}, "Trying again charges nothing. Left for later, it is tried by itself.") : null,
      button("Try again", () => this.recording(one), "go"),
      button("Later: go on with other tables", () => this.putAside()),
      element("p", { class: "minor" }, `Payment ${id}`),
      paymentSuccessful ? button("Give up", () => this.askToGiveUp(one), "bad")
        : button("Unlock without telling the till", () => this.leave(one), "bad"),
    ], { kind: "trouble" });
  }

  // What is kept is tried again by itself, and stands above every screen meanwhile.
  putAside() {
    this.hold(null);
    return this.ordering.tables();
  }

  askToGiveUp(one) {
    this.#stuck = null;
    const amount = written(one.charged, one.bill.currency);
    this.screen.question("Give up this payment?", [
      `The card was charged ${amount}. Giving up gives it back to the card, and the bill stays unpaid.`,
      one.mayBeRecorded ? "An answer of the till was lost, so it may have recorded the payment all the same. "
        + "Look at the bill afterwards: what stands there as paid was not." : null,
    ].filter(Boolean), {
      stay: "Keep it and try again",
      go: `Give ${amount} back and unlock`,
      onStay: () => this.recording(one),
      onGo: () => {
        one.giveUp();
        return this.unlocking(one, () => this.givenUp(one));
      },
    });
  }

  givenUp(one) {
    const amount = written(one.charged, one.bill.currency);
    this.screen.show("Given back", [
      element("p", { class: "big" }, `${amount} went back to the card. The till was not told of the payment.`),
      element("p", { class: "minor" }, `Payment ${one.payment.id}`),
      button("Back to the bill", () => this.ordering.bill(one.session), "go"),
    ], { back: () => this.ordering.bill(one.session) });
  }

  // `later`: time has passed since, in which another machine may have locked the bill.
  async unlocking(one, then, { later = false } = {}) {
    this.#stuck = null;
    this.hold(one);
    const done = await this.screen.doing("Unlocking the bill …", async () => {
      await (later ? one.settle() : one.finish());
      return true;
    }, (problem) => {
      if (one.state === UNSURE && problem.code === "SESSION_ALREADY_LOCKED") return this.askToRelease(one, problem, then);
      return this.screen.problem("Still locked", problem, [
        element("p", {}, "The bill could not be unlocked, so nobody else can pay it."),
        button("Try again", () => this.unlocking(one, then, { later: true }), "go"),
        button("Later: go on with other tables", () => this.putAside()),
        button("Forget it", () => this.askToForget(one), "bad")]);
    });
    if (!done) return;
    this.hold(null);
    await then();
  }

  // An account may be gone for good, or a till never unlock.
  askToForget(one) {
    this.screen.question("Forget the lock?", [
      "Nobody can pay this bill until somebody unlocks it elsewhere, as epos-adapter unlock does.",
    ], {
      stay: "Keep trying",
      go: "Forget it here",
      onStay: () => this.putAside(),
      onGo: () => {
        one.forget();
        return this.putAside();
      },
    });
  }

  async paid(one) {
    const { payment, session, bill } = one;
    const money = (amount) => written(amount, bill.currency);
    const toBill = () => this.ordering.bill(session);
    if (!payment.paymentSuccessful) {
      const [title, text] = one.outcome === "cancelled"
        ? ["Cancelled", "✖ Cancelled. Nothing was charged."] : ["Declined", "✖ The card was declined. Nothing was charged."];
      this.screen.show(title, [element("p", { class: "big bad" }, text), button("Back to the bill", toBill, "go")],
        { kind: "trouble", back: toBill });
      return;
    }
    const left = one.outstanding - payment.baseAmount;
    const parts = one.parts > 1 && left > 0 ? one.parts - 1 : 0;
    if (parts) this.ordering.splits.set(session.id, parts);
    else this.ordering.splits.delete(session.id);
    this.screen.show("Approved", [
      element("p", { class: "big done" }, `✓ Approved: ${money(one.charged)}`),
      element("p", { class: "centre" }, left > 0 ? `${money(left)} is left to pay.` : "The bill is paid in full."),
      left > 0 ? button(parts ? `Next share: ${money(Math.ceil(left / parts))}` : "Back to the bill",
        () => (parts ? this.lock(session, { parts, seen: left }) : toBill()), "go") : null,
      button("Tables", () => this.ordering.tables(), left > 0 ? "" : "go"),
    ], { kind: "approved", back: () => this.ordering.tables() });
  }
}
