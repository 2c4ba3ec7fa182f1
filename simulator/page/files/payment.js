// One payment at a bill: lock, pay, record, unlock. What is under way is kept in the tab, so that a page which is
// loaded again knows of the lock it holds and of the payment it must still record.

import { Refused } from "/page/wire.js";

const KEPT = "epos-simulator-payment";
const PAUSES = [500, 1500, 3000];

const STATUS = { successful: "SUCCESSFUL", declined: "DECLINED", cancelled: "CANCELLED" };

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Payment {
  constructor(wire, kept) {
    this.wire = wire;
    Object.assign(this, kept);
  }

  // Locks the bill. Throws Refused; with `lost`, the lock may be held all the same.
  static async start(wire, session) {
    const one = new Payment(wire, {
      account: wire.account,
      requestor: wire.requestor,
      telephone: wire.telephone,
      session,
      bill: null,
      payment: null,
    });
    one.bill = await wire.ask("LockSession", { sessionId: session.id }, one.account, one.requestor);
    one.keep();
    return one;
  }

  // What an earlier life of this tab left undone, or null.
  static unfinished(wire) {
    const kept = sessionStorage.getItem(KEPT);
    return kept ? new Payment(wire, JSON.parse(kept)) : null;
  }

  get outstanding() {
    return this.bill.totalAmount - this.bill.paidAmount;
  }

  keep() {
    const { wire: _, ...kept } = this;
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }

  // The card was shown: from here on the payment has its id and its time, however often it is sent.
  decide(outcome, { base, tip, entry }) {
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
    this.payment = {
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
    this.keep();
  }

  // Sends the payment until the till has it. Throws Refused where it does not get there; call again, nothing is paid twice.
  async record(onAgain = () => {}) {
    for (const wait of [...PAUSES, null]) {
      try {
        await this.wire.ask("RecordPayment", { payment: this.payment }, this.account, this.requestor);
        return;
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        if (problem.code === "PAYMENT_ALREADY_RECORDED") return;
        const mayHelp = problem.lost || ["PAYMENT_NOT_RECORDED", "ERROR_INTERNAL_POS_ERROR"].includes(problem.code);
        if (wait === null || !mayHelp) throw problem;
        onAgain(problem);
        await pause(wait);
      }
    }
  }

  // Unlocks the bill; one that is not locked, or is gone, is as good. Throws Refused.
  async finish(onAgain = () => {}) {
    for (const wait of [...PAUSES, null]) {
      try {
        await this.wire.ask("UnlockSession", { sessionId: this.session.id }, this.account, this.requestor);
        break;
      } catch (problem) {
        if (!(problem instanceof Refused)) throw problem;
        if (["SESSION_NOT_LOCKED", "SESSION_NO_SUCH_SESSION"].includes(problem.code)) break;
        if (wait === null) throw problem;
        onAgain(problem);
        await pause(wait);
      }
    }
    this.forget();
  }

  forget() {
    sessionStorage.removeItem(KEPT);
  }
}
