/** A holder with a PC and a phone, acting on a platform: what demo, drills and end-to-end tests have in common. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConnectionId,
  createConnection,
  createEnrolmentCode,
  listTerminals,
  type RunId,
  type RunProgress,
  startRun,
  type TerminalId,
  watchRun,
} from '@enishi/contracts';
import { ApiClient, Refused } from '../api-client.js';
import type { Layout } from '../layout.js';
import { AGENT_MAIN, BANK_MAIN } from '../platform/parts.js';
import type { Place } from '../platform/place.js';
import { OWNER_SCOPE, tokenFor } from '../users.js';

/** What the bank gave the user on paper. */
export interface BankLogin {
  readonly user: string;
  readonly userId: string;
  readonly password: string;
}
export const HANAKO: BankLogin = { user: 'hanako', userId: '10234567', password: 'tsubame-2026' };

export class Holder {
  readonly api: ApiClient;
  readonly agentHome: string;
  /** Name of the agent's process among the parts. */
  readonly agentName: string;
  readonly layout: Layout;
  /** The certificate files on the PC, once the bank has sent them. */
  private paper: { certificate: string; key: string } | undefined;

  constructor(
    readonly place: Place,
    readonly name: string,
    /** Another PC of the same holder. */
    pc: string = name,
  ) {
    this.layout = place.layout;
    this.api = this.device('owner');
    this.agentHome = this.layout.path(`pc-of-${pc}`, 'agent');
    this.agentName = pc === name ? 'terminal-agent' : `terminal-agent-${pc}`;
  }

  /** Another device of the holder: its client id decides what it may see. */
  device(client: string, scope = OWNER_SCOPE): ApiClient {
    return new ApiClient(this.place, (service) => tokenFor(this.layout, { user: this.name, client, service, scope }));
  }

  /** The bank sends the user a client certificate; it stays on the PC. */
  async obtainCertificate(): Promise<{ certificate: string; key: string }> {
    const out = this.layout.path(`pc-of-${this.name}`, 'certificate');
    mkdirSync(out, { recursive: true });
    await run(BANK_MAIN, ['issue-certificate', '--dir', this.layout.path('bank'), '--user', this.name, '--out', out]);
    return { certificate: join(out, 'certificate.pem'), key: join(out, 'key.pem') };
  }

  /** Enrols the PC with a one-time code, and starts its agent. */
  async enrolTerminal(): Promise<TerminalId> {
    const { code } = await this.api.call(createEnrolmentCode, { body: { label: `${this.name}'s PC` } });
    await run(
      AGENT_MAIN,
      ['enrol', '--relay', this.place.relayUrl, '--ca', this.layout.path('pki', 'dev-ca.pem'), '--home', this.agentHome],
      `${code}\n`,
    );
    const { terminals } = await this.api.call(listTerminals);
    const newest = terminals.toSorted((a, b) => a.enrolledAt.localeCompare(b.enrolledAt)).at(-1);
    if (!newest) throw new Error('the terminal was enrolled but is not listed');
    return newest.terminalId;
  }

  async startAgent(): Promise<void> {
    await this.place.startAgent(this.agentHome, this.agentName);
  }

  /** Makes the connection, and gives the PC (not the server) the certificate and the login. */
  async connectBank(terminalId: TerminalId, login: BankLogin): Promise<ConnectionId> {
    this.paper ??= await this.obtainCertificate();
    const { certificate, key } = this.paper;
    const connection = await this.api.call(createConnection, { body: { connectorId: 'tsubame-bank', terminalId, label: 'Tsubame Bank' } });
    await this.giveSecrets(connection.connectionId, login, certificate, key);
    return connection.connectionId;
  }

  async giveSecrets(connectionId: ConnectionId, login: BankLogin, certificate: string, key: string): Promise<void> {
    const origin = `https://localhost:${this.layout.ports.bank}`;
    const args = [
      'connect',
      '--connection',
      connectionId,
      '--origin',
      origin,
      '--certificate',
      certificate,
      '--key',
      key,
      '--home',
      this.agentHome,
    ];
    await run(AGENT_MAIN, [...args, '--secret', 'loginId', '--secret', 'password'], `${login.userId}\n${login.password}\n`);
  }

  /** What the agent did, in its own words. */
  agentLog(): Promise<string> {
    return run(AGENT_MAIN, ['log', '--home', this.agentHome]);
  }

  async startRun(connectionId: ConnectionId): Promise<RunId> {
    const { runId } = await this.api.call(startRun, { params: { connectionId }, body: {} });
    return runId;
  }

  /** Watches a run to its end; a stream that breaks is taken up again after the last event seen. */
  async watchToEnd(
    runId: RunId,
    onProgress: (progress: RunProgress) => void | Promise<void> = () => undefined,
    withinMs = 120_000,
  ): Promise<RunProgress> {
    const deadline = performance.now() + withinMs;
    let last: RunProgress | undefined;
    while (performance.now() < deadline) {
      try {
        for await (const progress of this.api.watch(watchRun, { params: { runId } }, last ? String(last.seq) : undefined)) {
          last = progress;
          await onProgress(progress);
          if (progress.kind === 'finished' || progress.kind === 'failed') return progress;
          if (performance.now() > deadline) break;
        }
      } catch (error) {
        if (!isBrokenConnection(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(
      `run ${runId} did not end in ${withinMs / 1000} s; last seen: ${last ? `${last.kind} at step ${last.step}` : 'nothing'}`,
    );
  }
}

/** The dispatcher, or what it stands on, was killed or starts again: the stream is resumed, not given up. */
function isBrokenConnection(error: unknown): boolean {
  if (error instanceof Refused) return error.status >= 500;
  const code = (error as { code?: string }).code ?? '';
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code) || (error as Error).message === 'aborted';
}

/** Runs one of our command lines with the given standard input; a refusal carries what it said. */
export function run(main: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args[0]} ended with ${code}: ${err || out}`))));
    child.stdin.end(input);
  });
}
