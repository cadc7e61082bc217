{{#let level=(pillar "web:log_level" "debug")}}
debug-{{saltenv}}:
  file.managed:
    - name: {{pillar "root" ""}}/etc/nginx/debug.conf
    - makedirs: True
    - contents: error_log /var/log/nginx/{{replace sls "." "-"}}.log {{level}};
{{/let}}
