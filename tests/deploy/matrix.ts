// The values over which the chart is rendered and looked at.

/** Values of the chart that change what is rendered, each with what it is for. */
export const MATRIX: Readonly<Record<string, readonly string[]>> = {
  defaults: [],
  everything: [
    "monitoring.enabled=true",
    "keda.enabled=true",
    "api.ingress.enabled=true",
    "api.ingress.host=a.example",
  ],
  "API alone": ["worker.enabled=false", "monitoring.enabled=true", "keda.enabled=true"],
  "workers alone, of one lane": [
    "api.enabled=false",
    "worker.lanes={transactional}",
    "monitoring.enabled=true",
    "keda.enabled=true",
  ],
  "no policies": ["networkPolicies.enabled=false"],
  "Sentinels by URL": [String.raw`redis.url=redis+sentinel://s1:26379\,s2:26379/main`],
  "TLS in the API": ["api.tlsSecretName=api-tls", "monitoring.enabled=true", "api.service.type=LoadBalancer"],
  "ingress with TLS": [
    "api.ingress.enabled=true",
    "api.ingress.host=a.example",
    "api.ingress.tlsSecretName=t",
    "api.ingress.className=nginx",
  ],
  "pinned and pulled": [
    "image.repository=r.example/p",
    `image.digest=sha256:${"0".repeat(64)}`,
    "imagePullSecrets[0].name=pull",
  ],
  "other names": ["fullnameOverride=hooks", "nameOverride=hooks", "secret.name=mine", "keyPrefix=hooks"],
  placed: [
    "worker.nodeSelector.pool=w",
    "worker.tolerations[0].key=w",
    "worker.tolerations[0].operator=Exists",
    "topologySpread.whenUnsatisfiable=DoNotSchedule",
  ],
  settings: [
    "worker.env.POSTRIDER_LOG_LEVEL=warn",
    "worker.env.POSTRIDER_IN_FLIGHT_MAX=4000",
    "worker.concurrency=300",
    "worker.preStopSleepSeconds=3",
    'env:={"POSTRIDER_TRACES_RATIO":0.1,"POSTRIDER_API_BODY_BYTES_MAX":5000000,"POSTRIDER_TRACES_PROPAGATE":true}',
    'api.env:={"POSTRIDER_TRACES_PROPAGATE":false}',
  ],
  "more of one's own": [
    'worker.extraEnv:=[{"name":"OTEL_EXPORTER_OTLP_HEADERS","valueFrom":{"secretKeyRef":{"name":"a","key":"b"}}}]',
    'worker.extraVolumes:=[{"name":"ca","configMap":{"name":"ca"}}]',
    'worker.extraVolumeMounts:=[{"name":"ca","mountPath":"/ca","readOnly":true}]',
    'api.extraVolumes:=[{"name":"ca","configMap":{"name":"ca"}}]',
    'api.extraVolumeMounts:=[{"name":"ca","mountPath":"/ca","readOnly":true}]',
    "api.tlsSecretName=api-tls",
    "monitoring.enabled=true",
    "monitoring.tlsConfig.serverName=api.example",
    "monitoring.runbookUrl=https://wiki.example/runbook",
    "networkPolicies.dns.ports={53,5353}",
  ],
  canary: [
    "canary.enabled=true",
    "env.POSTRIDER_ALLOW_NETWORKS=10.96.14.3/32",
    'networkPolicies.api.from:=[{"podSelector":{}}]',
  ],
  "long grace": ["worker.shutdownGraceMs=90500", "keda.enabled=true"],
};
