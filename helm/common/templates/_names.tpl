{{/* The service's name is the chart's: command-dispatcher, terminal-relay, parser … */}}
{{- define "common.fullname" -}}
{{- if eq .Release.Name .Chart.Name -}}{{ .Chart.Name }}{{- else -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{/* What the chart is made of: services/<service>/service.yaml, of which the chart has a copy. */}}
{{- define "common.facts" -}}
{{- .Files.Get "service.yaml" -}}
{{- end -}}

{{/* Which release of a service runs: the tag of its image; with a digest, the chart's appVersion. */}}
{{- define "common.version" -}}
{{- coalesce .Values.image.tag .Values.global.image.tag .Chart.AppVersion -}}
{{- end -}}

{{/* registry/repository:tag, or @digest. The tag is the release's, then the chart's appVersion. */}}
{{- define "common.image" -}}
{{- $repository := printf "%s%s" (.Values.global.image.registry | empty | ternary "" (printf "%s/" (.Values.global.image.registry | trimSuffix "/"))) .Values.image.repository -}}
{{- if .Values.image.digest -}}{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}{{ $repository }}:{{ include "common.version" . }}{{- end -}}
{{- end -}}

{{/* 8443 for http, 8444 for terminal: the port of a door, on pod and Service alike. */}}
{{- define "common.port" -}}
{{- index (dict "http" 8443 "terminal" 8444) . -}}
{{- end -}}
