import type { Helpers } from './definition.ts';

/** What the evaluator itself does for a call, since it has to see names and not only values. */
export const data = (): Helpers => ({
  pillar: {
    summary: 'What lies at a path with colons in the pillar, else the second value.',
    takes: 'a path (a:b:0) and what stands in for it',
    args: [1, 2],
    jinja: "salt['pillar.get']('a:b', 'c')",
    example: '{{pillar "users:anna:uid"}} {{pillar "users:carl:uid" "none"}}',
    gives: '1001 none',
  },
  grains: {
    summary: 'The same of the grains.',
    takes: 'a path (a:b:0) and what stands in for it',
    args: [1, 2],
    jinja: "salt['grains.get']('a:b', 'c')",
    example: '{{grains "ip_interfaces:eth0:0"}}',
    gives: '10.1.2.3',
  },
  opts: {
    summary: "The same of the minion's options.",
    takes: 'a path (a:b:0) and what stands in for it',
    args: [1, 2],
    jinja: "opts.get('a', 'b')",
    example: '{{opts "saltenv" "base"}}',
    gives: 'base',
  },
  config: {
    summary: "The same of the minion's options, else of its grains, else of its pillar.",
    takes: 'a path (a:b:0) and what stands in for it',
    args: [1, 2],
    jinja: "salt['config.get']('a:b', 'c')",
    example: '{{config "os"}} {{config "web:port"}} {{config "a:b" "c"}}',
    gives: 'Debian 8080 c',
  },
  salt: {
    summary: 'The answer of an execution function, one of those that the reference of modules says templates may call.',
    takes: "the quoted name of a function, and the function's arguments",
    args: [1, 100],
    named: 'any',
    jinja: "salt['pillar.get']('a:b', 'c')",
    example: '{{salt "pillar.get" "web:port"}}',
    gives: '8080',
  },
  render: {
    summary: 'What a partial (of this template, or a file of the tree) renders to, as text; with values by name.',
    takes: 'the name of a partial or the path of a file in the tree',
    args: [1, 1],
    named: 'any',
    jinja: "{% set x %}...{% endset %}, {% import_yaml 'x' as y with context %}",
    example: '{{#*inline "map"}}port: {{port}}{{/inline}}{{lookup (load_yaml (render "map" port=80)) "port"}}',
    gives: '80',
  },
});
