/**
 * Plugin of Stryker: leaves the sentences of errors unbent. They are for people and may be worded anew; what tests and
 * programs go by (codes, rules, outcomes, places) has no space in it and is bent like everything else.
 */

/** What is used of Babel's nodes and paths. */
interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  readonly callee?: { readonly name?: string };
}
interface Path {
  readonly node: Node;
  readonly parent: Node | null;
}

/** Makers of errors whose names do not say it. */
const MAKERS = ['platformError', 'failure', 'refused'];

const textOf = ({ type, value, quasis }: Node): string | undefined => {
  if (type === 'StringLiteral') return String(value);
  if (type === 'TemplateLiteral') return quasis?.map((part) => part.value.raw).join('');
  return undefined;
};

function makesError({ type, callee }: Node): boolean {
  if (type === 'NewExpression') return true;
  return type === 'CallExpression' && MAKERS.includes(callee?.name ?? '');
}

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'sentences',
    value: {
      shouldIgnore({ node, parent }: Path): string | undefined {
        if (!parent || !makesError(parent) || !textOf(node)?.includes(' ')) return undefined;
        return 'the sentence of an error';
      },
    },
  },
];
