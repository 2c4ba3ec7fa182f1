// The EPOS Data API behind the machine's screens, which speak of tables, sessions and bills: each question becomes one or more
// of its methods, and what they answer is told in the screens' words.

import { lines } from "./orderpaper.js";
import { Refused } from "./refused.js";

const PAGE = 100;
const PAGES = 20;
const SHORT = 2 * 60 * 1000; // milliseconds that a lock is counted on which can be extended, as the provider does it
const LONG = 10 * 60 * 1000; // of one that cannot
const SPARE = 10 * 1000; // that it is asked for beyond: a card and its payment take as long, and clocks differ
const LONGEST = 24; // letters of a name
const PREFIX = "epos-simulator-lock/";
const METHODS = {
  GetBillItems: "GetOrderByIdV1",
  GetFullBill: "GetOrderBillByIdV1",
  LockSession: "CreateOrderLockV1",
  ExtendLock: "ExtendOrderLockV1",
  UnlockSession: "DeleteOrderLockV1",
  RecordPayment: "RecordOrderPaymentByIdV1",
};

export const IS_ORDERS = "epos-data";

// What a method of the screens is called on the wire.
export const methodOf = (method, dialect) => (dialect === IS_ORDERS ? METHODS[method] ?? method : method);

// The error of the screens that says the same: what Conflict means depends on what was asked.
export function codeOf(method, { errorType = "" } = {}) {
  if (errorType === "NotFound") return "SESSION_NO_SUCH_SESSION";
  if (errorType === "InvalidRequest") return "ERROR_PARSE_ERROR";
  if (errorType !== "Conflict") return "ERROR_INTERNAL_POS_ERROR";
  return {
    CreateOrderLockV1: "SESSION_ALREADY_LOCKED",
    ExtendOrderLockV1: "SESSION_LOCK_GONE",
    DeleteOrderLockV1: "SESSION_UNABLE_TO_UNLOCK",
    RecordOrderPaymentByIdV1: "PAYMENT_REFUSED",
  }[method] ?? "WAITER_INCORRECT_WAITER_ID";
}

export class Orders {
  #orders = []; // of the last table plan
  #tables = [];
  #names = new Map();

  // `send(method, params)` gives the result or throws Refused, `isOffered(capability)` says whether the EPOS offers it; `storage`
  // keeps the ids of locks, so that a page that is loaded anew gives back what it holds.
  constructor(account, send, isOffered = () => true, storage = localStorage) {
    Object.assign(this, { account, send, isOffered, storage });
  }

  async ask(method, params, requestor) {
    const headers = headersOf(requestor);
    switch (method) {
      case "ListTables":
        return this.plan(headers);
      case "ListSessions":
        return this.#orders.map((order) => this.session(order));
      case "ListBillItems":
        return this.#orders.map(billOf).filter(Boolean);
      case "RecordPayment":
        return this.record(params.payment, headers);
      default:
        return this.about(method, params, headers);
    }
  }

  // Tables have no status in this API: one with an order to pay is taken.
  async plan(headers) {
    this.#orders = await this.every("SearchOrdersV1", { payableOnly: true, headers });
    this.#names = namesOf(this.#orders);
    // An EPOS may offer neither tables nor areas.
    this.#tables = await offered(() => this.every("SearchTablesV1", { headers }));
    const areas = new Map((await offered(() => this.send("ListAreasV1", { headers }))).map((one) => [one.id, one.name]));
    const taken = new Set(this.#orders.map(tableIdOf));
    const times = new Map();
    for (const { name } of this.#tables) times.set(name, (times.get(name) ?? 0) + 1);
    for (const table of this.#tables) {
      // Names are unique in an area only.
      table.shown = times.get(table.name) > 1 ? `${areas.get(table.areaId) ?? table.id} ${table.name}` : table.name;
    }
    const byName = (one, other) => one.shown.localeCompare(other.shown, undefined, { numeric: true });
    return this.#tables.toSorted(byName).map((table) => ({
      name: table.shown,
      area: areas.get(table.areaId),
      maxCovers: table.maxCovers ?? 0,
      status: taken.has(table.id) ? "TABLE_STATUS_OCCUPIED" : "TABLE_STATUS_AVAILABLE",
    }));
  }

  async every(method, params) {
    const found = [];
    let cursor = { limit: PAGE };
    for (let page = 0; page < PAGES; page += 1) {
      const { data, after } = await this.send(method, { ...params, cursor });
      found.push(...data);
      if (!after) break;
      cursor = { limit: PAGE, after };
    }
    return found;
  }

  session(order) {
    const waiter = order.details.dineIn?.waiterId;
    const table = this.#tables.find((one) => one.id === tableIdOf(order));
    const name = this.#names.get(order.id);
    return {
      id: order.id,
      name,
      title: name,
      tableName: table?.shown,
      isPayable: order.payable ?? false,
      waiter: waiter === undefined ? undefined : { id: waiter },
    };
  }

  async about(method, { sessionId: orderId, hasEnded }, headers) {
    const wire = METHODS[method];
    if (method === "GetFullBill") {
      const { header, order, footer } = await this.send(wire, { orderId, headers });
      return { header: lines(header), billItems: billIn(order), footer: lines(footer) };
    }
    if (method === "GetBillItems") return billIn(await this.send(wire, { orderId, headers }));
    const lockId = this.lockId(orderId);
    if (method === "UnlockSession") {
      try {
        await this.send(wire, { orderId, lockId, headers });
      } catch (problem) {
        // An EPOS may refuse to delete a lock that has ended by itself.
        if (!hasEnded || !problem.code) throw problem;
      }
      this.storage.removeItem(this.key(orderId));
      return {};
    }
    const isExtendable = this.isOffered("ExtendOrderLock");
    const until = Date.now() + (isExtendable ? SHORT : LONG);
    const params = { orderId, lockId, expiry: new Date(until + SPARE).toISOString(), headers };
    const lock = { lockedUntil: new Date(until).toISOString(), isExtendable };
    if (method === "LockSession") return { ...billIn(await this.send(wire, params)), lock };
    await this.send(wire, params);
    return { lock };
  }

  // Only money that has moved is told of, so there is nothing to say of a card that was declined.
  async record(payment, headers) {
    if (!payment.paymentSuccessful) return {};
    const money = (value) => ({ value, currencyCode: payment.currency });
    await this.send(METHODS.RecordPayment, {
      orderId: payment.sessionId,
      paymentIntentId: payment.id,
      paidAmount: money(payment.baseAmount),
      tipsAmount: money(payment.tipsAmount),
      lockId: this.lockId(payment.sessionId),
      headers,
    });
    return {};
  }

  key(orderId) {
    return `${PREFIX}${this.account}/${orderId}`;
  }

  // The same lock has the same id until it is deleted, so that asking again after a lost answer is asking for the same.
  lockId(orderId) {
    const key = this.key(orderId);
    const known = this.storage.getItem(key) ?? `lock_${crypto.randomUUID()}`;
    this.storage.setItem(key, known);
    return known;
  }
}

// What a card machine lists orders by: names are cut, and those that are there twice are numbered (flows page).
export function namesOf(orders) {
  const short = ({ displayName, details, id }) => [...displayName ?? details.dineIn?.tableId ?? id].slice(0, LONGEST).join("");
  const times = new Map();
  for (const order of orders) times.set(short(order), (times.get(short(order)) ?? 0) + 1);
  const seen = new Map();
  return new Map(orders.map((order) => {
    const name = short(order);
    if (times.get(name) === 1) return [order.id, name];
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return [order.id, `${name} - ${seen.get(name)}`];
  }));
}

async function offered(ask) {
  try {
    return await ask();
  } catch (problem) {
    if (problem.lost || problem.code === "ERROR_INTERNAL_POS_ERROR") throw problem;
    return [];
  }
}

const tableIdOf = (order) => order.details.dineIn?.tableId;

function headersOf(requestor) {
  const info = requestor.cardMachineRequestorInfo;
  if (!info) return { dojoRequestingProduct: "Order&Pay" };
  const headers = { deviceId: `tm_sandbox_${info.terminalId}`, deviceType: "Dojo Terminal" };
  return info.waiterId === undefined ? headers : { ...headers, waiterId: String(info.waiterId) };
}

// The bill of an order. Throws Refused where it has none.
function billIn(order) {
  const bill = billOf(order);
  if (!bill) throw new Refused("There is no bill for this order.", { code: "BILL_NO_SUCH_BILL" });
  return bill;
}

// An order as a bill; null where it has none. What is taken off stands among the items, below nothing.
export function billOf(order) {
  if (!order.totalAmount) return null;
  const value = (amount) => amount?.value ?? 0;
  const items = (order.items ?? []).map((item) => ({
    name: item.name,
    quantity: item.quantity,
    amountPerItem: value(item.amountPerItem),
    // Of all of the item, which is what the paper adds up.
    modifiers: (item.modifiers ?? []).map((one) => ({
      name: one.name, quantity: one.quantity, amountPerModifier: item.quantity * value(one.amountPerModifier),
    })),
  }));
  const discounts = (order.discounts ?? []).map((one) => ({
    name: one.name, quantity: 1, amountPerItem: -value(one.amountTotal),
  }));
  return {
    sessionId: order.id,
    totalAmount: value(order.totalAmount),
    paidAmount: value(order.paidAmount),
    taxAmount: (order.taxLines ?? []).reduce((sum, one) => sum + value(one.amountTotal), 0),
    serviceCharge: value(order.serviceChargeAmount) || undefined,
    currency: order.totalAmount.currencyCode,
    note: order.note,
    items: [...items, ...discounts],
  };
}
