{{- define "common.deployment" -}}
{{- $facts := include "common.facts" . | fromYaml -}}
{{- $global := .Values.global -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  replicas: {{ include "common.replicas" . }}
  revisionHistoryLimit: 5
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{- include "common.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "common.labels" . | nindent 8 }}
      {{- with .Values.pod.annotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "common.fullname" . }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- include "common.pullSecrets" . | trim | nindent 6 }}
      securityContext: {{- include "common.podSecurity" . | nindent 8 }}
      terminationGracePeriodSeconds: {{ .Values.terminationGraceSeconds }}
      {{- include "common.placement" .Values.pod | trim | nindent 6 }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "common.selector" $ | nindent 14 }}
        {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: {{ include "common.image" . }}
          imagePullPolicy: {{ $global.image.pullPolicy }}
          securityContext: {{- include "common.containerSecurity" . | nindent 12 }}
          resources: {{- toYaml .Values.resources | nindent 12 }}
          # The last lines of a program that gave up: what `kubectl describe pod` shows.
          terminationMessagePolicy: FallbackToLogsOnError
          env:
            {{- include "common.telemetryEnv" (dict "root" . "service" .Chart.Name "version" (include "common.version" .)) | nindent 12 }}
            - {name: HTTP_HOST, value: "0.0.0.0"}
            - {name: HTTP_PORT, value: {{ include "common.port" "http" | quote }}}
            - {name: HTTP_TLS_CERT_FILE, value: /etc/enishi/tls/tls.crt}
            - {name: HTTP_TLS_KEY_FILE, value: /etc/enishi/tls/tls.key}
            {{- if has "terminal" $facts.doors }}
            - {name: RELAY_HOST, value: "0.0.0.0"}
            - {name: RELAY_PORT, value: {{ include "common.port" "terminal" | quote }}}
            {{- end }}
            - {name: NATS_URL, value: {{ $global.bus.url }}}
            - {name: NATS_NKEY_FILE, value: /etc/enishi/bus/nkey}
            {{- if hasPrefix "tls://" $global.bus.url }}
            - {name: NATS_CA_FILE, value: /etc/enishi/bus-ca/ca.crt}
            {{- end }}
            - {name: DATABASE_URL, value: {{ include "common.databaseUrl" (dict "root" . "role" (.Chart.Name | replace "-" "_")) | quote }}}
            - {name: DATABASE_PASSWORD_FILE, value: /etc/enishi/database/password}
            - {name: INTERNAL_JWKS_FILE, value: /etc/enishi/trust/internal-jwks.json}
            - {name: INTERNAL_ISSUER, value: {{ $global.issuer }}}
            - {name: INTERNAL_TOKEN_MAX_SECONDS, value: {{ $global.tokenMaxSeconds | quote }}}
            {{- range $env, $key := $facts.trust }}
            - {name: {{ $env }}, value: /etc/enishi/trust/{{ $key }}}
            {{- end }}
            {{- range $env, $key := $facts.keys }}
            - {name: {{ $env }}, value: /etc/enishi/keys/{{ $key }}}
            {{- end }}
            {{- if $facts.connectors }}
            - {name: CONNECTORS_DIR, value: /etc/enishi/connectors}
            {{- end }}
            {{- range $name, $value := .Values.config }}
            - {name: {{ $name }}, value: {{ kindIs "float64" $value | ternary (printf "%v" (int64 $value)) (printf "%v" $value) | quote }}}
            {{- end }}
          ports:
            {{- range $facts.doors }}
            - {name: {{ . }}, containerPort: {{ include "common.port" . }}}
            {{- end }}
          startupProbe:
            httpGet: {path: /livez, port: http, scheme: HTTPS}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /livez, port: http, scheme: HTTPS}
            periodSeconds: 10
            timeoutSeconds: 5
          readinessProbe:
            httpGet: {path: /readyz, port: http, scheme: HTTPS}
            periodSeconds: 3
            timeoutSeconds: 4
            failureThreshold: 2
          {{- if .Values.drainSeconds }}
          lifecycle:
            preStop: {sleep: {seconds: {{ .Values.drainSeconds }}}}
          {{- end }}
          volumeMounts:
            {{- range include "common.mounts" . | fromYamlArray }}
            - {name: {{ . }}, mountPath: /etc/enishi/{{ . }}, readOnly: true}
            {{- end }}
            - {name: tmp, mountPath: /tmp}
      volumes:
        {{- include "common.secretVolume" (dict "name" "tls" "secret" .Values.secrets.tls) | nindent 8 }}
        {{- include "common.secretVolume" (dict "name" "bus" "secret" .Values.secrets.bus) | nindent 8 }}
        {{- include "common.busCaVolume" . | trim | nindent 8 }}
        {{- include "common.secretVolume" (dict "name" "database" "secret" .Values.secrets.database) | nindent 8 }}
        {{- include "common.databaseCaVolume" . | trim | nindent 8 }}
        {{- include "common.configMapVolume" (dict "name" "trust" "configMap" $global.trustConfigMap) | nindent 8 }}
        {{- if $facts.keys }}
        {{- include "common.secretVolume" (dict "name" "keys" "secret" .Values.secrets.keys) | nindent 8 }}
        {{- end }}
        {{- if $facts.connectors }}
        {{- include "common.configMapVolume" (dict "name" "connectors" "configMap" $global.connectorsConfigMap) | nindent 8 }}
        {{- end }}
        - name: tmp
          emptyDir: {sizeLimit: 16Mi}
{{- end -}}

{{/* Volumes that are mounted under /etc/enishi by their own name. */}}
{{- define "common.mounts" -}}
{{- $facts := include "common.facts" . | fromYaml -}}
- tls
- bus
{{- if hasPrefix "tls://" .Values.global.bus.url }}
- bus-ca
{{- end }}
- database
{{- if ne .Values.global.database.sslMode "disable" }}
- database-ca
{{- end }}
- trust
{{- if $facts.keys }}
- keys
{{- end }}
{{- if $facts.connectors }}
- connectors
{{- end }}
{{- end -}}
