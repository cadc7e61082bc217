{{#let root=(pillar "root" "") defaults=(dict shell="/bin/bash" groups=(list))}}

{{#each (pillar "users" (dict)) as |given name|}}
{{#let user=(default given (dict))}}
{{#let home=(get user "home" (concat "/home/" name))
       shell=(default user.shell defaults.shell)}}

{{#each (get user "groups" defaults.groups) as |group|}}
{{name}}-{{group}}-group:
  group.present:
    - name: {{group}}
    - require_in:
      - user: {{name}}-user
{{/each}}

{{name}}-user:
{{#if (get user "absent" false)}}
  user.absent:
    - name: {{name}}
    - purge: {{default user.purge false}}
{{else}}
  user.present:
    - name: {{name}}
    - shell: {{shell}}
    - home: {{home}}
    {{#if (in "uid" user)}}
    - uid: {{user.uid}}
    {{/if}}
    {{#if (defined user.fullname)}}
    - fullname: {{quote user.fullname}}
    {{/if}}
    {{#if (get user "groups" null)}}
    - groups: {{json user.groups}}
    {{/if}}

{{name}}-profile:
  file.managed:
    - name: {{root}}{{home}}/.profile
    - makedirs: True
    - contents: |
        # {{name}}
        export EDITOR={{get user "editor" "vi"}}
        {{#each (dictsort (get user "environment" (dict))) as |value key|}}
        export {{upper key}}={{value}}
        {{/each}}

{{#each (get user "ssh_auth" (list)) as |key|}}
{{name}}-key-{{@index}}:
  ssh_auth.present:
    - user: {{name}}
    - name: {{key}}
    - require:
      - user: {{name}}-user
{{/each}}
{{/if}}
{{/let}}
{{/let}}
{{/each}}
{{/let}}

include:
  - users.sudo
