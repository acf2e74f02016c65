{{/*
Everything that a service's chart renders, in the order of this list: its table of contents.
What the chart is made of stands in its service.yaml (read by common.facts), its doors' paths in routes.yaml, which is
generated from the contracts; what may be chosen stands in values.yaml.
*/}}
{{- define "common.all" -}}
{{- include "common.validate" . -}}
{{- range list "serviceaccount" "networkpolicy" "migration" "service" "deployment" "pdb" "hpa" "ingress" "serverstransport" "httproute" "backendtlspolicy" "servicemonitor" }}
{{- $rendered := include (printf "common.%s" .) $ | trim }}
{{- if $rendered }}
---
{{ $rendered }}
{{- end }}
{{- end }}
{{- end -}}
