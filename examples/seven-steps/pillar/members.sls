{{!-- `opts.instances` is what the master's registry knows: pillar files may read it, states get what pillar gives them. --}}
members:
{{#each opts.instances as |instance|}}
  - id: {{instance.id}}
    address: {{default instance.address '127.0.0.1'}}
{{/each}}
workers: 2
