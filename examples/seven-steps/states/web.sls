nginx-light:
  pkg.installed: []

/etc/nginx/conf.d/tsalt.conf:
  file.managed:
    - contents: |
        server {
          listen {{default pillar.web_port 8080}};
          location / { return 200 "{{grains.id}}\n"; }
        }
    - require:
      - pkg: nginx-light

nginx:
  service.running:
    - enable: True
    - watch:
      - file: /etc/nginx/conf.d/tsalt.conf
