/** Words for values that stand for what Kubernetes knows: names, quantities, images, peers. */
import { choice, list, map, object, type Schema, text } from './json-schema.js';

export const NAME = '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$';
export const NAME_OR_NONE = `^$|${NAME}`;
export const TAG_OR_NONE = '^$|^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$';
export const DIGEST_OR_NONE = '^$|^sha256:[0-9a-f]{64}$';
export const REPOSITORY = '^[a-z0-9]+([._/:-]+[a-z0-9]+)*$';
export const HOST_NAME_OR_NONE = '^$|^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';
export const DURATION = '^([0-9]+(h|m|s|ms))+$';
const CPU = '^[0-9]+(\\.[0-9]+)?m?$';
const BYTES = '^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|k|M|G)?$';

const quantity = (description: string, pattern: string): Schema => ({
  description,
  anyOf: [
    { type: 'string', pattern },
    { type: 'number', exclusiveMinimum: 0 },
  ],
});
export const amounts = (description: string): Schema =>
  object(description, { cpu: quantity('Cores: 500m, 2', CPU), memory: quantity('Bytes: 256Mi', BYTES) });
export const words = (description: string): Schema => map(description, { type: 'string' });

/** One end of a connection, as in a NetworkPolicy. */
const selector = (description: string): Schema =>
  object(description, {
    matchLabels: words('Labels that it must have'),
    matchExpressions: list(
      'Conditions on its labels',
      object(
        'A condition',
        {
          key: text('Label'),
          operator: choice('Condition', ['In', 'NotIn', 'Exists', 'DoesNotExist']),
          values: list('For In and NotIn', { type: 'string' }),
        },
        ['key', 'operator'],
      ),
    ),
  });
export const peers = (description: string): Schema =>
  list(description, {
    ...object('A peer as in a NetworkPolicy', {
      namespaceSelector: selector('Its namespace; absent: the one of the release'),
      podSelector: selector('Its pods'),
      ipBlock: object(
        'Addresses outside the cluster',
        { cidr: text('Such as 10.0.0.0/8', '^[0-9a-fA-F.:]+/[0-9]{1,3}$'), except: list('Parts left out', { type: 'string' }) },
        ['cidr'],
      ),
    }),
    // An empty peer would be refused by the cluster, and mean "everybody" to whoever wrote it.
    minProperties: 1,
  });
/** Where pods may go: an empty list would let them go everywhere. */
export const destinations = (description: string): Schema => ({ ...peers(description), minItems: 1 });

/** Size of a volume. */
export const storage = quantity('Bytes: 4Gi', BYTES);

const TAG = ':[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const DIGEST = '@sha256:[0-9a-f]{64}';
/** An image of elsewhere: which program runs is said by its tag or digest. */
export const foreignImage = text(
  'Image with registry, and tag or digest',
  `^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(${TAG}|${DIGEST}|${TAG}${DIGEST})$`,
);
