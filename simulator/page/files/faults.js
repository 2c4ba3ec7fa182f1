// Buttons that make things go wrong.

import { button, element } from "./dom.js";
import { call } from "./wire.js";

const BUTTONS = [
  ["Drop the connection", { kind: "drop", at: "now" }],
  ["Delay the next answer", { kind: "delay", at: "answer", milliseconds: 3000 }],
  ["Send the next request twice", { kind: "duplicate" }],
  ["Swap the next two requests", { kind: "reorder" }],
  ["Lose the next answer", { kind: "lose" }],
  ["Lose a payment's answer", { kind: "lose", method: "RecordPayment" }],
  ["Drop in mid-payment", { kind: "drop", at: "sent", method: "RecordPayment" }],
  ["Send rubbish", { kind: "rubbish", at: "now" }],
  ["Kill the adapter in mid-payment", { kind: "kill", method: "RecordPayment" }],
];

export class Faults {
  // `account()` is whose connection is meant; `named(method)` is what a method is called there.
  constructor(place, account, named = (method) => method) {
    this.account = account;
    this.named = named;
    this.said = element("p", { role: "status", class: "minor" });
    this.buttons = element("div", { class: "faults" });
    this.planned = element("ul", { class: "planned", "aria-label": "Planned faults" });
    place.append(element("details", {}, element("summary", {}, element("h2", {}, "Make something go wrong")),
      this.buttons,
      this.said, this.planned));
  }

  async plan(label, fault) {
    await this.tried(async () => {
      const [status, body] = await call("/api/faults", "POST", { ...fault, method: this.named(fault.method), account: this.account() });
      const outcome = fault.at === "now" ? "done." : "planned: it happens to the request it is meant for.";
      return status === 200 ? `${label}: ${outcome}` : [body.error, body.hint].filter(Boolean).join(". ");
    });
    await this.show();
  }

  async tried(work) {
    try {
      this.said.replaceChildren(await work());
    } catch (problem) {
      this.said.replaceChildren(problem.message);
    }
  }

  async show() {
    try {
      const [, { planned, can_kill: canKill }] = await call("/api/faults");
      if (!this.buttons.children.length) {
        // Where nobody knows the adapter's process, there is no button that could not work.
        this.buttons.replaceChildren(...BUTTONS.filter(([, { kind }]) => kind !== "kill" || canKill)
          .map(([label, fault]) => button(label, () => this.plan(label, fault))));
      }
      this.planned.replaceChildren(...planned.map((fault) => element("li", {},
        `${fault.kind} (${fault.method ?? "any request"}) `,
        button("Take back", async () => {
          await this.tried(async () => { await call(`/api/faults/${fault.number}`, "DELETE"); return "Taken back."; });
          await this.show();
        }))));
    } catch {
      this.planned.replaceChildren();
    }
  }
}
