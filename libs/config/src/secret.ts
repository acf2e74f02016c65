import { inspect } from 'node:util';

/**
 * A value that must not be printed: it shows as `[secret]` in text, JSON and inspection. `reveal()` where it is used, each
 * time: a secret that follows a file may have changed.
 */
export class Secret {
  readonly #value: () => string;

  constructor(value: string | (() => string)) {
    this.#value = typeof value === 'string' ? () => value : value;
  }

  reveal(): string {
    return this.#value();
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
