// The screens of the card machine, and the way from one to the next.

import { button, element } from "/page/dom.js";
import { read, share, written } from "/page/money.js";
import { Payment } from "/page/payment.js";
import { areas, tile } from "/page/plan.js";
import { paper, rows } from "/page/receipt.js";
import { Refused } from "/page/wire.js";

const at = (id) => document.getElementById(id);

export class Machine {
  busy = false;      // something is on its way, or a bill is locked
  live = false;      // this screen follows the till by itself
  splits = new Map(); // shares that are still to be paid, by session

  constructor(wire) {
    this.wire = wire;
    this.again = () => this.tables();
  }

  async start() {
    const unfinished = Payment.unfinished(this.wire);
    if (!unfinished) return this.tables();
    if (unfinished.payment) return this.recording(unfinished);
    return this.unlocking(unfinished, () => this.tables());
  }

  // Shows the same screen anew, unless somebody is in the middle of something.
  async refresh() {
    if (!this.busy && this.live) await this.again({ quietly: true });
  }

  back() {
    if (this.goBack) this.goBack();
  }

  show(title, parts, { back = null, live = false, again = null, quietly = false, kind = "" } = {}) {
    const focused = quietly ? document.activeElement?.dataset?.key : null;
    const scrolled = at("screen").scrollTop;
    at("title").replaceChildren(title);
    at("back").hidden = !back;
    this.goBack = back;
    this.live = live;
    if (again) this.again = again;
    at("screen").className = kind;
    at("screen").replaceChildren(...parts.flat().filter(Boolean));
    at("waiter").disabled = this.busy;
    this.nameWaiter();
    if (quietly) {
      at("screen").scrollTop = scrolled;
      if (focused) at("screen").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    } else {
      at("screen").scrollTop = 0;
      at("title").focus();
    }
  }

  nameWaiter() {
    const { telephone, waiter } = this.wire;
    at("waiter").replaceChildren(telephone ? "Guest's phone" : waiter === null ? "No waiter" : `Waiter ${waiter}`);
  }

  // Does something that takes a moment; what cannot be done becomes a screen.
  async doing(what, work, orElse) {
    at("said").replaceChildren(what);
    at("machine").setAttribute("aria-busy", "true");
    try {
      return await work();
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      orElse(problem);
      return undefined;
    } finally {
      at("said").replaceChildren("");
      at("machine").removeAttribute("aria-busy");
    }
  }

  problem(title, problem, buttons, options = {}) {
    this.show(title, [
      element("p", { class: "big", role: "alert" }, problem.message),
      problem.reason && problem.reason !== problem.message ? element("p", { class: "minor" }, problem.reason) : null,
      buttons,
    ], { kind: "trouble", ...options });
  }

  askWaiter() {
    const input = element("input", {
      id: "number", inputmode: "numeric", autocomplete: "off", pattern: "[0-9]*", maxlength: "9",
      value: this.wire.waiter ?? "",
    });
    const phone = element("input", { type: "checkbox", id: "phone", checked: this.wire.telephone });
    const onsubmit = (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!/^\d*$/.test(text)) return input.focus();
      this.wire.waiter = text === "" ? null : Number(text);
      this.wire.telephone = phone.checked;
      return this.tables();
    };
    this.show("Waiter", [element("form", { onsubmit },
      element("label", { for: "number" }, "Your number (empty for none)"), input, keypad(input, ""),
      element("label", { class: "check" }, phone, " This is a guest's own phone"),
      element("button", { class: "go" }, "Show the tables"))], { back: () => this.tables() });
    input.focus();
  }

  async tables({ quietly = false } = {}) {
    const again = (options) => this.tables(options);
    const found = await this.doing(quietly ? "" : "Asking for the tables …", async () => {
      const tables = await this.wire.ask("ListTables");
      const sessions = await this.wire.ask("ListSessions", { isFinished: false });
      const bills = sessions.length
        ? await this.wire.ask("ListBillItems", { sessionIds: sessions.map((one) => one.id) }) : [];
      return { tables, sessions, bills };
    }, (problem) => this.problem("No tables", problem, [button("Try again", () => this.tables(), "go")],
      { live: true, again }));
    if (!found || (quietly && (this.busy || !this.live))) return;
    const bills = new Map(found.bills.map((bill) => [bill.sessionId, bill]));
    const due = (session) => bills.get(session.id);
    const open = (sessions, table) =>
      sessions.length === 1 ? this.bill(sessions[0]) : this.sessions(table, sessions, due);
    const parts = areas(found.tables).map(([area, tables]) => element("section", { "aria-label": area },
      element("h2", {}, area),
      element("div", { class: "tiles" }, tables.map((table) => {
        const here = found.sessions.filter((one) => one.tableName === table.name);
        return tile(table, here, here.map(due), () => open(here, table.name));
      }))));
    const loose = found.sessions.filter((one) => !one.tableName);
    if (loose.length) {
      parts.push(element("section", { "aria-label": "Without a table" }, element("h2", {}, "Without a table"),
        this.list(loose, due)));
    }
    const some = found.sessions.some((one) => one.isPayable);
    parts.unshift(element("p", { class: "hint" },
      some ? "Choose a table with an amount on it." : "No table has anything to pay."));
    this.show("Tables", parts, { live: true, quietly, again });
  }

  list(sessions, due) {
    return element("ul", { class: "sessions" }, sessions.map((session) => {
      const bill = due(session);
      const amount = bill ? written(bill.totalAmount - bill.paidAmount, bill.currency) : "";
      return element("li", {}, element("button", { type: "button", onclick: () => this.bill(session), "data-key": session.id },
        element("span", {}, session.name, session.waiter ? element("small", {}, session.waiter.name ?? `Waiter ${session.waiter.id}`) : ""),
        element("strong", {}, session.isPayable ? amount : "Paid")));
    }));
  }

  sessions(table, sessions, due) {
    this.show(table, sessions.length ? [this.list(sessions, due)] : [element("p", { class: "big" }, "No bill here.")],
      { back: () => this.tables() });
  }

  async bill(session, { quietly = false } = {}) {
    const again = (options) => this.bill(session, options);
    const bill = await this.doing(quietly ? "" : "Asking for the bill …",
      () => this.wire.ask("GetBillItems", { sessionId: session.id }),
      (problem) => this.problem("No bill", problem, [button("Try again", () => this.bill(session), "go")],
        { back: () => this.tables(), live: problem.lost, again }));
    if (!bill || (quietly && (this.busy || !this.live))) return;
    const outstanding = bill.totalAmount - bill.paidAmount;
    const money = (amount) => written(amount, bill.currency);
    const parts = this.splits.get(session.id) ?? 0;
    const actions = outstanding > 0 ? [
      parts > 1 ? button(`Pay the next of ${parts} shares`, () => this.lock(session, { parts, seen: outstanding }), "go") : null,
      button(`Pay ${money(outstanding)}`, () => this.lock(session, { seen: outstanding }), parts > 1 ? "" : "go"),
      element("div", { class: "pair" },
        button("Split equally", () => this.split(session, outstanding, bill.currency)),
        button("Other amount", () => this.lock(session, { custom: true, seen: outstanding }))),
    ] : [element("p", { class: "big done", role: "status" }, "✓ Already paid: nothing is left to pay.")];
    const name = session.tableName ? `${session.tableName} - ${session.name}` : session.name;
    this.show(name, [
      element("div", { class: "bill" }, rows(bill)),
      element("div", { class: "actions" }, actions, button("Print the bill", () => this.print(session))),
    ], { back: () => this.tables(), live: true, again, quietly });
  }

  async print(session) {
    const full = await this.doing("Printing …", () => this.wire.ask("GetFullBill", { sessionId: session.id }),
      (problem) => this.problem("Nothing to print", problem, [button("Try again", () => this.print(session), "go")],
        { back: () => this.bill(session) }));
    if (full) this.show("Printed bill", [paper(full)], { back: () => this.bill(session) });
  }

  split(session, outstanding, currency) {
    const choice = (parts) => button(
      `${parts} × ${written(Math.ceil(outstanding / parts), currency)}`,
      () => this.lock(session, { parts, seen: outstanding }));
    this.show("How many pay?", [element("div", { class: "pad two" }, [2, 3, 4, 5, 6, 7, 8, 10].map(choice))],
      { back: () => this.bill(session) });
  }

  // From here on the bill is ours, until it is unlocked.
  async lock(session, { parts = 1, custom = false, seen = null }) {
    if (this.busy) return;
    this.busy = true;
    const retry = () => this.lock(session, { parts, custom, seen });
    const one = await this.doing("Locking the bill …", () => Payment.start(this.wire, session), (problem) => {
      this.busy = false;
      const locked = problem.code === "SESSION_ALREADY_LOCKED";
      this.problem(locked ? "Bill is locked" : "Not locked", problem, [
        problem.lost ? element("p", {}, "Nothing was charged. If the lock did arrive, it can be released here.") : null,
        button("Try again", retry, "go"),
        locked || problem.lost ? button("Release the lock", () => this.release(session)) : null,
        locked ? element("p", { class: "minor" }, "Release it only when nobody is paying at another machine.") : null,
      ], { back: () => this.bill(session) });
    });
    if (!one) return;
    if (one.outstanding <= 0) {
      await this.unlocking(one, () => this.bill(session));
      return;
    }
    one.parts = parts;
    one.keep();
    one.changed = seen !== null && seen !== one.outstanding;
    if (custom) this.amount(one);
    else this.tip(one, Math.ceil(one.outstanding / parts));
  }

  async release(session) {
    const wire = this.wire;
    const held = new Payment(wire, { account: wire.account, requestor: wire.requestor, session });
    this.busy = true;
    await this.unlocking(held, () => this.bill(session));
  }

  leave(one) {
    return this.unlocking(one, () => this.bill(one.session));
  }

  amount(one) {
    const { currency } = one.bill;
    const input = element("input", { id: "amount", inputmode: "decimal", autocomplete: "off" });
    const wrong = element("p", { role: "alert" });
    const onsubmit = (event) => {
      event.preventDefault();
      const amount = read(input.value, currency);
      if (amount === null || amount < 1) wrong.replaceChildren("Enter an amount, such as 12.50.");
      else if (amount > one.outstanding) wrong.replaceChildren(`Only ${written(one.outstanding, currency)} is left to pay.`);
      else return this.tip(one, amount);
      return input.focus();
    };
    this.show("Amount", [element("form", { onsubmit },
      element("label", { for: "amount" }, `How much of ${written(one.outstanding, currency)}?`), input, wrong,
      keypad(input, "."), element("button", { class: "go" }, "Continue"))], { back: () => this.leave(one) });
    input.focus();
  }

  tip(one, base) {
    const { currency } = one.bill;
    const money = (amount) => written(amount, currency);
    const choice = (tenths) => {
      const tip = share(base, tenths);
      return button(`${tenths / 10} % · ${money(tip)}`, () => this.card(one, base, tip));
    };
    this.show("Add a tip?", [
      one.changed ? element("p", { role: "alert" },
        `The bill has changed: ${money(one.outstanding)} is to pay now.`) : null,
      element("p", { class: "price" }, money(base)),
      button("No tip", () => this.card(one, base, 0), "go"),
      element("div", { class: "pad two" }, [100, 125, 150, 200].map(choice)),
      button("Other tip", () => this.otherTip(one, base)),
    ], { back: () => this.leave(one) });
  }

  otherTip(one, base) {
    const { currency } = one.bill;
    const input = element("input", { id: "amount", inputmode: "decimal", autocomplete: "off" });
    const wrong = element("p", { role: "alert" });
    const onsubmit = (event) => {
      event.preventDefault();
      const tip = read(input.value, currency);
      if (tip !== null) return this.card(one, base, tip);
      wrong.replaceChildren("Enter an amount, such as 2.50.");
      return input.focus();
    };
    this.show("Tip", [element("form", { onsubmit }, element("label", { for: "amount" }, "How much tip?"), input, wrong,
      keypad(input, "."), element("button", { class: "go" }, "Continue"))], { back: () => this.tip(one, base) });
    input.focus();
  }

  card(one, base, tip) {
    const money = (amount) => written(amount, one.bill.currency);
    const decide = (outcome, entry) => () => {
      one.decide(outcome, { base, tip, entry });
      this.recording(one);
    };
    this.show(one.telephone ? "Pay by phone" : "Present card", [
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

  // The payment is recorded, whatever it takes, before the bill is unlocked.
  async recording(one) {
    this.busy = true;
    const waiting = (text, reason) => this.show("Please wait", [
      element("p", { class: "big" }, text), reason ? element("p", { class: "minor" }, reason) : null]);
    waiting("Telling the till …");
    const again = (problem) => waiting("Telling the till again …", problem.message);
    const done = await this.doing("Recording the payment …", async () => {
      await one.record(again);
      return true;
    }, (problem) => this.problem(
      one.payment.paymentSuccessful ? "Paid, not recorded" : "Attempt not recorded", problem, [
        element("p", {}, one.payment.paymentSuccessful
          ? "The card was charged, and the till does not know it yet. Trying again charges nothing."
          : "Nothing was charged. The till should still know of the attempt."),
        button("Try again", () => this.relocked(one, problem), "go"),
        element("p", { class: "minor" }, `Payment ${one.payment.id}`),
        button("Give up and unlock", () => this.leave(one), "bad"),
      ]));
    if (done) await this.unlocking(one, () => this.paid(one));
  }

  async relocked(one, problem) {
    if (problem.code === "SESSION_NOT_LOCKED") {
      await this.doing("Locking the bill …", () =>
        this.wire.ask("LockSession", { sessionId: one.session.id }, one.account, one.requestor), () => {});
    }
    await this.recording(one);
  }

  async unlocking(one, then) {
    this.busy = true;
    const done = await this.doing("Unlocking the bill …", async () => {
      await one.finish();
      return true;
    }, (problem) => this.problem("Still locked", problem, [
      element("p", {}, "The bill could not be unlocked, so nobody else can pay it."),
      button("Try again", () => this.unlocking(one, then), "go")]));
    if (!done) return;
    this.busy = false;
    await then();
  }

  async paid(one) {
    const { payment, session, bill } = one;
    const money = (amount) => written(amount, bill.currency);
    if (!payment.paymentSuccessful) {
      const cancelled = JSON.stringify(payment.methodDetails).includes("CANCELLED");
      this.show(cancelled ? "Cancelled" : "Declined", [
        element("p", { class: "big bad" }, cancelled ? "✖ Cancelled. Nothing was charged." : "✖ The card was declined. Nothing was charged."),
        button("Back to the bill", () => this.bill(session), "go")], { kind: "trouble", back: () => this.bill(session) });
      return;
    }
    const left = one.outstanding - payment.baseAmount;
    const parts = one.parts > 1 && left > 0 ? one.parts - 1 : 0;
    if (parts) this.splits.set(session.id, parts);
    else this.splits.delete(session.id);
    this.show("Approved", [
      element("p", { class: "big done" }, `✓ Approved: ${money(payment.baseAmount + payment.tipsAmount)}`),
      element("p", { class: "centre" }, left > 0 ? `${money(left)} is left to pay.` : "The bill is paid in full."),
      left > 0 ? button(parts ? `Next share: ${money(Math.ceil(left / parts))}` : "Back to the bill",
        () => (parts ? this.lock(session, { parts, seen: left }) : this.bill(session)), "go") : null,
      button("Tables", () => this.tables(), left > 0 ? "" : "go"),
    ], { kind: "approved", back: () => this.tables() });
  }
}

// Keys for a thumb; the input can be typed into as well.
function keypad(input, point) {
  const press = (key) => () => {
    input.value = key === "⌫" ? input.value.slice(0, -1) : input.value + key;
  };
  const keys = [..."123456789", point, "0", "⌫"];
  return element("div", { class: "pad three" }, keys.map((key) => key
    ? element("button", { type: "button", onclick: press(key), "aria-label": { "⌫": "Delete", ".": "Point" }[key] }, key)
    : element("span")));
}
