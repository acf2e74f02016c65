{{- define "common.httproute" -}}
{{- $routes := (.Files.Get "routes.yaml" | fromYaml).routes -}}
{{- if and (eq .Values.global.routes.kind "gateway") $routes -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  parentRefs: {{- toYaml .Values.global.gateway.parentRefs | nindent 4 }}
  hostnames: [{{ .Values.global.routes.host | quote }}]
  rules:
    {{- range $routes }}
    - matches:
        - path: {type: {{ .exact | ternary "Exact" "PathPrefix" }}, value: {{ .path }}}
      backendRefs:
        - {name: {{ include "common.fullname" $ }}, port: {{ include "common.port" .door }}}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* The Gateway speaks TLS to our doors, and knows them by the CA that this names. */}}
{{- define "common.backendtlspolicy" -}}
{{- if and (eq .Values.global.routes.kind "gateway") .Values.global.gateway.backendCaConfigMap -}}
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  targetRefs:
    - {group: "", kind: Service, name: {{ include "common.fullname" . }}}
  validation:
    caCertificateRefs:
      - {group: "", kind: ConfigMap, name: {{ .Values.global.gateway.backendCaConfigMap }}}
    hostname: {{ include "common.fullname" . }}
{{- end -}}
{{- end -}}
