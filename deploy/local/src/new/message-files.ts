/** The contract of a new message and its samples, with one field to be replaced. */
import { camelCase } from './service-files.js';

export interface NewMessage {
  /** `parser.accounts.count.v1` */
  readonly subject: string;
  readonly kind: 'request' | 'event';
  /** Who calls it, or who hears it. */
  readonly others: readonly string[];
}

export function messageFiles({ subject, kind, others }: NewMessage): Record<string, string> {
  const [owner = '', noun = '', verb = '', version = 'v1'] = subject.split('.');
  // A request is called by what it does, a fact by what has happened.
  const words = kind === 'request' ? `${verb}-${noun}` : `${noun}-${verb}`;
  const file = version === 'v1' ? words : `${words}-${version}`;
  const name = camelCase(file);
  const folder = `libs/contracts/src/${owner}`;
  const names = `[${others.map((other) => `'${other}'`).join(', ')}]`;
  const body =
    kind === 'request'
      ? `  input: z.strictObject({ id: z.string().min(1).max(100) }),
  output: z.strictObject({ id: z.string() }),
  errors: {},
  callers: ${names},
  timeoutMs: 2_000,`
      : `  payload: z.strictObject({ id: z.string().min(1).max(100) }),
  hearers: ${names},`;
  const replies = kind === 'request' ? "\n  replies: [{ id: 'x' }],\n  refusedReplies: [{ id: 1 }]," : '';
  return {
    [`${folder}/${file}.ts`]: `import { z } from 'zod';
import { ${kind} } from '../message.js';

/** What it is for, and what who sends it must know. */
export const ${name} = ${kind}('${subject}', {
  summary: 'Says in one line what this is',
${body}
});
`,
    [`${folder}/${file}.samples.ts`]: `import type { Samples } from '../message.js';
import { ${name} } from './${file}.js';

export const samples: Samples = {
  contract: ${name},
  released: [{ id: 'x' }],
  refused: [{}, { id: '' }],${replies}
};
`,
  };
}
