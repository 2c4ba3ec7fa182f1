// Asks the adapter, as one card machine or one guest's telephone.

import { codeOf, IS_ORDERS, Orders } from "./orders.js";
import { explained, Refused } from "./refused.js";

const TERMINAL = "22334455";

export class Wire {
  account = "";
  waiter = null;
  telephone = false;
  dialects = new Map(); // what is spoken with each account
  registered = new Map(); // the capabilities that each account has registered; null where nothing ever was, and all is asked
  #orders = new Map();
  #waiting = new Set(); // who waits for the adapter, as functions that wake them

  get requestor() {
    if (this.telephone) return { requestorType: "REQUESTOR_TYPE_CONSUMER_DEVICE", consumerDeviceRequestorInfo: {} };
    const info = { terminalId: TERMINAL };
    if (this.waiter !== null) info.waiterId = this.waiter;
    return { requestorType: "REQUESTOR_TYPE_CARD_MACHINE", cardMachineRequestorInfo: info };
  }

  get terminal() {
    return TERMINAL;
  }

  // Waits so many milliseconds, or until the adapter is there again.
  async wait(milliseconds) {
    await new Promise((wake) => {
      this.#waiting.add(wake);
      setTimeout(wake, milliseconds);
    });
  }

  // Tells whoever waits that the adapter is there again.
  isBack() {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  // The unwrapped result. Throws Refused.
  async ask(method, params = {}, account = this.account, requestor = this.requestor) {
    if (this.dialects.get(account) === IS_ORDERS) return this.#ordersOf(account).ask(method, params, requestor);
    return this.#send(account, method, { ...params, requestorInfo: requestor });
  }

  #ordersOf(account) {
    const found = this.#orders.get(account) ?? new Orders(account, (method, params) => this.#send(account, method, params),
      (capability) => this.registered.get(account)?.includes(capability) ?? true);
    this.#orders.set(account, found);
    return found;
  }

  async #send(account, method, params) {
    const path = `/v1/${encodeURIComponent(account)}/${method}?timeout=8`;
    const [status, body] = await call(path, "POST", params);
    if (status === 200) return body;
    if (status === 422) {
      const code = body?.errorType ? codeOf(method, body) : body?.errorCode ?? "";
      throw new Refused(explained(code), { code, reason: body?.errorReason ?? body?.debugMessage ?? "" });
    }
    const sentence = {
      503: "The adapter is not connected.",
      504: "The adapter did not answer.",
      502: "The adapter's answer has no result.",
    }[status];
    throw new Refused(sentence ?? body?.error ?? "The simulator has a problem.",
      { away: status === 503, lost: [500, 502, 504].includes(status), reason: body?.error });
  }
}

// Status and JSON of a request to the simulator itself.
export async function call(path, verb = "GET", body = undefined) {
  try {
    const answer = await fetch(path, { method: verb, body: body && JSON.stringify(body) });
    return [answer.status, await answer.json()];
  } catch {
    throw new Refused("The simulator does not answer. Is it still running?", { lost: true });
  }
}
