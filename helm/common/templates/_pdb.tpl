{{/* Where one replica is all there is, a budget would only block the draining of nodes. */}}
{{- define "common.pdb" -}}
{{- if or (include "common.scales" .) (gt (int .Values.replicas) 1) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .Values.disruption.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "common.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}
