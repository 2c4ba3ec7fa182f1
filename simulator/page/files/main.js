// Puts the page together: who is connected, which screen is shown, and what stands beside the machine.

import { element } from "./dom.js";
import { Faults } from "./faults.js";
import { Machine } from "./machine.js";
import { IS_ORDERS, methodOf } from "./orders.js";
import { Protocol } from "./protocol.js";
import { Till } from "./till.js";
import { call, Wire } from "./wire.js";

const AWAY = "The adapter is not connected; waiting for it. What its config.toml needs stands where the simulator was started.";
const LOST = "The connection to the adapter is lost; waiting for it to come back.";

const wire = new Wire();
const machine = new Machine(wire);
const connection = document.getElementById("connection");
let connected = null;
let wasThere = false; // whether the adapter has been connected since the page was opened

async function look() {
  let accounts = [];
  let text = "";
  try {
    const [, { connections }] = await call("/api/connections");
    accounts = connections;
    wire.dialects = new Map(connections.map((one) => [one.account, one.dialect]));
    wire.registered = new Map(connections.map((one) => [one.account, one.registered]));
    if (!connections.some((one) => one.account === wire.account)) {
      wire.account = (connections.find((one) => one.connected) ?? connections[0])?.account ?? "";
    }
    const mine = connections.find((one) => one.account === wire.account);
    if (!mine?.connected) text = wasThere ? LOST : AWAY;
    wasThere ||= Boolean(mine?.connected);
  } catch (problem) {
    text = problem.message;
  }
  connection.replaceChildren(text);
  connection.hidden = !text;
  document.body.classList.toggle("offline", Boolean(text));
  const now = !text;
  if (accounts.length > 1) connection.after(choice(accounts));
  if (now !== connected) {
    const first = connected === null;
    connected = now;
    if (first) await machine.start();
    else if (now) await machine.reconnected();
  }
}

function choice(accounts) {
  document.getElementById("accounts")?.remove();
  const options = accounts.map((one) =>
    element("option", { value: one.account, selected: one.account === wire.account },
      `${one.account}: ${one.dialect === IS_ORDERS ? "EPOS Data API" : "Tables API"}${one.connected ? "" : " (not connected)"}`));
  const onchange = (event) => {
    if (machine.screen.busy) {
      event.target.value = wire.account; // what is locked there is finished first
      return;
    }
    wire.account = event.target.value;
    connected = null;
    wasThere = false;
    look();
  };
  return element("label", { id: "accounts" }, "Account ", element("select", { onchange }, options));
}

const faults = new Faults(document.getElementById("faults"), () => wire.account,
  (method) => methodOf(method, wire.dialects.get(wire.account)));
const till = new Till(document.getElementById("till"), () => machine.screen.refresh());
new Protocol(document.getElementById("protocol"), {
  onNote: () => { look(); faults.show(); },
  onFault: () => faults.show(),
  onOpen: () => look(),
  onLost: () => look(),
  onPaid: () => till.show(),
});

document.getElementById("back").addEventListener("click", () => machine.screen.back());
document.getElementById("waiter").addEventListener("click", () => machine.ordering.askWaiter());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.getElementById("back").hidden) machine.screen.back();
});
setInterval(() => machine.tick(), 10000);
look();
till.show();
faults.show();
