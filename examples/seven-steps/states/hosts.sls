{{#each pillar.members as |member|}}
{{member.id}}:
  host.present:
    - ip: {{member.address}}
{{/each}}
