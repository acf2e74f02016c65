{{/* What every container of ours is held to. */}}
{{- define "common.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "common.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
# Secrets are readable by this group and by nobody else.
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Where a pod may run; of a service and of its Jobs alike. */}}
{{- define "common.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "common.pullSecrets" -}}
{{- with .Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* DATABASE_URL of a role, without its password: that stands in a file, so that it can change while the service runs. */}}
{{- define "common.databaseUrl" -}}
{{- $database := .root.Values.global.database -}}
{{- $tls := eq $database.sslMode "disable" | ternary "sslmode=disable" (printf "sslmode=%s&sslrootcert=/etc/enishi/database-ca/ca.crt" $database.sslMode) -}}
postgresql://{{ .role }}@{{ $database.host }}:{{ $database.port }}/{{ $database.name }}?{{ $tls }}
{{- end -}}

{{/*
A Secret as files. Optional for Kubernetes, so that a pod starts without it: the program then says in one sentence which
setting lacks its file and ends, which `kubectl describe pod` shows; it starts when the Secret is there.
*/}}
{{- define "common.secretVolume" -}}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    optional: true
    defaultMode: 0440
    {{- with .items }}
    items:
      {{- range $key, $path := . }}
      - {key: {{ $key }}, path: {{ $path }}}
      {{- end }}
    {{- end }}
{{- end -}}

{{- define "common.configMapVolume" -}}
- name: {{ .name }}
  configMap:
    name: {{ .configMap }}
    optional: true
    {{- with .items }}
    items:
      {{- range $key, $path := . }}
      - {key: {{ $key }}, path: {{ $path }}}
      {{- end }}
    {{- end }}
{{- end -}}

{{/* The CA of Postgres, where there is one. */}}
{{- define "common.databaseCaVolume" -}}
{{- with .Values.global.database -}}
{{- if ne .sslMode "disable" -}}
{{ include "common.secretVolume" (dict "name" "database-ca" "secret" .caSecret "items" (dict "ca.crt" "ca.crt")) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "common.busCaVolume" -}}
{{- with .Values.global.bus -}}
{{- if hasPrefix "tls://" .url -}}
{{ include "common.configMapVolume" (dict "name" "bus-ca" "configMap" .caConfigMap "items" (dict "ca.crt" "ca.crt")) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Who this process is, for traces and logs (OpenTelemetry semantic conventions, k8s.*). */}}
{{- define "common.telemetryEnv" -}}
- {name: OTEL_SERVICE_NAME, value: {{ .service }}}
{{- with .root.Values.global.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
- {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: service.namespace=enishi,service.version={{ .version }},k8s.namespace.name={{ .root.Release.Namespace }},k8s.pod.name=$(POD_NAME),k8s.node.name=$(NODE_NAME)
{{- end -}}
