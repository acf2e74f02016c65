/** `new`: writes a service that starts, or the contract of a message, and puts them where the sources list them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SERVICES } from '@enishi/contracts';
import { ExpectedFailure } from '../expected-failure.js';
import { ROOT } from '../layout.js';
import { messageFiles, type NewMessage } from '../new/message-files.js';
import { type NewService, serviceFiles } from '../new/service-files.js';

const NAME = /^[a-z]+(?:-[a-z]+)*$/;

export function newService(service: NewService, root = ROOT): void {
  const { name, question } = service;
  if (!NAME.test(name) || name.length > 40) throw new ExpectedFailure(`'${name}' is no name of a service: token-issuer`, 64);
  if (question.length < 10 || /[\r\n|]/.test(question))
    throw new ExpectedFailure('--question takes one line: the question that the service answers', 64);
  const files = serviceFiles(service);
  refuseExisting(Object.keys(files), root);
  const last = SERVICES.at(-1) ?? '';
  const edits: [file: string, edit: (text: string) => string][] = [
    ['libs/contracts/src/names.ts', after(`'${last}'`, `, '${name}'`)],
    ...['tsconfig.json', 'tsconfig.spec.json'].map((file): [string, (text: string) => string] => [
      file,
      after(`"path": "services/${last}"\n    }`, `,\n    {\n      "path": "services/${name}"\n    }`),
    ]),
    ['helm/enishi/Chart.yaml', (text) => `${text.trimEnd()}\n  - { name: ${name}, version: 0.1.0, repository: file://../${name} }\n`],
    ['README.md', afterLine(`| [services/${last}]`, `| [services/${name}](services/${name}) | ${question} |`)],
    ['docs/architecture.md', afterLine(`| \`services/${last}\``, `| \`services/${name}\` | nothing yet |`)],
  ];
  const edited = edits.map(([file, edit]): [string, string] => [file, changed(file, readFileSync(join(root, file), 'utf8'), edit)]);
  for (const [file, text] of [...Object.entries(files), ...edited]) write(root, file, text);
  say(
    [...Object.keys(files), ...edited.map(([file]) => file)],
    ['npm install', `./enishi migration ${name} first`, './enishi check', `./enishi test it services/${name}`],
  );
}

export function newMessage(message: NewMessage, root = ROOT): void {
  const { subject, others } = message;
  const owner = /^([a-z-]+)\.[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*\.v[1-9]\d*$/.exec(subject)?.[1];
  const known: readonly string[] = SERVICES;
  if (owner === undefined || !known.includes(owner))
    throw new ExpectedFailure(`'${subject}' is no subject: <owner>.<noun>.<verb>.v1; owners: ${SERVICES.join(', ')}`, 64);
  const strangers = others.filter((other) => !known.includes(other) || other === owner);
  if (strangers.length > 0 || others.length === 0)
    throw new ExpectedFailure(`Name who calls or hears it, of ${known.filter((name) => name !== owner).join(', ')}.`, 64);
  const files = messageFiles(message);
  refuseExisting(Object.keys(files), root);
  for (const [file, text] of Object.entries(files)) write(root, file, text);
  say(Object.keys(files), ['say in the two files what the message is', './enishi check']);
}

function refuseExisting(files: readonly string[], root: string): void {
  const there = files.filter((file) => existsSync(join(root, file)));
  if (there.length > 0) throw new ExpectedFailure(`Nothing was written: ${there.join(', ')} is there already.`, 73);
}

function write(root: string, file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function changed(file: string, text: string, edit: (text: string) => string): string {
  const edited = edit(text);
  if (edited === text) throw new ExpectedFailure(`Nothing was written: ${file} does not list the services as expected.`, 70);
  return edited;
}

const after = (anchor: string, added: string) => (text: string) => {
  const at = text.indexOf(anchor);
  return at === -1 ? text : text.slice(0, at + anchor.length) + added + text.slice(at + anchor.length);
};

const afterLine = (start: string, line: string) => (text: string) => {
  const lines = text.split('\n');
  const at = lines.findIndex((one) => one.startsWith(start));
  return at === -1 ? text : lines.toSpliced(at + 1, 0, line).join('\n');
};

function say(files: readonly string[], next: readonly string[]): void {
  process.stdout.write(`${files.map((file) => `  ${file}`).join('\n')}\n\nThen:\n${next.map((line) => `  ${line}`).join('\n')}\n`);
}
