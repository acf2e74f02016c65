{{- define "dev-infra.labels" -}}
{{ include "dev-infra.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: dev-infra
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- define "dev-infra.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "dev-infra.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "dev-infra.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "dev-infra.selector" . | nindent 8 }}
{{- end -}}

{{/* Reached by those of Enishi's pods that are of these components, on one port; goes nowhere itself unless told. */}}
{{- define "dev-infra.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels: {{- include "dev-infra.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "dev-infra.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector:
            matchLabels: {app.kubernetes.io/part-of: enishi}
            matchExpressions: [{key: app.kubernetes.io/component, operator: In, values: {{ .from | toJson }}}]
      ports:
        - {protocol: TCP, port: {{ .port }}}
  {{- with .egressTo }}
  egress:
    - to: {{- toYaml . | nindent 8 }}
    # Names of where it may go.
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
  {{- end }}
{{- end -}}
