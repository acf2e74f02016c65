{{/*
Only the arrows that the contracts declare: a service that serves routes is reached from where routes come from, every
service reaches the bus and its database, and no service reaches another: they meet on the bus, whose permissions are
generated from the same contracts.
*/}}
{{- define "common.networkpolicy" -}}
{{- if .Values.global.networkPolicy.enabled -}}
{{- $facts := include "common.facts" . | fromYaml -}}
{{- $policy := .Values.global.networkPolicy -}}
{{- $doors := include "common.routedDoors" . | fromYamlArray -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "common.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or (and $doors $policy.routesFrom) $policy.metricsFrom }}
  ingress:
    {{- if and $doors $policy.routesFrom }}
    - from: {{- toYaml $policy.routesFrom | nindent 8 }}
      ports:
        {{- range $doors }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- end }}
    {{- with $policy.metricsFrom }}
    - from: {{- toYaml . | nindent 8 }}
      ports:
        - {protocol: TCP, port: http}
    {{- end }}
  {{- end }}
  egress:
    {{- include "common.egressDns" . | nindent 4 }}
    {{- include "common.egressBus" . | nindent 4 }}
    {{- include "common.egressDatabase" . | nindent 4 }}
    {{- if .Values.global.otlpEndpoint }}
    - to: {{- toYaml $policy.telemetryTo | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ include "common.otlpPort" . }}}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* Doors of this service to which a route leads (routes.yaml, generated from the contracts). */}}
{{- define "common.routedDoors" -}}
{{- $doors := list -}}
{{- range (.Files.Get "routes.yaml" | fromYaml).routes -}}{{- $doors = append $doors .door -}}{{- end -}}
{{- toYaml ($doors | uniq) -}}
{{- end -}}

{{/* Port of global.otlpEndpoint, or that of its scheme. */}}
{{- define "common.otlpPort" -}}
{{- $url := urlParse .Values.global.otlpEndpoint -}}
{{- if contains ":" $url.host -}}{{ splitList ":" $url.host | last }}{{- else -}}{{ eq $url.scheme "https" | ternary 443 80 }}{{- end -}}
{{- end -}}

{{- define "common.egressDns" -}}
- to: {{- toYaml .Values.global.networkPolicy.dnsTo | nindent 4 }}
  ports:
    {{- range .Values.global.networkPolicy.dnsPorts }}
    - {protocol: UDP, port: {{ . }}}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end -}}

{{- define "common.egressBus" -}}
- to: {{- toYaml .Values.global.networkPolicy.busTo | nindent 4 }}
  ports:
    - {protocol: TCP, port: {{ (splitList ":" (urlParse .Values.global.bus.url).host) | last | int }}}
{{- end -}}

{{- define "common.egressDatabase" -}}
- to: {{- toYaml .Values.global.networkPolicy.databaseTo | nindent 4 }}
  ports:
    - {protocol: TCP, port: {{ .Values.global.database.port }}}
{{- end -}}
