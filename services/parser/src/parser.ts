/** The service as one call: main.ts starts it so, and so do tests. */
import { type RunningService, start } from '@enishi/http';
import { Bus, EnishiTransport } from '@enishi/messaging';
import { AppModule, SERVICE } from './app.module.js';
import type { Config } from './config.js';
import { InboxStore } from './inbox.store.js';

export function startParser(config: Config, options: { signals?: boolean } = {}): Promise<RunningService> {
  return start({
    service: SERVICE,
    module: AppModule.with(config),
    config,
    strategy: (app) => new EnishiTransport({ bus: app.get(Bus), inbox: app.get(InboxStore) }),
    ...options,
  });
}
