{{- define "common.ingress" -}}
{{- $routes := (.Files.Get "routes.yaml" | fromYaml).routes -}}
{{- if and (eq .Values.global.routes.kind "ingress") $routes -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
  {{- with .Values.global.ingress.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .Values.global.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  tls:
    - hosts: [{{ .Values.global.routes.host | quote }}]
      secretName: {{ .Values.global.ingress.tlsSecret }}
  rules:
    - host: {{ .Values.global.routes.host | quote }}
      http:
        paths:
          {{- range $routes }}
          - path: {{ .path }}
            pathType: {{ .exact | ternary "Exact" "Prefix" }}
            backend: {service: {name: {{ include "common.fullname" $ }}, port: {name: {{ .door }}}}}
          {{- end }}
{{- end -}}
{{- end -}}
