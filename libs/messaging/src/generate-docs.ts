/** `node libs/messaging/dist/generate-docs.js` writes docs/messages.md anew. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messagesDocument } from './messages-document.js';

writeFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'messages.md'), messagesDocument());
