{{/* Kubernetes' recommended labels. */}}
{{- define "common.labels" -}}
{{ include "common.selector" . }}
app.kubernetes.io/version: {{ include "common.version" . | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/part-of: enishi
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* What Services, policies and budgets find the running service by; it never changes. */}}
{{- define "common.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: service
{{- end -}}

{{/* Of the Jobs that prepare the database and the bus: another component, so that no Service finds them. */}}
{{- define "common.jobSelector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "common.jobLabels" -}}
{{ include "common.jobSelector" . }}
app.kubernetes.io/version: {{ .version | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/part-of: enishi
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}
