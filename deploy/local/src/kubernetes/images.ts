/** Builds the services' images by whatever builder this machine has: `docker build`, `podman build`, `buildah bud` … */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { ROOT } from '../layout.js';
import { outputOf } from './kubectl.js';

export class ImageBuilder {
  private readonly command: string;
  private readonly args: readonly string[];

  /** `builder`: a command that takes `-t NAME -f FILE --build-arg K=V DIR`, such as `docker build`. */
  constructor(
    builder: string,
    /** `registry.example.com/`, or nothing. */
    private readonly registry: string,
  ) {
    const [command = '', ...args] = builder.split(' ');
    this.command = command;
    this.args = args;
  }

  name(service: ServiceName, tag: string): string {
    return `${this.registry ? `${this.registry.replace(/\/$/, '')}/` : ''}enishi/${service}:${tag}`;
  }

  /** All services by deploy/docker/service.Dockerfile, from the working tree. */
  async buildAll(tag: string): Promise<void> {
    const revision = (await outputOf('git', ['-C', ROOT, 'rev-parse', 'HEAD'])).trim();
    for (const service of SERVICES) {
      await this.build(this.name(service, tag), join(ROOT, 'deploy', 'docker', 'service.Dockerfile'), ROOT, {
        SERVICE: service,
        VERSION: tag,
        REVISION: revision,
      });
    }
  }

  /** The same image under another tag, with files of `dir` laid over it: `{ 'services/parser/…': text }`. */
  async derive(service: ServiceName, from: string, tag: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const dir = mkdtempSync(join(tmpdir(), 'enishi-image-'));
    try {
      const copies = Object.entries(files).map(([path, text], index) => {
        writeFileSync(join(dir, `file-${index}`), text);
        return `COPY file-${index} /app/${path}`;
      });
      writeFileSync(
        join(dir, 'Dockerfile'),
        [`FROM ${this.name(service, from)}`, `LABEL org.opencontainers.image.version=${tag}`, ...copies, ''].join('\n'),
      );
      await this.build(this.name(service, tag), join(dir, 'Dockerfile'), dir, {});
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  private async build(name: string, file: string, dir: string, args: Readonly<Record<string, string>>): Promise<void> {
    const flags = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    await outputOf(this.command, [...this.args, '-t', name, '-f', file, ...flags, dir]);
  }
}
