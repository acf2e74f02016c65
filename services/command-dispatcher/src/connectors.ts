/** The banks that can be connected: signed connectors from a directory, verified before anything in them is believed. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Connector, type RootStatement } from '@enishi/contracts';
import { CONNECTOR_TYP, sha256, verifyCertified } from '@enishi/crypto';
import type { Logger } from '@enishi/telemetry';

/** A connector together with the bytes that were signed. */
export interface SignedConnector {
  readonly connector: Connector;
  readonly jws: string;
  /** SHA-256 of the JWS: what orders and results name. */
  readonly hash: string;
}

const SUFFIX = '.jws';
/** The directory is looked at again at most this often. */
const LOOK_AGAIN_MS = 1_000;

/** Reads all of them; a file that is not a connector certified by the root is a problem, and the others are kept. */
export function readConnectors(
  dir: string,
  root: RootStatement,
): { connectors: ReadonlyMap<string, SignedConnector>; problems: readonly string[] } {
  const connectors = new Map<string, SignedConnector>();
  const problems: string[] = [];
  for (const file of readdirSync(dir).filter((name) => name.endsWith(SUFFIX))) {
    try {
      const jws = readFileSync(join(dir, file), 'utf8').trim();
      const nowSeconds = Math.floor(Date.now() / 1000);
      const { payload } = verifyCertified(jws, root, { use: 'connector', typ: CONNECTOR_TYP, schema: Connector, nowSeconds });
      if (file !== payload.id + SUFFIX) throw new Error(`is signed as ${payload.id}`);
      connectors.set(payload.id, { connector: payload, jws, hash: sha256(jws) });
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
  }
  return { connectors, problems };
}

/** The connectors as they are now. A new version of a file is taken up; an older or a broken one never replaces a good one. */
export class Connectors {
  private current: ReadonlyMap<string, SignedConnector> = new Map();
  private mark = '';
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly dir: string,
    private readonly root: RootStatement,
    private readonly log: Logger,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  find(connectorId: string): SignedConnector | undefined {
    return this.look().get(connectorId);
  }

  list(): SignedConnector[] {
    return [...this.look().values()].sort((a, b) => (a.connector.id < b.connector.id ? -1 : 1));
  }

  private look(): ReadonlyMap<string, SignedConnector> {
    if (this.nowMs() - this.lookedAt < LOOK_AGAIN_MS) return this.current;
    this.lookedAt = this.nowMs();
    try {
      const mark = readdirSync(this.dir)
        .sort()
        .map((name) => `${name} ${statSync(join(this.dir, name)).mtimeMs}`)
        .join('\n');
      if (mark !== this.mark) {
        this.takeUp();
        this.mark = mark;
      }
    } catch (error) {
      // A directory that is away for a moment takes no bank away.
      this.log.error({ err: error }, 'the connectors cannot be read');
    }
    return this.current;
  }

  private takeUp(): void {
    const { connectors, problems } = readConnectors(this.dir, this.root);
    for (const problem of problems) this.log.error({ problem }, 'a connector was refused');
    const next = new Map(connectors);
    for (const [id, before] of this.current) {
      const now = next.get(id);
      const broken = now === undefined && problems.some((problem) => problem.startsWith(`${id}${SUFFIX}:`));
      if (broken || (now !== undefined && now.connector.version < before.connector.version)) {
        next.set(id, before);
        if (now) this.log.error({ connector: id }, 'a connector of an older version was refused');
      }
    }
    this.current = next;
  }
}
