{{#let root=(pillar "root" "") kernel=grains.kernel}}
{{#let site=(concat root "/srv/www/shop.example")}}

{{site}}:
  file.recurse:
    - source: salt://web/files/html
    - include_empty: True
    - dir_mode: 755
    - file_mode: 644

{{site}}/build.txt:
  cmd.run:
    - name: echo "built for {{grains.id}} on {{kernel}}" > build.txt
    - cwd: {{site}}
    - unless: grep -q {{grains.id}} build.txt
    - onlyif:
      - test -e index.html
    - require:
      - file: {{site}}

web-hosts:
  file.managed:
    - name: {{root}}/etc/hosts.web
    - contents: |
        127.0.0.1 localhost
    - replace: False
    - makedirs: True

web-backends:
  file.blockreplace:
    - name: {{root}}/etc/hosts.web
    - marker_start: '# backends'
    - marker_end: '# end of backends'
    - append_if_not_found: True
    - content: |
        {{#each (pillar "web:backends" (list)) as |backend|}}
        {{backend.ip}} {{backend.name}}{{#if (gt (get backend "weight" 1) 1)}} # weight {{backend.weight}}{{/if}}
        {{/each}}
    - require:
      - file: web-hosts

{{#if (pillar "web:repository" null)}}
site-source:
  git.latest:
    - name: {{pillar "web:repository"}}
    - target: {{root}}/srv/source
    - rev: {{pillar "web:revision" "main"}}
    - onchanges_in:
      - cmd: site-notice

site-notice:
  cmd.run:
    - name: touch {{root}}/srv/deployed
{{/if}}
{{/let}}
{{/let}}
