// The SQL that a request became at the adapter, where the adapter tells it.

import { element } from "./dom.js";
import { call } from "./wire.js";

// A statement with the runs of NULL counted, which give a UNION its columns and say nothing.
export function shortened(sql) {
  return sql.replaceAll(/NULL(?:, NULL){3,}/gu, (run) => `/* ${run.split(",").length} × NULL */`);
}

const number = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

function statement(one) {
  const outcome = one.error ? `failed (${one.error})` : number(one.rows, "row");
  return [
    element("p", { class: "minor" }, `${one.name}: ${outcome}, ${one.milliseconds.toFixed(1)} ms`),
    one.sql ? element("pre", { tabindex: "0" }, shortened(one.sql)) : null,
  ];
}

// Asks for the SQL of a frame's request, and puts it where it is wanted.
export async function explain(frame, place) {
  const [status, body] = await call(`/api/frames/${frame.number}/statements`);
  if (status !== 200) {
    place.replaceChildren(element("p", { class: "minor" }, ["No SQL: ", [body.error, body.hint].filter(Boolean).join("; "), "."]));
    return;
  }
  const count = body.statements.length;
  place.replaceChildren(
    element("p", { class: "bold" }, count ? `The adapter ran ${number(count, "statement")}:` : "The adapter ran no SQL."),
    ...body.statements.flatMap(statement).filter(Boolean));
}
