// The table plan.

import { element } from "/page/dom.js";
import { written } from "/page/money.js";

const STATUS = {
  TABLE_STATUS_NOT_IN_USE: ["off", "Not in use"],
  TABLE_STATUS_AVAILABLE: ["free", "Free"],
  TABLE_STATUS_OCCUPIED: ["taken", "Occupied"],
  TABLE_STATUS_PENDING_AVAILABLE: ["pending", "To be cleared"],
};

// Tables by the words before the number in their names: the wire has no areas of its own.
export function areas(tables) {
  const found = new Map();
  for (const table of tables) {
    const area = table.name.replace(/\s*\d+\s*$/, "").trim() || "Tables";
    found.set(area, [...(found.get(area) ?? []), table]);
  }
  const several = [...found].filter(([, here]) => here.length > 1);
  const single = [...found].filter(([, here]) => here.length === 1).flatMap(([, here]) => here);
  return single.length ? [...several, [several.length ? "Others" : "Tables", single]] : several;
}

export function tile(table, sessions, bills, onclick) {
  const [kind, status] = STATUS[table.status] ?? ["off", table.status];
  const known = bills.filter(Boolean);
  const due = known.reduce((sum, bill) => sum + bill.totalAmount - bill.paidAmount, 0);
  const payable = sessions.some((one) => one.isPayable) && due > 0;
  const amount = payable ? written(due, known[0].currency) : sessions.length ? "Paid" : "";
  const more = sessions.length > 1 ? `${sessions.length} bills` : "";
  return element("button", { type: "button", class: `tile ${kind}`, onclick, "data-key": table.name },
    element("b", {}, table.name), element("span", {}, status),
    amount ? element("strong", {}, amount) : null, more ? element("small", {}, more) : null);
}
