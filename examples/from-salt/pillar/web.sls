web:
  lookup:
    user: www
  http:
    sendfile: true
    keepalive_timeout: 65
    client_max_body_size: 16m
  backends:
    - {name: app1, ip: 10.0.1.1, weight: 3}
    - {name: app2, ip: 10.0.1.2}
  vhosts:
    {{#each (dictsort (dict [shop.example]=443 [blog.example]=80)) as |port domain|}}
    {{domain}}:
      port: {{port}}
      aliases: [www.{{domain}}]
    {{/each}}
      {{!-- of the last one --}}
      index: [index.html, index.htm]
      errors: [500, 502, 503]
      locations:
        /: {try_files: [$uri, $uri/, =404]}
        /api/:
          proxy_pass: http://app
          proxy_set_header: [Host, $host]
    old.example:
      enabled: false
