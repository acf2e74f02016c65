/** The files of a service that does nothing yet: it starts, is ready, and ends. */

export interface NewService {
  /** `token-issuer` */
  readonly name: string;
  /** The one question that it answers, without a full stop. */
  readonly question: string;
}

/** What the files below import; a service adds what it needs. */
const LIBS = ['config', 'database', 'service'] as const;

/** Path from the root of the repository → text. */
export function serviceFiles({ name, question }: NewService): Record<string, string> {
  const service = `services/${name}`;
  const chart = `helm/${name}`;
  const camel = camelCase(name);
  return {
    [`${service}/service.yaml`]: `# The facts of this service. Its chart, the launcher, the development secrets and skaffold.yaml follow from them.
# What its HTTP door is for, beside probes and metrics.
serves: health and metrics
doors: [http]
# Setting ← file of the trust ConfigMap (public).
trust: {}
# Setting ← key of the Secret that values call secrets.keys.
keys: {}
connectors: false
`,
    [`${service}/package.json`]: json({
      name: `@enishi/${name}`,
      version: '0.1.0',
      private: true,
      license: 'Apache-2.0',
      type: 'module',
      exports: {},
      dependencies: {
        ...Object.fromEntries(LIBS.map((lib) => [`@enishi/${lib}`, '0.1.0'])),
        '@prisma/client': '7.10.0',
        zod: '4.6.7',
      },
      devDependencies: { '@enishi/testing': '0.1.0' },
      nx: { tags: ['type:service'] },
      scripts: { build: 'tsc -b', generate: `node ../../libs/database/dist/generate-clients.js ${name}` },
    }),
    [`${service}/tsconfig.json`]: json({
      extends: '../../tsconfig.base.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' },
      include: ['src'],
      exclude: ['src/**/*.spec.ts'],
      references: LIBS.map((lib) => ({ path: `../../libs/${lib}` })),
    }),
    [`${service}/prisma.config.ts`]: `import { defineConfig } from 'prisma/config';

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
`,
    [`${service}/prisma/schema.prisma`]: SCHEMA.replace('NAME', name),
    [`${service}/README.md`]: `# ${name}

${question}

- **owns** nothing yet. Postgres schema \`${name.replaceAll('-', '_')}\`.
- **answers** nothing yet.
- **hears** nothing.
- **emits** nothing.
- **needs** Postgres, NATS.
`,
    [`${service}/src/main.ts`]: `import { runService } from '@enishi/service';
import { ${camel} } from './app.module.js';

await runService(${camel});
`,
    [`${service}/src/app.module.ts`]: `/** What this service is made of. */
import type { Service } from '@enishi/service';
import { type Config, configSchema } from './config.js';
import { Database } from './database.store.js';

export const ${camel} = {
  name: '${name}',
  config: configSchema,
  database: Database,
  controllers: [],
  providers: [],
} satisfies Service<Config, Database>;
`,
    [`${service}/src/config.ts`]: `/** Every setting of ${name}. Nothing else reads the environment. */
import { serviceConfig } from '@enishi/config';
import type { z } from 'zod';

export const configSchema = serviceConfig({});
export type Config = z.infer<typeof configSchema>;
`,
    [`${service}/src/database.store.ts`]: `/** The one Prisma client of this service. Stores take a \`Tx\`; only they look into it. */
import { type PrismaAdapterOptions, PrismaDatabase, prismaAdapter } from '@enishi/database';
import { type Prisma, PrismaClient } from './generated/prisma/client.js';

/** A transaction, or the client itself for a single statement. */
export type Tx = Prisma.TransactionClient;

export class Database extends PrismaDatabase<PrismaClient, Tx> {
  constructor(options: PrismaAdapterOptions) {
    super(new PrismaClient({ adapter: prismaAdapter(options) }));
  }
}
`,
    [`${service}/test/${name}.it.spec.ts`]: `/** ${name} on real NATS and Postgres. */
import { readConfig } from '@enishi/config';
import { startService } from '@enishi/service';
import { type FreshPlatform, freshPlatform } from '@enishi/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ${camel} } from '../src/app.module.js';
import { configSchema } from '../src/config.js';

let platform: FreshPlatform;
let running: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  platform = await freshPlatform({ services: ['${name}'] });
  running = await startService(${camel}, readConfig(configSchema, platform.environmentOf('${name}')), { signals: false });
}, 60_000);
afterAll(async () => {
  await running?.stop();
  await platform?.stop();
}, 60_000);

it('is ready: Postgres, the bus and the streams are there', async () => {
  const answer = await fetch(\`\${running.url}/readyz\`);
  expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ status: 'ready', service: '${name}' })]);
});
`,
    [`${chart}/Chart.yaml`]: `apiVersion: v2
name: ${name}
description: ${JSON.stringify(question)}
type: application
version: 0.1.0
appVersion: 0.1.0
kubeVersion: ">=1.30.0-0"
dependencies:
  - name: common
    version: 0.1.0
    repository: file://../common
    import-values: [global, defaults]
`,
    [`${chart}/values.yaml`]: `# What differs from the defaults of helm/common/values.yaml; every key is described in values.schema.json.
image:
  repository: enishi/${name}

# Names of Secrets that exist in the namespace (docs/kubernetes.md, "Secrets").
secrets:
  tls: enishi-${name}-tls
  bus: enishi-${name}-bus
  database: enishi-${name}-database
`,
    [`${chart}/templates/all.yaml`]: '{{ include "common.all" . }}\n',
    [`${chart}/scenarios/default.yaml`]: `# The service by itself, without routes and collector.
global:
  issuer: https://identity.bank.example
`,
    [`${chart}/README.md`]: `# ${name}

${question} The service alone; [enishi](../enishi/README.md) installs all of them. It needs roles and schema in Postgres and the streams of the bus, which enishi's hooks make, and the Secrets and ConfigMaps that docs/kubernetes.md names.

## Values

\`global.*\` stands in [enishi](../enishi/README.md).

<!-- Values: generated by ./enishi check -->
`,
  };
}

export function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const SCHEMA = `// What NAME owns. Ids of other services' rows are plain text columns.

generator client {
  provider            = "prisma-client"
  output              = "../src/generated/prisma"
  runtime             = "nodejs"
  moduleFormat        = "esm"
  importFileExtension = "js"
}

datasource db {
  provider = "postgresql"
}

/// Facts that this service has decided to tell. Written in the transaction that made them true, published afterwards.
model Outbox {
  id          String    @id
  subject     String
  payload     Json
  traceparent String?
  createdAt   DateTime  @default(now()) @map("created_at") @db.Timestamptz(3)
  publishedAt DateTime? @map("published_at") @db.Timestamptz(3)

  @@index([publishedAt, createdAt])
  @@map("outbox")
}

/// Facts of others that this service has taken in, so that none takes effect twice.
model Inbox {
  eventId  String   @map("event_id")
  consumer String
  at       DateTime @default(now()) @db.Timestamptz(3)

  @@id([eventId, consumer])
  @@index([at])
  @@map("inbox")
}
`;
