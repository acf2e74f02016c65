/** The service as one call: main.ts starts it so, and so do tests. */
import { type RunningService, start } from '@enishi/http';
import { Bus, EnishiTransport } from '@enishi/messaging';
import { AcceptTerminals } from './accept-terminals/accept-terminals.js';
import { AppModule, SERVICE } from './app.module.js';
import type { Config } from './config.js';

/** `terminalPort`: where terminals come to. */
export async function startTerminalRelay(
  config: Config,
  options: { signals?: boolean } = {},
): Promise<RunningService & { readonly terminalPort: number }> {
  const running = await start({
    service: SERVICE,
    module: AppModule.with(config),
    config,
    strategy: (app) => new EnishiTransport({ bus: app.get(Bus) }),
    ...options,
  });
  return { ...running, terminalPort: running.app.get(AcceptTerminals).port };
}
