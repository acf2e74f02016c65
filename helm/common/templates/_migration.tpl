{{/*
The service's own tables, before its new pods start: a hook that runs the image's migrations (each in one transaction, so
a Job that dies leaves nothing half-done and is simply run again). Old pods run meanwhile: expand first, contract later.
*/}}
{{- define "common.migration" -}}
{{- include "common.preparation" (dict
  "root" . "name" .Chart.Name "component" "migration" "weight" "-5"
  "image" (include "common.image" .) "version" (include "common.version" .) "pod" .Values.pod
  "args" (list "/app/libs/database/dist/cli.js" "migrate" "--service" .Chart.Name)
  "env" (dict "DATABASE_URL" (include "common.databaseUrl" (dict "root" . "role" (.Chart.Name | replace "-" "_"))) "DATABASE_PASSWORD_FILE" "/etc/enishi/database/password")
  "secrets" (dict "database" .Values.secrets.database)
  "database" true "bus" false) }}
{{- end -}}

{{/*
A Job before install and upgrade, and the policy that lets it reach what it needs (and nothing else): hooks run before the
release's own objects, so its policy is a hook too.
root, name, component, weight, image, version, pod, args, env, secrets {volume: Secret}, passwords, database, bus.
*/}}
{{- define "common.preparation" -}}
{{- $fullname := printf "%s-%s" .root.Release.Name (eq .name "enishi" | ternary .component (printf "%s-%s" .name .component)) -}}
{{- $global := .root.Values.global -}}
{{- if $global.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $fullname }}
  labels: {{- include "common.jobLabels" . | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-30"
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  podSelector:
    matchLabels: {{- include "common.jobSelector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "common.egressDns" .root | nindent 4 }}
    {{- if .database }}
    {{- include "common.egressDatabase" .root | nindent 4 }}
    {{- end }}
    {{- if .bus }}
    {{- include "common.egressBus" .root | nindent 4 }}
    {{- end }}
---
{{- end }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $fullname }}
  labels: {{- include "common.jobLabels" . | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 3
  activeDeadlineSeconds: 600
  template:
    metadata:
      labels: {{- include "common.jobLabels" . | nindent 8 }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- include "common.pullSecrets" .root | trim | nindent 6 }}
      {{- include "common.placement" .pod | trim | nindent 6 }}
      securityContext: {{- include "common.podSecurity" .root | nindent 8 }}
      containers:
        - name: {{ .component }}
          image: {{ .image }}
          imagePullPolicy: {{ $global.image.pullPolicy }}
          args: {{- toYaml .args | nindent 12 }}
          securityContext: {{- include "common.containerSecurity" .root | nindent 12 }}
          resources:
            requests: {cpu: 20m, memory: 96Mi}
            limits: {memory: 384Mi}
          terminationMessagePolicy: FallbackToLogsOnError
          env:
            {{- range $name, $value := .env }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
          volumeMounts:
            {{- range $volume, $_ := .secrets }}
            - {name: {{ $volume }}, mountPath: /etc/enishi/{{ $volume }}, readOnly: true}
            {{- end }}
            {{- if .passwords }}
            - {name: passwords, mountPath: /etc/enishi/passwords, readOnly: true}
            {{- end }}
            {{- if and .database (ne $global.database.sslMode "disable") }}
            - {name: database-ca, mountPath: /etc/enishi/database-ca, readOnly: true}
            {{- end }}
            {{- if and .bus (hasPrefix "tls://" $global.bus.url) }}
            - {name: bus-ca, mountPath: /etc/enishi/bus-ca, readOnly: true}
            {{- end }}
            - {name: tmp, mountPath: /tmp}
      volumes:
        {{- range $volume, $secret := .secrets }}
        {{- include "common.secretVolume" (dict "name" $volume "secret" $secret) | nindent 8 }}
        {{- end }}
        {{- with .passwords }}
        - name: passwords
          projected:
            defaultMode: 0440
            sources:
              {{- range $service, $secret := . }}
              - secret: {name: {{ $secret }}, optional: true, items: [{key: password, path: {{ $service }}}]}
              {{- end }}
        {{- end }}
        {{- if .database }}
        {{- include "common.databaseCaVolume" .root | trim | nindent 8 }}
        {{- end }}
        {{- if .bus }}
        {{- include "common.busCaVolume" .root | trim | nindent 8 }}
        {{- end }}
        - name: tmp
          emptyDir: {sizeLimit: 16Mi}
{{- end -}}
