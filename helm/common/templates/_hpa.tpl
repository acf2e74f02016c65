{{/* Not empty where the number of replicas is the autoscaler's: it was asked for, and the cluster has metrics. */}}
{{- define "common.scales" -}}
{{- if and .Values.autoscaling.enabled (.Capabilities.APIVersions.Has "metrics.k8s.io/v1beta1") -}}yes{{- end -}}
{{- end -}}

{{/*
Where the autoscaler decides, what it has decided: a manifest that names no number, or another, would set it back to that
at every upgrade. Without a cluster to ask (helm template) the least.
*/}}
{{- define "common.replicas" -}}
{{- if include "common.scales" . -}}
{{- $live := lookup "apps/v1" "Deployment" .Release.Namespace (include "common.fullname" .) -}}
{{- max (dig "spec" "replicas" 0 $live | int) (int .Values.autoscaling.minReplicas) -}}
{{- else -}}
{{- .Values.replicas -}}
{{- end -}}
{{- end -}}

{{- define "common.hpa" -}}
{{- if include "common.scales" . -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "common.fullname" . }}
  labels: {{- include "common.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "common.fullname" . }}}
  minReplicas: {{ .Values.autoscaling.minReplicas }}
  maxReplicas: {{ .Values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .Values.autoscaling.cpuPercent }}}
  behavior:
    # Terminals and streams move when a pod goes: not for every dip.
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end -}}
{{- end -}}
