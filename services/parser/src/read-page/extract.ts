/** Takes the values out of a page that the connector names. What it names and the page lacks means that the site has changed. */
import type { Extract } from '@enishi/contracts';
import { type Document, type Element, find, plainText, textOf } from './html-tree.js';

/** The page is the one that it should be, but lacks something: `what` names it, never a value. */
export class SiteChanged extends Error {
  constructor(readonly what: string) {
    super(what);
  }
}
/** The page has what it should have, but it does not add up or cannot be read. */
export class Incomplete extends Error {
  constructor(readonly what: string) {
    super(what);
  }
}

/** Values that cross to the dispatcher are this long at most (contract pageRead). */
const MAX_VALUE_CHARS = 500;

/** The value, '' when it is there and blank, null when it is not there and need not be. @throws SiteChanged */
export function extract(within: Document | Element, { select, attribute, capture, optional }: Extract, name: string): string | null {
  const missing = (why: string) => {
    if (optional) return null;
    throw new SiteChanged(`${name} (${select}): ${why}`);
  };
  const [element] = find(select, within);
  if (!element) return missing('not found');
  const raw = attribute === undefined ? textOf(element) : element.attribs[attribute];
  if (raw === undefined) return missing(`has no attribute ${attribute}`);
  const value = plainText(raw);
  if (value.length > MAX_VALUE_CHARS) throw new SiteChanged(`${name} (${select}): is longer than ${MAX_VALUE_CHARS} characters`);
  if (capture === undefined) return value;
  const captured = new RegExp(capture, 'u').exec(value)?.[1];
  return captured === undefined ? missing('does not have the form that it should have') : plainText(captured);
}

/** A value that must not be blank. @throws SiteChanged */
export function extractFilled(within: Document | Element, how: Extract, name: string): string | null {
  const value = extract(within, how, name);
  if (value !== '') return value;
  if (how.optional) return null;
  throw new SiteChanged(`${name} (${how.select}): is blank`);
}
