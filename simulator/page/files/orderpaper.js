// The lines above and below an order on paper, in the words of the receipt that draws them.

const ALIGN = { Left: "ALIGN_LEFT", Center: "ALIGN_CENTER", Right: "ALIGN_RIGHT" };
const SIZE = { Header1: "SIZE_HEADER_1", Header2: "SIZE_HEADER_2", Body: "SIZE_BODY" };
const LINES = {
  Logo: ({ logo }) => ({ receiptLogo: logo }),
  Image: ({ image }) => ({ receiptImage: { ...image, align: ALIGN[image.align] } }),
  Text: ({ text }) => ({
    receiptText: { value: text.value, size: SIZE[text.size], align: ALIGN[text.align], emphasisBold: text.bold },
  }),
  HorizontalLine: ({ horizontalLine }) => ({
    receiptHorizontalLine: { type: horizontalLine.line === "Double" ? "HORIZONTAL_LINE_DOUBLE" : "HORIZONTAL_LINE_SINGLE" },
  }),
  URL: ({ url }) => ({ receiptUrl: url }),
  MerchantName: ({ merchantName }) => ({ receiptMerchantName: { merchantName: merchantName.name } }),
  MerchantAddress: ({ merchantAddress }) => ({ receiptMerchantAddress: merchantAddress }),
  MerchantEmailAddress: ({ merchantEmailAddress }) => ({ receiptMerchantEmailAddress: merchantEmailAddress }),
  MerchantPhoneNumber: ({ merchantPhoneNumber }) => ({ receiptMerchantPhoneNumber: merchantPhoneNumber }),
  TaxNumber: ({ taxNumber }) => ({
    receiptText: { value: `${taxNumber.name} ${taxNumber.number}`, size: "SIZE_BODY", align: "ALIGN_CENTER" },
  }),
};

export function lines(section) {
  const shown = (line) => LINES[line.lineType]?.(line) ?? { receiptLineType: line.lineType };
  return { receiptLines: (section?.lines ?? []).map(shown) };
}
