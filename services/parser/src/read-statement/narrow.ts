/**
 * Text as banks compare it: wide letters, digits and signs as narrow ones (NFKC). Marks such as ① and ² stay what they
 * are: NFKC makes digits of them, and "500①" is no amount of 5001.
 */
export function narrow(text: string): string {
  if (!/\p{No}/u.test(text)) return text.normalize('NFKC');
  return text.replaceAll(/\P{No}+/gu, (part) => part.normalize('NFKC'));
}
