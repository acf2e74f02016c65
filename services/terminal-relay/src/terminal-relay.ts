/** The service as one call: main.ts starts it so, and so do tests. */
import { type RunningService, start } from '@enishi/http';
import { Bus, EnishiTransport } from '@enishi/messaging';
import { AcceptTerminals } from './accept-terminals/accept-terminals.js';
import { AppModule, SERVICE } from './app.module.js';
import type { Config } from './config.js';

/** Closes terminals' links before the bus: an order that is under way is answered at once, not when its time is over. */
class DrainingTransport extends EnishiTransport {
  constructor(
    bus: Bus,
    private readonly terminals: AcceptTerminals,
  ) {
    super({ bus });
  }

  override async close(): Promise<void> {
    await this.terminals.drain();
    await super.close();
  }
}

/** `terminalPort`: where terminals come to. */
export async function startTerminalRelay(
  config: Config,
  options: { signals?: boolean } = {},
): Promise<RunningService & { readonly terminalPort: number }> {
  const running = await start({
    service: SERVICE,
    module: AppModule.with(config),
    config,
    strategy: (app) => new DrainingTransport(app.get(Bus), app.get(AcceptTerminals)),
    ...options,
  });
  return { ...running, terminalPort: running.app.get(AcceptTerminals).port };
}
