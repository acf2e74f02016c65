import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { freePort, InfraError, type RunningNats, startNatsServer } from '@enishi/infra';
import { generateNkey, natsServerConfig, provision } from '@enishi/messaging';
import { testRun } from './run.js';
import { waitFor } from './wait-for.js';

export interface FreshNats {
  url: string;
  /** NKey seed, text. */
  seed: (service: ServiceName) => string;
  seedFile: (service: ServiceName) => string;
  operatorSeed: string;
  /** The server knows the service by a new key from now on, and no more by the one before. Gives the new seed; no file has it. */
  rekey: (service: ServiceName) => string;
  /** SIGKILL; `restart()` brings it back on the same port and the same streams. */
  kill: () => Promise<void>;
  restart: () => Promise<void>;
  /** SIGKILL, and the store is wiped: back on the same port, with no stream until somebody provisions. */
  loseDisk: () => Promise<void>;
  stop: () => Promise<void>;
}

/** A nats-server of its own with the generated configuration; streams and consumers are provisioned. `dir`: of this test file. */
export async function freshNats(options: { dir?: string } = {}): Promise<FreshNats> {
  const run = testRun();
  const dir = options.dir ?? mkdtempSync(join(run.dir, 'nats-'));
  mkdirSync(join(dir, 'nkeys'), { recursive: true });
  const keys = Object.fromEntries(SERVICES.map((service) => [service, generateNkey()])) as Record<
    ServiceName,
    ReturnType<typeof generateNkey>
  >;
  const operator = generateNkey();
  const seedFile = (service: ServiceName) => join(dir, 'nkeys', `${service}.nk`);
  for (const service of SERVICES) writeFileSync(seedFile(service), keys[service].seed, { mode: 0o600 });
  const configFile = join(dir, 'nats.conf');
  // The name by which the reaper finds it.
  const state = { binary: run.natsBinary, configFile, dir: join(dir, 'nats') };

  const configure = (port: number) => {
    const users = Object.fromEntries(SERVICES.map((service) => [service, keys[service].publicKey]));
    writeFileSync(configFile, natsServerConfig({ users, operator: operator.publicKey, port, storeDir: join(dir, 'jetstream') }));
  };
  const startSomewhere = async (triesLeft: number): Promise<RunningNats> => {
    const port = await freePort();
    configure(port);
    try {
      return await startNatsServer(state);
    } catch (error) {
      // Somebody took the port between the two lines.
      if (error instanceof InfraError && error.code === 'infra.port_taken' && triesLeft > 0) return startSomewhere(triesLeft - 1);
      throw error;
    }
  };
  let server = await startSomewhere(3);
  await provision({ url: server.url, nkeySeed: operator.seed });
  const kill = async () => {
    process.kill(server.pid, 'SIGKILL');
    await waitFor(() => !exists(server.pid), { what: 'the end of nats-server' });
  };
  const restart = async () => {
    server = await startNatsServer(state);
  };
  return {
    url: server.url,
    seed: (service) => keys[service].seed,
    seedFile,
    operatorSeed: operator.seed,
    rekey(service) {
      keys[service] = generateNkey();
      configure(server.port);
      server.reload();
      return keys[service].seed;
    },
    kill,
    restart,
    async loseDisk() {
      await kill();
      rmSync(join(dir, 'jetstream'), { recursive: true, force: true });
      await restart();
    },
    async stop() {
      await server.stop();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
