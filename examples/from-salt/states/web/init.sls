{{#let web=(filter_by (import_yaml "web/map.yaml") merge=(pillar "web:lookup" null))
       root=(pillar "root" "")}}
include:
  - web.vhosts
  - web.deploy

nginx:
  pkg.installed:
    - name: {{web.package}}
  service.running:
    - enable: {{pillar "web:enable" true}}
    - reload: True
    - require:
      - pkg: nginx
    - watch:
      - file: {{root}}{{web.conf_dir}}/nginx.conf
      - sls: web.vhosts

{{root}}{{web.conf_dir}}/nginx.conf:
  file.managed:
    - source: salt://web/files/nginx.conf
    - template: handlebars
    - makedirs: True
    - user: {{pillar "file_owner" "root"}}
    - context:
        user: {{web.user}}
        workers: {{mul grains.num_cpus 2}}
        vhosts: {{web.vhosts}}
{{/let}}
