{{#let sudoers=(map (selectattr (items (pillar "users" (dict))) "value:sudo") attribute="key")}}

{{pillar "root" ""}}/etc/sudoers.d/people:
{{#if (gt (length sudoers) 0)}}
  file.managed:
    - source: salt://users/files/sudoers.hbs
    - template: handlebars
    - mode: '0440'
    - makedirs: True
    - defaults:
        nopasswd: False
    - context:
        sudoers: {{json sudoers}}
{{else}}
  file.absent: []
{{/if}}
{{/let}}
