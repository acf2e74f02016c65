{{/* Its annotations are templates: what a controller must be told of one service's door may name that service. */}}
{{- define "common.ingress" -}}
{{- $routes := (.Files.Get "routes.yaml" | fromYaml).routes -}}
{{- if and (eq .Values.global.routes.kind "ingress") $routes -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
  {{- with .Values.global.ingress.annotations }}
  annotations: {{- tpl (toYaml .) $ | nindent 4 }}
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

{{/* Traefik speaks TLS to our doors, and knows them by this CA (other controllers are told by annotations). */}}
{{- define "common.serverstransport" -}}
{{- if include "common.traefik" . -}}
apiVersion: traefik.io/v1alpha1
kind: ServersTransport
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  serverName: {{ include "common.fullname" . }}
  rootCAs:
    - configMap: {{ .Values.global.ingress.traefikBackendCaConfigMap }}
{{- end -}}
{{- end -}}

{{- define "common.traefik" -}}
{{- if and (eq .Values.global.routes.kind "ingress") .Values.global.ingress.traefikBackendCaConfigMap -}}yes{{- end -}}
{{- end -}}

{{- define "common.traefikAnnotations" -}}
{{- if include "common.traefik" . -}}
traefik.ingress.kubernetes.io/service.serversscheme: https
traefik.ingress.kubernetes.io/service.serverstransport: {{ .Release.Namespace }}-{{ include "common.fullname" . }}@kubernetescrd
{{- end -}}
{{- end -}}
