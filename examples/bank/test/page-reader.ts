/** A reader of the bank's pages for the bank's own tests; knows just the selectors that connector.json uses. */
import { type DefaultTreeAdapterTypes, parse } from 'parse5';

export type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

export const decode = (bytes: Buffer): string => new TextDecoder('shift_jis', { fatal: true }).decode(bytes);
export const parsePage = (bytes: Buffer): Node => parse(decode(bytes));

function elementsIn(node: Node): Element[] {
  const children: Node[] = 'childNodes' in node ? node.childNodes : [];
  return children.flatMap((child) => ('tagName' in child ? [child, ...elementsIn(child)] : elementsIn(child)));
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attr) => attr.name === name)?.value;
}

function fits(element: Element, compound: string): boolean {
  const match = /^([a-z0-9]+)(?:#(\w+))?((?:\.[\w-]+)*)(?:\[(\w+)="(\w+)"\])?$/.exec(compound);
  if (!match) throw new Error('This selector is not known to the bank’s tests');
  const [, tag, id, classes, name, value] = match;
  const has = (attribute(element, 'class') ?? '').split(/\s+/);
  const wanted = (classes ?? '').split('.').filter(Boolean);
  return (
    element.tagName === tag &&
    (!id || attribute(element, 'id') === id) &&
    wanted.every((one) => has.includes(one)) &&
    (!name || attribute(element, name) === value)
  );
}

/** Elements in document order that the selector (compounds with descendants) finds. */
export function select(root: Node, selector: string): Element[] {
  let roots: Node[] = [root];
  for (const compound of selector.split(' ')) {
    const found = new Set(roots.flatMap((one) => elementsIn(one).filter((element) => fits(element, compound))));
    roots = [...found];
  }
  return roots as Element[];
}

export function text(node: Node): string {
  if (node.nodeName === '#text') return (node as DefaultTreeAdapterTypes.TextNode).value;
  return 'childNodes' in node ? node.childNodes.map(text).join('') : '';
}

/** The value that an extract of the connector gives; null when it finds nothing. */
export function extract(root: Node, rule: { select: string; attribute?: string | undefined; capture?: string | undefined }): string | null {
  const element = select(root, rule.select)[0];
  if (!element) return null;
  const value = (rule.attribute ? attribute(element, rule.attribute) : text(element))?.trim();
  if (value === undefined) return null;
  return rule.capture ? (new RegExp(rule.capture, 'u').exec(value)?.[1] ?? null) : value;
}

/** The side-free amount of a cell: "1,234円" is 1234, a blank cell null. */
export function yen(cell: string | null): number | null {
  const digits = /^(-?[\d,]+)円$/.exec((cell ?? '').trim())?.[1];
  return digits === undefined ? null : Number(digits.replaceAll(',', ''));
}
