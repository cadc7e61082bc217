{{#let ntp=(load_yaml (render "ntp/map.hbs"))}}

ntp-package:
  pkg.installed:
    - name: {{ntp.package}}
{{/let}}
