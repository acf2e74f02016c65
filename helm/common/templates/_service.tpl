{{- define "common.service" -}}
{{- $facts := include "common.facts" . | fromYaml -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
  {{- with merge (dict) .Values.service.annotations .Values.global.routes.serviceAnnotations (include "common.traefikAnnotations" . | fromYaml) }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector: {{- include "common.selector" . | nindent 4 }}
  ports:
    {{- range $facts.doors }}
    - name: {{ . }}
      port: {{ include "common.port" . }}
      targetPort: {{ . }}
      appProtocol: {{ eq . "terminal" | ternary "kubernetes.io/wss" "https" }}
    {{- end }}
{{- end -}}
