// Every frame as it crosses the socket.

import { button, element } from "./dom.js";
import { codeOf } from "./orders.js";
import { explained } from "./refused.js";
import { explain } from "./statements.js";

const MOST = 200;
const PAYMENTS = ["RecordPayment", "RecordOrderPaymentByIdV1"];
const STANDING = {
  late: "came after its request was given up",
  repeated: "answers a request that was answered before",
  unasked: "answers nothing that was asked",
};

export class Protocol {
  constructor(place, tell) {
    this.tell = tell;
    this.list = element("ol", { class: "frames", tabindex: "0", "aria-label": "Frames, the newest first" });
    this.state = element("span", { class: "minor", role: "status" }, "connecting");
    place.append(element("h2", {}, "Protocol ", this.state),
      element("p", { class: "minor" }, "Open an answer to see all of it, and the SQL that it came from."),
      element("p", { class: "pair" }, button("Clear", () => this.list.replaceChildren()),
        element("a", { href: "/openapi.json" }, "Endpoints")), this.list);
    const source = new EventSource("/api/events");
    source.addEventListener("frame", (event) => this.frame(JSON.parse(event.data)));
    source.addEventListener("note", (event) => this.note(JSON.parse(event.data)));
    source.addEventListener("open", () => { this.state.replaceChildren("live"); tell.onOpen(); });
    source.addEventListener("error", () => { this.state.replaceChildren("no connection to the simulator"); tell.onLost(); });
  }

  add(item) {
    this.list.prepend(item);
    while (this.list.children.length > MOST) this.list.lastElementChild.remove();
  }

  note(note) {
    this.add(element("li", { class: `note ${note.kind}` }, time(note.at), ` ${note.account} ${note.text}`));
    this.tell.onNote();
  }

  frame(frame) {
    const asks = frame.sender === "gateway";
    const parsed = readable(frame);
    const code = asks ? "" : parsed?.result?.errorCode ?? parsed?.error?.errorType ?? "";
    const bad = frame.findings.filter((one) => one.severity === "error").length;
    const verdict = asks ? "" : frame.findings.length ? `✖ ${frame.findings.length} wrong` : "✓ valid";
    const details = element("details", {},
      element("summary", {},
        element("span", { class: "way" }, asks ? "→ asks" : "← answers"), " ",
        element("b", {}, frame.method || "?"), " ",
        frame.milliseconds === null ? "" : element("span", { class: "minor" }, `${Math.round(frame.milliseconds)} ms `),
        verdict ? element("span", { class: frame.findings.length ? "bad" : "good" }, verdict) : "",
        code ? element("span", { class: "code" }, ` ${code}`) : ""));
    // Long frames are laid out only when somebody looks.
    details.addEventListener("toggle", () => {
      if (details.open && !details.querySelector("pre")) details.append(...this.inside(frame, parsed));
    });
    const remarks = [
      code ? explained(parsed.error ? codeOf(frame.method, parsed.error) : code) : "",
      STANDING[frame.standing] ? `This ${STANDING[frame.standing]}.` : "",
      frame.fault ? `On purpose: ${frame.fault}` : "",
      ...frame.findings.map((one) => `${one.path} ${one.message}`),
    ].filter(Boolean);
    this.add(element("li", { class: `${asks ? "asks" : "answers"} ${bad ? "wrong" : ""}` }, details,
      remarks.map((text) => element("p", { class: "remark" }, text))));
    if (frame.fault) this.tell.onFault();
    if (!asks && PAYMENTS.includes(frame.method)) this.tell.onPaid();
  }

  inside(frame, parsed) {
    const text = parsed === null ? frame.data : JSON.stringify(parsed, null, 2);
    const sql = element("div", { class: "sql" });
    if (frame.sender === "adapter") explain(frame, sql).catch((problem) => sql.replaceChildren(problem.message));
    return [
      element("p", { class: "minor" }, time(frame.at), ` frame ${frame.number}, ${frame.account}`),
      ...frame.findings.map((one) => element("p", { class: "minor" }, `${one.kind}: ${one.source}`)),
      element("pre", { tabindex: "0" }, text),
      frame.cut ? element("a", { href: `/api/frames/${frame.number}` }, "All of it") : "",
      sql,
    ];
  }
}

const time = (at) => element("time", { datetime: at }, at.slice(11, 23));

function readable(frame) {
  if (frame.encoding !== "text" || frame.cut) return null;
  try {
    return JSON.parse(frame.data);
  } catch {
    return null;
  }
}
