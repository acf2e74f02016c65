/** What a process that is taken over could do. As the "restricted" Pod Security Standard, and somewhat more. */
import { forEachContainer, forEachPod } from './pods.js';

export const runsAsNonRoot = forEachContainer(({ securityContext }, { spec }) =>
  (securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) === true ? [] : ['lacks runAsNonRoot: true'],
);

export const cannotWriteItsRoot = forEachContainer(({ securityContext }) =>
  securityContext?.readOnlyRootFilesystem === true ? [] : ['lacks readOnlyRootFilesystem: true'],
);

export const gainsNoPrivileges = forEachContainer(({ securityContext }) => [
  ...(securityContext?.allowPrivilegeEscalation === false ? [] : ['lacks allowPrivilegeEscalation: false']),
  ...(securityContext?.privileged === true ? ['is privileged'] : []),
]);

export const dropsAllCapabilities = forEachContainer(({ securityContext }) => [
  ...(securityContext?.capabilities?.drop?.includes('ALL') ? [] : ['does not drop the capabilities ALL']),
  ...(securityContext?.capabilities?.add?.length ? [`adds the capabilities ${securityContext.capabilities.add.join(', ')}`] : []),
]);

export const hasSeccompProfile = forEachContainer(({ securityContext }, { spec }) =>
  (securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile)?.type === 'RuntimeDefault'
    ? []
    : ['lacks seccompProfile.type: RuntimeDefault'],
);

/** No part of Enishi speaks to the API of Kubernetes. */
export const hasNoApiToken = forEachPod(({ spec }) =>
  spec.automountServiceAccountToken === false ? [] : ['lacks automountServiceAccountToken: false'],
);

export const staysOffTheHost = forEachPod(({ spec }) =>
  (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true).map((field) => `sets ${field}`),
);

const SECRET_NAME = /PASSWORD|PASSPHRASE|SECRET|TOKEN|SEED|CREDENTIAL|NKEY|JWT|(?:^|_)KEY$/;
/** Names of what is no secret itself: where it lies, how long it lives. */
const NO_SECRET_NAME = /_(?:FILE|DIR|PATH|MS|SECONDS|DAYS|MAX_[A-Z]+)$/;
/** A password written out in a URL; `$(NAME)` stands for what comes from a Secret. */
const PASSWORD_IN_URL = /:\/\/[^/@:\s]*:(?!\$\([A-Z0-9_]+\)@)[^/@\s]+@/;

export const writesNoSecretInEnv = forEachContainer(({ env = [] }) =>
  env.flatMap(({ name, value }) => {
    if (value === undefined || value === '') return [];
    const isSecret = SECRET_NAME.test(name) && !NO_SECRET_NAME.test(name) && !/^\$\([A-Z0-9_]+\)$/.test(value);
    return isSecret || PASSWORD_IN_URL.test(value) ? [`has a secret written out in env ${name}`] : [];
  }),
);
