{{#let production=(endswith grains.id ".prod")}}
include:
  - tuning:
      key: sysctl
      defaults:
        swappiness: 10

owner: "the web team: #ops"
roles:
  - {{if production "production" "staging"}}
  {{#each (list "web" "db") as |role|}}
  {{#if (startswith grains.id role)}}
  - {{role}}
  {{/if}}
  {{/each}}

ntp:
  servers:
  {{#each (range 3) as |n|}}
    - {{n}}.debian.pool.ntp.org
  {{/each}}
  restrict: [10.0.0.0/8, 192.168.1.1]
  options:
    driftfile: /var/lib/ntpsec/drift
    tinker: panic 0

hosts:
  - name: db1
    ip: 10.0.0.5
    aliases: [db, database]
  - name: cache1
    ip: 10.0.0.6
{{/let}}
