// One payment at a bill: lock, pay, record, unlock. Each step is kept before it is done, so that neither a lost answer nor
// a page that is closed makes the machine forget a lock that it holds or a card that it charged.

import { Refused } from "./refused.js";

const PAUSES = [500, 1500, 3000];
const AWAY = 5000; // milliseconds at least that an adapter which is away is waited for each time; its return ends the wait

// What is left to do. Unsure: an answer was lost, so that nobody knows whether the bill is locked by us. Decided: the card was
// shown, and the till must hear of it. Done: only our lock is left.
export const UNSURE = "unsure", LOCKED = "locked", DECIDED = "decided", DONE = "done";

const GONE = ["SESSION_NOT_LOCKED", "SESSION_NO_SUCH_SESSION"];
const STATUS = { successful: "SUCCESSFUL", declined: "DECLINED", cancelled: "CANCELLED" };

export class Payment {
  constructor(wire, kept, entry) {
    this.wire = wire;
    this.kept = kept;
    Object.assign(this, entry);
  }

  static at(session, wire, kept) {
    return new Payment(wire, kept, {
      key: crypto.randomUUID(),
      since: new Date().toISOString(),
      state: null,
      account: wire.account,
      requestor: wire.requestor,
      telephone: wire.telephone,
      session,
      bill: null,
      payment: null,
      parts: 1,
    });
  }

  get outstanding() {
    return this.bill.totalAmount - this.bill.paidAmount;
  }

  // Whether a card was charged that the till has not confirmed.
  get isCharged() {
    return this.state === DECIDED && this.payment.paymentSuccessful;
  }

  // Milliseconds until the lock ends by itself.
  get left() {
    return this.lockedUntil ? Date.parse(this.lockedUntil) - Date.now() : Infinity;
  }

  get charged() {
    return this.payment.baseAmount + this.payment.tipsAmount;
  }

  async pause(problem, milliseconds) {
    await this.wire.wait(problem.away ? Math.max(AWAY, milliseconds) : milliseconds);
  }

  // Throws Refused where it cannot be kept; then nothing has changed.
  keep(state = this.state, more = {}) {
    const { wire: _wire, kept: _kept, ...entry } = this;
    this.kept.put({ ...entry, ...more, state });
    Object.assign(this, more, { state });
  }

  ask(method, params) {
    return this.wire.ask(method, params, this.account, this.requestor);
  }

  // Locks the bill. Throws Refused; the bill may be locked by us all the same where this is unsure then. A lock that is there
  // already, after an answer was lost, may be ours and may be another machine's: the wire names no owner.
  async lock() {
    const wasUnsure = this.state === UNSURE;
    await this.kept.hold(this.key);
    this.keep(UNSURE);
    try {
      const { lock = {}, ...bill } = await this.ask("LockSession", { sessionId: this.session.id });
      Object.assign(this, { bill, ...lock });
    } catch (problem) {
      if (!problem.lost && !(wasUnsure && problem.code !== "SESSION_NO_SUCH_SESSION")) this.forget();
      throw problem;
    }
    this.keep(LOCKED);
  }

  // Has the lock end later. Throws Refused; where the lock is gone, it has ended.
  async extend() {
    let lock = { lockedUntil: new Date().toISOString() };
    try {
      ({ lock } = await this.ask("ExtendLock", { sessionId: this.session.id }));
    } catch (problem) {
      if (!["SESSION_LOCK_GONE", "SESSION_NO_SUCH_SESSION"].includes(problem.code)) throw problem;
      Object.assign(this, lock);
      throw problem;
    }
    // Nothing is kept of one that was finished while the answer was on its way.
    if ([LOCKED, DECIDED].includes(this.state)) this.keep(this.state, lock);
  }

  // The lock has ended by itself: what may be left of it is given back once, and goes by itself where that fails.
  async lapse() {
    try {
      await this.ask("UnlockSession", { sessionId: this.session.id, hasEnded: true });
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
    }
    this.forget();
  }

  // The card was shown: from here on the payment has its id and its time, however often it is sent. Throws Refused where it
  // cannot be kept; then no card is charged.
  decide(outcome, { base, tip, entry }) {
    if (this.left <= 0) throw new Refused("The lock of this bill has run out, so no card is taken.");
    const successful = outcome === "successful";
    const common = {
      authCode: successful ? "A1B2C3" : undefined,
      card: { scheme: "CARD_SCHEME_VISA", last4PAN: "4242", expiryDate: { month: 12, year: 2030 } },
    };
    const inPerson = {
      method: "PAYMENT_METHOD_CARD_PRESENT",
      cardPresentPaymentStatus: `CARD_PRESENT_PAYMENT_STATUS_${STATUS[outcome]}`,
      cardPresentPaymentInfo: outcome === "cancelled" ? undefined : {
        ...common,
        entryMode: entry === "chip" ? "ENTRY_MODE_CONTACT_CHIP" : "ENTRY_MODE_CONTACTLESS",
        cardholderVerificationMethod:
          entry === "chip" ? "CARDHOLDER_VERIFICATION_METHOD_PIN" : "CARDHOLDER_VERIFICATION_METHOD_NONE",
        terminalId: this.wire.terminal,
      },
    };
    const remote = {
      method: "PAYMENT_METHOD_REMOTE",
      // A telephone has no status of its own for a card that was declined.
      remotePaymentStatus: `REMOTE_PAYMENT_STATUS_${successful ? "SUCCESSFUL" : "CANCELLED"}`,
      remotePaymentInfo: successful ? common : undefined,
    };
    const payment = {
      id: crypto.randomUUID(),
      sessionId: this.session.id,
      waiterId: this.requestor.cardMachineRequestorInfo?.waiterId,
      currency: this.bill.currency,
      baseAmount: base,
      tipsAmount: tip,
      cashbackAmount: 0,
      paymentSuccessful: successful,
      attemptedAt: new Date().toISOString(),
      methodDetails: this.telephone ? remote : inPerson,
    };
    this.keep(DECIDED, { outcome, payment });
  }

  // Sends the payment until the till has it. Throws Refused where it does not get there; call again, nothing is paid twice.
  async record(onAgain = () => {}, pauses = PAUSES) {
    const waits = [...pauses];
    let relocked = false;
    for (let problem = await this.send(); problem; problem = await this.send()) {
      if (problem.code === "SESSION_NOT_LOCKED" && !relocked) {
        relocked = await this.relock();
        continue;
      }
      // In the EPOS Data API an error is for good: the provider gives the money back by itself.
      if (problem.code === "PAYMENT_REFUSED") this.giveUp();
      if (!waits.length || !mayPass(problem)) throw problem;
      onAgain(problem);
      await this.pause(problem, waits.shift());
    }
    this.keep(DONE);
  }

  // Why the till does not have the payment, or null.
  async send() {
    try {
      await this.ask("RecordPayment", { payment: this.payment });
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      if (problem.code === "PAYMENT_ALREADY_RECORDED") return null;
      this.mayBeRecorded ||= problem.lost;
      this.keep();
      return problem;
    }
    return null;
  }

  // Somebody has unlocked the bill meanwhile; a lock that somebody else has by now serves as well.
  async relock() {
    try {
      await this.ask("LockSession", { sessionId: this.session.id });
    } catch (problem) {
      if (problem.code !== "SESSION_ALREADY_LOCKED") throw problem;
    }
    return true;
  }

  // Somebody has decided that the till is not told: what is left is the lock.
  giveUp() {
    this.keep(DONE);
  }

  // Unlocks the bill; one that is not locked, or is gone, is as good. Throws Refused.
  async finish(onAgain = () => {}, pauses = PAUSES) {
    this.state = DONE;
    try {
      this.keep();
    } catch {
      // What cannot be kept is unlocked all the same.
    }
    for (const wait of [...pauses, null]) {
      try {
        await this.ask("UnlockSession", { sessionId: this.session.id, ...(this.left <= 0 ? { hasEnded: true } : {}) });
        break;
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        if (GONE.includes(problem.code)) break;
        // Whoever unlocks again later might unlock what another machine has locked by then.
        if (problem.lost) this.keep(UNSURE);
        if (wait === null || !(problem.code || problem.lost || problem.away)) throw problem;
        onAgain(problem);
        await this.pause(problem, wait);
      }
    }
    this.forget();
  }

  // Does what is left, as far as it can be done without asking a person. Throws Refused; what is left then stays kept.
  async settle() {
    if (this.state === UNSURE) {
      try {
        await this.lock();
      } catch (problem) {
        if (this.state === null) return; // the bill is gone, and its lock with it
        throw problem;
      }
    }
    if (this.state === DECIDED) await this.record(() => {}, []);
    await this.finish(() => {}, []);
  }

  // Unlocks a bill whose lock may be another machine's, because a person says so. It is not tried again by itself: what was
  // true when it was said may not be true later. Throws Refused.
  async release() {
    try {
      await this.ask("UnlockSession", { sessionId: this.session.id });
    } catch (problem) {
      if (!GONE.includes(problem.code)) throw problem;
    }
    this.forget();
  }

  forget() {
    this.kept.drop(this.key);
    this.state = null;
  }
}

const mayPass = (problem) =>
  problem.lost || problem.away || ["PAYMENT_NOT_RECORDED", "ERROR_INTERNAL_POS_ERROR"].includes(problem.code);
