{{#let ntp=(load_yaml (render "ntp/map.hbs"))}}

include:
  - ntp.config

ntp-service:
  service.running:
    - name: {{ntp.service}}
    - enable: True
    - watch:
      - sls: ntp.config
{{/let}}
