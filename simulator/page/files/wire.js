// Asks the adapter, as one card machine or one guest's telephone.

import { codeOf, IS_ORDERS, Orders } from "/page/orders.js";

const TERMINAL = "22334455";
const TELLS = {
  SESSION_NO_SUCH_SESSION: "This bill is not there any more.",
  SESSION_NOT_LOCKED: "The bill is not locked, so nothing may be paid on it.",
  SESSION_ALREADY_LOCKED: "The bill is locked: somebody is paying it already.",
  SESSION_UNABLE_TO_UNLOCK: "The till cannot unlock the bill.",
  PAYMENT_NOT_RECORDED: "The till could not record the payment.",
  PAYMENT_REFUSED: "The till refuses the payment, and the provider gives the money back.",
  PAYMENT_ALREADY_RECORDED: "The till has this payment already.",
  BILL_NO_SUCH_BILL: "There is no bill at this table.",
  TABLE_NO_SUCH_TABLE: "There is no such table.",
  WAITER_INCORRECT_WAITER_ID: "This waiter number may not open the bill. Enter another one.",
  ERROR_PARSE_ERROR: "The adapter could not read the request.",
  ERROR_INTERNAL_POS_ERROR: "The till has a problem.",
};

export function explained(code) {
  return TELLS[code] ?? `The adapter says ${code}.`;
}

// What did not work. `away`: there is no adapter now. `lost`: nobody knows whether the adapter did it. Without either and without
// a code, the simulator itself refused to ask.
export class Refused extends Error {
  constructor(text, { code = "", reason = "", away = false, lost = false } = {}) {
    super(text);
    Object.assign(this, { code, reason, away, lost });
  }
}

export class Wire {
  account = "";
  waiter = null;
  telephone = false;
  dialects = new Map(); // what is spoken with each account
  #orders = new Map();

  get requestor() {
    if (this.telephone) return { requestorType: "REQUESTOR_TYPE_CONSUMER_DEVICE", consumerDeviceRequestorInfo: {} };
    const info = { terminalId: TERMINAL };
    if (this.waiter !== null) info.waiterId = this.waiter;
    return { requestorType: "REQUESTOR_TYPE_CARD_MACHINE", cardMachineRequestorInfo: info };
  }

  get terminal() {
    return TERMINAL;
  }

  // The unwrapped result. Throws Refused.
  async ask(method, params = {}, account = this.account, requestor = this.requestor) {
    if (this.dialects.get(account) === IS_ORDERS) return this.#ordersOf(account).ask(method, params, requestor);
    return this.#send(account, method, { ...params, requestorInfo: requestor });
  }

  #ordersOf(account) {
    const found = this.#orders.get(account) ?? new Orders(account, (method, params) => this.#send(account, method, params));
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
