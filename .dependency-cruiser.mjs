// Who may import whom (docs/architecture.md, "Layers"): a lib only libs below it; a part never another part.
const LAYERS = [
  ['contracts'],
  ['errors'],
  ['config', 'crypto', 'telemetry', 'infra'],
  ['database', 'messaging', 'http'],
  ['service'],
  ['testing'],
];
const PARTS = ['services', 'clients', 'examples', 'deploy'];
const NOT_SPEC = '\\.spec\\.ts$';

const layerRules = LAYERS.flatMap((libs, level) =>
  libs.map((lib) => {
    const above = LAYERS.slice(level)
      .flat()
      .filter((other) => other !== lib);
    return {
      name: `lib-${lib}-imports-only-below`,
      comment: `libs/${lib} is of layer ${level}: it may import lower layers only (its specs may use libs/testing).`,
      severity: 'error',
      from: { path: `^libs/${lib}/`, pathNot: `${NOT_SPEC}|^libs/${lib}/test/` },
      to: { path: `^(libs|node_modules/@enishi)/(${above.join('|')})/` },
    };
  }),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules.filter((rule) => !rule.to.path.includes('()')),
    {
      name: 'libs-import-no-part',
      comment: 'A lib serves the parts; it knows none of them.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: `^(${PARTS.join('|')})/` },
    },
    {
      name: 'parts-meet-in-contracts',
      comment: 'Services, clients and examples never import each other; they meet in libs/contracts.',
      severity: 'error',
      from: { path: '^(services|clients|examples)/([^/]+)/' },
      to: { path: '^(services|clients|examples|deploy)/', pathNot: '^$1/$2/' },
    },
    {
      name: 'testing-only-in-tests',
      comment: 'libs/testing starts servers; nothing that ships may import it.',
      severity: 'error',
      from: { path: '^(libs|services|clients|examples|deploy)/', pathNot: `${NOT_SPEC}|/test/|^libs/testing/` },
      to: { path: '^(libs|node_modules/@enishi)/testing/' },
    },
    {
      name: 'prisma-only-in-stores',
      comment: 'The generated client is touched where rows are asked for and kept, nowhere else.',
      severity: 'error',
      from: { path: '^services/', pathNot: `\\.store\\.ts$|/prisma\\.ts$|/src/generated/|/test/|${NOT_SPEC}` },
      to: { path: '/src/generated/prisma' },
    },
    {
      name: 'nats-only-in-messaging',
      comment: 'Services speak through contracts; only libs/messaging knows NATS.',
      severity: 'error',
      from: { path: '^(services|clients|libs|deploy)/', pathNot: '^libs/messaging/|/test/' },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'the-bank-is-somebody-elses',
      comment: 'An example party shares no code with the platform that talks to it.',
      severity: 'error',
      from: { path: '^examples/', pathNot: NOT_SPEC },
      to: { path: '^(libs|node_modules/@enishi)/(?!config/|infra/)' },
    },
    { name: 'no-cycles', severity: 'error', comment: 'A cycle makes the order of loading matter.', from: {}, to: { circular: true } },
  ],
  options: {
    // A lib's package resolves to its dist: seen, but not followed.
    doNotFollow: { path: '(node_modules|/dist/)' },
    exclude: { path: '/src/generated/(?!prisma/client)' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'default', 'types'],
    },
  },
};
