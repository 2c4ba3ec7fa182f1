// The demonstration's till, where there is one.

import { button, element } from "./dom.js";
import { call } from "./wire.js";

export class Till {
  constructor(place, changed) {
    this.place = place;
    this.changed = changed;
    this.said = element("p", { role: "status", class: "minor" });
    this.sql = element("pre", { tabindex: "0" });
    this.check = element("select", { id: "till-check" });
    this.item = element("select", { id: "till-item" });
    place.append(element("h2", {}, "Till"),
      element("p", { class: "minor" }, "Rings an item up in the restaurant's own tables, by SQL, past the adapter."),
      element("div", { class: "ring" },
        element("span", { class: "field" }, element("label", { for: "till-check" }, "Check"), this.check),
        element("span", { class: "field" }, element("label", { for: "till-item" }, "Item"), this.item),
        button("Ring it up", () => this.ringUp())),
      this.said, element("details", {}, element("summary", {}, "The SQL that was run"), this.sql));
  }

  async show() {
    try {
      const [status, found] = await call("/till/checks");
      if (status !== 200) return;
      fill(this.check, found.checks.map((one) =>
        [one.check, `${one.check} · ${one.tables.join(", ") || one.kind} · ${one.due}`]));
      if (!this.item.options.length) {
        const [, { items }] = await call("/till/items");
        fill(this.item, items.map((one) => [one.item, `${one.name} · ${one.price}`]));
      }
      this.place.hidden = false;
    } catch {
      // A till that does not answer is not shown; the machine says what is wrong.
    }
  }

  async ringUp() {
    try {
      const body = { item: Number(this.item.value), count: 1 };
      const [status, found] = await call(`/till/checks/${this.check.value}/items`, "POST", body);
      if (status === 200) this.sql.replaceChildren(found.sql.join(";\n\n"));
      this.said.replaceChildren(status === 200
        ? `Check ${found.check.check} comes to ${found.check.total} now.` : found.error);
    } catch (problem) {
      this.said.replaceChildren(problem.message);
    }
    await this.show();
    await this.changed();
  }
}

function fill(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  if (options.some(([value]) => String(value) === chosen)) select.value = chosen;
}
