// The card machine: its screens, what it must not forget, and the way from one to the other.

import { Kept } from "./kept.js";
import { Ordering } from "./ordering.js";
import { DECIDED } from "./payment.js";
import { Paying } from "./paying.js";
import { Screen } from "./screen.js";
import { Unfinished } from "./unfinished.js";

export class Machine {
  constructor(wire) {
    this.screen = new Screen(wire);
    this.unfinished = new Unfinished(document.getElementById("unfinished"), wire, new Kept(),
      (one) => this.resume(one), (text) => this.screen.say(text));
    this.ordering = new Ordering(wire, this.screen, this.unfinished, (session, how) => this.paying.lock(session, how));
    this.paying = new Paying(wire, this.screen, this.unfinished, this.ordering);
  }

  // The first screen, after what an earlier life of this page left.
  async start() {
    await this.unfinished.settle({ all: true });
    await this.ordering.tables();
  }

  // The adapter is there again.
  async reconnected() {
    this.paying.wire.isBack();
    await this.paying.again();
    await this.unfinished.settle({ all: true });
    await this.screen.refresh();
  }

  // Some seconds have passed.
  async tick() {
    await this.unfinished.settle();
    if (!document.hidden) await this.screen.refresh();
  }

  async resume(shown) {
    if (this.screen.busy) return;
    this.screen.busy = true;
    const one = await this.unfinished.take(shown);
    this.screen.busy = false;
    this.unfinished.show();
    if (!one) this.screen.say("It is finished, or another window of this browser is at it.");
    else if (one.state === DECIDED) await this.paying.recording(one);
    else await this.paying.unlocking(one, () => this.ordering.tables(), { later: true });
  }
}
