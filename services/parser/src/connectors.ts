/** The signed connectors by which pages are read: verified before anything in them is believed, found by their hash. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connector, type RootStatement } from '@enishi/contracts';
import { CONNECTOR_TYP, sha256, verifyCertified } from '@enishi/crypto';
import { selectorProblems } from './read-page/read-page.js';

const SUFFIX = '.jws';
/** For an unknown hash the directory is read again, but not at every message that names one. */
const LOOK_AGAIN_MS = 500;

/** All that are good, by the SHA-256 of their JWS; what is wrong with the others. */
export function readConnectors(
  dir: string,
  root: RootStatement,
): { connectors: ReadonlyMap<string, Connector>; problems: readonly string[] } {
  const connectors = new Map<string, Connector>();
  const problems: string[] = [];
  for (const file of readdirSync(dir).filter((name) => name.endsWith(SUFFIX))) {
    try {
      const jws = readFileSync(join(dir, file), 'utf8').trim();
      const nowSeconds = Math.floor(Date.now() / 1000);
      const { payload } = verifyCertified(jws, root, { use: 'connector', typ: CONNECTOR_TYP, schema: Connector, nowSeconds });
      const wrong = selectorProblems(payload);
      if (wrong.length > 0) throw new Error(wrong.join(', '));
      connectors.set(sha256(jws), payload);
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
  }
  return { connectors, problems };
}

export class Connectors {
  /** Replaced versions stay: answers to orders made from them may still come. */
  private readonly known = new Map<string, Connector>();
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly dir: string,
    private readonly root: RootStatement,
    private readonly onProblem: (problem: string) => void,
  ) {}

  /** The connector whose JWS has this hash. */
  find(hash: string): Connector | undefined {
    const known = this.known.get(hash);
    if (known || performance.now() - this.lookedAt < LOOK_AGAIN_MS) return known;
    this.lookedAt = performance.now();
    const { connectors, problems } = readConnectors(this.dir, this.root);
    for (const [key, connector] of connectors) this.known.set(key, connector);
    for (const problem of problems) this.onProblem(problem);
    return this.known.get(hash);
  }
}
