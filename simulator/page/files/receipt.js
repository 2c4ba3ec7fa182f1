// The paper as it comes out of the terminal.

import { element } from "./dom.js";
import { written } from "./money.js";

const image = (svg, label) =>
  element("img", { alt: label, src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` });

const LINES = {
  receiptLogo: ({ svgImage }) => element("p", { class: "centre" }, image(svgImage, "Logo")),
  receiptImage: ({ svgImage, align }) => element("p", { class: side(align, "centre") }, image(svgImage, "Image")),
  receiptText: ({ value, size, align, emphasisBold }) =>
    element("p", { class: `${side(align, "left")} ${SIZES[size] ?? ""} ${emphasisBold ? "bold" : ""}` }, value),
  receiptMerchantName: ({ merchantName }) => element("p", { class: "centre large bold" }, merchantName),
  receiptMerchantPhoneNumber: ({ phoneNumber }) => element("p", { class: "centre" }, `Tel. ${phoneNumber}`),
  receiptMerchantEmailAddress: ({ emailAddress }) => element("p", { class: "centre" }, emailAddress),
  receiptMerchantAddress: ({ addressLines, postcode }) =>
    element("p", { class: "centre" }, [...addressLines, postcode].flatMap((one) => [one, element("br")])),
  receiptHorizontalLine: ({ type }) =>
    element("hr", { class: type === "HORIZONTAL_LINE_DOUBLE" ? "double" : "single" }),
  receiptVATNumber: ({ vatNumber }) => element("p", { class: "centre" }, `VAT ${vatNumber}`),
  receiptUrl: ({ url, description, showQR, showURL }) =>
    element("div", { class: "centre" },
      description ? element("p", {}, description) : null,
      // An address that is neither shown nor drawn would be a line without anything.
      showURL !== false || !showQR ? element("p", {}, url) : null,
      showQR ? element("img", { class: "qr", alt: `QR code of ${url}`, src: `/api/qr?text=${encodeURIComponent(url)}` })
        : null),
};
const SIZES = { SIZE_HEADER_1: "large", SIZE_HEADER_2: "larger" };

const side = (align, usual) => ({ ALIGN_LEFT: "left", ALIGN_CENTER: "centre", ALIGN_RIGHT: "right" })[align] ?? usual;

function line(one) {
  for (const [member, show] of Object.entries(LINES)) {
    if (one[member]) return show(one[member]);
  }
  return element("p", { class: "centre" }, `(a line that is not known: ${one.receiptLineType})`);
}

// Whether the price of an item holds its modifiers: the documentation does not say, the sum of a bill does.
export function holdsModifiers(bill) {
  const items = bill.items.reduce((sum, item) => sum + item.quantity * item.amountPerItem, 0);
  return items + (bill.serviceCharge ?? 0) === bill.totalAmount;
}

// The rows of a bill: what was ordered, then what it comes to.
export function rows(bill) {
  const money = (amount) => written(amount, bill.currency);
  const included = holdsModifiers(bill) ? "incl. " : "";
  const row = (name, amount, kind = "") =>
    element("div", { class: `row ${kind}` }, element("span", {}, name), element("span", {}, amount));
  return [
    ...bill.items.flatMap((item) => [
      row(item.quantity === 1 ? item.name : `${item.quantity} × ${item.name}`,
        money(item.quantity * item.amountPerItem), "item"),
      ...(item.modifiers ?? []).map((one) =>
        row(`${one.quantity === 1 ? "" : `${one.quantity} × `}${one.name}`,
          one.amountPerModifier ? `${included}${money(one.quantity * one.amountPerModifier)}` : "", "modifier")),
    ]),
    bill.serviceCharge ? row("Service charge", money(bill.serviceCharge)) : null,
    row("Total", money(bill.totalAmount), "total"),
    row("of which tax", money(bill.taxAmount), "minor"),
    bill.paidAmount ? row("Paid", money(-bill.paidAmount)) : null,
    bill.paidAmount ? row("To pay", money(bill.totalAmount - bill.paidAmount), "total") : null,
    bill.note ? element("p", { class: "minor" }, bill.note) : null,
  ].filter(Boolean);
}

export function paper(full) {
  return element("div", { class: "paper", role: "document", "aria-label": "Printed bill" },
    (full.header?.receiptLines ?? []).map(line), rows(full.billItems), (full.footer?.receiptLines ?? []).map(line));
}
