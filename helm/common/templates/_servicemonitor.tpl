{{/* For the Prometheus operator. Every series gets the label `service`, by which dashboards and alerts find it. */}}
{{- define "common.servicemonitor" -}}
{{- with .Values.global.metrics -}}
{{- if .serviceMonitor -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "common.fullname" $ }}
  labels: {{- include "common.labels" $ | nindent 4 }}
    {{- with .labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  selector:
    matchLabels: {{- include "common.selector" $ | nindent 6 }}
  endpoints:
    - port: http
      path: /metrics
      scheme: https
      interval: {{ .interval }}
      tlsConfig:
        serverName: {{ include "common.fullname" $ }}
        ca: {configMap: {name: {{ .caConfigMap }}, key: ca.crt}}
      relabelings:
        - {action: replace, targetLabel: service, replacement: {{ $.Chart.Name }}}
{{- end -}}
{{- end -}}
{{- end -}}
