{{!-- What every machine of ours has. --}}
{{*import "lib/macros.hbs"}}
{{#let root=(pillar "root" "")
       packages=(concat (list "curl" "rsync")
                        (if (eq grains.os_family "Debian") (list "apt-transport-https") (list))
                        (if (eq grains.os_family "RedHat") (list "epel-release" "policycoreutils") (list)))}}

common-packages:
  pkg.installed:
    - pkgs: {{json packages}}

{{root}}/etc/motd:
  file.managed:
    - source: salt://common/files/motd.hbs
    - template: handlebars
    - mode: '0644'
    - makedirs: True
    - context:
        roles: {{json (pillar "roles" (list))}}
        owner: {{quote (pillar "owner" "nobody: in particular")}}

{{root}}/etc/issue:
  file.managed:
    - makedirs: True
    - contents: |
        {{> banner text=(concat "Authorised use of " grains.id " only")}}

{{#each (dictsort (pillar "sysctl" (dict))) as |value key|}}
{{key}}:
  sysctl.present:
    - value: {{value}}
{{/each}}

{{#each (pillar "hosts" (list)) as |host|}}
host-{{add @index 1}}:
  host.present:
    - ip: {{host.ip}}
    - names:
      - {{host.name}}
{{#if (defined host.aliases)}}
{{#each host.aliases as |alias|}}
      - {{alias}}
{{/each}}
{{/if}}
{{else}}
no-hosts:
  test.nop: []
{{/each}}

{{> cron_job id="nightly-sync" command="/usr/bin/rsync -a /srv/ /backup/" hour=3}}
{{> cron_job id="hourly-check" command="/usr/local/bin/check --quiet" user="nobody"}}
{{/let}}
