{{grains.id}}: configured by tsalt, with nobody logging in.
Its cluster: {{#each pillar.members as |member|}}{{member.id}} {{/each}}
