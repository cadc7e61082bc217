{{#let tplroot=(first (split tpldir "/"))}}
{{#let ntp=(load_yaml (render (concat tplroot "/map.hbs")))}}

include:
  - {{tplroot}}.install

ntp-config:
  file.managed:
    - name: {{pillar "root" ""}}{{ntp.config}}
    - source: salt://{{tplroot}}/files/ntp.conf.hbs
    - template: handlebars
    - mode: 644
    - group: {{ntp.rootgroup}}
    - makedirs: True
    - context:
        ntp: {{json ntp}}
    - require:
      - sls: {{tplroot}}.install
{{/let}}
{{/let}}
