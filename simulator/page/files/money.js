// Money is a whole number of minor units everywhere; these only write and read it.

const SYMBOLS = { GBP: "£", EUR: "€", USD: "$" };

function digitsOf(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
}

export function written(amount, currency) {
  if (!Number.isSafeInteger(amount)) return "?";
  const digits = digitsOf(currency);
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const shown = digits ? `${whole}.${text.slice(-digits)}` : whole;
  return `${amount < 0 ? "-" : ""}${SYMBOLS[currency] ?? `${currency} `}${shown}`;
}

// The amount that somebody typed, or null where it is none.
export function read(text, currency) {
  const digits = digitsOf(currency);
  const found = /^\s*(\d{1,9})(?:[.,](\d+))?\s*$/u.exec(text);
  const fraction = found?.[2] ?? "";
  if (!found || fraction.length > digits) return null;
  return Number(found[1] + fraction.padEnd(digits, "0"));
}

// A percentage, given in tenths, of an amount, rounded half up.
export function share(amount, tenths) {
  return Math.floor((amount * tenths + 500) / 1000);
}
