/etc/motd:
  file.managed:
    - contents: {{grains.id}} runs {{grains.os}}, and is configured by tsalt.
    - mode: 0644

head.cluster:
  host.present:
    - ip: 10.0.0.1
    - require:
      - file: /etc/motd
