{{#let web=(filter_by (import_yaml "web/map.yaml") merge=(pillar "web:lookup" null))
       root=(pillar "root" "")}}

{{#each (dictsort (pillar "web:vhosts" (dict))) as |vhost name|}}
{{#let file=(concat root web.vhosts "/" name ".conf")}}
{{#if (default vhost.enabled true)}}
{{file}}:
  file.managed:
    - source: salt://web/files/vhost.conf.hbs
    - template: handlebars
    - makedirs: True
    - context: {{json (dict name=name vhost=vhost port=(get vhost "port" 80))}}
{{else}}
{{file}}:
  file.absent
{{/if}}
{{/let}}
{{/each}}
{{/let}}
