// The screens before anything is locked: who asks, the tables, the bills at a table, one bill, and its paper.

import { button, element } from "./dom.js";
import { written } from "./money.js";
import { AREAS, areas, tile } from "./plan.js";
import { paper, rows } from "./receipt.js";
import { keypad } from "./screen.js";

export class Ordering {
  // `pay(session, how)` takes over where a bill is to be paid; `unfinished` knows what an earlier payment left.
  constructor(wire, screen, unfinished, pay) {
    Object.assign(this, { wire, screen, unfinished, pay });
    this.splits = new Map(); // shares that are still to be paid, by session
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
      if (!/^\d*$/u.test(text)) return input.focus();
      this.wire.waiter = text === "" ? null : Number(text);
      this.wire.telephone = phone.checked;
      return this.tables();
    };
    this.screen.show("Waiter", [element("form", { onsubmit },
      element("label", { for: "number" }, "Your number (empty for none)"), input, keypad(input, ""),
      element("label", { class: "check" }, phone, " This is a guest's own phone"),
      element("button", { class: "go" }, "Show the tables"))], { back: () => this.tables() });
    input.focus();
  }

  async tables({ quietly = false } = {}) {
    const again = (options) => this.tables(options);
    const found = await this.screen.asking("Asking for the tables …", async () => {
      const tables = await this.wire.ask("ListTables");
      const sessions = await this.wire.ask("ListSessions", { isFinished: false });
      const bills = sessions.length
        ? await this.wire.ask("ListBillItems", { sessionIds: sessions.map((one) => one.id) }) : [];
      return { tables, sessions, bills };
    }, (problem) => this.screen.problem("No tables", problem, [button("Try again", () => this.tables(), "go")],
      { live: true, again }), { quietly });
    if (!found) return;
    const bills = new Map(found.bills.map((bill) => [bill.sessionId, bill]));
    const billOf = (session) => bills.get(session.id);
    const open = (sessions, table) =>
      sessions.length === 1 ? this.bill(sessions[0]) : this.sessions(table, sessions, billOf);
    const parts = areas(found.tables).map(([area, tables]) => element("section", { "aria-label": area },
      element("h2", {}, area),
      element("div", { class: "tiles" }, tables.map((table) => {
        const here = found.sessions.filter((one) => one.tableName === table.name);
        return tile(table, here, here.map(billOf), () => open(here, table.name));
      }))));
    const loose = found.sessions.filter((one) => !one.tableName);
    if (loose.length) {
      parts.push(element("section", { "aria-label": "Without a table" }, element("h2", {}, "Without a table"),
        this.list(loose, billOf)));
    }
    const some = found.sessions.some((one) => one.isPayable);
    parts.unshift(element("p", { class: "hint" },
      some ? "Choose a table with an amount on it." : "No table has anything to pay."));
    if (found.tables.some((one) => !one.area)) parts.push(element("p", { class: "minor" }, AREAS));
    this.screen.show("Tables", parts, { live: true, quietly, again });
  }

  list(sessions, billOf) {
    return element("ul", { class: "sessions" }, sessions.map((session) => {
      const bill = billOf(session);
      const due = bill ? bill.totalAmount - bill.paidAmount : 0;
      const amount = due > 0 ? written(due, bill.currency) : "Paid";
      const waiter = session.waiter ? session.waiter.name ?? `Waiter ${session.waiter.id}` : "";
      return element("li", {}, element("button", { type: "button", onclick: () => this.bill(session), "data-key": session.id },
        element("span", {}, session.name, waiter ? element("small", {}, waiter) : ""),
        element("strong", {}, session.isPayable || due <= 0 ? amount : "Not payable")));
    }));
  }

  sessions(table, sessions, billOf) {
    this.screen.show(table,
      sessions.length ? [this.list(sessions, billOf)] : [element("p", { class: "big" }, "There is no bill at this table.")],
      { back: () => this.tables() });
  }

  async bill(session, { quietly = false } = {}) {
    const again = (options) => this.bill(session, options);
    const bill = await this.screen.asking("Asking for the bill …",
      () => this.wire.ask("GetBillItems", { sessionId: session.id }),
      (problem) => this.screen.problem("No bill", problem, [button("Try again", () => this.bill(session), "go")],
        { back: () => this.tables(), live: problem.lost || problem.away, again }), { quietly });
    if (!bill) return;
    const name = session.title ?? (session.tableName ? `${session.tableName} - ${session.name}` : session.name);
    this.screen.show(name, [
      element("div", { class: "bill" }, rows(bill)),
      element("div", { class: "actions" }, this.actions(session, bill), button("Print the bill", () => this.print(session))),
    ], { back: () => this.tables(), live: true, again, quietly });
  }

  actions(session, bill) {
    const outstanding = bill.totalAmount - bill.paidAmount;
    const charged = this.unfinished.chargedOn(session);
    if (charged) {
      return [element("p", { class: "big bad", role: "status" },
        `${written(charged.charged, charged.bill.currency)} was charged for this bill, and the till does not know it yet.`)];
    }
    if (outstanding <= 0) {
      return [element("p", { class: "big done", role: "status" }, "✓ Already paid: nothing is left to pay.")];
    }
    const parts = this.splits.get(session.id) ?? 0;
    return [
      parts > 1 ? button(`Pay the next of ${parts} shares`, () => this.pay(session, { parts, seen: outstanding }), "go") : null,
      button(`Pay ${written(outstanding, bill.currency)}`, () => this.pay(session, { seen: outstanding }),
        parts > 1 ? "" : "go", "pay"),
      element("div", { class: "pair" },
        button("Split equally", () => this.split(session, outstanding, bill.currency)),
        button("Other amount", () => this.pay(session, { custom: true, seen: outstanding }))),
    ];
  }

  async print(session) {
    const full = await this.screen.asking("Printing …", () => this.wire.ask("GetFullBill", { sessionId: session.id }),
      (problem) => this.screen.problem("Nothing to print", problem,
        [button("Try again", () => this.print(session), "go")], { back: () => this.bill(session) }));
    if (full) this.screen.show("Printed bill", [paper(full)], { back: () => this.bill(session) });
  }

  split(session, outstanding, currency) {
    const choice = (parts) => button(
      `${parts} × ${written(Math.ceil(outstanding / parts), currency)}`,
      () => this.pay(session, { parts, seen: outstanding }));
    this.screen.show("How many pay?", [element("div", { class: "pad two" }, [2, 3, 4, 5, 6, 7, 8, 10].map(choice))],
      { back: () => this.bill(session) });
  }
}
