/** A bank's page as a tree, as browsers see it (parse5), and questions to it by CSS selectors. */
import { compile, selectAll } from 'css-select';
import type { AnyNode, Document, Element } from 'domhandler';
import { parse } from 'parse5';
import { adapter } from 'parse5-htmlparser2-tree-adapter';

export type { Document, Element };

/** Open at a time. Browsers stop at 512 too; deeper pages make the tree builder slow beyond measure. */
const MAX_DEPTH = 512;
/** Of one element's text; more than any value that is read has. */
const MAX_TEXT_CHARS = 100_000;

/** Elements that HTML adds to a page of a few characters: html, head, body, rows of tables. */
const FREE_NODES = 1_000;

/** The page would cost more than a page may; nothing of it was read. */
export class PageBeyondLimit extends Error {
  constructor(
    readonly limit: 'depth' | 'nodes',
    message: string,
  ) {
    super(message);
  }
}

/**
 * `maxNodes`: elements and attributes of one page, at most. Nor may a page have more of them than characters: whoever wrote
 * each one down needs two characters for it, and the formatting that HTML repeats by itself (HTML, 13.2.4.3: "reconstruct the active
 * formatting elements") makes a thousand out of one.
 * @throws PageBeyondLimit while the tree is built, not after it
 */
export function parseHtml(text: string, maxNodes: number): Document {
  const allowed = Math.min(maxNodes, FREE_NODES + text.length);
  let depth = 0;
  let nodes = 0;
  return parse(text, {
    // A page is read as a browser without scripts would.
    scriptingEnabled: false,
    treeAdapter: {
      ...adapter,
      createElement: (name, namespace, attributes) => {
        nodes += 1 + attributes.length;
        if (nodes > allowed) throw new PageBeyondLimit('nodes', `the page makes more than ${allowed} elements and attributes`);
        return adapter.createElement(name, namespace, attributes);
      },
      onItemPush: () => {
        depth += 1;
        if (depth > MAX_DEPTH) throw new PageBeyondLimit('depth', `elements lie deeper than ${MAX_DEPTH}`);
      },
      onItemPop: () => {
        depth -= 1;
      },
    },
  }) as Document;
}

/** @throws SyntaxError (or TypeError) when it is no selector */
export function checkSelector(selector: string): void {
  compile(selector);
}

/** Compiled once: connectors are few, pages many. */
const compiled = new Map<string, ReturnType<typeof compile<AnyNode, Element>>>();

export function find(selector: string, within: Document | Element): Element[] {
  let query = compiled.get(selector);
  if (!query) {
    query = compile<AnyNode, Element>(selector);
    if (compiled.size > 5_000) compiled.clear();
    compiled.set(selector, query);
  }
  return selectAll<AnyNode, Element>(query, within);
}

/** Blanks as they are shown: one between words, none at the ends. A wide blank inside stays. */
export function plainText(text: string): string {
  return text.replaceAll(/[ \t\r\n\f\u00a0]+/g, ' ').trim();
}

/** Elements that begin a line of their own, or end one: what stands on both sides of them is never one word. */
const LINE_END = 'line end';
const PARTING = new Set(
  'address article aside blockquote br caption dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre section table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);

/** Text of the element and all below it, with a blank wherever a line ends; scripts, styles and comments are not text. */
export function textOf(element: Element): string {
  const parts: string[] = [];
  let length = 0;
  const open: (AnyNode | typeof LINE_END)[] = [element];
  for (let node = open.pop(); node && length < MAX_TEXT_CHARS; node = open.pop()) {
    if (node === LINE_END) parts.push(' ');
    else if (node.type === 'text') {
      parts.push(node.data);
      length += node.data.length;
    } else if ('children' in node && !('name' in node && (node.name === 'script' || node.name === 'style'))) {
      const parting = 'name' in node && PARTING.has(node.name);
      if (parting) {
        parts.push(' ');
        open.push(LINE_END);
      }
      for (let i = node.children.length - 1; i >= 0; i--) open.push(node.children[i] as AnyNode);
    }
  }
  return plainText(parts.join(''));
}
