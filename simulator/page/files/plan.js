// The table plan.

import { element } from "./dom.js";
import { written } from "./money.js";

const STATUS = {
  TABLE_STATUS_NOT_IN_USE: ["off", "Not in use"],
  TABLE_STATUS_AVAILABLE: ["free", "Free"],
  TABLE_STATUS_OCCUPIED: ["taken", "Occupied"],
  TABLE_STATUS_PENDING_AVAILABLE: ["pending", "To be cleared"],
};
export const AREAS = "Areas are taken from the tables' names: the Tables API names none.";

// The words before the number in a table's name, where they say more than that it is a table.
export function areaOf(name) {
  const words = name.replace(/[\s\p{P}]*\d+\s*$/u, "").trim();
  return words.length < 3 || /^(table|tisch|mesa|tavolo)$/iu.test(words) ? "Tables" : words;
}

// Tables by area; an area with a single table is none.
export function areas(tables) {
  const found = new Map();
  for (const table of tables) {
    const area = table.area ?? areaOf(table.name);
    found.set(area, [...(found.get(area) ?? []), table]);
  }
  const several = [...found].filter(([area, here]) => here.length > 1 || area === "Tables");
  const single = [...found].filter(([area, here]) => here.length === 1 && area !== "Tables").flatMap(([, here]) => here);
  return single.length ? [...several, [several.length ? "Others" : "Tables", single]] : several;
}

export function tile(table, sessions, bills, onclick) {
  const [kind, status] = STATUS[table.status] ?? ["off", table.status];
  const known = bills.filter(Boolean);
  const due = known.reduce((sum, bill) => sum + bill.totalAmount - bill.paidAmount, 0);
  const payable = sessions.some((one) => one.isPayable) && due > 0;
  const more = sessions.length > 1 ? `${sessions.length} bills` : "";
  return element("button", { type: "button", class: `tile ${kind}`, onclick, "data-key": table.name },
    element("b", {}, table.name), element("span", {}, status),
    payable ? element("strong", {}, written(due, known[0].currency)) : null,
    !payable && sessions.length ? element("span", {}, due > 0 ? "Not payable" : "Paid") : null,
    more ? element("small", {}, more) : null);
}
