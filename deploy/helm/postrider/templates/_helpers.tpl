{{- define "postrider.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "postrider.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "postrider.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "postrider.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Called with (dict "root" $ "role" "api"). */}}
{{- define "postrider.selector" -}}
app.kubernetes.io/name: {{ include "postrider.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "postrider.labels" -}}
{{ include "postrider.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: postrider
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "postrider.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* preStop's time counts, too; then the grace, and 10 s for what follows it one after another: up to 2 s to hand back
what is left, 1 s for the last roll-ups, 2 s for the last traces, and the rest for a slow node. */}}
{{- define "postrider.terminationGrace" -}}
{{- add .preStopSleepSeconds (ceil (divf .shutdownGraceMs 1000)) 10 }}
{{- end }}

{{- /* Settings that the chart derives something from may not be set past it. */}}
{{- define "postrider.refuseManaged" -}}
{{- range $name := list "POSTRIDER_REDIS_URL" "POSTRIDER_KEY_PREFIX" "POSTRIDER_API_TOKENS" "POSTRIDER_SECRET_KEYS" "POSTRIDER_EGRESS_PROXY" "POSTRIDER_API_PORT" "POSTRIDER_METRICS_PORT" "POSTRIDER_SHUTDOWN_GRACE_MS" "POSTRIDER_LANES" "POSTRIDER_CONCURRENCY" "POSTRIDER_API_TLS_CERT" "POSTRIDER_API_TLS_KEY" "POSTRIDER_CANARY" "POSTRIDER_CANARY_URL" }}
{{- range $env := $.maps }}
{{- if hasKey $env $name }}
{{- fail (printf "%s: set it by its own value of the chart (values.yaml names it), not in env" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A value of `env` as text. Numbers out of a file are floats, which Go prints as 5e+06 and 1e-05, and no setting reads. */}}
{{- define "postrider.envText" -}}
{{- if not (kindIs "float64" .) }}{{ . }}
{{- else if eq (floor .) . }}{{ int64 . }}
{{- else }}{{ regexReplaceAll "0+$" (printf "%.12f" .) "" }}
{{- end }}
{{- end }}

{{- /* What both roles are told; `own` is the role's values. */}}
{{- define "postrider.env" -}}
{{- $root := .root }}
{{- $extra := dict }}
{{- range .own.extraEnv }}{{ $_ := set $extra .name true }}{{ end }}
{{- include "postrider.refuseManaged" (dict "maps" (list $root.Values.env .own.env $extra)) }}
{{- /* Not `merge`, which takes false, 0 and "" for not given. One that extraEnv has, too, is said there alone. */}}
{{- $env := dict }}
{{- range $map := list $root.Values.env .own.env }}
{{- range $name, $value := $map }}{{ $_ := set $env $name $value }}{{ end }}
{{- end }}
- name: POSTRIDER_REDIS_URL
{{- if $root.Values.redis.url }}
  value: {{ $root.Values.redis.url | quote }}
{{- else }}
  valueFrom: { secretKeyRef: { name: {{ $root.Values.secret.name }}, key: {{ $root.Values.secret.keys.redisUrl }} } }
{{- end }}
- name: POSTRIDER_SECRET_KEYS
  valueFrom: { secretKeyRef: { name: {{ $root.Values.secret.name }}, key: {{ $root.Values.secret.keys.secretKeys }}, optional: true } }
- name: POSTRIDER_KEY_PREFIX
  value: {{ $root.Values.keyPrefix | quote }}
- name: POSTRIDER_SHUTDOWN_GRACE_MS
  value: {{ .own.shutdownGraceMs | int64 | quote }}
{{- range $name := keys $extra }}{{ $_ := unset $env $name }}{{ end }}
{{- range $name, $value := $env }}
- name: {{ $name }}
  value: {{ include "postrider.envText" $value | quote }}
{{- end }}
{{- with .own.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* What every pod has; `own` is the role's values. */}}
{{- define "postrider.pod" -}}
{{- $root := .root }}
serviceAccountName: {{ include "postrider.fullname" $root }}
automountServiceAccountToken: false
# Kubernetes would add variables such as POSTRIDER_API_PORT=tcp://… for a Service named postrider-api, which are read as settings.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "postrider.terminationGrace" .own }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $root.Values.topologySpread.whenUnsatisfiable }}
    # A node whose taint keeps these pods away is none that lacks one.
    nodeTaintsPolicy: Honor
    labelSelector:
      matchLabels: {{- include "postrider.selector" $ | nindent 8 }}
    # Of the version that is being rolled out alone, or its last pods would stand where the old ones were not.
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- if or .own.extraVolumes (and (eq .role "api") .own.tlsSecretName) }}
volumes:
{{- if and (eq .role "api") .own.tlsSecretName }}
  - name: tls
    secret: { secretName: {{ .own.tlsSecretName }}, defaultMode: 288 }
{{- end }}
{{- with .own.extraVolumes }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .own.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What every container has. */}}
{{- define "postrider.container" -}}
image: {{ include "postrider.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources: {{- toYaml .own.resources | nindent 2 }}
{{- if or .own.extraVolumeMounts (and (eq .role "api") .own.tlsSecretName) }}
volumeMounts:
{{- if and (eq .role "api") .own.tlsSecretName }}
  - { name: tls, mountPath: /tls, readOnly: true }
{{- end }}
{{- with .own.extraVolumeMounts }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- if .own.preStopSleepSeconds }}
lifecycle:
  preStop: { sleep: { seconds: {{ .own.preStopSleepSeconds }} } }
{{- end }}
{{- end }}

{{- /* A worker behind an egress proxy sends by it, and the API has to know of it to tell where the canary gets. */}}
{{- define "postrider.egressProxy" -}}
- name: POSTRIDER_EGRESS_PROXY
  valueFrom: { secretKeyRef: { name: {{ .Values.secret.name }}, key: {{ .Values.secret.keys.egressProxy }}, optional: true } }
{{- end }}

{{- /* Where workers reach the API's Service. */}}
{{- define "postrider.canaryUrl" -}}
{{- $scheme := ternary "https" "http" (ne .Values.api.tlsSecretName "") }}
{{- .Values.canary.url | default (printf "%s://%s-api.%s.svc:%v" $scheme (include "postrider.fullname" .) .Release.Namespace .Values.api.service.port) }}
{{- end }}
