{{/*
Names are fixed rather than made of the release's name: a cluster has one installation, since its kinds and its Region are
cluster-wide. A second `helm install` is refused by Helm, because these names are taken.
*/}}

{{- define "partita.labels" -}}
{{ include "partita.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "partita.selector" -}}
app.kubernetes.io/name: partita
app.kubernetes.io/component: operator
{{- end }}

{{- define "partita.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- with .digest }}@{{ . }}{{ end -}}
{{- end -}}
{{- end }}

{{/* What Pod Security's level "restricted" asks of a container, and a root file system that nobody writes to. */}}
{{- define "partita.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "partita.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Where the DynamoDB API is, from inside the cluster. */}}
{{- define "partita.endpoint" -}}
http://partita-{{ .Values.region.name }}.{{ .Release.Namespace }}.svc:{{ .Values.region.endpoint.port }}
{{- end }}
