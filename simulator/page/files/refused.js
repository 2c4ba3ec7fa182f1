// What did not work, and how the adapter's codes are told to whoever stands at the machine.

const TELLS = {
  SESSION_NO_SUCH_SESSION: "This bill is not there any more.",
  SESSION_NOT_LOCKED: "The bill is not locked, so nothing may be paid on it.",
  SESSION_ALREADY_LOCKED: "The bill is locked: somebody is paying it already.",
  SESSION_LOCK_GONE: "The lock is not there any more.",
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
