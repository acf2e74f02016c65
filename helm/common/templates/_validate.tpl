{{/*
What a schema cannot say: rules between keys. Each failure is one sentence with the key and what is allowed, before
anything is applied. `common.validateGlobal` is for the umbrella too.
*/}}
{{- define "common.validate" -}}
{{- include "common.validateGlobal" . -}}
{{- include "common.validateImage" (dict "image" .Values.image "global" .Values.global "at" (printf "%s: image" .Chart.Name)) -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "%s: autoscaling.minReplicas (%d) must not be more than autoscaling.maxReplicas (%d)." .Chart.Name (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if lt (int .Values.terminationGraceSeconds) (add (int .Values.drainSeconds) 12) -}}
{{- fail (printf "%s: terminationGraceSeconds (%d) must be at least drainSeconds + 12: the service itself takes up to 10 s to end what is under way." .Chart.Name (int .Values.terminationGraceSeconds)) -}}
{{- end -}}
{{- range $key, $name := .Values.secrets -}}
{{- if not $name -}}{{- fail (printf "%s: secrets.%s must name a Secret of the namespace; see docs/kubernetes.md, \"Secrets\"." $.Chart.Name $key) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* A digest says all: a tag beside it would be a version that is told and not run. */}}
{{- define "common.validateImage" -}}
{{- if and .image.digest (or .image.tag .global.image.tag) -}}
{{- fail (printf "%s.digest and a tag (image.tag or global.image.tag) are both given: give one. With digests, a release is upgraded by the digests of its images." .at) -}}
{{- end -}}
{{- end -}}

{{- define "common.validateGlobal" -}}
{{- with .Values.global -}}
{{- if not .issuer -}}
{{- fail "global.issuer must be set: the https:// URL that signs internal tokens (for development https://enishi.invalid/development). Services trust no other." -}}
{{- end -}}
{{- if ne .routes.kind "none" -}}
{{- if not .routes.host -}}{{- fail (printf "global.routes.host must be set when global.routes.kind is %q: the name that partners call, such as api.example.com." .routes.kind) -}}{{- end -}}
{{- if and .networkPolicy.enabled (empty .networkPolicy.routesFrom) -}}
{{- fail (printf "global.networkPolicy.routesFrom must name where the %s controller runs when global.routes.kind is %q: nobody could reach the doors otherwise." .routes.kind .routes.kind) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .routes.kind "ingress") (not .ingress.tlsSecret) -}}{{- fail "global.ingress.tlsSecret must name the Secret with the host's certificate (kubernetes.io/tls): the outside door is TLS always. With cert-manager it is the Secret that the annotation in global.ingress.annotations makes it fill." -}}{{- end -}}
{{- if and (eq .routes.kind "gateway") (empty .gateway.parentRefs) -}}{{- fail "global.gateway.parentRefs must name the Gateway listener(s) that carry the routes when global.routes.kind is \"gateway\"." -}}{{- end -}}
{{- if and (ne .database.sslMode "disable") (not .database.caSecret) -}}{{- fail (printf "global.database.caSecret must name the Secret with the CA of Postgres when global.database.sslMode is %q." .database.sslMode) -}}{{- end -}}
{{- if and (hasPrefix "tls://" .bus.url) (not .bus.caConfigMap) -}}{{- fail "global.bus.caConfigMap must name the ConfigMap with the CA of the bus when global.bus.url is tls://." -}}{{- end -}}
{{- if and .metrics.serviceMonitor .networkPolicy.enabled (empty .networkPolicy.metricsFrom) -}}
{{- fail "global.networkPolicy.metricsFrom must name where Prometheus runs when global.metrics.serviceMonitor is true." -}}
{{- end -}}
{{- end -}}
{{- end -}}
