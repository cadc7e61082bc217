{{#let codename=(grains "oscodename" "bookworm")}}
nginx-repo:
  pkgrepo.managed:
    - humanname: nginx
    - name: deb http://nginx.example/packages/debian {{codename}} nginx
    - file: /etc/apt/sources.list.d/nginx.list
    - require_in:
      - pkg: nginx
{{/let}}
