// Kubernetes' Pod Security Standard "restricted", as far as these manifests could break it
// (https://kubernetes.io/docs/concepts/security/pod-security-standards/), and a root file system that cannot
// be written to, which is ours.

import type { Manifest } from "../../scripts/manifests.ts";

export interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly privileged?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
  readonly ports?: readonly { readonly hostPort?: number }[];
}

export interface Pod {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly enableServiceLinks?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type: string };
  };
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** The pod that an object makes; null where it makes none. */
export function podOf({ spec }: Manifest): Pod | null {
  return (spec as { template?: { spec?: Pod } } | undefined)?.template?.spec ?? null;
}

export function containersOf({ containers, initContainers = [] }: Pod): readonly Container[] {
  return [...initContainers, ...containers];
}

/** What of a pod the standard forbids. */
export function findBreaches(pod: Pod): string[] {
  const { securityContext: own = {}, volumes = [] } = pod;
  const rules: Readonly<Record<string, boolean>> = {
    hostNetwork: pod.hostNetwork !== true,
    hostPID: pod.hostPID !== true,
    hostIPC: pod.hostIPC !== true,
    runAsNonRoot: own.runAsNonRoot === true && own.runAsUser !== 0,
    seccompProfile: own.seccompProfile?.type === "RuntimeDefault",
    volumes: volumes.every((volume) => VOLUMES.some((kind) => kind in volume)),
    ...Object.assign({}, ...containersOf(pod).map(rulesOf)),
  };
  return Object.keys(rules).filter((rule) => rules[rule] !== true);
}

function rulesOf({ securityContext: own = {}, ports = [] }: Container): Readonly<Record<string, boolean>> {
  return {
    privileged: own.privileged !== true,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation === false,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem === true,
    capabilities: own.capabilities?.drop?.includes("ALL") === true && own.capabilities.add === undefined,
    hostPort: ports.every(({ hostPort }) => hostPort === undefined),
  };
}
